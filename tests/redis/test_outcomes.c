/* What becomes of a job that a worker runs. */
#include "support_fixture.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bq_id worker;

static void work(const char *options) {
    worker = host_worker(host, queue, options, 1);
}

/* Runs the next job to this failure and answers its outcome's name. */
static const char *run_failing(const char *failure) {
    return host_fail(host, next_job(), failure);
}

static void told_as_failed(const char *id, const char *why) {
    const struct event *event = host_wait(host, BQ_EV_FAILED, worker);
    assert_string_equal(job_id_of(event), id);
    assert_string_equal(event_text(host, event, BQ_TAG_MESSAGE), why);
}

/* Until the job is out of active: nobody is told of the outcomes of jobs that no host saw. */
static void wait_for_state(const char *id, const char *place) {
    for (int64_t end = clock_ms() + 10000; clock_ms() < end;) {
        host_reply(host, bq_easy_is_paused(host->client, queue)); /* a round trip behind it */
        if (job_is_in(id, place))
            return;
    }
    fail_msg("job %s did not come to %s", id, place);
}

/* ---- success ---- */

static void job_is_handed_over_with_its_fields_and_a_lock(void **state) {
    (void)state;
    host_add(host, queue, "{\"a\":1}", "{\"attempts\":2,\"keepLogs\":5}");
    work("{\"name\":\"w1\"}");
    const struct event *job = next_job();
    assert_int_equal(event_integer(job, BQ_TAG_WORKER), worker);
    assert_string_equal(job_id_of(job), "1");
    assert_string_equal(event_text(host, job, BQ_TAG_NAME), "work");
    assert_string_equal(event_text(host, job, BQ_TAG_DATA), "{\"a\":1}");
    assert_non_null(strstr(event_text(host, job, BQ_TAG_OPTS), "\"keepLogs\":5"));
    assert_string_equal(event_text(host, job, BQ_TAG_PROCESSED_BY), "w1");
    assert_int_equal(event_integer(job, BQ_TAG_ATTEMPTS_STARTED), 1);
    assert_true(event_integer(job, BQ_TAG_PROCESSED_ON) > 1700000000000);
    const char *token = event_text(host, job, BQ_TAG_TOKEN);
    assert_int_equal(strlen(token), 36 + strlen(":0"));
    assert_string_equal(server_text(server, "GET bull:q:1:lock"), token);
    assert_true(server_integer(server, "PTTL bull:q:1:lock") > 25000);
    assert_true(job_is_in("1", "active"));
}

static void completed_job_keeps_its_result_byte_for_byte(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    host_done(host, next_job(), "{ \"r\": \"\xc3\xa9\" }");
    assert_string_equal(job_field("1", "returnvalue"), "{ \"r\": \"\xc3\xa9\" }");
    assert_string_equal(job_field("1", "atm"), "1");
    assert_true(atoll(job_field("1", "finishedOn")) > 1700000000000);
    assert_true(job_is_in("1", "completed"));
    assert_int_equal(server_integer(server, "EXISTS bull:q:active bull:q:1:lock"), 0);
}

static void no_result_is_null(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    host_done(host, next_job(), NULL);
    assert_string_equal(job_field("1", "returnvalue"), "null");
}

static void a_finished_job_is_unknown_afterwards(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    const struct event *job = next_job();
    bq_id first = bq_easy_done(host->client, job->id, "1");
    bq_id second = bq_easy_fail(host->client, job->id, "too late");
    host_reply(host, first);
    host_error(host, second, BQ_ERR_JOB_HANDLE_UNKNOWN);
    host_error(host, bq_easy_done(host->client, job->id, "1"), BQ_ERR_JOB_HANDLE_UNKNOWN);
    host_error(host, bq_easy_done(host->client, 424242, "1"), BQ_ERR_JOB_HANDLE_UNKNOWN);
}

/* ---- failures ---- */

static void failed_job_keeps_reason_and_stack(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    const char *failure = "{\"message\":\"no \\\"way\\\"\",\"stack\":\"Error: no\\n  at x\"}";
    assert_string_equal(run_failing(failure), "failed");
    assert_true(job_is_in("1", "failed"));
    assert_string_equal(job_field("1", "failedReason"), "no \"way\"");
    assert_string_equal(job_field("1", "stacktrace"), "[\"Error: no\\n  at x\"]");
    assert_string_equal(job_field("1", "atm"), "1");
}

static void failure_without_stack_or_message_still_says_something(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    work(NULL);
    run_failing("{\"message\":\"m\"}");
    run_failing("{\"name\":\"KeyError\"}");
    run_failing("{}");
    assert_string_equal(job_field("1", "stacktrace"), "[\"Error: m\"]");
    assert_string_equal(job_field("2", "failedReason"), "KeyError");
    assert_string_equal(job_field("3", "failedReason"), "null");
}

static void a_message_may_hold_any_character(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    assert_string_equal(run_failing("{\"message\":\"a\\u0000b\"}"), "failed");
    assert_true(job_is_in("1", "failed"));
}

static void retries_without_backoff_run_at_once(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":3}");
    work(NULL);
    assert_string_equal(run_failing("{\"message\":\"a\"}"), "retried");
    const struct event *job = next_job();
    assert_int_equal(event_integer(job, BQ_TAG_ATTEMPTS_MADE), 1);
    assert_int_equal(event_integer(job, BQ_TAG_ATTEMPTS_STARTED), 2);
    assert_string_equal(event_text(host, job, BQ_TAG_FAILED_REASON), "a");
    assert_string_equal(host_fail(host, job, "{\"message\":\"b\"}"), "retried");
    assert_string_equal(run_failing("{\"message\":\"c\"}"), "failed");
    assert_string_equal(job_field("1", "stacktrace"), "[\"Error: a\",\"Error: b\",\"Error: c\"]");
    assert_string_equal(job_field("1", "failedReason"), "c");
    assert_string_equal(job_field("1", "atm"), "3");
}

static void retried_job_succeeds_after_all(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":2}");
    work(NULL);
    run_failing("{\"message\":\"a\"}");
    host_done(host, next_job(), "\"good\"");
    assert_true(job_is_in("1", "completed"));
    assert_string_equal(job_field("1", "returnvalue"), "\"good\"");
}

static void lifo_job_is_retried_before_others(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"lifo\":true,\"attempts\":2}");
    host_add(host, queue, "{}", "{\"jobId\":\"other\"}");
    work(NULL);
    run_failing("{\"message\":\"a\"}");
    assert_string_equal(job_id_of(next_job()), "1");
}

static void fixed_backoff_delays_each_retry_alike(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":3,\"backoff\":60}");
    work(NULL);
    for (int i = 0; i < 2; i++) {
        bq_id operation = bq_easy_fail(host->client, next_job()->id, "x");
        const struct event *reply = host_reply(host, operation);
        assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "delayed");
        assert_true(event_float(reply, BQ_TAG_DELAY) == 60);
    }
    host_done(host, next_job(), "1");
    assert_string_equal(job_field("1", "atm"), "3");
}

static void exponential_backoff_doubles(void **state) {
    static const double expected[] = {20, 40, 80};
    (void)state;
    host_add(host, queue, "{}",
             "{\"attempts\":4,\"backoff\":{\"type\":\"exponential\",\"delay\":20}}");
    work(NULL);
    const struct event *job = next_job();
    for (int i = 0; i < 3; i++) {
        int64_t failed = clock_ms();
        const struct event *reply = host_reply(host, bq_easy_fail(host->client, job->id, "x"));
        assert_true(event_float(reply, BQ_TAG_DELAY) == expected[i]);
        job = next_job();
        assert_true(clock_ms() - failed >= expected[i] - 2);
    }
    host_done(host, job, "1");
}

static void fractional_delay_is_passed_on(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":2,\"backoff\":{\"type\":\"fixed\",\"delay\":12.5}}");
    work(NULL);
    const struct event *reply = host_reply(host, bq_easy_fail(host->client, next_job()->id, "x"));
    assert_true(event_float(reply, BQ_TAG_DELAY) == 12.5);
    host_done(host, next_job(), "1");
}

static void unknown_backoff_fails_the_job_with_nodes_sentence(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":5,\"backoff\":{\"type\":\"lunar\",\"delay\":1}}");
    work(NULL);
    assert_string_equal(run_failing("{\"message\":\"x\",\"stack\":\"trace\"}"), "failed");
    assert_string_equal(
        job_field("1", "failedReason"),
        "Unknown backoff strategy lunar.\n"
        "      If a custom backoff strategy is used, specify it when the queue is created.");
    assert_string_equal(job_field("1", "stacktrace"), "[\"trace\"]");
    assert_true(job_is_in("1", "failed"));
}

static void the_name_of_an_unknown_backoff_is_cut_between_characters(void **state) {
    char opts[400] = "{\"attempts\":2,\"backoff\":{\"type\":\"";
    (void)state;
    for (size_t i = strlen(opts), end = i + 199; i < end; i++)
        strcat(opts, "x");
    strcat(opts, "\xc3\xa9zz\",\"delay\":1}}");
    host_add(host, queue, "{}", opts);
    work(NULL);
    run_failing("{\"message\":\"x\"}");
    char *reason = strdup(job_field("1", "failedReason"));
    json_t *text = json_string(reason); /* NULL unless it is UTF-8 */
    free(reason);
    assert_non_null(text);
    json_decref(text);
}

static void unrecoverable_error_is_not_retried(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":5}");
    work(NULL);
    assert_string_equal(run_failing("{\"message\":\"x\",\"name\":\"UnrecoverableError\"}"),
                        "failed");
    assert_string_equal(job_field("1", "failedReason"), "x");
    assert_string_equal(job_field("1", "atm"), "1");
}

static void started_too_often_ends_retries_and_runs(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":9}");
    work("{\"maxStartedAttempts\":2}");
    assert_string_equal(run_failing("{\"message\":\"a\"}"), "retried");
    assert_string_equal(run_failing("{\"message\":\"real\"}"), "failed");
    assert_string_equal(job_field("1", "failedReason"), "real");
    server_do(server, "HSET bull:q:7 name n data {} opts {} ats 2");
    server_do(server, "LPUSH bull:q:wait 7");
    server_do(server, "ZADD bull:q:marker 0 0");
    told_as_failed("7", "job started more than allowable limit");
    wait_for_state("7", "failed");
}

static void stack_traces_are_cut_to_the_newest(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":4,\"stackTraceLimit\":2}");
    work(NULL);
    for (const char *name = "abcd"; *name; name++) {
        char failure[32];
        snprintf(failure, sizeof failure, "{\"stack\":\"%c\"}", *name);
        run_failing(failure);
    }
    assert_string_equal(job_field("1", "stacktrace"), "[\"c\",\"d\"]");
}

static void no_stack_trace_is_kept_with_a_limit_of_zero(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"stackTraceLimit\":0}");
    work(NULL);
    run_failing("{\"message\":\"x\",\"stack\":\"long\"}");
    assert_string_equal(job_field("1", "stacktrace"), "[]");
}

static void unreadable_stack_traces_begin_anew(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    server_do(server, "HSET bull:q:1 stacktrace {broken");
    work(NULL);
    run_failing("{\"stack\":\"s\"}");
    assert_string_equal(job_field("1", "stacktrace"), "[\"s\"]");
}

static void a_job_with_pending_children_cannot_complete(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"dad\"}");
    server_do(server, "SADD bull:q:dad:dependencies bull:q:kid");
    work(NULL);
    const struct event *reply = host_reply(host, bq_easy_done(host->client, next_job()->id, "1"));
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "failed");
    assert_string_equal(job_field("dad", "failedReason"),
                        "Job dad has pending dependencies. moveToFinished");
}

static void a_job_with_failed_children_fails_for_good(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"dad\",\"attempts\":5}");
    server_do(server, "ZADD bull:q:dad:unsuccessful 1 bull:q:kid");
    work(NULL);
    host_reply(host, bq_easy_done(host->client, next_job()->id, "1"));
    assert_string_equal(job_field("dad", "failedReason"),
                        "Cannot complete job dad because it has at least one failed child. "
                        "moveToFinished");
    assert_true(job_is_in("dad", "failed"));
}

/* ---- neither ---- */

static void a_job_given_back_waits_again_and_counts_nothing(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    const struct event *job = next_job();
    const struct event *reply = host_reply(host, bq_easy_give_back(host->client, job->id));
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "waiting");
    job = next_job(); /* it is the only one, so it comes again */
    assert_int_equal(bq_record_integer(&job->record, BQ_TAG_ATTEMPTS_MADE, 0), 0);
    assert_int_equal(event_integer(job, BQ_TAG_ATTEMPTS_STARTED), 2);
    assert_string_equal(job_field("1", "failedReason"), "");
}

static void a_prioritized_job_given_back_is_prioritized_again(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"priority\":5}");
    work(NULL);
    const struct event *job = next_job();
    host_reply(host, bq_easy_pause(host->client, queue));
    host_reply(host, bq_easy_give_back(host->client, job->id));
    assert_true(job_is_in("1", "prioritized"));
}

/* ---- jobs that no handler sees ---- */

static void deferred_failure_fails_the_job_unseen(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":5}");
    server_do(server, "HSET bull:q:1 defa because");
    work(NULL);
    told_as_failed("1", "because");
    wait_for_state("1", "failed");
    assert_string_equal(job_field("1", "failedReason"), "because");
    assert_int_equal(server_integer(server, "HEXISTS bull:q:1 defa"), 0);
    host_add(host, queue, "{}", NULL);
    assert_string_equal(job_id_of(next_job()), "2"); /* and the worker goes on */
}

static void a_deferred_failure_of_any_bytes_is_told_as_text(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    server_do(server, "HSET bull:q:1 defa \xff\xfe");
    work(NULL);
    const struct event *failed = host_wait(host, BQ_EV_FAILED, worker);
    json_t *text = json_string(event_text(host, failed, BQ_TAG_MESSAGE)); /* NULL: not UTF-8 */
    assert_non_null(text);
    json_decref(text);
    wait_for_state("1", "failed");
}

static void an_id_whose_hash_is_gone_is_failed_and_told(void **state) {
    (void)state;
    server_do(server, "LPUSH bull:q:wait ghost");
    work(NULL);
    const struct event *error = host_error_event(host, BQ_ERR_UNREADABLE_JOB);
    assert_string_equal(job_id_of(error), "ghost");
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Missing key for job ghost: it was removed while its id still waited.");
    wait_for_state("ghost", "failed");
    host_add(host, queue, "{}", NULL);
    assert_string_equal(job_id_of(next_job()), "1");
}

static void unreadable_options_fail_the_job_unseen(void **state) {
    static const char *const texts[] = {"{broken", "[]", "\xff", ""};
    (void)state;
    work(NULL);
    for (int i = 0; i < 4; i++) {
        char id[8];
        snprintf(id, sizeof id, "j%d", i);
        server_do(server, "HSET bull:q:%s name n data {} opts %s", id, texts[i]);
        server_do(server, "LPUSH bull:q:wait %s", id);
        server_do(server, "ZADD bull:q:marker 0 0");
        const struct event *error = host_error_event(host, BQ_ERR_UNREADABLE_JOB);
        assert_string_equal(job_id_of(error), id);
        assert_non_null(
            strstr(event_text(host, error, BQ_TAG_MESSAGE), "The job's options cannot be read"));
        wait_for_state(id, "failed");
    }
    host_add(host, queue, "{}", NULL);
    assert_string_equal(job_id_of(next_job()), "1");
}

static void data_that_is_not_json_is_handed_over_as_it_is(void **state) {
    (void)state;
    server_do(server, "HSET bull:q:x name n data {half opts {}");
    server_do(server, "LPUSH bull:q:wait x");
    work(NULL);
    const struct event *job = next_job();
    assert_string_equal(event_text(host, job, BQ_TAG_DATA), "{half");
    host_done(host, job, "1");
}

/* ---- retention ---- */

static void run_jobs(int count, const char *opts, int failing) {
    for (int i = 0; i < count; i++) {
        host_add(host, queue, "{}", opts);
        if (failing)
            run_failing("{\"message\":\"x\"}");
        else
            host_done(host, next_job(), "1");
    }
}

static long long kept(const char *set) {
    return server_integer(server, "ZCARD bull:q:%s", set);
}

static void completed_jobs_are_kept_as_the_job_says(void **state) {
    (void)state;
    work(NULL);
    run_jobs(3, "{\"removeOnComplete\":false}", 0);
    assert_int_equal(kept("completed"), 3);
    run_jobs(1, "{\"removeOnComplete\":true}", 0);
    assert_int_equal(kept("completed"), 3);
    assert_int_equal(server_integer(server, "EXISTS bull:q:4"), 0);
    run_jobs(1, "{\"removeOnComplete\":2}", 0);
    assert_int_equal(kept("completed"), 2);
    assert_int_equal(server_integer(server, "EXISTS bull:q:1 bull:q:2"), 0);
    run_jobs(1, "{\"removeOnComplete\":{\"count\":1}}", 0);
    assert_int_equal(kept("completed"), 1);
    server_do(server, "ZADD bull:q:completed 1000 ancient");
    run_jobs(1, "{\"removeOnComplete\":{\"age\":3600}}", 0);
    assert_int_equal(kept("completed"), 2);
    assert_false(job_is_in("ancient", "completed"));
}

static void failed_jobs_are_kept_as_the_job_says(void **state) {
    (void)state;
    work(NULL);
    run_jobs(2, NULL, 1);
    run_jobs(1, "{\"removeOnFail\":true}", 1);
    assert_int_equal(kept("failed"), 2);
    run_jobs(1, "{\"removeOnFail\":1}", 1);
    assert_int_equal(kept("failed"), 1);
}

static void the_worker_decides_where_the_job_says_nothing(void **state) {
    (void)state;
    work("{\"removeOnComplete\":true,\"removeOnFail\":1}");
    run_jobs(1, NULL, 0);
    assert_int_equal(kept("completed"), 0);
    run_jobs(1, "{\"removeOnComplete\":false}", 0);
    assert_int_equal(kept("completed"), 1);
    run_jobs(3, NULL, 1);
    assert_int_equal(kept("failed"), 1);
}

static void every_form_of_the_workers_retention_works(void **state) {
    static const char *const forms[] = {"true", "false", "5", "{\"count\":5}",
                                        "{\"age\":60,\"count\":5,\"limit\":10}"};
    char options[128];
    (void)state;
    for (int i = 0; i < 5; i++) {
        snprintf(options, sizeof options, "{\"removeOnComplete\":%s}", forms[i]);
        work(options);
        run_jobs(1, NULL, 0);
        host_reply(host, bq_worker_close(host->client, worker, -1));
    }
}

static void metrics_are_counted_when_asked_for(void **state) {
    (void)state;
    work("{\"metrics\":{\"maxDataPoints\":60}}");
    run_jobs(2, NULL, 0);
    run_jobs(1, NULL, 1);
    assert_string_equal(server_text(server, "HGET bull:q:metrics:completed count"), "2");
    assert_string_equal(server_text(server, "HGET bull:q:metrics:failed count"), "1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(job_is_handed_over_with_its_fields_and_a_lock),
        WITH_QUEUE(completed_job_keeps_its_result_byte_for_byte),
        WITH_QUEUE(no_result_is_null),
        WITH_QUEUE(a_finished_job_is_unknown_afterwards),
        WITH_QUEUE(failed_job_keeps_reason_and_stack),
        WITH_QUEUE(failure_without_stack_or_message_still_says_something),
        WITH_QUEUE(a_message_may_hold_any_character),
        WITH_QUEUE(retries_without_backoff_run_at_once),
        WITH_QUEUE(retried_job_succeeds_after_all),
        WITH_QUEUE(lifo_job_is_retried_before_others),
        WITH_QUEUE(fixed_backoff_delays_each_retry_alike),
        WITH_QUEUE(exponential_backoff_doubles),
        WITH_QUEUE(fractional_delay_is_passed_on),
        WITH_QUEUE(unknown_backoff_fails_the_job_with_nodes_sentence),
        WITH_QUEUE(the_name_of_an_unknown_backoff_is_cut_between_characters),
        WITH_QUEUE(unrecoverable_error_is_not_retried),
        WITH_QUEUE(started_too_often_ends_retries_and_runs),
        WITH_QUEUE(stack_traces_are_cut_to_the_newest),
        WITH_QUEUE(no_stack_trace_is_kept_with_a_limit_of_zero),
        WITH_QUEUE(unreadable_stack_traces_begin_anew),
        WITH_QUEUE(a_job_with_pending_children_cannot_complete),
        WITH_QUEUE(a_job_with_failed_children_fails_for_good),
        WITH_QUEUE(a_job_given_back_waits_again_and_counts_nothing),
        WITH_QUEUE(a_prioritized_job_given_back_is_prioritized_again),
        WITH_QUEUE(deferred_failure_fails_the_job_unseen),
        WITH_QUEUE(a_deferred_failure_of_any_bytes_is_told_as_text),
        WITH_QUEUE(an_id_whose_hash_is_gone_is_failed_and_told),
        WITH_QUEUE(unreadable_options_fail_the_job_unseen),
        WITH_QUEUE(data_that_is_not_json_is_handed_over_as_it_is),
        WITH_QUEUE(completed_jobs_are_kept_as_the_job_says),
        WITH_QUEUE(failed_jobs_are_kept_as_the_job_says),
        WITH_QUEUE(the_worker_decides_where_the_job_says_nothing),
        WITH_QUEUE(every_form_of_the_workers_retention_works),
        WITH_QUEUE(metrics_are_counted_when_asked_for),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
