/* The chain of iterations of a job scheduler that workers keep going. */
#include "support_proxied.h"
#include "support_schedulers.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text_room[256];

static const char *format(const char *pattern, long long number) {
    snprintf(text_room, sizeof text_room, pattern, number);
    return text_room;
}

static const char *const calm = "{\"skipStalledCheck\":true}";

static void each_job_that_is_taken_makes_the_next_one_first(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"every\":3600000}", "{\"a\":1}", "{\"backoff\":700}"));
    host_worker(host, queue, calm, 1);
    const struct event *job = next_job();
    long long first = atoll(job_id_of(job) + strlen("repeat:s:"));
    /* Before the host saw the job, not after. */
    assert_int_equal(atoll(next_of("s")), first + 3600000);
    const char *second = format("repeat:s:%lld", first + 3600000);
    assert_true(job_is_in(second, "delayed"));
    assert_string_equal(job_field(second, "data"), "{\"a\":1}");
    assert_string_equal(job_field(second, "name"), "tick");
    assert_string_equal(scheduler_field("s", "ic"), "2");
    json_t *opts = json_loads(job_field(second, "opts"), 0, NULL);
    json_t *repeat = json_object_get(opts, "repeat"), *backoff = json_object_get(opts, "backoff");
    assert_int_equal(json_integer_value(json_object_get(repeat, "count")), 2);
    assert_string_equal(json_string_value(json_object_get(backoff, "type")), "fixed");
    assert_int_equal(json_integer_value(json_object_get(opts, "attempts")), 0);
    assert_null(json_object_get(opts, "prevMillis"));
    json_decref(opts);
    host_done(host, job, "1");
}

static void a_limit_ends_the_chain(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"every\":20,\"limit\":3}", NULL, NULL));
    host_worker(host, queue, calm, 1);
    for (int i = 0; i < 3; i++)
        host_done(host, next_job(), "1");
    assert_string_equal(scheduler_field("s", "ic"), "3");
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 0);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 0);
    assert_int_equal(server_integer(server, "ZCARD bull:q:repeat"), 1);
}

static void a_pattern_goes_on_from_the_run_of_the_job(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"pattern\":\"0 0 1 1 *\",\"tz\":\"UTC\"}", NULL, NULL));
    char first[64], second[64];
    snprintf(first, sizeof first, "%s", next_of("s"));
    /* Run early: its own time must not come again. */
    server_do(server, "ZREM bull:q:delayed repeat:s:%s", first);
    server_do(server, "LPUSH bull:q:wait repeat:s:%s", first);
    host_worker(host, queue, calm, 1);
    const struct event *job = next_job();
    assert_string_equal(job_id_of(job) + strlen("repeat:s:"), first);
    snprintf(second, sizeof second, "%s", next_of("s"));
    long long gap = atoll(second) - atoll(first);
    assert_true(gap == 365 * 86400000LL || gap == 366 * 86400000LL);
    host_done(host, job, "1");
}

static void many_schedulers_are_kept_going_at_once(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "s%d", i);
        host_reply(host, upsert(id, "{\"every\":3600000}", NULL, NULL));
    }
    host_worker(host, queue, calm, 30);
    for (int i = 0; i < 20; i++)
        host_done(host, next_job(), "1");
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 20);
    assert_int_equal(server_integer(server, "ZCARD bull:q:completed"), 20);
}

static void a_removed_scheduler_makes_no_further_job(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"every\":3600000}", NULL, NULL));
    host_reply(host, bq_easy_remove_job_scheduler(host->client, queue, "s"));
    host_worker(host, queue, calm, 1);
    host_done(host, next_job(), "1");
    assert_int_equal(server_integer(server, "EXISTS bull:q:delayed bull:q:repeat"), 0);
}

static void a_retry_makes_no_second_chain(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"every\":3600000}", NULL, "{\"attempts\":2}"));
    host_worker(host, queue, calm, 1);
    assert_string_equal(host_fail(host, next_job(), "{\"message\":\"no\"}"), "retried");
    host_done(host, next_job(), "1");
    assert_string_equal(scheduler_field("s", "ic"), "2");
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 1);
}

static void ordinary_jobs_cost_no_further_command(void **state) {
    (void)state;
    load_scripts();
    host_worker(host, queue, calm, 1);
    host_add(host, queue, "{}", NULL);
    host_done(host, next_job(), "1");
    server_do(server, "CONFIG RESETSTAT");
    host_add(host, queue, "{}", NULL);
    host_done(host, next_job(), "1");
    UNTIL(server_calls(server, "evalsha") >= 3);
    assert_true(server_calls(server, "evalsha") <= 4); /* add, fetch, finish, and one more look */
}

static void replace_repeat(const char *id, const char *repeat) {
    json_t *opts = json_loads(job_field(id, "opts"), 0, NULL);
    json_object_set_new(opts, "repeat", json_loads(repeat, 0, NULL));
    char *text = json_dumps(opts, JSON_COMPACT);
    server_do(server, "HSET bull:q:%s opts %s", id, text);
    free(text);
    json_decref(opts);
}

static void a_rule_that_cannot_be_read_leaves_the_job_to_a_stalled_check(void **state) {
    (void)state;
    const struct event *made = host_reply(host, upsert("s", "{\"every\":3600000}", NULL, NULL));
    char id[64];
    snprintf(id, sizeof id, "%s", event_text(host, made, BQ_TAG_JOB_ID));
    replace_repeat(id, "{\"pattern\":\"61 * * * *\",\"count\":1}");
    bq_id worker = host_worker(host, queue, calm, 1);
    const struct event *error = host_error_event(host, BQ_ERR_INVALID_ARGUMENT);
    assert_int_equal(error->id, worker);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Failed to add repeatable job for next iteration: Constraint error, got "
                        "value 61 expected range 0-59");
    assert_string_equal(event_text(host, error, BQ_TAG_JOB_ID), id);
    /* Not lost, not run, and the slot is free for others. */
    host_add(host, queue, "{}", NULL);
    host_done(host, next_job(), "1");
    assert_true(job_is_in(id, "active"));
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 1);
    server_do(server, "DEL bull:q:%s:lock", id);
    replace_repeat(id, "{\"every\":3600000,\"count\":1}");
    host_worker(host, queue, "{\"stalledInterval\":50}", 1);
    const struct event *job = next_job();
    assert_string_equal(job_id_of(job), id);
    host_done(host, job, "1");
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 1);
}

/* A test that failed may have left the server unable to write. */
static int close_writable(void **state) {
    server_do(server, "REPLICAOF NO ONE");
    return close_proxy(state);
}

#define THROUGH_PROXY_TO_REPLICA(test)                                                             \
    cmocka_unit_test_setup_teardown(test, open_through_proxy, close_writable)

/* The job is taken, and only then can the server not write: its answer is held back that long. */
static void take_a_job_of_a_server_that_then_refuses_writes(void) {
    host_reply(host, upsert("s", "{\"every\":3600000}", NULL, NULL));
    bq_id worker = host_worker(host, queue, calm, 0);
    proxy_hold_replies(proxy, 1);
    bq_worker_credit(host->client, worker, 1);
    UNTIL(server_integer(server, "LLEN bull:q:active") == 1);
    server_do(server, "REPLICAOF 127.0.0.1 %d", free_port());
    proxy_hold_replies(proxy, 0);
    const struct event *error = host_error_event(host, BQ_ERR_REDIS_ERROR);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE),
                           "Failed to add repeatable job for next iteration: "));
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 0);
}

static void a_server_that_cannot_write_is_waited_for(void **state) {
    (void)state;
    take_a_job_of_a_server_that_then_refuses_writes();
    server_do(server, "REPLICAOF NO ONE");
    host_done(host, next_job(), "1");
    assert_string_equal(scheduler_field("s", "ic"), "2");
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 1);
}

static void a_worker_that_waits_for_such_a_server_can_be_closed(void **state) {
    (void)state;
    take_a_job_of_a_server_that_then_refuses_writes();
    bq_id closing = bq_client_close(host->client, 50);
    host_reply(host, closing);
    server_do(server, "REPLICAOF NO ONE");
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 1); /* until its lock expires */
}

static void a_client_that_waits_for_such_a_server_can_be_freed(void **state) {
    (void)state;
    take_a_job_of_a_server_that_then_refuses_writes();
    host_free(host);
    host = NULL;
    server_do(server, "REPLICAOF NO ONE");
}

static void a_job_of_a_bullmq_5_repeatable_runs_and_ends_its_chain(void **state) {
    (void)state;
    server_do(server, "ZADD bull:q:repeat 2 %s", "n::::5000");
    server_do(server, "HSET bull:q:repeat:%s name n every 5000", "n::::5000");
    server_do(server,
              "HSET bull:q:old name n data {} opts {} timestamp 1 delay 0 priority 0 rjk %s",
              "n::::5000");
    server_do(server, "LPUSH bull:q:wait old");
    host_worker(host, queue, calm, 1);
    const struct event *error = host_error_event(host, BQ_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE),
                           "Failed to add repeatable job for next iteration: Legacy repeatable job "
                           "metadata is not supported in BullMQ v6 (key: \"n::::5000\"). Migrate"));
    host_done(host, next_job(), "1");
    assert_int_equal(server_integer(server, "EXISTS bull:q:delayed"), 0);
}

static void an_id_of_that_shape_may_be_a_scheduler(void **state) {
    (void)state;
    host_reply(host, upsert("n::::5000", "{\"every\":3600000}", NULL, NULL));
    host_worker(host, queue, calm, 1);
    host_done(host, next_job(), "1");
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 1);
    assert_int_equal(host_count(host, BQ_EV_ERROR, 0), 0);
}

static void a_worker_that_closes_gives_back_what_it_was_just_taking(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        server_flush(server);
        host_reply(host, upsert("s", "{\"every\":3600000}", NULL, NULL));
        bq_id worker = host_worker(host, queue, calm, 1);
        for (int i = 0; i < round * 50; i++)
            bq_client_fd(host->client);
        host_reply(host, bq_worker_close(host->client, worker, -1));
        /* Whatever it got to: one job waits, and there is at most one further iteration. */
        assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 1);
        assert_int_equal(server_integer(server, "LLEN bull:q:active"), 0);
        assert_true(server_integer(server, "ZCARD bull:q:delayed") <= 1);
    }
}

static void a_client_may_be_freed_while_an_iteration_is_on_its_way(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        server_flush(server);
        struct host *other = host_open(server, NULL);
        bq_id opened = host_queue(other, "q", NULL);
        host_reply(other, bq_easy_upsert_job_scheduler(other->client, opened, "s", NULL, NULL,
                                                       "{\"every\":3600000}", NULL));
        bq_worker_credit(other->client, host_worker_begin(other, opened, calm), 1);
        for (int spin = 0; spin < i * 100; spin++)
            bq_client_fd(other->client);
        host_free(other);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(each_job_that_is_taken_makes_the_next_one_first),
        WITH_QUEUE(a_limit_ends_the_chain),
        WITH_QUEUE(a_pattern_goes_on_from_the_run_of_the_job),
        WITH_QUEUE(many_schedulers_are_kept_going_at_once),
        WITH_QUEUE(a_removed_scheduler_makes_no_further_job),
        WITH_QUEUE(a_retry_makes_no_second_chain),
        WITH_QUEUE(ordinary_jobs_cost_no_further_command),
        WITH_QUEUE(a_rule_that_cannot_be_read_leaves_the_job_to_a_stalled_check),
        THROUGH_PROXY_TO_REPLICA(a_server_that_cannot_write_is_waited_for),
        THROUGH_PROXY_TO_REPLICA(a_worker_that_waits_for_such_a_server_can_be_closed),
        THROUGH_PROXY_TO_REPLICA(a_client_that_waits_for_such_a_server_can_be_freed),
        WITH_QUEUE(a_job_of_a_bullmq_5_repeatable_runs_and_ends_its_chain),
        WITH_QUEUE(an_id_of_that_shape_may_be_a_scheduler),
        WITH_QUEUE(a_worker_that_closes_gives_back_what_it_was_just_taking),
        WITH_QUEUE(a_client_may_be_freed_while_an_iteration_is_on_its_way),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
