/* Jobs that the host takes and ends one by one, with a worker that has no credit. */
#include "support_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bq_id worker;

static void work(const char *options) {
    worker = host_worker(host, queue, options, 0);
}

static const struct event *get_next(const char *token, int block) {
    return host_reply(host, bq_easy_get_next_job(host->client, queue, token, worker, block));
}

static const struct event *complete(const char *id, const char *token, int fetch_next) {
    return host_reply(host, bq_easy_move_job_to_completed(host->client, queue, id, token, "\"r\"",
                                                          worker, fetch_next));
}

static const struct event *fail_job(const char *id, const char *token, const char *failure,
                                    int fetch_next) {
    return host_reply(host, bq_easy_move_job_to_failed(host->client, queue, id, token, failure,
                                                       worker, fetch_next));
}

/* A call that has come to wait. Where its connection had to come back first it ends with that. */
static bq_id begin_to_wait(void) {
    for (;;) {
        bq_id operation = bq_easy_get_next_job(host->client, queue, "t", worker, 1);
        while (!host_try(host, BQ_EV_REPLY, operation, 5))
            if (server_info(server, "blocked_clients") == 1)
                return operation;
    }
}

static void is_empty(const struct event *reply) {
    assert_string_equal(job_id_of(reply), "");
}

/* ---- taking ---- */

static void a_job_is_taken_under_the_callers_token(void **state) {
    (void)state;
    host_add(host, queue, "{\"a\":1}", "{\"attempts\":2}");
    work("{\"name\":\"w1\"}");
    const struct event *job = get_next("mine", 1);
    assert_string_equal(job_id_of(job), "1");
    assert_string_equal(event_text(host, job, BQ_TAG_TOKEN), "mine");
    assert_string_equal(event_text(host, job, BQ_TAG_DATA), "{\"a\":1}");
    assert_string_equal(event_text(host, job, BQ_TAG_PROCESSED_BY), "w1");
    assert_string_equal(server_text(server, "GET bull:q:1:lock"), "mine");
    assert_true(job_is_in("1", "active"));
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 0);
}

static void the_first_call_does_not_wait_and_the_next_does(void **state) {
    (void)state;
    work("{\"drainDelay\":0.3}");
    int64_t begin = clock_ms();
    is_empty(get_next("t", 1));
    assert_true(clock_ms() - begin < 250);
    is_empty(get_next("t", 1));
    assert_true(clock_ms() - begin >= 290);
    is_empty(get_next("t", 0));
}

static void a_call_that_waits_gets_the_job_that_is_added(void **state) {
    (void)state;
    work("{\"drainDelay\":60}");
    bq_id waiting = begin_to_wait();
    host_add(host, queue, "{}", NULL);
    assert_string_equal(job_id_of(host_reply(host, waiting)), "1");
}

static void a_call_besides_one_that_waits_does_not_wait(void **state) {
    (void)state;
    work("{\"drainDelay\":60}");
    bq_id waiting = begin_to_wait();
    is_empty(get_next("u", 1));
    host_add(host, queue, "{}", NULL);
    assert_string_equal(job_id_of(host_reply(host, waiting)), "1");
}

static void a_delayed_job_that_is_known_is_told_and_waited_for(void **state) {
    (void)state;
    work("{\"drainDelay\":60}");
    host_add(host, queue, "{}", "{\"delay\":300}");
    const struct event *reply = get_next("t", 1);
    is_empty(reply);
    assert_true(event_integer(reply, BQ_TAG_DELAY_UNTIL) > 1700000000000);
    for (int i = 0; i < 20 && strcmp(job_id_of(reply), "1") != 0; i++)
        reply = get_next("t", 1);
    assert_string_equal(job_id_of(reply), "1");
}

static void a_rate_limit_is_told_and_nothing_taken(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++)
        host_add(host, queue, "{}", NULL);
    work("{\"limiter\":{\"max\":1,\"duration\":300}}");
    assert_string_equal(job_id_of(get_next("t", 1)), "1");
    const struct event *reply = get_next("t", 1);
    is_empty(reply);
    int64_t left = event_integer(reply, BQ_TAG_RATE_LIMIT);
    assert_true(left > 0 && left <= 300);
    is_empty(get_next("t", 1));
    UNTIL(server_integer(server, "EXISTS bull:q:limiter") == 0);
    while (strcmp(job_id_of(reply), "2") != 0)
        reply = get_next("t", 1);
}

static void a_job_taken_by_hand_is_not_renewed_and_uses_no_credit(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++)
        host_add(host, queue, "{}", NULL);
    worker = host_worker(host, queue, "{\"lockDuration\":100,\"skipStalledCheck\":true}", 0);
    get_next("t", 1);
    bq_worker_credit(host->client, worker, 1);
    assert_string_equal(job_id_of(next_job()), "2");
    UNTIL(!server_integer(server, "EXISTS bull:q:1:lock"));
    assert_int_equal(server_integer(server, "EXISTS bull:q:2:lock"), 1);
}

static void a_deferred_failure_is_handed_out(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    server_do(server, "HSET bull:q:1 defa because");
    work(NULL);
    const struct event *job = get_next("t", 1);
    assert_string_equal(event_text(host, job, BQ_TAG_DEFERRED_FAILURE), "because");
    assert_int_equal(host_count(host, BQ_EV_FAILED, 0), 0);
}

static void a_paused_worker_hands_out_nothing(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    host_reply(host, bq_worker_pause(host->client, worker, 0));
    is_empty(get_next("t", 1));
    host_reply(host, bq_worker_resume(host->client, worker));
    assert_string_equal(job_id_of(get_next("t", 1)), "1");
}

static void pausing_and_closing_end_the_wait(void **state) {
    (void)state;
    work("{\"drainDelay\":60}");
    bq_id waiting = begin_to_wait();
    host_reply(host, bq_worker_pause(host->client, worker, 0));
    is_empty(host_reply(host, waiting));
    host_reply(host, bq_worker_resume(host->client, worker));
    waiting = begin_to_wait();
    host_reply(host, bq_worker_close(host->client, worker, -1));
    is_empty(host_reply(host, waiting));
}

static void a_job_that_arrives_while_the_worker_closes_goes_back(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    server_freeze(server);
    bq_id fetch = bq_easy_get_next_job(host->client, queue, "t", worker, 1);
    bq_id close = bq_worker_close(host->client, worker, -1);
    server_thaw(server);
    const struct event *reply = host_answer(host, fetch); /* closed unsent, or given back */
    if (reply->type == BQ_EV_REPLY)
        is_empty(reply);
    host_reply(host, close);
    UNTIL(job_is_in("1", "wait"));
    assert_int_equal(server_integer(server, "EXISTS bull:q:1:lock"), 0);
}

/* ---- completing ---- */

static void completing_takes_the_next_job_along_under_the_same_token(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++)
        host_add(host, queue, "{}", NULL);
    work(NULL);
    load_scripts();
    get_next("t", 1);
    long long before = server_calls(server, "evalsha");
    const struct event *reply = complete("1", "t", 1);
    assert_int_equal(server_calls(server, "evalsha") - before, 1);
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "completed");
    assert_string_equal(job_id_of(reply), "2");
    assert_string_equal(event_text(host, reply, BQ_TAG_TOKEN), "t");
    assert_string_equal(job_field("1", "returnvalue"), "\"r\"");
    assert_true(job_is_in("1", "completed"));
    assert_string_equal(server_text(server, "GET bull:q:2:lock"), "t");
    is_empty(complete("2", "t", 1));
    assert_true(job_is_in("2", "completed"));
}

static void completing_without_fetching_takes_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++)
        host_add(host, queue, "{}", NULL);
    work(NULL);
    get_next("t", 1);
    is_empty(complete("1", "t", 0));
    assert_true(job_is_in("2", "wait"));
}

static void retention_is_the_jobs_own_or_the_workers(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", "{\"removeOnComplete\":false}");
    work("{\"removeOnComplete\":true}");
    get_next("t", 1);
    complete("1", "t", 1);
    complete("2", "t", 0);
    assert_int_equal(server_integer(server, "EXISTS bull:q:1"), 0);
    assert_true(job_is_in("2", "completed"));
}

static void a_job_that_cannot_complete_is_left_as_it_is(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    get_next("t", 1);
    bq_id operation =
        bq_easy_move_job_to_completed(host->client, queue, "1", "other", "1", worker, 1);
    host_error(host, operation, BQ_ERR_JOB_LOCK_MISMATCH);
    server_do(server, "SADD bull:q:1:dependencies bull:q:kid");
    operation = bq_easy_move_job_to_completed(host->client, queue, "1", "t", "1", worker, 1);
    const struct event *error = host_error(host, operation, BQ_ERR_JOB_PENDING_CHILDREN);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Job 1 has pending dependencies. moveToFinished");
    assert_true(job_is_in("1", "active"));
    operation = bq_easy_move_job_to_completed(host->client, queue, "none", "t", "1", worker, 1);
    error = host_error(host, operation, BQ_ERR_JOB_NOT_EXIST);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Missing key for job none. moveToFinished");
    assert_int_equal(server_integer(server, "EXISTS bull:q:none"), 0);
}

static void unreadable_options_refuse_completion_and_allow_failure(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    get_next("t", 1);
    server_do(server, "HSET bull:q:1 opts {broken");
    host_error(host, bq_easy_move_job_to_completed(host->client, queue, "1", "t", "1", worker, 1),
               BQ_ERR_UNREADABLE_JOB);
    assert_true(job_is_in("1", "active"));
    fail_job("1", "t", "{\"message\":\"x\"}", 0);
    assert_true(job_is_in("1", "failed"));
}

/* ---- failing ---- */

static void failing_decides_on_a_retry_as_a_worker_does(void **state) {
    (void)state;
    host_add(host, queue, "{}",
             "{\"attempts\":3,\"backoff\":{\"type\":\"exponential\","
             "\"delay\":20}}");
    work(NULL);
    get_next("t", 1);
    const struct event *reply = fail_job("1", "t", "{\"message\":\"a\",\"stack\":\"A\"}", 0);
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "delayed");
    assert_true(event_float(reply, BQ_TAG_RETRY_DELAY) == 20);
    assert_true(job_is_in("1", "delayed"));
    while (strcmp(job_id_of(reply), "1") != 0)
        reply = get_next("t", 1);
    reply = fail_job("1", "t", "{\"message\":\"b\",\"stack\":\"B\"}", 0);
    assert_true(event_float(reply, BQ_TAG_RETRY_DELAY) == 40);
    do
        reply = get_next("t", 1);
    while (strcmp(job_id_of(reply), "1") != 0);
    reply = fail_job("1", "t", "{\"message\":\"c\",\"stack\":\"C\"}", 0);
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "failed");
    assert_string_equal(job_field("1", "failedReason"), "c");
    assert_string_equal(job_field("1", "stacktrace"), "[\"A\",\"B\",\"C\"]");
    assert_string_equal(job_field("1", "atm"), "3");
}

static void failing_takes_the_next_job_along_only_if_asked(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        host_add(host, queue, "{}", NULL);
    work(NULL);
    get_next("t", 1);
    is_empty(fail_job("1", "t", "{\"message\":\"x\"}", 0));
    get_next("t", 1);
    assert_string_equal(job_id_of(fail_job("2", "t", "{\"message\":\"x\"}", 1)), "3");
}

static void what_only_a_handler_says_is_refused(void **state) {
    static const char *const wrong[] = {"{\"moved\":true}", "{\"giveBack\":true}",     "[]", "",
                                        "{\"message\":1}",  "{\"backoffDelay\":\"1\"}"};
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    get_next("t", 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        host_error(host,
                   bq_easy_move_job_to_failed(host->client, queue, "1", "t", wrong[i], worker, 0),
                   BQ_ERR_INVALID_ARGUMENT);
    assert_true(job_is_in("1", "active"));
    fail_job("1", "t", "{\"message\":\"bullmq:rateLimitExceeded\"}", 0); /* a failure, as in Node */
    assert_true(job_is_in("1", "failed"));
}

static void a_handle_or_value_that_is_wrong_is_refused(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work(NULL);
    bq_id other = host_queue(host, "other", NULL);
    host_error(host, bq_easy_get_next_job(host->client, queue, "t", 4242, 1),
               BQ_ERR_INVALID_ARGUMENT);
    host_error(host, bq_easy_get_next_job(host->client, other, "t", worker, 1),
               BQ_ERR_INVALID_ARGUMENT);
    host_error(host, bq_easy_start_stalled_check_timer(host->client, queue, 4242),
               BQ_ERR_INVALID_ARGUMENT);
    get_next("t", 1);
    host_error(host, bq_easy_move_job_to_completed(host->client, queue, "1", "t", "{no", worker, 1),
               BQ_ERR_INVALID_ARGUMENT);
    assert_true(job_is_in("1", "active"));
}

static void calls_that_end_free_their_place_among_those_under_way(void **state) {
    (void)state;
    struct host *narrow = host_open(server, "\"maxPendingCommands\":1");
    bq_id its_queue = host_queue(narrow, "q", NULL);
    bq_id its_worker = host_worker(narrow, its_queue, NULL, 0);
    for (int i = 0; i < 3; i++)
        host_add(host, queue, "{}", NULL);
    for (int i = 0; i < 3; i++) {
        char id[4];
        snprintf(id, sizeof id, "%d", i + 1);
        host_reply(narrow, bq_easy_get_next_job(narrow->client, its_queue, "t", its_worker, 0));
        host_error(
            narrow,
            bq_easy_move_job_to_completed(narrow->client, its_queue, id, "u", "1", its_worker, 0),
            BQ_ERR_JOB_LOCK_MISMATCH);
        host_reply(narrow, bq_easy_move_job_to_completed(narrow->client, its_queue, id, "t", "1",
                                                         its_worker, 0));
    }
    host_close(narrow);
}

/* ---- stalled jobs ---- */

static void stalled_jobs_are_looked_for_once_that_is_asked_for(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    work("{\"lockDuration\":50,\"stalledInterval\":60}");
    get_next("t", 1);
    assert_int_equal(server_integer(server, "EXISTS bull:q:stalled-check"), 0);
    host_reply(host, bq_easy_start_stalled_check_timer(host->client, queue, worker));
    const struct event *stalled = host_wait(host, BQ_EV_STALLED, worker);
    assert_string_equal(job_id_of(stalled), "1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(a_job_is_taken_under_the_callers_token),
        WITH_QUEUE(the_first_call_does_not_wait_and_the_next_does),
        WITH_QUEUE(a_call_that_waits_gets_the_job_that_is_added),
        WITH_QUEUE(a_call_besides_one_that_waits_does_not_wait),
        WITH_QUEUE(a_delayed_job_that_is_known_is_told_and_waited_for),
        WITH_QUEUE(a_rate_limit_is_told_and_nothing_taken),
        WITH_QUEUE(a_job_taken_by_hand_is_not_renewed_and_uses_no_credit),
        WITH_QUEUE(a_deferred_failure_is_handed_out),
        WITH_QUEUE(a_paused_worker_hands_out_nothing),
        WITH_QUEUE(pausing_and_closing_end_the_wait),
        WITH_QUEUE(a_job_that_arrives_while_the_worker_closes_goes_back),
        WITH_QUEUE(completing_takes_the_next_job_along_under_the_same_token),
        WITH_QUEUE(completing_without_fetching_takes_nothing),
        WITH_QUEUE(retention_is_the_jobs_own_or_the_workers),
        WITH_QUEUE(a_job_that_cannot_complete_is_left_as_it_is),
        WITH_QUEUE(unreadable_options_refuse_completion_and_allow_failure),
        WITH_QUEUE(failing_decides_on_a_retry_as_a_worker_does),
        WITH_QUEUE(failing_takes_the_next_job_along_only_if_asked),
        WITH_QUEUE(what_only_a_handler_says_is_refused),
        WITH_QUEUE(a_handle_or_value_that_is_wrong_is_refused),
        WITH_QUEUE(calls_that_end_free_their_place_among_those_under_way),
        WITH_QUEUE(stalled_jobs_are_looked_for_once_that_is_asked_for),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
