/* AUTH, SELECT, CLIENT SETNAME and INFO, sent together before any other command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "connection.h"

enum { OLDEST_MAJOR = 6, OLDEST_MINOR = 2, LOADING_POLL_MS = 500 };

enum step { STEP_AUTH, STEP_SELECT, STEP_NAME, STEP_INFO };

struct handshake_command {
    struct bqi_command base;
    struct bqi_connection *connection;
    enum step step;
};

static void send_step(struct bqi_connection *connection, enum step step);

static void fail(struct bqi_connection *connection, int code, const char *format,
                 const char *detail) {
    char address[300], text[512];
    struct bqi_error error;
    snprintf(text, sizeof text, format, detail);
    bqi_error_set(&error, code, "%s: %s",
                  bqi_server_address(connection->options, address, sizeof address), text);
    bqi_connection_handshake_failed(connection, &error);
}

/* The value of one line of INFO, up to its end. Returns its length, or 0. */
static size_t info_line(const char *info, const char *name, const char **value) {
    const char *at = info;
    size_t len = strlen(name);
    while ((at = strstr(at, name)) != NULL) {
        if ((at == info || at[-1] == '\n') && at[len] == ':') {
            *value = at + len + 1;
            return strcspn(*value, "\r\n");
        }
        at += len;
    }
    return 0;
}

static int info_equals(const char *info, const char *name, const char *wanted) {
    const char *value;
    size_t len = info_line(info, name, &value);
    return len == strlen(wanted) && strncmp(value, wanted, len) == 0;
}

static int is_too_old(const char *version) {
    int major = 0, minor = 0;
    sscanf(version, "%d.%d", &major, &minor);
    return major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
}

/* Valkey and Dragonfly tell a redis_version for compatibility; theirs are all new enough. */
static int is_other_server(const char *info) {
    return strstr(info, "valkey_version:") || strstr(info, "dragonfly_version:");
}

static void warn_of_eviction(struct bqi_connection *connection, const char *info) {
    const char *policy;
    char text[160];
    size_t len = info_line(info, "maxmemory_policy", &policy);
    if (len == 0 || info_equals(info, "maxmemory_policy", "noeviction"))
        return;
    snprintf(text, sizeof text, "IMPORTANT! Eviction policy is %.*s. It should be \"noeviction\"",
             (int)(len < 60 ? len : 60), policy);
    connection->events->warning(connection->arg, text);
}

static void poll_again(void *arg) {
    send_step(arg, STEP_INFO);
}

static void on_info(struct bqi_connection *connection, const char *info) {
    const char *version;
    char shown[64];
    size_t len = info_line(info, "redis_version", &version);
    if (len == 0) {
        fail(connection, BQ_ERR_UNSUPPORTED_SERVER, "the server does not answer as Redis does (%s)",
             "INFO has no redis_version");
        return;
    }
    if (info_equals(info, "loading", "1")) { /* its data set is not there yet: not ready */
        bqi_timer_start(&connection->retry_timer, connection->loop, LOADING_POLL_MS, poll_again,
                        connection);
        return;
    }
    snprintf(shown, sizeof shown, "%.*s", (int)(len < 60 ? len : 60), version);
    if (!is_other_server(info) && is_too_old(shown)) {
        fail(connection, BQ_ERR_UNSUPPORTED_SERVER,
             "Redis version needs to be greater or equal than 6.2.0 Current: %s", shown);
        return;
    }
    if (connection->checks_server)
        warn_of_eviction(connection, info);
    bqi_connection_handshake_done(connection);
}

static int starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static void on_error(struct bqi_connection *connection, enum step step, const char *message) {
    if (starts_with(message, "LOADING")) {
        if (step == STEP_INFO)
            bqi_timer_start(&connection->retry_timer, connection->loop, LOADING_POLL_MS, poll_again,
                            connection);
        return;
    }
    if (starts_with(message, "WRONGPASS") || starts_with(message, "NOAUTH") ||
        starts_with(message, "NOPERM") || step == STEP_AUTH)
        fail(connection, BQ_ERR_AUTHENTICATION_FAILED, "%s", message);
    else if (step == STEP_SELECT)
        fail(connection, BQ_ERR_UNSUPPORTED_SERVER, "connection.db cannot be used: %s", message);
    else if (step == STEP_INFO)
        fail(connection, BQ_ERR_UNSUPPORTED_SERVER, "INFO was refused: %s", message);
    /* CLIENT SETNAME may be forbidden by a hosted server; a name is not worth failing for. */
}

static void on_step(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct handshake_command *handshake = (struct handshake_command *)command;
    struct bqi_connection *connection = handshake->connection;
    enum step step = handshake->step;
    bqi_free(handshake);
    if (connection->state != BQI_CONNECTION_SHAKING_HANDS)
        return;
    if (error) {
        if (error->code == BQ_ERR_REDIS_ERROR)
            on_error(connection, step, error->message);
    } else if (step == STEP_INFO) {
        if (reply->type == REDIS_REPLY_STRING)
            on_info(connection, reply->str);
        else
            fail(connection, BQ_ERR_UNSUPPORTED_SERVER,
                 "the server does not answer as Redis does (%s)", "INFO is not text");
    }
}

static void add_words(struct bqi_words *words, const struct bqi_connection *connection,
                      enum step step) {
    const struct bqi_server_options *options = connection->options;
    switch (step) {
    case STEP_AUTH:
        bqi_words_text(words, "AUTH");
        if (options->username)
            bqi_words_text(words, options->username);
        bqi_words_text(words, options->password ? options->password : "");
        break;
    case STEP_SELECT:
        bqi_words_text(words, "SELECT");
        bqi_words_int(words, options->db);
        break;
    case STEP_NAME:
        bqi_words_text(words, "CLIENT");
        bqi_words_text(words, "SETNAME");
        bqi_words_text(words, connection->name);
        break;
    case STEP_INFO:
        bqi_words_text(words, "INFO");
        break;
    }
}

static void send_step(struct bqi_connection *connection, enum step step) {
    struct handshake_command *command = bqi_calloc(sizeof *command);
    struct bqi_words words;
    bqi_words_init(&words);
    add_words(&words, connection, step);
    if (!command || bqi_words_format(&words, &command->base) != 0) {
        bqi_free(command);
        fail(connection, BQ_ERR_CONNECTION_FAILED, "%s", "out of memory");
        return;
    }
    command->base.patience = BQI_DIES_WITH_CONNECTION;
    command->base.done = on_step;
    command->connection = connection;
    command->step = step;
    bqi_connection_send_now(connection, &command->base);
}

void bqi_handshake_start(struct bqi_connection *connection) {
    if (connection->options->password || connection->options->username)
        send_step(connection, STEP_AUTH);
    if (connection->options->db)
        send_step(connection, STEP_SELECT);
    if (connection->name)
        send_step(connection, STEP_NAME);
    send_step(connection, STEP_INFO);
}
