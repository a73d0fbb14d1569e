#include "support_cmocka.h"

#include "support_host.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONG_MS = 20000 };

int64_t clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- opening ---- */

static bq_conf *conf_of(int scope, const char *options) {
    if (!options)
        return NULL;
    bq_conf *conf = bq_conf_new(scope);
    assert_non_null(conf);
    if (bq_conf_set_json(conf, bq_bytes_of(options)) != 0)
        fail_msg("%s: %s", options, bq_conf_error(conf));
    return conf;
}

struct host *host_open_with(const char *options) {
    bq_conf *conf = conf_of(BQ_CONF_CLIENT, options);
    struct host *host = calloc(1, sizeof *host);
    assert_non_null(host);
    host->client = bq_client_new(conf);
    if (!host->client)
        fail_msg("%s: %s", options, bq_conf_error(conf));
    bq_conf_free(conf);
    return host;
}

struct host *host_open(struct server *server, const char *members) {
    char options[512];
    snprintf(options, sizeof options, "{\"connection.path\":\"%s\"%s%s}", server->path,
             members ? "," : "", members ? members : "");
    struct host *host = host_open_with(options);
    host->server = server;
    return host;
}

void host_free(struct host *host) {
    bq_client_free(host->client);
    for (size_t i = 0; i < host->batch_count; i++)
        bq_batch_free(host->batches[i]);
    for (size_t i = 0; i < host->count; i++)
        free(host->events[i]);
    free(host->batches);
    free(host->events);
    free(host);
}

void host_close(struct host *host) {
    host_reply(host, bq_client_close(host->client, 1000));
    host_free(host);
}

bq_id host_queue_begin(struct host *host, const char *name, const char *options) {
    bq_conf *conf = conf_of(BQ_CONF_QUEUE, options);
    bq_id queue = bq_queue_open(host->client, name, conf);
    if (queue < 0)
        fail_msg("queue %s: %s %s", name, bq_strerror((int)queue), bq_conf_error(conf));
    bq_conf_free(conf);
    return queue;
}

bq_id host_queue(struct host *host, const char *name, const char *options) {
    bq_id queue = host_queue_begin(host, name, options);
    host_wait(host, BQ_EV_READY, queue);
    return queue;
}

bq_id host_worker_begin(struct host *host, bq_id queue, const char *options) {
    bq_conf *conf = conf_of(BQ_CONF_WORKER, options);
    bq_id worker = bq_worker_open(host->client, queue, conf);
    if (worker < 0)
        fail_msg("worker: %s %s", bq_strerror((int)worker), bq_conf_error(conf));
    bq_conf_free(conf);
    return worker;
}

bq_id host_worker(struct host *host, bq_id queue, const char *options, int credit) {
    bq_id worker = host_worker_begin(host, queue, options);
    host_wait(host, BQ_EV_READY, worker);
    assert_int_equal(bq_worker_credit(host->client, worker, credit), 0);
    return worker;
}

bq_id host_events_begin(struct host *host, bq_id queue, const char *options) {
    bq_conf *conf = conf_of(BQ_CONF_EVENTS, options);
    bq_id events = bq_events_open(host->client, queue, conf);
    if (events < 0)
        fail_msg("events: %s %s", bq_strerror((int)events), bq_conf_error(conf));
    bq_conf_free(conf);
    return events;
}

bq_id host_events(struct host *host, bq_id queue, const char *options) {
    bq_id events = host_events_begin(host, queue, options);
    host_wait(host, BQ_EV_READY, events);
    return events;
}

/* ---- events ---- */

static void keep_event(struct host *host, const bq_record *record) {
    struct event *event = malloc(sizeof *event);
    if (host->count == host->room) {
        host->room = host->room ? host->room * 2 : 64;
        host->events = realloc(host->events, host->room * sizeof(struct event *));
    }
    assert_true(event && host->events);
    *event = (struct event){record->type, record->id, 0, *record};
    host->events[host->count++] = event;
}

static void keep_batch(struct host *host, bq_batch *batch) {
    bq_bytes rest = bq_batch_bytes(batch);
    bq_record record;
    int status;
    host->batches = realloc(host->batches, (host->batch_count + 1) * sizeof *host->batches);
    assert_non_null(host->batches);
    host->batches[host->batch_count++] = batch;
    while ((status = bq_record_next(&rest, &record)) == 1)
        keep_event(host, &record);
    assert_int_equal(status, 0);
}

void host_pump(struct host *host) {
    bq_batch *batch;
    while ((batch = bq_take(host->client, 0)))
        keep_batch(host, batch);
}

static int is_wanted(const struct event *event, int type, bq_id id, int code) {
    return !event->seen && event->type == type && (id == 0 || event->id == id) &&
           (code == 0 || bq_record_integer(&event->record, BQ_TAG_CODE, 0) == code);
}

static const struct event *find(struct host *host, int type, bq_id id, int code) {
    while (host->unseen < host->count && host->events[host->unseen]->seen)
        host->unseen++;
    for (size_t i = host->unseen; i < host->count; i++) {
        struct event *event = host->events[i];
        if (is_wanted(event, type, id, code)) {
            event->seen = 1;
            return event;
        }
    }
    return NULL;
}

static const struct event *wait_for(struct host *host, int type, bq_id id, int code, int ms) {
    int64_t end = clock_ms() + ms;
    const struct event *event;
    host_pump(host);
    while (!(event = find(host, type, id, code))) {
        int64_t left = end - clock_ms();
        if (left <= 0)
            return NULL;
        assert_true(bq_wait(host->client, (int32_t)left) >= 0);
        host_pump(host);
    }
    return event;
}

static void show(struct host *host) {
    for (size_t i = host->count > 40 ? host->count - 40 : 0; i < host->count; i++) {
        const struct event *event = host->events[i];
        print_error("  event type %d id %lld%s %s %s %s\n", event->type, (long long)event->id,
                    event->seen ? " (seen)" : "", event_text(host, event, BQ_TAG_JOB_ID),
                    event_text(host, event, BQ_TAG_MESSAGE), event_text(host, event, BQ_TAG_STATE));
    }
}

const struct event *host_try(struct host *host, int type, bq_id id, int ms) {
    return wait_for(host, type, id, 0, ms);
}

const struct event *host_wait(struct host *host, int type, bq_id id) {
    const struct event *event = wait_for(host, type, id, 0, LONG_MS);
    if (!event) {
        show(host);
        fail_msg("no event of type %d with id %lld came", type, (long long)id);
    }
    return event;
}

const struct event *host_error_event(struct host *host, int code) {
    const struct event *event = wait_for(host, BQ_EV_ERROR, 0, code, LONG_MS);
    if (!event) {
        show(host);
        fail_msg("no ERROR event with code %d came", code);
    }
    return event;
}

const struct event *host_answer(struct host *host, bq_id operation) {
    int64_t end = clock_ms() + LONG_MS;
    const struct event *event = NULL;
    if (operation <= 0)
        fail_msg("refused: %s", bq_strerror((int)operation));
    host_pump(host);
    while (!event) {
        int64_t left = end - clock_ms();
        if (left <= 0) {
            show(host);
            fail_msg("operation %lld was not answered", (long long)operation);
        }
        event = find(host, BQ_EV_REPLY, operation, 0);
        if (!event)
            event = find(host, BQ_EV_ERROR, operation, 0);
        if (!event) {
            bq_wait(host->client, (int32_t)left);
            host_pump(host);
        }
    }
    return event;
}

const struct event *host_reply(struct host *host, bq_id operation) {
    const struct event *event = host_answer(host, operation);
    if (event->type != BQ_EV_REPLY)
        fail_msg("error %d: %s", (int)event_integer(event, BQ_TAG_CODE),
                 event_text(host, event, BQ_TAG_MESSAGE));
    return event;
}

const struct event *host_error(struct host *host, bq_id operation, int code) {
    const struct event *event = host_answer(host, operation);
    if (event->type != BQ_EV_ERROR)
        fail_msg("operation %lld succeeded; error %d was expected", (long long)operation, code);
    if (event_integer(event, BQ_TAG_CODE) != code)
        fail_msg("error %d (%s), not %d", (int)event_integer(event, BQ_TAG_CODE),
                 event_text(host, event, BQ_TAG_MESSAGE), code);
    return event;
}

int host_count(struct host *host, int type, bq_id id) {
    int count = 0;
    host_pump(host);
    for (size_t i = 0; i < host->count; i++)
        count += host->events[i]->type == type && (id == 0 || host->events[i]->id == id);
    return count;
}

/* ---- commands ---- */

const char *host_add(struct host *host, bq_id queue, const char *data, const char *opts) {
    bq_id operation = bq_easy_add(host->client, queue, "work", data, opts);
    return event_text(host, host_reply(host, operation), BQ_TAG_VALUE);
}

void host_done(struct host *host, const struct event *job, const char *result) {
    const struct event *reply = host_reply(host, bq_easy_done(host->client, job->id, result));
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "completed");
}

const char *host_fail(struct host *host, const struct event *job, const char *failure) {
    bq_id operation = bq_job_fail(host->client, job->id, bq_bytes_of(failure));
    return event_text(host, host_reply(host, operation), BQ_TAG_OUTCOME);
}

/* ---- fields ---- */

const char *event_text(struct host *host, const struct event *event, int tag) {
    char *text = host->texts[host->next_text++ % 8];
    bq_bytes bytes = bq_record_bytes(&event->record, tag);
    size_t len = bytes.len < sizeof host->texts[0] ? bytes.len : sizeof host->texts[0] - 1;
    if (len)
        memcpy(text, bytes.ptr, len);
    text[len] = '\0';
    return text;
}

int64_t event_integer(const struct event *event, int tag) {
    return bq_record_integer(&event->record, tag, INT64_MIN);
}

double event_float(const struct event *event, int tag) {
    return bq_record_float(&event->record, tag, -1);
}
