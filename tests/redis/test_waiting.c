/* waitUntilFinished: every way in which a wait for a job ends. */
#include "support_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bq_id events;

static bq_id wait_for(const char *id, int64_t ttl) {
    return bq_easy_wait_until_finished(host->client, queue, id, events, ttl);
}

static void gives(bq_id operation, const char *value) {
    assert_string_equal(event_text(host, host_reply(host, operation), BQ_TAG_VALUE), value);
}

static void fails(bq_id operation, int code, const char *message) {
    const struct event *error = host_error(host, operation, code);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), message);
}

/* The reader has read all there is, and the wait has asked Redis. */
static void settle_down(void) {
    host_reply(host, bq_easy_is_paused(host->client, queue));
    host_reply(host, bq_easy_publish_event(host->client, queue, "mark", NULL, BQ_EASY_UNSET));
    const struct event *event;
    do
        event = host_wait(host, BQ_EV_QUEUE_EVENT, events);
    while (strcmp(event_text(host, event, BQ_TAG_EVENT_NAME), "mark") != 0);
}

static int open_events(void **state) {
    open_queue(state);
    events = host_events(host, queue, NULL);
    return 0;
}

static const struct event *active_job(const char *opts) {
    host_add(host, queue, "{}", opts);
    host_worker(host, queue, NULL, 1);
    return next_job();
}

/* ---- finished before ---- */

static void a_completed_job_gives_its_value_at_once(void **state) {
    (void)state;
    host_done(host, active_job(NULL), "{\"a\":1}");
    gives(wait_for("1", 0), "{\"a\":1}");
}

static void a_failed_job_gives_its_reason_at_once(void **state) {
    (void)state;
    host_fail(host, active_job(NULL), "{\"message\":\"no luck\"}");
    fails(wait_for("1", 5000), BQ_ERR_JOB_FAILED, "no luck");
}

static void a_job_that_is_not_there_is_told(void **state) {
    (void)state;
    fails(wait_for("99", 0), BQ_ERR_JOB_NOT_EXIST, "Missing key for job bull:q:99. isFinished");
}

/* ---- finished later ---- */

static void a_job_that_completes_later_gives_its_value(void **state) {
    (void)state;
    const struct event *job = active_job(NULL);
    bq_id first = wait_for("1", BQ_EASY_UNSET), second = wait_for("1", 10000);
    settle_down();
    host_done(host, job, "\"later\"");
    gives(first, "\"later\"");
    gives(second, "\"later\"");
}

static void a_job_that_fails_later_gives_its_whole_reason(void **state) {
    char failure[3100], message[3000];
    (void)state;
    memset(message, 'x', sizeof message);
    message[sizeof message - 1] = '\0';
    snprintf(failure, sizeof failure, "{\"message\":\"%s\"}", message);
    const struct event *job = active_job(NULL);
    bq_id operation = wait_for("1", 0);
    settle_down();
    host_fail(host, job, failure);
    fails(operation, BQ_ERR_JOB_FAILED, message);
}

static void a_job_that_is_removed_when_it_completes_gives_its_value(void **state) {
    (void)state;
    const struct event *job = active_job("{\"removeOnComplete\":true}");
    bq_id operation = wait_for("1", 0);
    settle_down();
    host_done(host, job, "7");
    gives(operation, "7");
    assert_int_equal(server_integer(server, "EXISTS bull:q:1"), 0);
}

static void a_wait_may_begin_before_the_reader_is_ready(void **state) {
    (void)state;
    host_done(host, active_job(NULL), "1");
    events = host_events_begin(host, queue, NULL);
    gives(wait_for("1", 0), "1");
}

static void an_event_without_the_value_makes_the_wait_look(void **state) {
    (void)state;
    const struct event *job = active_job(NULL);
    bq_id operation = wait_for("1", 0);
    settle_down();
    server_do(server, "XADD bull:q:events * event completed jobId 1");
    settle_down();
    host_done(host, job, "5");
    gives(operation, "5");
}

static void a_value_that_the_host_cannot_be_told_as_event_ends_the_wait(void **state) {
    (void)state;
    active_job(NULL);
    bq_id operation = wait_for("1", 0);
    settle_down();
    server_do(server, "XADD bull:q:events * event failed jobId 1 failedReason %s",
              "a\xff"
              "b");
    fails(operation, BQ_ERR_JOB_FAILED, "a?b");
    host_error_event(host, BQ_ERR_MALFORMED_EVENT);
}

/* ---- not finished ---- */

static void a_wait_ends_with_its_ttl(void **state) {
    (void)state;
    const struct event *job = active_job(NULL);
    fails(wait_for("1", 60), BQ_ERR_JOB_WAIT_TIMEOUT,
          "Job wait work timed out before finishing, no finish notification arrived after "
          "60ms (id=1)");
    host_done(host, job, "1"); /* nobody is left to hear of it */
}

static void a_wait_ends_with_its_reader(void **state) {
    (void)state;
    active_job(NULL);
    bq_id operation = wait_for("1", 60000), other = wait_for("1", 0);
    settle_down();
    bq_id closed = bq_events_close(host->client, events);
    fails(operation, BQ_ERR_CLOSED, "The queue events were closed before the job 1 had finished.");
    host_error(host, other, BQ_ERR_CLOSED);
    host_reply(host, closed);
    host_error(host, wait_for("1", 0), BQ_ERR_INVALID_ARGUMENT);
}

static void a_wait_ends_with_its_client(void **state) {
    (void)state;
    active_job(NULL);
    bq_id operation = wait_for("1", 0);
    bq_id closed = bq_client_close(host->client, 0);
    host_error(host, operation, BQ_ERR_CLOSED);
    host_reply(host, closed);
}

static void a_client_is_freed_while_something_waits(void **state) {
    (void)state;
    active_job(NULL);
    wait_for("1", 60000);
    settle_down();
    wait_for("1", 60000);
}

static void what_cannot_be_waited_for_is_refused(void **state) {
    (void)state;
    bq_id other = host_queue(host, "other", NULL);
    host_error(host, bq_easy_wait_until_finished(host->client, other, "1", events, 0),
               BQ_ERR_INVALID_ARGUMENT);
    host_error(host, bq_easy_wait_until_finished(host->client, queue, "1", queue, 0),
               BQ_ERR_INVALID_ARGUMENT);
    host_error(host, wait_for("1", -5), BQ_ERR_INVALID_ARGUMENT);
    host_error(host, wait_for("", 0), BQ_ERR_INVALID_ARGUMENT);
    host_error(host, wait_for(NULL, 0), BQ_ERR_INVALID_ARGUMENT);
}

/* ---- lost connections, lost events ---- */

static void kill_all_clients(void) {
    server_do(server, "CLIENT KILL TYPE normal SKIPME yes");
}

static void a_job_that_completes_while_the_connection_is_lost_is_heard_of(void **state) {
    (void)state;
    const struct event *job = active_job(NULL);
    bq_id operation = wait_for("1", 0);
    settle_down();
    kill_all_clients();
    host_done(host, job, "2");
    gives(operation, "2");
}

static void a_wait_looks_again_when_events_were_missed(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    bq_id operation = wait_for("1", 0);
    settle_down();
    kill_all_clients();
    server_do(server, "HSET bull:q:1 returnvalue 3");
    server_do(server, "ZADD bull:q:completed 1 1");
    server_do(server, "XADD bull:q:events * event completed jobId 1 returnvalue 3");
    server_do(server, "XADD bull:q:events MAXLEN = 1 * event other");
    gives(operation, "3");
    host_error_event(host, BQ_ERR_EVENTS_MISSED);
}

/* ---- many ---- */

static void ten_thousand_waits_end_each_with_its_own_job(void **state) {
    enum { COUNT = 10000 };
    static bq_id operations[COUNT];
    char id[16];
    (void)state;
    server_do(server, "EVAL %s 0 %d",
              "for i = 1, ARGV[1] do redis.call('HSET', 'bull:q:j' .. string.format('%d', i), "
              "'name', 'n') end",
              COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(id, sizeof id, "j%d", i + 1);
        operations[i] = wait_for(id, i % 2 ? 60000 : 0);
    }
    settle_down();
    server_do(server, "EVAL %s 1 bull:q:events %d",
              "for i = ARGV[1], 1, -1 do local n = string.format('%d', i) "
              "redis.call('XADD', KEYS[1], '*', 'event', 'completed', 'jobId', 'j' .. n, "
              "'returnvalue', n) end",
              COUNT);
    for (int i = COUNT - 1; i >= 0; i--) {
        snprintf(id, sizeof id, "%d", i + 1);
        gives(operations[i], id);
    }
}

#define WITH_EVENTS(test) cmocka_unit_test_setup_teardown(test, open_events, close_queue)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_EVENTS(a_completed_job_gives_its_value_at_once),
        WITH_EVENTS(a_failed_job_gives_its_reason_at_once),
        WITH_EVENTS(a_job_that_is_not_there_is_told),
        WITH_EVENTS(a_job_that_completes_later_gives_its_value),
        WITH_EVENTS(a_job_that_fails_later_gives_its_whole_reason),
        WITH_EVENTS(a_job_that_is_removed_when_it_completes_gives_its_value),
        WITH_EVENTS(a_wait_may_begin_before_the_reader_is_ready),
        WITH_EVENTS(an_event_without_the_value_makes_the_wait_look),
        WITH_EVENTS(a_value_that_the_host_cannot_be_told_as_event_ends_the_wait),
        WITH_EVENTS(a_wait_ends_with_its_ttl),
        WITH_EVENTS(a_wait_ends_with_its_reader),
        WITH_EVENTS(a_wait_ends_with_its_client),
        WITH_EVENTS(a_client_is_freed_while_something_waits),
        WITH_EVENTS(what_cannot_be_waited_for_is_refused),
        WITH_EVENTS(a_job_that_completes_while_the_connection_is_lost_is_heard_of),
        WITH_EVENTS(a_wait_looks_again_when_events_were_missed),
        WITH_EVENTS(ten_thousand_waits_end_each_with_its_own_job),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
