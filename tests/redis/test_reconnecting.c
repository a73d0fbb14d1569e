/* Connections that break, servers that restart, fall silent or cannot write: nothing is lost. */
#include "support_proxied.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const durable[] = {"--appendonly", "yes", "--appendfsync", "always", NULL};

static int start_durable_server(void **state) {
    (void)state;
    server = server_start(durable);
    return 0;
}

static void kill_all_clients(void) {
    server_do(server, "CLIENT KILL TYPE normal SKIPME yes");
}

/* Runs jobs until that many are in the set; the outcome of one may be an error (a lock that was
 * lost meanwhile), the job then comes again. */
static void run_until_completed(int count) {
    for (int64_t end = clock_ms() + 15000;;) {
        const struct event *job = host_try(host, BQ_EV_JOB, 0, 20);
        if (job)
            bq_easy_done(host->client, job->id, "1");
        else if (server_integer(server, "ZCARD bull:q:completed") >= count)
            return;
        if (clock_ms() > end)
            fail_msg("%lld of %d jobs were completed",
                     server_integer(server, "ZCARD bull:q:completed"), count);
    }
}

/* ---- broken connections ---- */

static void loss_and_return_of_the_connection_are_told(void **state) {
    (void)state;
    host_wait(host, BQ_EV_CONNECTION, 0);
    kill_all_clients();
    const struct event *lost = host_wait(host, BQ_EV_CONNECTION, 0);
    assert_string_equal(event_text(host, lost, BQ_TAG_STATE), "lost");
    assert_string_equal(event_text(host, lost, BQ_TAG_MESSAGE), "the server closed the connection");
    const struct event *restored = host_wait(host, BQ_EV_CONNECTION, 0);
    assert_string_equal(event_text(host, restored, BQ_TAG_STATE), "restored");
    assert_int_equal(host_count(host, BQ_EV_READY, queue), 1); /* only the first time */
}

static void calls_made_while_there_is_no_connection_are_carried_out_afterwards(void **state) {
    enum { COUNT = 50 };
    bq_id operations[COUNT];
    (void)state;
    host_wait(host, BQ_EV_CONNECTION, 0);
    kill_all_clients();
    host_wait(host, BQ_EV_CONNECTION, 0); /* it is lost */
    for (int i = 0; i < COUNT; i++)
        operations[i] = bq_easy_add(host->client, queue, "work", "{}", NULL);
    for (int i = 0; i < COUNT; i++)
        host_reply(host, operations[i]);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), COUNT);
    assert_string_equal(job_field("1", "name"), "work");
}

static void a_job_that_runs_while_all_connections_are_killed_is_finished(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    host_worker(host, queue, NULL, 1);
    const struct event *job = next_job();
    kill_all_clients();
    host_done(host, job, "\"kept\"");
    assert_string_equal(job_field("1", "returnvalue"), "\"kept\"");
    assert_string_equal(job_id_of(next_job()), "2");
}

static void a_waiting_worker_whose_connections_are_killed_goes_on(void **state) {
    (void)state;
    host_worker(host, queue, "{\"drainDelay\":60}", 1);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    kill_all_clients();
    host_add(host, queue, "{}", NULL);
    host_done(host, next_job(), "1");
}

static void locks_are_renewed_as_soon_as_the_connection_is_back(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    bq_id worker = host_worker(host, queue, "{\"lockDuration\":20000}", 1);
    const struct event *job = next_job();
    server_do(server, "PEXPIRE bull:q:1:lock 5000");
    kill_all_clients();
    host_wait(host, BQ_EV_LOCKS_RENEWED, worker);
    assert_true(server_integer(server, "PTTL bull:q:1:lock") > 15000);
    host_done(host, job, "1");
}

/* ---- lost answers ---- */

static void an_outcome_whose_answer_was_lost_is_told_all_the_same(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    host_worker(host, queue, NULL, 2);
    const struct event *good = next_job(), *bad = next_job();
    proxy_hold_replies(proxy, 1);
    bq_id done = bq_easy_done(host->client, good->id, "\"once\"");
    bq_id failed = bq_easy_fail(host->client, bad->id, "for good");
    UNTIL(job_is_in("1", "completed") && job_is_in("2", "failed"));
    proxy_cut(proxy);
    proxy_hold_replies(proxy, 0);
    assert_string_equal(event_text(host, host_reply(host, done), BQ_TAG_OUTCOME), "completed");
    assert_string_equal(event_text(host, host_reply(host, failed), BQ_TAG_OUTCOME), "failed");
    assert_string_equal(job_field("1", "atm"), "1");
}

static void a_call_whose_answer_was_lost_is_made_again(void **state) {
    (void)state;
    proxy_hold_replies(proxy, 1);
    bq_id operation = bq_easy_add(host->client, queue, "work", "{}", "{\"jobId\":\"mine\"}");
    UNTIL(server_integer(server, "EXISTS bull:q:mine"));
    proxy_cut(proxy);
    proxy_hold_replies(proxy, 0);
    assert_string_equal(event_text(host, host_reply(host, operation), BQ_TAG_VALUE), "mine");
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 1);
}

/* The fetch that took the job is made again and brings nothing; the job's lock runs out. */
static void a_job_fetched_by_a_lost_answer_is_recovered(void **state) {
    (void)state;
    host_worker(host, queue, "{\"lockDuration\":300,\"stalledInterval\":100}", 1);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    proxy_hold_replies(proxy, 1);
    server_do(server, "HSET bull:q:j name n data {} opts {} timestamp 1 delay 0 priority 0");
    server_do(server, "LPUSH bull:q:wait j");
    proxy_hold_replies(proxy, 0);
    server_do(server, "ZADD bull:q:marker 0 0");
    proxy_hold_replies(proxy, 1);
    proxy_cut(proxy);
    proxy_hold_replies(proxy, 0);
    host_done(host, next_job(), "1");
}

/* ---- black holes ---- */

static void a_blocking_connection_that_fell_silent_is_replaced(void **state) {
    (void)state;
    host_worker(host, queue, "{\"drainDelay\":0.1}", 1);
    assert_int_equal(proxy_accepted(proxy), 2);
    proxy_silence(proxy, 1);
    proxy_wait_accepted(proxy, 3);
    host_add(host, queue, "{}", NULL);
    host_done(host, next_job(), "1");
    assert_int_equal(host_count(host, BQ_EV_CONNECTION, 0), 1); /* the other one never broke */
}

static void a_server_that_stops_and_goes_on_is_worked_with_again(void **state) {
    (void)state;
    bq_id worker = host_worker(host, queue, "{\"drainDelay\":0.1}", 1);
    host_add(host, queue, "{}", NULL);
    const struct event *job = next_job();
    server_freeze(server);
    bq_id done = bq_easy_done(host->client, job->id, "1");
    bq_id added = bq_easy_add(host->client, queue, "work", "{}", NULL);
    assert_null(host_try(host, BQ_EV_REPLY, 0, 1300)); /* beyond the watchdog's patience */
    server_thaw(server);
    host_reply(host, done);
    host_reply(host, added);
    host_done(host, next_job(), "1");
    host_reply(host, bq_worker_close(host->client, worker, -1));
}

/* ---- restarts ---- */

static void a_server_that_crashes_and_restarts_loses_nothing(void **state) {
    enum { BEFORE = 40, AFTER = 40, COUNT = BEFORE + AFTER };
    bq_id operations[COUNT];
    char opts[64];
    (void)state;
    host_worker(host, queue, "{\"lockDuration\":1500,\"stalledInterval\":300}", 10);
    for (int i = 0; i < BEFORE; i++) {
        snprintf(opts, sizeof opts, "{\"jobId\":\"j%d\"}", i);
        operations[i] = bq_easy_add(host->client, queue, "work", "{}", opts);
        if (i % 2)
            bq_easy_done(host->client, next_job()->id, "1");
    }
    server_crash(server);
    for (int i = BEFORE; i < COUNT; i++) {
        snprintf(opts, sizeof opts, "{\"jobId\":\"j%d\"}", i);
        operations[i] = bq_easy_add(host->client, queue, "work", "{}", opts);
    }
    server_restart(server);
    for (int i = 0; i < COUNT; i++)
        host_reply(host, operations[i]);
    run_until_completed(COUNT);
    assert_int_equal(server_integer(server, "ZCARD bull:q:completed"), COUNT);
    assert_int_equal(server_integer(server, "EXISTS bull:q:wait bull:q:active bull:q:failed"), 0);
}

static void jobs_in_hand_during_a_restart_are_run_once(void **state) {
    const struct event *jobs[5];
    bq_id done[5];
    (void)state;
    for (int i = 0; i < 5; i++)
        host_add(host, queue, "{}", NULL);
    bq_id worker = host_worker(host, queue, NULL, 5);
    for (int i = 0; i < 5; i++)
        jobs[i] = next_job();
    server_crash(server);
    for (int i = 0; i < 5; i++)
        done[i] = bq_easy_done(host->client, jobs[i]->id, "1");
    server_restart(server);
    for (int i = 0; i < 5; i++)
        host_reply(host, done[i]);
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 5);
    assert_int_equal(host_count(host, BQ_EV_STALLED, worker), 0);
    assert_int_equal(server_integer(server, "ZCARD bull:q:completed"), 5);
}

/* ---- forgotten scripts ---- */

static void scripts_that_the_server_forgot_are_loaded_again(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    server_do(server, "SCRIPT FLUSH");
    host_add(host, queue, "{}", NULL);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 2);
}

static void a_pipeline_that_meets_forgotten_scripts_is_carried_out_in_order(void **state) {
    enum { COUNT = 600 };
    bq_id operations[COUNT];
    char id[16];
    (void)state;
    static const char *const kinds[] = {NULL, "{\"delay\":60000}", "{\"priority\":1}"};
    host_add(host, queue, "{}", NULL);
    server_do(server, "DEL bull:q:wait bull:q:id");
    server_freeze(server); /* so that they all leave before the first answer comes */
    for (int i = 0; i < COUNT; i++)
        operations[i] = bq_easy_add(host->client, queue, "work", "{}", kinds[i % 3]);
    server_thaw(server);
    server_do(server, "SCRIPT FLUSH");
    for (int i = 0; i < COUNT; i++)
        host_reply(host, operations[i]);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), COUNT / 3);
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), COUNT / 3);
    assert_int_equal(server_integer(server, "ZCARD bull:q:prioritized"), COUNT / 3);
    redisReply *list = server_reply(server, "LRANGE bull:q:wait 0 -1");
    for (size_t i = 1; i < list->elements; i++)
        assert_true(atoi(list->element[i - 1]->str) > atoi(list->element[i]->str));
    snprintf(id, sizeof id, "%d", COUNT);
    assert_string_equal(server_text(server, "GET bull:q:id"), id);
}

static void a_bulk_that_meets_forgotten_scripts_keeps_its_order(void **state) {
    enum { COUNT = 300 };
    bq_buffer records = BQ_BUFFER_INIT;
    char data[16];
    (void)state;
    host_add(host, queue, "{}", NULL);
    server_do(server, "SCRIPT FLUSH");
    for (int i = 0; i < COUNT; i++) {
        snprintf(data, sizeof data, "%d", i);
        bq_put_add(&records, "work", data, NULL);
    }
    host_reply(host, bq_easy_add_bulk(host->client, queue, bq_buffer_bytes(&records)));
    bq_buffer_free(&records);
    assert_string_equal(job_field("2", "data"), "0");
    snprintf(data, sizeof data, "%d", COUNT + 1);
    assert_string_equal(job_field(data, "data"), "299");
}

static void a_worker_that_meets_forgotten_scripts_goes_on(void **state) {
    (void)state;
    host_worker(host, queue, "{\"lockDuration\":200}", 2);
    for (int i = 0; i < 10; i++) {
        host_add(host, queue, "{}", "{\"attempts\":2}");
        const struct event *job = next_job();
        server_do(server, "SCRIPT FLUSH");
        if (i % 2)
            host_done(host, job, "1");
        else
            host_fail(host, job, "{\"name\":\"UnrecoverableError\"}");
    }
    assert_int_equal(server_integer(server, "ZCARD bull:q:completed"), 5);
}

/* ---- servers that cannot write ---- */

static int write_again(void **state) {
    server_do(server, "CONFIG SET maxmemory 0");
    server_do(server, "REPLICAOF NO ONE");
    return close_queue(state);
}

static void refuse_writes(void) {
    server_do(server, "REPLICAOF 127.0.0.1 %d", free_port());
}

static const struct event *start_job(const char *opts) {
    host_add(host, queue, "{}", opts);
    host_worker(host, queue, "{\"skipStalledCheck\":true}", 1);
    return next_job();
}

/* A script that has begun to write goes on, and finishing begins by deleting the lock. */
static void a_server_without_memory_still_takes_outcomes(void **state) {
    (void)state;
    const struct event *job = start_job(NULL);
    server_do(server, "CONFIG SET maxmemory 1");
    host_done(host, job, "\"kept\"");
    assert_string_equal(job_field("1", "returnvalue"), "\"kept\"");
}

static void an_outcome_that_is_refused_for_now_is_repeated_until_it_is_stored(void **state) {
    (void)state;
    const struct event *job = start_job("{\"attempts\":3}");
    refuse_writes();
    bq_id failed = bq_easy_fail(host->client, job->id, "x");
    const struct event *error = host_error_event(host, BQ_ERR_REDIS_ERROR);
    assert_memory_equal(event_text(host, error, BQ_TAG_MESSAGE), "READONLY", 8);
    assert_string_equal(job_id_of(error), "1");
    host_error_event(host, BQ_ERR_REDIS_ERROR);
    assert_int_equal(host_count(host, BQ_EV_REPLY, failed), 0);
    server_do(server, "REPLICAOF NO ONE");
    assert_string_equal(event_text(host, host_reply(host, failed), BQ_TAG_OUTCOME), "retried");
}

static void an_outcome_that_is_being_repeated_is_answered_when_force_ends_it(void **state) {
    (void)state;
    const struct event *job = start_job(NULL);
    refuse_writes();
    bq_id done = bq_easy_done(host->client, job->id, "1");
    host_error_event(host, BQ_ERR_REDIS_ERROR);
    bq_id close = bq_client_close(host->client, 0);
    host_error(host, done, BQ_ERR_CLOSED);
    host_reply(host, close);
}

static void a_client_may_be_freed_while_an_outcome_is_being_repeated(void **state) {
    (void)state;
    const struct event *job = start_job(NULL);
    refuse_writes();
    bq_easy_done(host->client, job->id, "1");
    host_error_event(host, BQ_ERR_REDIS_ERROR);
    host_free(host);
    host = NULL;
}

static void a_call_that_finds_no_memory_is_told_so_at_once(void **state) {
    (void)state;
    server_do(server, "CONFIG SET maxmemory 1");
    const struct event *error =
        host_error(host, bq_easy_add(host->client, queue, "work", "{}", NULL), BQ_ERR_REDIS_ERROR);
    assert_memory_equal(event_text(host, error, BQ_TAG_MESSAGE), "OOM", 3);
}

static void a_worker_that_cannot_fetch_goes_on_when_it_can(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    server_do(server, "CONFIG SET maxmemory 1");
    host_worker(host, queue, "{\"drainDelay\":0.1}", 1);
    host_error_event(host, BQ_ERR_REDIS_ERROR);
    server_do(server, "CONFIG SET maxmemory 0");
    host_done(host, next_job(), "1");
}

#define THROUGH_PROXY(test) cmocka_unit_test_setup_teardown(test, open_through_proxy, close_proxy)
#define WRITING_AGAIN(test) cmocka_unit_test_setup_teardown(test, open_queue, write_again)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(loss_and_return_of_the_connection_are_told),
        WITH_QUEUE(calls_made_while_there_is_no_connection_are_carried_out_afterwards),
        WITH_QUEUE(a_job_that_runs_while_all_connections_are_killed_is_finished),
        WITH_QUEUE(a_waiting_worker_whose_connections_are_killed_goes_on),
        WITH_QUEUE(locks_are_renewed_as_soon_as_the_connection_is_back),
        THROUGH_PROXY(an_outcome_whose_answer_was_lost_is_told_all_the_same),
        THROUGH_PROXY(a_call_whose_answer_was_lost_is_made_again),
        THROUGH_PROXY(a_job_fetched_by_a_lost_answer_is_recovered),
        THROUGH_PROXY(a_blocking_connection_that_fell_silent_is_replaced),
        WITH_QUEUE(a_server_that_stops_and_goes_on_is_worked_with_again),
        WITH_QUEUE(a_server_that_crashes_and_restarts_loses_nothing),
        WITH_QUEUE(jobs_in_hand_during_a_restart_are_run_once),
        WITH_QUEUE(scripts_that_the_server_forgot_are_loaded_again),
        WITH_QUEUE(a_pipeline_that_meets_forgotten_scripts_is_carried_out_in_order),
        WITH_QUEUE(a_bulk_that_meets_forgotten_scripts_keeps_its_order),
        WITH_QUEUE(a_worker_that_meets_forgotten_scripts_goes_on),
        WRITING_AGAIN(a_server_without_memory_still_takes_outcomes),
        WRITING_AGAIN(an_outcome_that_is_refused_for_now_is_repeated_until_it_is_stored),
        WRITING_AGAIN(an_outcome_that_is_being_repeated_is_answered_when_force_ends_it),
        WRITING_AGAIN(a_client_may_be_freed_while_an_outcome_is_being_repeated),
        WRITING_AGAIN(a_call_that_finds_no_memory_is_told_so_at_once),
        WRITING_AGAIN(a_worker_that_cannot_fetch_goes_on_when_it_can),
    };
    return cmocka_run_group_tests(tests, start_durable_server, stop_server);
}
