#include "client.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "queue.h"
#include "queue_events.h"
#include "worker.h"

int bqi_client_is_forked(const bq_client *client) {
    return client->pid != getpid();
}

struct bqi_outbox *bqi_client_outbox(bq_client *client) {
    return &client->outbox;
}

bq_id bqi_client_next_id(bq_client *client) {
    return (bq_id)atomic_fetch_add(&client->last_id, 1) + 1;
}

struct bqi_connection *bqi_client_connection(bq_client *client) {
    return client->connection;
}

void bqi_client_add_connection(bq_client *client, struct bqi_connection *connection) {
    connection->next = client->connections;
    client->connections = connection;
}

void bqi_client_remove_connection(bq_client *client, struct bqi_connection *connection) {
    struct bqi_connection **at = &client->connections;
    while (*at && *at != connection)
        at = &(*at)->next;
    if (*at)
        *at = connection->next;
}

/* ---- what the host is told ---- */

void bqi_client_reply(bq_client *client, bq_id operation) {
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_REPLY, operation);
    bqi_record_end(&event);
}

void bqi_client_error(bq_client *client, bq_id operation, const struct bqi_error *error) {
    bqi_outbox_error(&client->outbox, operation, error, NULL);
}

static void tell_connection(bq_client *client, const char *state, const char *message) {
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_CONNECTION, 0);
    bqi_record_text(&event, BQ_TAG_STATE, state);
    bqi_record_text(&event, BQ_TAG_MESSAGE, message);
    bqi_record_end(&event);
}

void bqi_client_tell_failed(bq_client *client, const struct bqi_error *error, int64_t retry_ms) {
    struct bqi_error told;
    bqi_error_set(&told, error->code, "%.800s (next attempt in %lld ms)", error->message,
                  (long long)retry_ms);
    bqi_client_error(client, 0, &told);
}

/* ---- events of the shared connection ---- */

static void on_ready(void *arg) {
    bq_client *client = arg;
    struct bqi_queue *queue;
    struct bqi_worker *worker;
    char address[300];
    tell_connection(client, client->was_connected ? "restored" : "connected",
                    bqi_server_address(&client->server, address, sizeof address));
    client->was_connected = 1;
    for (size_t at = 0; (queue = bqi_idmap_next(&client->queues, &at));)
        bqi_queue_connected(queue);
    for (size_t at = 0; (worker = bqi_idmap_next(&client->workers, &at));)
        bqi_worker_connected(worker);
}

static void on_lost(void *arg, const char *why) {
    bq_client *client = arg;
    client->flow_scripts_loaded = 0; /* the server may come back without them */
    tell_connection(client, "lost", why);
}

static void on_failed(void *arg, const struct bqi_error *error, int64_t retry_ms) {
    bqi_client_tell_failed(arg, error, retry_ms);
}

static void on_warning(void *arg, const char *message) {
    bq_client *client = arg;
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_WARNING, 0);
    bqi_record_text(&event, BQ_TAG_MESSAGE, message);
    bqi_record_end(&event);
}

static const struct bqi_connection_events connection_events = {on_ready, on_lost, on_failed,
                                                               on_warning};

/* ---- the I/O thread ---- */

static void turn_workers(bq_client *client) {
    struct bqi_worker *worker;
    size_t at = 0;
    while ((worker = bqi_idmap_next(&client->workers, &at))) {
        bqi_worker_turn(worker);
        if (!bqi_worker_is_over(worker))
            continue;
        bqi_idmap_remove(&client->workers, worker->id);
        bqi_worker_free(worker);
        at = 0;
    }
}

static void turn_queue_events(bq_client *client) {
    struct bqi_queue_events *events;
    size_t at = 0;
    while ((events = bqi_idmap_next(&client->queue_events, &at))) {
        bqi_queue_events_turn(events);
        if (!bqi_queue_events_is_over(events))
            continue;
        bqi_idmap_remove(&client->queue_events, events->id);
        bqi_queue_events_free(events);
        at = 0;
    }
}

/* Before the loop sleeps: what this turn decided leaves in one write and one wake-up. */
static void on_turn(uv_prepare_t *handle) {
    bq_client *client = handle->data;
    turn_workers(client);
    turn_queue_events(client);
    bqi_client_check_closed(client);
    for (struct bqi_connection *c = client->connections, *next; c; c = next) {
        next = c->next;
        bqi_connection_turn(c);
    }
    bqi_outbox_publish(&client->outbox);
}

static void tear_down(bq_client *client) {
    struct bqi_worker *worker;
    struct bqi_queue_events *events;
    struct bqi_queue *queue;
    size_t at = 0;
    while ((worker = bqi_idmap_next(&client->workers, &at)))
        bqi_worker_abandon(worker);
    for (struct bqi_connection *c = client->connections; c; c = c->next)
        bqi_connection_close(c);
    while (at = 0, (worker = bqi_idmap_next(&client->workers, &at))) {
        bqi_idmap_remove(&client->workers, worker->id);
        bqi_worker_free(worker);
    }
    while (at = 0, (events = bqi_idmap_next(&client->queue_events, &at))) {
        bqi_idmap_remove(&client->queue_events, events->id);
        bqi_queue_events_free(events);
    }
    while (at = 0, (queue = bqi_idmap_next(&client->queues, &at))) {
        bqi_idmap_remove(&client->queues, queue->id);
        bqi_queue_free(queue);
    }
    bqi_client_remove_connection(client, client->connection);
    bqi_connection_free(client->connection);
    bqi_timer_close(&client->grace_timer);
    bqi_operations_free(&client->close_operations);
    uv_close((uv_handle_t *)&client->turn, NULL);
    uv_close((uv_handle_t *)&client->inbox.wake, NULL);
}

static void on_wake(uv_async_t *handle) {
    bq_client *client = handle->data;
    struct bqi_request *request = bqi_inbox_take(&client->inbox);
    while (request) {
        struct bqi_request *next = request->next;
        request->run(client, request);
        bqi_free(request);
        request = next;
    }
    if (atomic_load(&client->stopping) && !uv_is_closing((uv_handle_t *)handle))
        tear_down(client);
}

static void *run_thread(void *arg) {
    bq_client *client = arg;
    uv_run(&client->loop, UV_RUN_DEFAULT);
    uv_loop_close(&client->loop);
    return NULL;
}

static int start_thread(bq_client *client) {
    sigset_t all, before;
    /* Signals are the host's; none may be handled on this thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&client->thread, NULL, run_thread, client);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status == 0 ? 0 : BQ_ESYS;
}

static int prepare_loop(bq_client *client) {
    if (uv_loop_init(&client->loop) != 0)
        return BQ_ESYS;
    client->connection = bqi_connection_new(
        &client->loop, &client->server, client->server.connection_name, &connection_events, client);
    if (!client->connection) {
        uv_loop_close(&client->loop);
        return BQ_ENOMEM;
    }
    uv_async_init(&client->loop, &client->inbox.wake, on_wake);
    uv_prepare_init(&client->loop, &client->turn);
    uv_prepare_start(&client->turn, on_turn);
    client->inbox.wake.data = client->turn.data = client;
    client->connection->checks_server = 1;
    bqi_client_add_connection(client, client->connection);
    return 0;
}

int bqi_client_start(bq_client *client) {
    int status = 0;
    pthread_mutex_lock(&client->start_lock);
    if (!client->started) {
        status = prepare_loop(client);
        if (status == 0 && (status = start_thread(client)) != 0) {
            tear_down(client);
            run_thread(client);
        }
        client->started = status == 0;
    }
    pthread_mutex_unlock(&client->start_lock);
    return status;
}

/* ---- public ---- */

bq_client *bq_client_new(bq_conf *conf) {
    struct bqi_error error;
    bqi_conf_accept(conf);
    if (conf && bqi_conf_scope(conf) != BQ_CONF_CLIENT) {
        bqi_error_set(&error, BQ_ERR_INVALID_ARGUMENT, "A client needs a conf of scope client.");
        bqi_conf_refuse(conf, &error);
        return NULL;
    }
    bq_client *client = bqi_calloc(sizeof *client);
    if (!client || bqi_server_options_read(&client->server, conf) != 0 ||
        bqi_outbox_init(&client->outbox) != 0) {
        bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory or descriptors.");
        bqi_conf_refuse(conf, &error);
        if (client)
            bqi_server_options_free(&client->server);
        bqi_free(client);
        return NULL;
    }
    client->pid = getpid();
    client->max_pending = bqi_conf_int(conf, BQ_CONF_CLIENT, "maxPendingCommands", 1000000);
    pthread_mutex_init(&client->start_lock, NULL);
    bqi_inbox_init(&client->inbox);
    return client;
}

static void request_stop(bq_client *client) {
    atomic_store(&client->stopping, 1);
    pthread_mutex_lock(&client->inbox.lock);
    uv_async_send(&client->inbox.wake);
    pthread_mutex_unlock(&client->inbox.lock);
    pthread_join(client->thread, NULL);
}

void bq_client_free(bq_client *client) {
    if (!client || bqi_client_is_forked(client))
        return;
    atomic_store(&client->closing, 1);
    if (client->started)
        request_stop(client);
    for (struct bqi_request *r = bqi_inbox_take(&client->inbox), *next; r; r = next) {
        next = r->next;
        bqi_request_drop(r);
    }
    bqi_idmap_free(&client->queues);
    bqi_idmap_free(&client->workers);
    bqi_idmap_free(&client->queue_events);
    bqi_idmap_free(&client->jobs);
    bqi_zone_cache_free(&client->zones);
    bqi_inbox_destroy(&client->inbox);
    bqi_outbox_destroy(&client->outbox);
    bqi_server_options_free(&client->server);
    pthread_mutex_destroy(&client->start_lock);
    bqi_free(client);
}

static void add_queue(bq_client *client, struct bqi_request *request) {
    struct bqi_queue *queue = request->object;
    if (bqi_idmap_put(&client->queues, queue->id, queue) != 0) {
        struct bqi_error error;
        bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
        bqi_client_error(client, queue->id, &error);
        bqi_queue_free(queue);
        return;
    }
    bqi_connection_start(client->connection);
    if (bqi_connection_is_ready(client->connection))
        bqi_queue_connected(queue);
}

static void drop_queue(void *queue) {
    bqi_queue_free(queue);
}

bq_id bq_queue_open(bq_client *client, const char *name, bq_conf *conf) {
    struct bqi_error error;
    if (!client || (conf && bqi_conf_scope(conf) != BQ_CONF_QUEUE))
        return BQ_EINVAL;
    if (bqi_client_is_forked(client))
        return BQ_EFORKED;
    bqi_conf_accept(conf);
    struct bqi_queue *queue = bqi_queue_new(name, conf, &error);
    if (!queue) {
        bqi_conf_refuse(conf, &error);
        return error.code == BQ_ERR_OUT_OF_MEMORY ? BQ_ENOMEM : BQ_EINVAL;
    }
    queue->client = client;
    queue->id = bqi_client_next_id(client);
    bq_id id = queue->id;
    bq_id status = atomic_load(&client->closing) ? BQ_ECLOSED : bqi_client_start(client);
    if (status < 0) {
        bqi_queue_free(queue);
        return status;
    }
    status = bqi_client_hand_over(client, add_queue, 0, queue, drop_queue);
    return status < 0 ? status : id;
}
