#include "blocking.h"

enum { WATCHDOG_MARGIN_MS = 1000 };

static void on_watchdog(void *arg) {
    bqi_blocking_interrupt(arg, "it did not answer a blocking command in time");
}

void bqi_blocking_submit(struct bqi_blocking *blocking, struct bqi_words *words,
                         struct bqi_command *command, int64_t block_ms) {
    command->patience = BQI_DIES_WITH_CONNECTION;
    blocking->waiting = 1;
    if (block_ms > 0)
        bqi_timer_start(&blocking->watchdog, &blocking->client->loop, block_ms + WATCHDOG_MARGIN_MS,
                        on_watchdog, blocking);
    bqi_connection_submit_words(blocking->connection, words, command);
}

void bqi_blocking_ended(struct bqi_blocking *blocking) {
    blocking->waiting = 0;
    bqi_timer_stop(&blocking->watchdog);
}

int bqi_blocking_is_ready(const struct bqi_blocking *blocking) {
    return bqi_connection_is_ready(blocking->connection);
}

void bqi_blocking_interrupt(struct bqi_blocking *blocking, const char *why) {
    if (blocking->waiting)
        bqi_connection_reset(blocking->connection, why);
}

/* ---- events of the connection ---- */

static void on_ready(void *arg) {
    struct bqi_blocking *blocking = arg;
    blocking->ready(blocking->owner);
}

static void on_lost(void *arg, const char *why) {
    (void)arg; /* the shared connection tells the host; this one comes back by itself */
    (void)why;
}

static void on_failed(void *arg, const struct bqi_error *error, int64_t retry_ms) {
    struct bqi_blocking *blocking = arg;
    if (bqi_connection_is_ready(blocking->client->connection))
        bqi_client_tell_failed(blocking->client, error, retry_ms);
}

static void on_warning(void *arg, const char *message) {
    (void)arg;
    (void)message;
}

static const struct bqi_connection_events events = {on_ready, on_lost, on_failed, on_warning};

/* ---- opening and ending ---- */

int bqi_blocking_open(struct bqi_blocking *blocking, bq_client *client, const char *client_name,
                      void (*ready)(void *owner), void *owner) {
    blocking->client = client;
    blocking->ready = ready;
    blocking->owner = owner;
    if (client_name)
        blocking->connection =
            bqi_connection_new(&client->loop, &client->server, client_name, &events, blocking);
    if (!blocking->connection)
        return -1;
    bqi_client_add_connection(client, blocking->connection);
    bqi_connection_start(blocking->connection);
    return 0;
}

void bqi_blocking_close(struct bqi_blocking *blocking) {
    bqi_timer_stop(&blocking->watchdog);
    bqi_connection_close(blocking->connection);
}

void bqi_blocking_free(struct bqi_blocking *blocking) {
    bqi_timer_close(&blocking->watchdog);
    if (!blocking->connection)
        return;
    bqi_client_remove_connection(blocking->client, blocking->connection);
    bqi_connection_free(blocking->connection);
    blocking->connection = NULL;
}
