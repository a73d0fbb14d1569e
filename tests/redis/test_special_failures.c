/* Failures that mean something else than a failed attempt, and delays that the host decides. */
#include "support_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bq_id worker;

static void work(const char *options, int credit) {
    worker = host_worker(host, queue, options, credit);
}

static const char *run_failing(const char *failure) {
    return host_fail(host, next_job(), failure);
}

/* All that was told before is done: a command of its own behind it. */
static void settle(void) {
    host_reply(host, bq_easy_is_paused(host->client, queue));
    host_pump(host);
}

/* ---- moved by the handler ---- */

/* As a handler's moveToDelayed or moveToWait: the job and its lock leave active. */
static void move_away(const char *id) {
    server_do(server, "LREM bull:q:active 1 %s", id);
    server_do(server, "DEL bull:q:%s:lock", id);
    server_do(server, "ZADD bull:q:delayed 9007199254740991 %s", id);
}

static void a_moved_job_is_left_as_it_is_and_frees_its_slot(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    work(NULL, 1);
    const struct event *job = next_job();
    move_away("1");
    long long before = server_calls(server, "evalsha");
    assert_string_equal(host_fail(host, job, "{\"moved\":true,\"message\":\"x\"}"), "moved");
    const struct event *next = next_job();
    assert_string_equal(job_id_of(next), "2");
    assert_int_equal(server_calls(server, "evalsha") - before, 1); /* that fetch */
    assert_true(job_is_in("1", "delayed"));
    assert_string_equal(job_field("1", "failedReason"), "");
    assert_string_equal(job_field("1", "atm"), "");
    host_done(host, next, "1");
}

static void the_fetch_after_a_moved_job_uses_its_token(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    work(NULL, 1);
    const struct event *job = next_job();
    move_away("1");
    host_fail(host, job, "{\"moved\":true}");
    const struct event *next = next_job();
    assert_string_equal(event_text(host, next, BQ_TAG_TOKEN), event_text(host, job, BQ_TAG_TOKEN));
    assert_string_equal(server_text(server, "GET bull:q:2:lock"),
                        event_text(host, job, BQ_TAG_TOKEN));
}

static void a_moved_job_of_a_paused_worker_fetches_nothing(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    work(NULL, 1);
    const struct event *job = next_job();
    bq_id pause = bq_worker_pause(host->client, worker, 0);
    move_away("1");
    host_fail(host, job, "{\"moved\":true}");
    host_reply(host, pause);
    settle();
    assert_true(job_is_in("2", "wait"));
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 1);
}

static void a_moved_job_beyond_lowered_credit_fetches_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        host_add(host, queue, "{}", NULL);
    work(NULL, 2);
    const struct event *job = next_job();
    next_job();
    bq_worker_credit(host->client, worker, -1);
    move_away("1");
    host_fail(host, job, "{\"moved\":true}");
    settle();
    assert_true(job_is_in("3", "wait"));
}

static void a_job_that_keeps_moving_away_is_failed_at_its_last_start(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":5}");
    work("{\"maxStartedAttempts\":2}", 1);
    for (int start = 1; start <= 2; start++) {
        const struct event *job = next_job();
        assert_int_equal(event_integer(job, BQ_TAG_ATTEMPTS_STARTED), start);
        server_do(server, "LREM bull:q:active 1 1");
        server_do(server, "LPUSH bull:q:wait 1");
        host_fail(host, job, "{\"moved\":true}");
    }
    const struct event *failed = host_wait(host, BQ_EV_FAILED, worker);
    assert_string_equal(event_text(host, failed, BQ_TAG_MESSAGE),
                        "job started more than allowable limit");
    UNTIL(job_is_in("1", "failed"));
}

/* ---- rate limited ---- */

#define EXCEEDED "{\"message\":\"bullmq:rateLimitExceeded\",\"name\":\"RateLimitError\"}"

static void a_rate_limited_job_waits_until_the_limit_ends(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":3}");
    work("{\"limiter\":{\"max\":10,\"duration\":1000}}", 1);
    const struct event *job = next_job();
    server_do(server, "SET bull:q:limiter 9007199254740991 PX 300");
    int64_t begin = clock_ms();
    assert_string_equal(host_fail(host, job, EXCEEDED), "waiting");
    assert_true(job_is_in("1", "wait"));
    assert_int_equal(server_integer(server, "EXISTS bull:q:1:lock"), 0);
    long long fetches = server_calls(server, "evalsha");
    job = next_job();
    assert_true(clock_ms() - begin >= 280);
    assert_true(server_calls(server, "evalsha") - fetches <= 2); /* it slept meanwhile */
    assert_int_equal(bq_record_integer(&job->record, BQ_TAG_ATTEMPTS_MADE, 0), 0);
    assert_int_equal(event_integer(job, BQ_TAG_ATTEMPTS_STARTED), 2);
    assert_string_equal(job_field("1", "failedReason"), "");
}

static void without_a_limit_the_job_comes_again_at_once(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work("{\"drainDelay\":60}", 1);
    assert_string_equal(run_failing(EXCEEDED), "waiting");
    host_done(host, next_job(), "1");
}

static void an_error_of_that_name_with_another_message_is_a_failure(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL, 1);
    assert_string_equal(run_failing("{\"message\":\"429\",\"name\":\"RateLimitError\"}"), "failed");
    assert_string_equal(job_field("1", "failedReason"), "429");
}

static void the_name_alone_is_enough_without_a_message(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL, 1);
    assert_string_equal(run_failing("{\"name\":\"RateLimitError\"}"), "waiting");
}

/* ---- backoff decided by the host ---- */

static void add_with_custom_backoff(void) {
    host_add(host, queue, "{}", "{\"attempts\":4,\"backoff\":{\"type\":\"lunar\",\"delay\":7}}");
}

static void a_delay_of_the_host_counts_for_a_type_that_is_unknown_here(void **state) {
    (void)state;
    add_with_custom_backoff();
    work(NULL, 1);
    bq_id operation = bq_job_fail(host->client, next_job()->id,
                                  bq_bytes_of("{\"message\":\"x\",\"backoffDelay\":25.5}"));
    const struct event *reply = host_reply(host, operation);
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "delayed");
    assert_true(event_float(reply, BQ_TAG_DELAY) == 25.5);
    assert_string_equal(run_failing("{\"message\":\"x\",\"backoffDelay\":0}"), "retried");
    host_done(host, next_job(), "1");
}

static void a_delay_of_minus_one_ends_the_job_with_its_own_error(void **state) {
    (void)state;
    add_with_custom_backoff();
    work(NULL, 1);
    assert_string_equal(run_failing("{\"message\":\"real\",\"backoffDelay\":-1}"), "failed");
    assert_string_equal(job_field("1", "failedReason"), "real");
    assert_string_equal(job_field("1", "atm"), "1");
}

static void another_negative_delay_goes_through_delayed_without_waiting(void **state) {
    (void)state;
    add_with_custom_backoff();
    work(NULL, 1);
    const struct event *job = next_job();
    bq_worker_credit(host->client, worker, -1);
    assert_string_equal(host_fail(host, job, "{\"backoffDelay\":-500}"), "delayed");
    assert_true(job_is_in("1", "delayed"));
    bq_worker_credit(host->client, worker, 1);
    host_done(host, next_job(), "1");
}

static void a_delay_of_the_host_is_not_asked_for_types_known_here(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":2,\"backoff\":40}");
    host_add(host, queue, "{}", "{\"attempts\":2}");
    work(NULL, 1);
    bq_id operation =
        bq_job_fail(host->client, next_job()->id, bq_bytes_of("{\"backoffDelay\":60000}"));
    assert_true(event_float(host_reply(host, operation), BQ_TAG_DELAY) == 40);
    assert_string_equal(run_failing("{\"backoffDelay\":60000}"), "retried");
}

static void a_delay_does_not_grant_another_attempt(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":1,\"backoff\":{\"type\":\"lunar\"}}");
    work(NULL, 1);
    assert_string_equal(run_failing("{\"message\":\"x\",\"backoffDelay\":5}"), "failed");
    assert_string_equal(job_field("1", "failedReason"), "x");
}

/* ---- telemetry ---- */

static void trace_metadata_is_kept_with_the_job_on_every_kind_of_failure(void **state) {
    static const char *const opts[] = {"{\"attempts\":2}", "{\"attempts\":2,\"backoff\":1}", NULL};
    (void)state;
    for (int i = 0; i < 3; i++)
        host_add(host, queue, "{}", opts[i]);
    work(NULL, 3);
    const struct event *jobs[] = {next_job(), next_job(), next_job()};
    bq_worker_pause(host->client, worker, 1);
    for (int i = 0; i < 3; i++)
        host_fail(host, jobs[i], "{\"message\":\"x\",\"telemetryMetadata\":\"{\\\"t\\\":1}\"}");
    assert_true(job_is_in("1", "wait") && job_is_in("2", "delayed") && job_is_in("3", "failed"));
    assert_string_equal(job_field("1", "tm"), "{\"t\":1}");
    assert_string_equal(job_field("2", "tm"), "{\"t\":1}");
    assert_string_equal(job_field("3", "tm"), "{\"t\":1}");
    bq_worker_resume(host->client, worker);
    assert_string_equal(event_text(host, next_job(), BQ_TAG_TELEMETRY_METADATA), "{\"t\":1}");
}

static void without_trace_metadata_what_is_kept_stays(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":3}");
    work(NULL, 1);
    run_failing("{\"telemetryMetadata\":\"first\"}");
    run_failing("{\"message\":\"x\"}");
    assert_string_equal(job_field("1", "tm"), "first");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(a_moved_job_is_left_as_it_is_and_frees_its_slot),
        WITH_QUEUE(the_fetch_after_a_moved_job_uses_its_token),
        WITH_QUEUE(a_moved_job_of_a_paused_worker_fetches_nothing),
        WITH_QUEUE(a_moved_job_beyond_lowered_credit_fetches_nothing),
        WITH_QUEUE(a_job_that_keeps_moving_away_is_failed_at_its_last_start),
        WITH_QUEUE(a_rate_limited_job_waits_until_the_limit_ends),
        WITH_QUEUE(without_a_limit_the_job_comes_again_at_once),
        WITH_QUEUE(an_error_of_that_name_with_another_message_is_a_failure),
        WITH_QUEUE(the_name_alone_is_enough_without_a_message),
        WITH_QUEUE(a_delay_of_the_host_counts_for_a_type_that_is_unknown_here),
        WITH_QUEUE(a_delay_of_minus_one_ends_the_job_with_its_own_error),
        WITH_QUEUE(another_negative_delay_goes_through_delayed_without_waiting),
        WITH_QUEUE(a_delay_of_the_host_is_not_asked_for_types_known_here),
        WITH_QUEUE(a_delay_does_not_grant_another_attempt),
        WITH_QUEUE(trace_metadata_is_kept_with_the_job_on_every_kind_of_failure),
        WITH_QUEUE(without_trace_metadata_what_is_kept_stays),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
