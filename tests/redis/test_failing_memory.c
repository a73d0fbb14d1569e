/* Every allocation is made to fail in turn, from the options to a job that was run. Nothing may
 * crash or leak, and a client that lived through it goes on working. */
#include "support_fixture.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum { PROBE = 1000000, STEP_MS = 40, RECOVERY_MS = 8000 };

/* How many allocations `scenario` makes. */
static long allocations_of(void (*scenario)(void)) {
    long left = 0;
    bqi_alloc_fail_at(PROBE, 0);
    scenario();
    for (void *block; (block = bqi_malloc(1)) != NULL; left++)
        bqi_free(block);
    bqi_alloc_fail_at(0, 0);
    return PROBE - left;
}

/* With the n-th failing, and with that and all later ones failing. */
static void fail_each(void (*scenario)(void), long count) {
    for (long n = 1; n <= count; n++) {
        bqi_alloc_fail_at(n, 0);
        scenario();
        bqi_alloc_fail_at(n, 1);
        scenario();
        bqi_alloc_fail_at(0, 0);
    }
}

/* ---- options ---- */

static void set_options(void) {
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    if (conf) {
        bq_conf_set(conf, "connection.port", "7000");
        bq_conf_set(conf, "connection.prt", "7000");
        bq_conf_set_json(conf, bq_bytes_of("{\"connection\":{\"host\":\"h\",\"password\":\"p\"}}"));
        bq_conf_set_json(conf, bq_bytes_of("{\"connection\":{\"host\":1}}"));
        bq_conf_set_json(conf, bq_bytes_of("{half"));
    }
    bq_conf_free(conf);
    conf = bq_conf_new(BQ_CONF_QUEUE);
    if (conf)
        bq_conf_set_json(conf, bq_bytes_of("{\"defaultJobOptions\":{\"attempts\":2,\"backoff\":{"
                                           "\"type\":\"fixed\",\"delay\":1}}}"));
    bq_conf_free(conf);
    conf = bq_conf_new(BQ_CONF_WORKER);
    if (conf)
        bq_conf_set_json(conf, bq_bytes_of("{\"removeOnFail\":{\"count\":3},\"name\":\"w\"}"));
    bq_conf_free(conf);
}

static void options_survive_any_failing_allocation(void **state) {
    (void)state;
    long count = allocations_of(set_options);
    assert_true(count > 20);
    fail_each(set_options, count);
}

/* ---- a client that was not used ---- */

static void make_a_client(void) {
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    if (conf && bq_conf_set_json(conf, bq_bytes_of("{\"connection\":{\"path\":\"/nowhere\","
                                                   "\"password\":\"p\",\"db\":2}}")) == 0) {
        bq_client *client = bq_client_new(conf);
        if (client) {
            bq_client_close(client, 0);
            bq_batch_free(bq_take(client, 0));
        }
        bq_client_free(client);
    }
    bq_conf_free(conf);
}

static void a_client_survives_any_failing_allocation(void **state) {
    (void)state;
    long count = allocations_of(make_a_client);
    assert_true(count > 5);
    fail_each(make_a_client, count);
}

/* ---- a whole life ---- */

/* What the host of this program does with events: it runs jobs, every second one failing. */
struct life {
    bq_client *client;
    bq_id queue; /* 0: not opened, or refused by an ERROR event */
    bq_id worker;
    bq_id events;
    int ready; /* the worker was told ready */
    int jobs;
    int unanswered; /* operations; below zero when an answer was not for one of them */
    int own_job_ran;
};

static void called(struct life *life, bq_id operation) {
    life->unanswered += operation > 0;
}

static void run_job(struct life *life, const bq_record *job) {
    bq_bytes name = bq_record_bytes(job, BQ_TAG_NAME);
    life->own_job_ran |= name.len == 5 && memcmp(name.ptr, "after", 5) == 0;
    if (++life->jobs % 2)
        called(life, bq_job_done(life->client, job->id, bq_bytes_of("\"result\"")));
    else
        called(life, bq_job_fail(life->client, job->id, bq_bytes_of("{\"message\":\"no\"}")));
}

static void on_event(struct life *life, const bq_record *record) {
    if (record->type == BQ_EV_JOB)
        run_job(life, record);
    else if (record->type == BQ_EV_READY)
        life->ready |= record->id == life->worker;
    else if (record->type == BQ_EV_REPLY)
        life->unanswered--;
    else if (record->type == BQ_EV_ERROR && record->id == life->queue)
        life->queue = 0;
    else if (record->type == BQ_EV_ERROR && record->id == life->worker)
        life->worker = life->ready ? life->worker : 0;
    else if (record->type == BQ_EV_ERROR && record->id > 0 && record->id != life->events)
        life->unanswered--;
}

/* Whether there were any; not when the batch itself found no memory. */
static int take_events(struct life *life) {
    bq_batch *batch = bq_take(life->client, 0);
    bq_bytes rest = bq_batch_bytes(batch);
    bq_record record;
    while (bq_record_next(&rest, &record) == 1)
        on_event(life, &record);
    bq_batch_free(batch);
    return batch != NULL;
}

static bq_conf *conf_with(int scope, const char *options) {
    bq_conf *conf = bq_conf_new(scope);
    if (conf && bq_conf_set_json(conf, bq_bytes_of(options)) != 0) {
        bq_conf_free(conf);
        return NULL;
    }
    return conf;
}

static void open_everything(struct life *life) {
    char options[200];
    snprintf(options, sizeof options, "{\"connection.path\":\"%s\"}", server->path);
    bq_conf *conf = conf_with(BQ_CONF_CLIENT, options);
    if (!conf)
        return;
    life->client = bq_client_new(conf);
    bq_conf_free(conf);
    if (!life->client)
        return;
    conf = conf_with(BQ_CONF_QUEUE, "{\"defaultJobOptions\":{\"keepLogs\":5}}");
    life->queue = bq_queue_open(life->client, "q", conf);
    bq_conf_free(conf);
    if (life->queue <= 0)
        return;
    conf = conf_with(BQ_CONF_EVENTS, "{\"lastEventId\":\"0-0\"}");
    life->events = bq_events_open(life->client, life->queue, conf);
    bq_conf_free(conf);
    conf = conf_with(BQ_CONF_WORKER, "{\"name\":\"w\",\"lockDuration\":1000,\"stalledInterval\":"
                                     "300,\"drainDelay\":0.2,\"limiter\":{\"max\":1000,"
                                     "\"duration\":1000}}");
    life->worker = bq_worker_open(life->client, life->queue, conf);
    bq_conf_free(conf);
    if (life->worker > 0 && bq_worker_credit(life->client, life->worker, 2) != 0)
        life->worker = 0;
}

static void make_calls(struct life *life) {
    static const char *const types[] = {"wait", "failed"};
    bq_buffer records = BQ_BUFFER_INIT;
    bq_put_add(&records, "bulk", "{}", "{\"attempts\":2}");
    bq_put_add(&records, "bulk", "{}", "{\"parent\":{\"id\":\"x\",\"queue\":\"bull:none\"}}");
    called(life,
           bq_easy_add(life->client, life->queue, "one", "{}",
                       "{\"attempts\":3,\"backoff\":{\"type\":\"exponential\",\"delay\":1},"
                       "\"telemetry\":{\"metadata\":\"m\"},\"deduplication\":{\"id\":\"d\"}}"));
    called(life, bq_easy_add_bulk(life->client, life->queue, bq_buffer_bytes(&records)));
    called(life, bq_easy_add_job_log(life->client, life->queue, "1", "row", 3));
    called(life, bq_easy_get_job(life->client, life->queue, "1"));
    called(life, bq_easy_get_job_counts(life->client, life->queue, types, 2));
    called(life, bq_easy_get_job_logs(life->client, life->queue, "1", 0, -1, 1));
    called(life, bq_easy_get_job_state(life->client, life->queue, "1"));
    called(life,
           bq_call(life->client, life->queue, "nonsense", bq_bytes_of(NULL), bq_bytes_of(NULL)));
    called(life, bq_easy_publish_event(life->client, life->queue, "mine", "{\"a\":\"b\"}", 100));
    called(life, bq_easy_wait_until_finished(life->client, life->queue, "1", life->events, 100));
    bq_buffer_free(&records);
}

/* Until all is answered, or nothing has come for a while: an answer may have found no memory. */
static void live(struct life *life, int jobs) {
    int quiet = 0;
    while (!quiet && (life->unanswered > 0 || life->jobs < jobs)) {
        quiet = bq_wait(life->client, STEP_MS) != 1 || !take_events(life);
    }
}

static void live_and_die(void) {
    struct life life = {0};
    server_flush(server);
    server_do(server, "SCRIPT FLUSH");
    open_everything(&life);
    if (life.client && life.queue > 0) {
        make_calls(&life);
        live(&life, 3);
        called(&life, bq_client_close(life.client, 0));
        live(&life, 0);
    }
    bq_client_free(life.client);
}

/* After the failure all that was opened must still work: a new job is added and run. */
static void goes_on(struct life *life, long n) {
    if (!life->client || life->queue <= 0 || life->worker <= 0)
        return;
    bq_easy_add(life->client, life->queue, "after", "{}", NULL);
    for (int64_t end = clock_ms() + RECOVERY_MS;
         life->queue && life->worker && !life->own_job_ran;) {
        if (clock_ms() > end)
            fail_msg("after the failure of allocation %ld no job was run any more", n);
        bq_wait(life->client, STEP_MS);
        take_events(life);
    }
}

static void fail_one_and_go_on(long n) {
    struct life life = {0};
    server_flush(server);
    server_do(server, "SCRIPT FLUSH");
    bqi_alloc_fail_at(n, 0);
    open_everything(&life);
    if (life.client && life.queue > 0) {
        make_calls(&life);
        live(&life, 3);
    }
    bqi_alloc_fail_at(0, 0);
    goes_on(&life, n);
    bq_client_free(life.client);
}

static void a_client_goes_on_after_any_one_failing_allocation(void **state) {
    (void)state;
    long count = allocations_of(live_and_die);
    assert_true(count > 100);
    for (long n = 1; n <= count; n++)
        fail_one_and_go_on(n);
}

static void a_client_survives_when_memory_runs_out_for_good(void **state) {
    (void)state;
    long count = allocations_of(live_and_die);
    for (long n = 1; n <= count; n += 9) {
        bqi_alloc_fail_at(n, 1);
        live_and_die();
        bqi_alloc_fail_at(0, 0);
    }
}

/* ---- flows ---- */

static void put_flow(bq_buffer *records) {
    bq_put_flow_node(records, 0, "parents", NULL, "root", "{}", "{\"attempts\":2}");
    bq_put_flow_node(records, 1, "kids", "alt", "child", "{}", "{\"failParentOnFailure\":true}");
    bq_put_flow_node(records, 1, "kids", "alt", "child", "{}", "{\"jobId\":\"there\"}");
}

/* A client without a queue adds a flow and reads it back. */
static void add_and_read_a_flow(void) {
    struct life life = {0};
    char options[200];
    bq_buffer records = BQ_BUFFER_INIT;
    snprintf(options, sizeof options, "{\"connection.path\":\"%s\"}", server->path);
    put_flow(&records);
    bq_conf *conf = conf_with(BQ_CONF_CLIENT, options);
    life.client = conf ? bq_client_new(conf) : NULL;
    bq_conf_free(conf);
    if (life.client) {
        called(&life, bq_easy_add_flows(life.client, NULL, bq_buffer_bytes(&records),
                                        "{\"kids\":{\"defaultJobOptions\":{\"attempts\":1}}}"));
        called(&life, bq_easy_get_flow(life.client, "there", "kids", "alt", 2, 5));
        called(&life, bq_easy_get_flow(life.client, "R", "parents", NULL, 3, 5));
        live(&life, 0);
    }
    bq_client_free(life.client);
    bq_buffer_free(&records);
}

static void flows_survive_any_failing_allocation(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    (void)state;
    server_flush(server);
    host = host_open(server, NULL);
    bq_put_flow_node(&records, 0, "parents", NULL, "root", "{}", "{\"jobId\":\"R\"}");
    bq_put_flow_node(&records, 1, "kids", NULL, "child", "{}", NULL);
    host_reply(host, bq_easy_add_flows(host->client, NULL, bq_buffer_bytes(&records), NULL));
    host_close(host);
    host = NULL;
    bq_buffer_free(&records);
    long count = allocations_of(add_and_read_a_flow);
    assert_true(count > 100);
    fail_each(add_and_read_a_flow, count);
}

static int count_json_too(void **state) {
    json_set_alloc_funcs(bqi_malloc, bqi_free);
    return start_server(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_survive_any_failing_allocation),
        cmocka_unit_test(a_client_survives_any_failing_allocation),
        cmocka_unit_test(a_client_goes_on_after_any_one_failing_allocation),
        cmocka_unit_test(a_client_survives_when_memory_runs_out_for_good),
        cmocka_unit_test(flows_survive_any_failing_allocation),
    };
    return cmocka_run_group_tests(tests, count_json_too, stop_server);
}
