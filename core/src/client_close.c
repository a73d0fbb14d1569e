/* Closing a client in order: its workers first, then what producers still wait for. */
#include "alloc.h"
#include "client.h"
#include "queue_events.h"
#include "worker.h"

static void finish_close(bq_client *client) {
    client->shutting_down = 0;
    client->closed = 1;
    bqi_timer_stop(&client->grace_timer);
    for (struct bqi_connection *c = client->connections; c; c = c->next)
        bqi_connection_close(c);
    bqi_operations_answer(&client->close_operations, client);
}

static int has_workers(const bq_client *client) {
    struct bqi_worker *worker;
    for (size_t at = 0; (worker = bqi_idmap_next(&client->workers, &at));)
        if (!bqi_worker_is_closed(worker))
            return 1;
    return 0;
}

void bqi_client_check_closed(bq_client *client) {
    if (!client->shutting_down || has_workers(client))
        return;
    if (!bqi_connection_is_busy(client->connection))
        finish_close(client);
}

/* What was written last, jobs given back among it, gets this long to be answered. */
enum { LAST_ANSWERS_MS = 500 };

static void on_last_answers_over(void *arg) {
    bq_client *client = arg;
    if (client->shutting_down)
        finish_close(client);
}

static void on_grace_over(void *arg) {
    bq_client *client = arg;
    struct bqi_worker *worker;
    if (!client->shutting_down)
        return;
    for (size_t at = 0; (worker = bqi_idmap_next(&client->workers, &at));)
        bqi_worker_abandon(worker);
    bqi_timer_start(&client->grace_timer, &client->loop,
                    bqi_connection_is_ready(client->connection) ? LAST_ANSWERS_MS : 0,
                    on_last_answers_over, client);
}

/* Each further close may only shorten the grace time that is left. */
static void limit_grace(bq_client *client, int64_t grace_ms) {
    if (grace_ms >= 0 && (!bqi_timer_is_active(&client->grace_timer) ||
                          grace_ms < bqi_timer_left(&client->grace_timer)))
        bqi_timer_start(&client->grace_timer, &client->loop, grace_ms, on_grace_over, client);
}

void bqi_client_begin_close(bq_client *client, struct bqi_request *request) {
    struct bqi_queue_events *events;
    struct bqi_worker *worker;
    if (client->closed) {
        bqi_client_reply(client, request->operation);
        return;
    }
    client->shutting_down = 1;
    bqi_operations_add(&client->close_operations, client, request->operation);
    for (size_t at = 0; (worker = bqi_idmap_next(&client->workers, &at));)
        bqi_worker_begin_close(worker, 0, request->number);
    /* Nobody may wait for a job that this client does not process any more. */
    for (size_t at = 0; (events = bqi_idmap_next(&client->queue_events, &at));)
        bqi_queue_events_close(events);
    limit_grace(client, request->number);
}

bq_id bq_client_close(bq_client *client, int64_t grace_ms) {
    const bq_bytes nothing = {NULL, 0};
    if (!client)
        return BQ_EINVAL;
    if (bqi_client_is_forked(client))
        return BQ_EFORKED;
    atomic_store(&client->closing, 1);
    pthread_mutex_lock(&client->start_lock);
    int started = client->started;
    if (!started) { /* no thread writes events, so this one may */
        bq_id operation = bqi_client_next_id(client);
        bqi_client_reply(client, operation);
        bqi_outbox_publish(&client->outbox);
        pthread_mutex_unlock(&client->start_lock);
        return operation;
    }
    pthread_mutex_unlock(&client->start_lock);
    struct bqi_request *request = bqi_request_new(bqi_client_begin_close, nothing, nothing);
    if (request)
        request->number = grace_ms;
    return bqi_client_post(client, request, 1);
}
