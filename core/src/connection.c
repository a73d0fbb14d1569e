#include "connection.h"

#include <math.h>
#include <string.h>
#include <sys/un.h>

#include "alloc.h"

static void connect_now(struct bqi_connection *connection);

struct bqi_connection *bqi_connection_new(uv_loop_t *loop, const struct bqi_server_options *options,
                                          const char *name,
                                          const struct bqi_connection_events *events, void *arg) {
    struct bqi_connection *connection = bqi_calloc(sizeof *connection);
    if (!connection)
        return NULL;
    connection->loop = loop;
    connection->options = options;
    connection->events = events;
    connection->arg = arg;
    bqi_command_list_init(&connection->sent);
    bqi_command_list_init(&connection->waiting);
    connection->script_loading = bqi_calloc(bqi_script_source_count + 1);
    if (name)
        connection->name = bqi_strndup(name, strlen(name));
    if (!connection->script_loading || (name && !connection->name)) {
        bqi_connection_free(connection);
        return NULL;
    }
    return connection;
}

void bqi_connection_free(struct bqi_connection *connection) {
    if (!connection)
        return;
    bqi_connection_close(connection);
    bqi_buffer_free(&connection->out);
    bqi_free(connection->script_loading);
    bqi_free(connection->name);
    bqi_free(connection);
}

/* ---- answers ---- */

static void answer(struct bqi_command *command, const redisReply *reply,
                   const struct bqi_error *error) {
    bqi_command_free_bytes(command);
    command->done(command, reply, error);
}

void bqi_command_refuse(struct bqi_command *command, int code, const char *message) {
    struct bqi_error error;
    bqi_error_set(&error, code, "%s", message);
    answer(command, NULL, &error);
}

static void fail_all(struct bqi_command_list *list, const struct bqi_error *error) {
    struct bqi_command_list failed = *list;
    if (!failed.first)
        return;
    bqi_command_list_init(list);
    for (struct bqi_command *command = failed.first, *next; command; command = next) {
        next = command->next;
        answer(command, NULL, error);
    }
}

/* ---- sending ---- */

void bqi_connection_send_now(struct bqi_connection *connection, struct bqi_command *command) {
    command->sends++;
    command->parts_left = command->parts;
    bqi_buffer_append(&connection->out, command->bytes, command->length);
    bqi_command_list_push(&connection->sent, command);
}

void bqi_connection_submit(struct bqi_connection *connection, struct bqi_command *command) {
    if (connection->state == BQI_CONNECTION_CLOSED) {
        bqi_command_refuse(command, BQ_ERR_CLOSED, "The connection is closed.");
        return;
    }
    if (connection->state == BQI_CONNECTION_READY) {
        bqi_deadline_watch(connection, command);
        bqi_connection_send_now(connection, command);
    } else if (command->patience == BQI_DIES_WITH_CONNECTION ||
               (command->patience == BQI_COUNTS_RETRIES && !connection->options->offline_queue)) {
        bqi_command_refuse(
            command, BQ_ERR_NOT_CONNECTED,
            "There is no connection to Redis and enableOfflineQueue is false; nothing was "
            "sent.");
    } else {
        bqi_deadline_watch(connection, command);
        bqi_command_list_push(&connection->waiting, command);
    }
}

void bqi_connection_submit_words(struct bqi_connection *connection, struct bqi_words *words,
                                 struct bqi_command *command) {
    if (bqi_words_format(words, command) == 0)
        bqi_connection_submit(connection, command);
    else
        bqi_command_refuse(command, BQ_ERR_OUT_OF_MEMORY,
                           "Out of memory while a command was written.");
}

void bqi_connection_drop_waiting(struct bqi_connection *connection, const void *owner) {
    struct bqi_command_list kept, dropped;
    struct bqi_command *command;
    struct bqi_error error;
    bqi_command_list_init(&kept);
    bqi_command_list_init(&dropped);
    while ((command = bqi_command_list_pop(&connection->waiting)))
        bqi_command_list_push(command->droppable == owner ? &dropped : &kept, command);
    bqi_command_list_prepend(&connection->waiting, &kept);
    bqi_error_set(&error, BQ_ERR_CLOSED, "The worker closes; the command is not needed any more.");
    fail_all(&dropped, &error);
}

/* ---- losing and restoring ---- */

/* Node's retry delays: max(min(e^n, 20000), 1000). */
static int64_t retry_delay(unsigned attempts) {
    double delay = attempts < 10 ? exp(attempts) : 20000;
    return (int64_t)(delay < 1000 ? 1000 : delay > 20000 ? 20000 : delay);
}

/* Commands that were sent and may be sent again go back to the head of those that wait. */
static void take_back_sent(struct bqi_connection *connection, const struct bqi_error *error) {
    struct bqi_command_list again, dead;
    struct bqi_command *command;
    bqi_command_list_init(&again);
    bqi_command_list_init(&dead);
    while ((command = bqi_command_list_pop(&connection->sent))) {
        int dies = command->patience == BQI_DIES_WITH_CONNECTION || command->sent_once;
        bqi_command_list_push(dies ? &dead : &again, command);
    }
    bqi_command_list_prepend(&connection->waiting, &again);
    fail_all(&dead, error);
}

static int gives_up(const struct bqi_connection *connection, const struct bqi_command *command,
                    int fatal) {
    if (command->patience != BQI_COUNTS_RETRIES)
        return 0;
    return fatal || !connection->options->offline_queue ||
           (connection->options->max_retries >= 0 &&
            command->failures > connection->options->max_retries);
}

/* A connection attempt failed: producers' commands have a limit on how many they sit through. */
static void count_failure(struct bqi_connection *connection, const struct bqi_error *error) {
    struct bqi_command_list patient, impatient;
    struct bqi_error told = *error;
    struct bqi_command *command;
    int fatal = (bqi_error_flags(error->code) & BQ_FLAG_FATAL) != 0;
    bqi_command_list_init(&patient);
    bqi_command_list_init(&impatient);
    while ((command = bqi_command_list_pop(&connection->waiting))) {
        command->failures++;
        bqi_command_list_push(gives_up(connection, command, fatal) ? &impatient : &patient,
                              command);
    }
    bqi_command_list_prepend(&connection->waiting, &patient);
    if (!fatal)
        bqi_error_set(&told, BQ_ERR_MAX_RETRIES_PER_REQUEST,
                      "Reached the max retries per request limit (which is %lld). The last "
                      "connection attempt ended with: %.600s",
                      (long long)connection->options->max_retries, error->message);
    fail_all(&impatient, &told);
}

static void drop_socket(struct bqi_connection *connection) {
    bqi_socket_drop(connection->socket);
    connection->socket = NULL;
    bqi_timer_stop(&connection->retry_timer);
    bqi_buffer_clear(&connection->out);
    memset(connection->script_loading, 0, bqi_script_source_count);
}

static void on_retry_time(void *arg) {
    connect_now(arg);
}

static void attempt_failed(struct bqi_connection *connection, const struct bqi_error *error) {
    struct bqi_error kept = *error; /* the caller's may belong to a command answered below */
    connection->state = BQI_CONNECTION_DOWN;
    drop_socket(connection);
    connection->last_error = kept;
    take_back_sent(connection, &kept);
    count_failure(connection, &kept);
    if (connection->state != BQI_CONNECTION_DOWN)
        return;
    int64_t delay = retry_delay(++connection->attempts);
    connection->events->failed(connection->arg, &kept, delay);
    bqi_timer_start(&connection->retry_timer, connection->loop, delay, on_retry_time, connection);
}

static void lost(struct bqi_connection *connection, const char *why, int64_t delay) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_CONNECTION_FAILED, "The connection to Redis was lost: %s.", why);
    connection->state = BQI_CONNECTION_DOWN;
    drop_socket(connection);
    connection->last_error = error;
    take_back_sent(connection, &error);
    if (connection->state != BQI_CONNECTION_DOWN)
        return;
    connection->events->lost(connection->arg, why);
    if (connection->state == BQI_CONNECTION_DOWN)
        bqi_timer_start(&connection->retry_timer, connection->loop, delay, on_retry_time,
                        connection);
}

void bqi_connection_reset(struct bqi_connection *connection, const char *why) {
    if (connection->state == BQI_CONNECTION_READY)
        lost(connection, why, 0);
}

static void out_of_memory(struct bqi_connection *connection) {
    struct bqi_error error;
    if (connection->state == BQI_CONNECTION_READY) {
        lost(connection, "out of memory", retry_delay(1));
        return;
    }
    bqi_error_set(&error, BQ_ERR_CONNECTION_FAILED, "Out of memory while connecting.");
    attempt_failed(connection, &error);
}

void bqi_connection_turn(struct bqi_connection *connection) {
    if (connection->socket)
        bqi_socket_read_on(connection->socket);
    if (!connection->socket || (connection->out.length == 0 && !connection->out.failed))
        return;
    if (connection->out.failed)
        out_of_memory(connection);
    else
        bqi_socket_write(connection->socket, &connection->out);
}

/* ---- socket events ---- */

static void on_connect_timeout(void *arg) {
    struct bqi_connection *connection = arg;
    struct bqi_error error;
    char address[300];
    bqi_error_set(&error, BQ_ERR_CONNECTION_FAILED, "connect ETIMEDOUT %s",
                  bqi_server_address(connection->options, address, sizeof address));
    attempt_failed(connection, &error);
}

static void on_socket_connected(void *arg) {
    struct bqi_connection *connection = arg;
    connection->state = BQI_CONNECTION_SHAKING_HANDS;
    bqi_handshake_start(connection);
}

static void on_socket_reply(void *arg, redisReply *reply) {
    struct bqi_connection *connection = arg;
    struct bqi_command *command = connection->sent.first;
    if (command && command->parts_left) {
        command->parts_left--;
        if (command->part)
            command->part(command, reply);
        return;
    }
    bqi_command_list_pop(&connection->sent);
    if (!command) /* pushed by the server, for example because CLIENT TRACKING is forced */
        return;
    if (reply->type != REDIS_REPLY_ERROR) {
        answer(command, reply, NULL);
        return;
    }
    if (strncmp(reply->str, "NOSCRIPT", 8) == 0 &&
        bqi_script_reload_and_repeat(connection, command))
        return;
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_REDIS_ERROR, "%s", reply->str);
    answer(command, NULL, &error);
}

static void on_socket_gone(void *arg, int protocol_error, const char *why) {
    struct bqi_connection *connection = arg;
    struct bqi_error error;
    char address[300];
    if (connection->state == BQI_CONNECTION_READY) {
        lost(connection, why, retry_delay(1));
        return;
    }
    if (protocol_error)
        bqi_error_set(&error, BQ_ERR_UNSUPPORTED_SERVER, "%s: %s",
                      bqi_server_address(connection->options, address, sizeof address), why);
    else
        bqi_error_set(&error, BQ_ERR_CONNECTION_FAILED, "%s", why);
    attempt_failed(connection, &error);
}

static const struct bqi_socket_events socket_events = {on_socket_connected, on_socket_reply,
                                                       on_socket_gone};

/* libuv would cut it, and so reach another socket. */
static int path_is_too_long(const struct bqi_server_options *options) {
    struct sockaddr_un address;
    return options->path && strlen(options->path) >= sizeof address.sun_path;
}

static void connect_now(struct bqi_connection *connection) {
    connection->state = BQI_CONNECTION_CONNECTING;
    if (path_is_too_long(connection->options)) {
        struct bqi_error error;
        bqi_error_set(&error, BQ_ERR_CONNECTION_FAILED,
                      "connect ENAMETOOLONG %s: the path of a unix socket has at most %zu bytes",
                      connection->options->path, sizeof((struct sockaddr_un *)0)->sun_path - 1);
        attempt_failed(connection, &error);
        return;
    }
    connection->socket =
        bqi_socket_open(connection->loop, connection->options, &socket_events, connection);
    if (!connection->socket) {
        struct bqi_error error;
        bqi_error_set(&error, BQ_ERR_CONNECTION_FAILED, "A socket could not be opened.");
        attempt_failed(connection, &error);
        return;
    }
    bqi_timer_start(&connection->retry_timer, connection->loop,
                    connection->options->connect_timeout, on_connect_timeout, connection);
}

void bqi_connection_start(struct bqi_connection *connection) {
    if (connection->state == BQI_CONNECTION_IDLE)
        connect_now(connection);
}

void bqi_connection_handshake_failed(struct bqi_connection *connection,
                                     const struct bqi_error *error) {
    if (connection->state == BQI_CONNECTION_SHAKING_HANDS)
        attempt_failed(connection, error);
}

void bqi_connection_handshake_done(struct bqi_connection *connection) {
    struct bqi_command *command;
    bqi_timer_stop(&connection->retry_timer);
    connection->state = BQI_CONNECTION_READY;
    connection->attempts = 0;
    while ((command = bqi_command_list_pop(&connection->waiting)))
        bqi_connection_send_now(connection, command);
    connection->events->ready(connection->arg);
}

int bqi_connection_is_ready(const struct bqi_connection *connection) {
    return connection->state == BQI_CONNECTION_READY;
}

int bqi_connection_is_busy(const struct bqi_connection *connection) {
    /* Until it is ready, nothing but the handshake is sent. */
    return connection->waiting.first ||
           (connection->state == BQI_CONNECTION_READY && connection->sent.first);
}

void bqi_connection_close(struct bqi_connection *connection) {
    struct bqi_error error;
    if (connection->state == BQI_CONNECTION_CLOSED)
        return;
    connection->state = BQI_CONNECTION_CLOSED;
    if (connection->script_loading)
        drop_socket(connection);
    bqi_timer_close(&connection->retry_timer);
    bqi_timer_close(&connection->deadline_timer);
    bqi_error_set(&error, BQ_ERR_CLOSED, "The client was closed before Redis answered.");
    fail_all(&connection->sent, &error);
    fail_all(&connection->waiting, &error);
}
