#include "queue_events.h"

#include <string.h>

#include "alloc.h"

enum { FIRST_PER_READ = 100 };

void bqi_queue_events_error(struct bqi_queue_events *events, const struct bqi_error *error) {
    bqi_outbox_error(&events->client->outbox, events->id, error, NULL);
}

/* ---- ending ---- */

void bqi_queue_events_close(struct bqi_queue_events *events) {
    if (events->closed)
        return;
    events->closed = 1;
    bqi_timer_stop(&events->pause);
    bqi_waits_end(events);
    bqi_blocking_close(&events->blocking);
}

int bqi_queue_events_is_over(const struct bqi_queue_events *events) {
    return events->closed && !events->looking && !events->blocking.waiting;
}

void bqi_queue_events_free(struct bqi_queue_events *events) {
    bqi_waits_end(events);
    bqi_timer_close(&events->pause);
    bqi_blocking_free(&events->blocking);
    bqi_job_waiters_free(&events->waiters);
    bqi_free(events);
}

/* ---- opening ---- */

static int read_options(struct bqi_queue_events *events, const bq_conf *conf) {
    char *last;
    if (bqi_conf_text(conf, BQ_CONF_EVENTS, "lastEventId", &last) != 0)
        return -1;
    events->placed = last && bqi_stream_id_parse(last, &events->place) == 0;
    bqi_free(last);
    events->given = events->placed;
    events->blocking_timeout = bqi_conf_int(conf, BQ_CONF_EVENTS, "blockingTimeout", 10000);
    return 0;
}

static struct bqi_queue_events *new_events(bq_client *client, const bq_conf *conf) {
    struct bqi_queue_events *events = bqi_calloc(sizeof *events);
    if (events && read_options(events, conf) != 0) {
        bqi_free(events);
        events = NULL;
    }
    if (!events)
        return NULL;
    events->client = client;
    events->id = bqi_client_next_id(client);
    events->per_read = FIRST_PER_READ;
    events->look.events = events->read.events = events;
    return events;
}

static void on_ready(void *arg) {
    struct bqi_queue_events *events = arg;
    events->unsure = 1; /* about the time without a connection */
}

static int connect_reader(struct bqi_queue_events *events) {
    char *name = bqi_queue_client_name(events->queue, ":qe");
    int status = bqi_blocking_open(&events->blocking, events->client, name, on_ready, events);
    bqi_free(name);
    return status;
}

static void refuse_open(struct bqi_queue_events *events, int code, const char *message) {
    struct bqi_error error;
    bqi_error_set(&error, code, "%s", message);
    bqi_queue_events_error(events, &error);
    bqi_queue_events_free(events);
}

static void add_events(bq_client *client, struct bqi_request *request) {
    struct bqi_queue_events *events = request->object;
    events->queue = bqi_idmap_get(&client->queues, request->target);
    if (!events->queue)
        refuse_open(events, BQ_ERR_INVALID_ARGUMENT, "Queue events need a queue that is open.");
    else if (connect_reader(events) != 0 ||
             bqi_idmap_put(&client->queue_events, events->id, events) != 0)
        refuse_open(events, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
}

static void drop_events(void *events) {
    bqi_queue_events_free(events);
}

bq_id bq_events_open(bq_client *client, bq_id queue, bq_conf *conf) {
    if (!client || queue <= 0 || (conf && bqi_conf_scope(conf) != BQ_CONF_EVENTS))
        return BQ_EINVAL;
    if (bqi_client_is_forked(client))
        return BQ_EFORKED;
    bqi_conf_accept(conf);
    struct bqi_queue_events *events = new_events(client, conf);
    if (!events)
        return BQ_ENOMEM;
    bq_id id = events->id;
    bq_id status = bqi_client_hand_over(client, add_events, queue, events, drop_events);
    return status < 0 ? status : id;
}

/* ---- by handle ---- */

struct bqi_queue_events *bqi_queue_events_find(bq_client *client, bq_id id) {
    struct bqi_queue_events *events = bqi_idmap_get(&client->queue_events, id);
    return events && !events->closed ? events : NULL;
}

static void close_events(bq_client *client, struct bqi_request *request) {
    struct bqi_queue_events *events = bqi_queue_events_find(client, request->target);
    struct bqi_error error;
    if (events) {
        bqi_queue_events_close(events);
        bqi_client_reply(client, request->operation);
        return;
    }
    bqi_error_set(&error, BQ_ERR_INVALID_ARGUMENT,
                  "There are no open queue events with handle %lld.", (long long)request->target);
    bqi_client_error(client, request->operation, &error);
}

bq_id bq_events_close(bq_client *client, bq_id events) {
    return bqi_client_steer(client, events, close_events, 0, 1);
}
