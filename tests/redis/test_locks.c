/* Locks of running jobs, and jobs whose worker was lost. */
#include "support_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_LOCK "{\"lockDuration\":300,\"skipStalledCheck\":true}"

static bq_id worker;

static const struct event *start_job(const char *options) {
    host_add(host, queue, "{}", NULL);
    worker = host_worker(host, queue, options, 1);
    return next_job();
}

static void a_lock_lives_as_long_as_its_job_runs(void **state) {
    (void)state;
    const struct event *job = start_job(SHORT_LOCK);
    int64_t begin = clock_ms();
    while (clock_ms() - begin < 900) { /* three times its duration */
        const struct event *renewed = host_wait(host, BQ_EV_LOCKS_RENEWED, worker);
        assert_int_equal(event_integer(renewed, BQ_TAG_COUNT), 1);
        assert_int_equal(server_integer(server, "EXISTS bull:q:1:lock"), 1);
    }
    host_done(host, job, "1");
    assert_int_equal(host_count(host, BQ_EV_LOCK_LOST, 0), 0);
}

static void locks_of_many_jobs_are_renewed_in_one_call(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++)
        host_add(host, queue, "{}", NULL);
    worker = host_worker(host, queue, SHORT_LOCK, 20);
    for (int i = 0; i < 20; i++)
        next_job();
    long long before = server_calls(server, "evalsha");
    int64_t count = 0;
    while (count < 20)
        count += event_integer(host_wait(host, BQ_EV_LOCKS_RENEWED, worker), BQ_TAG_COUNT);
    assert_true(server_calls(server, "evalsha") - before <= 5);
}

static void a_lock_is_not_renewed_once_its_job_is_done(void **state) {
    (void)state;
    const struct event *job = start_job(SHORT_LOCK);
    host_wait(host, BQ_EV_LOCKS_RENEWED, worker);
    host_done(host, job, "1");
    int before = host_count(host, BQ_EV_LOCKS_RENEWED, 0);
    assert_null(host_try(host, BQ_EV_LOCK_LOST, 0, 200));
    assert_int_equal(host_count(host, BQ_EV_LOCKS_RENEWED, 0), before);
}

static void renewal_may_be_switched_off(void **state) {
    (void)state;
    const struct event *job = start_job("{\"lockDuration\":100,\"skipLockRenewal\":true,"
                                        "\"skipStalledCheck\":true}");
    UNTIL(!server_integer(server, "EXISTS bull:q:1:lock"));
    const struct event *error =
        host_error(host, bq_easy_done(host->client, job->id, "1"), BQ_ERR_JOB_LOCK_NOT_EXIST);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Missing lock for job 1. moveToFinished");
    assert_string_equal(job_id_of(error), "1");
}

static void a_lost_lock_is_told_once_and_the_outcome_is_refused(void **state) {
    (void)state;
    const struct event *job = start_job(SHORT_LOCK);
    server_do(server, "DEL bull:q:1:lock");
    const struct event *lost = host_wait(host, BQ_EV_LOCK_LOST, job->id);
    assert_string_equal(job_id_of(lost), "1");
    assert_int_equal(event_integer(lost, BQ_TAG_WORKER), worker);
    assert_null(host_try(host, BQ_EV_LOCK_LOST, 0, 300));
    host_error(host, bq_easy_done(host->client, job->id, "1"), BQ_ERR_JOB_LOCK_NOT_EXIST);
    assert_true(job_is_in("1", "active"));
}

static void a_lock_of_another_worker_is_respected(void **state) {
    (void)state;
    const struct event *job = start_job(SHORT_LOCK);
    server_do(server, "SET bull:q:1:lock foreign");
    host_wait(host, BQ_EV_LOCK_LOST, job->id);
    const struct event *error =
        host_error(host, bq_easy_fail(host->client, job->id, "x"), BQ_ERR_JOB_LOCK_MISMATCH);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Lock mismatch for job 1. Cmd moveToFinished from active");
    assert_string_equal(server_text(server, "GET bull:q:1:lock"), "foreign");
}

static void a_lost_lock_frees_its_slot_with_the_outcome(void **state) {
    (void)state;
    const struct event *job = start_job(SHORT_LOCK);
    host_add(host, queue, "{}", NULL);
    server_do(server, "DEL bull:q:1:lock");
    host_wait(host, BQ_EV_LOCK_LOST, job->id);
    host_error(host, bq_easy_done(host->client, job->id, "1"), BQ_ERR_JOB_LOCK_NOT_EXIST);
    assert_string_equal(job_id_of(next_job()), "2");
}

static void a_job_that_is_not_active_any_more_cannot_be_retried(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"attempts\":3}");
    worker = host_worker(host, queue, SHORT_LOCK, 1);
    const struct event *job = next_job();
    server_do(server, "LREM bull:q:active 1 1");
    const struct event *error =
        host_error(host, bq_easy_fail(host->client, job->id, "x"), BQ_ERR_JOB_NOT_IN_STATE);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Job 1 is not in the active state. retryJob");
}

static void a_job_removed_while_it_runs_cannot_be_finished(void **state) {
    (void)state;
    const struct event *job = start_job(SHORT_LOCK);
    server_do(server, "DEL bull:q:1");
    const struct event *error =
        host_error(host, bq_easy_done(host->client, job->id, "1"), BQ_ERR_JOB_NOT_EXIST);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Missing key for job 1. moveToFinished");
}

/* ---- cancelling ---- */

static const struct event *is_cancelled(const struct event *job, const char *why) {
    const struct event *cancel = host_wait(host, BQ_EV_CANCEL, job->id);
    assert_int_equal(event_integer(cancel, BQ_TAG_WORKER), worker);
    assert_string_equal(job_id_of(cancel), job_id_of(job));
    assert_string_equal(event_text(host, cancel, BQ_TAG_MESSAGE), why);
    return cancel;
}

static void a_job_that_runs_too_long_is_cancelled_once_and_left_to_its_lock(void **state) {
    (void)state;
    int64_t begin = clock_ms();
    const struct event *job = start_job("{\"lockDuration\":300,\"skipStalledCheck\":true,"
                                        "\"maxJobDuration\":400}");
    is_cancelled(job, "it runs longer than maxJobDuration, 400 ms");
    assert_true(clock_ms() - begin >= 400);
    assert_true(host_count(host, BQ_EV_LOCKS_RENEWED, 0) > 0);
    UNTIL(!server_integer(server, "EXISTS bull:q:1:lock"));
    assert_null(host_try(host, BQ_EV_CANCEL, 0, 500));
    assert_int_equal(host_count(host, BQ_EV_LOCK_LOST, 0), 0);
    host_error(host, bq_easy_done(host->client, job->id, "1"), BQ_ERR_JOB_LOCK_NOT_EXIST);
}

static void a_cancelled_job_that_ends_before_its_lock_is_stored(void **state) {
    (void)state;
    const struct event *job = start_job("{\"maxJobDuration\":50}");
    is_cancelled(job, "it runs longer than maxJobDuration, 50 ms");
    assert_string_equal(host_fail(host, job, "{\"message\":\"cancelled\"}"), "failed");
}

static void each_job_has_its_own_duration(void **state) {
    (void)state;
    const struct event *first = start_job("{\"maxJobDuration\":250}");
    bq_worker_credit(host->client, worker, 2);
    for (int64_t end = clock_ms() + 120; clock_ms() < end;)
        wait_a_moment();
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    const struct event *second = next_job(), *third = next_job();
    host_done(host, second, "1");
    is_cancelled(first, "it runs longer than maxJobDuration, 250 ms");
    assert_int_equal(host_count(host, BQ_EV_CANCEL, third->id), 0);
    is_cancelled(third, "it runs longer than maxJobDuration, 250 ms");
    assert_int_equal(host_count(host, BQ_EV_CANCEL, second->id), 0);
}

static void a_job_given_up_for_its_duration_is_run_by_another(void **state) {
    (void)state;
    start_job("{\"lockDuration\":150,\"skipStalledCheck\":true,\"maxJobDuration\":100}");
    bq_id other = host_worker(host, queue, "{\"stalledInterval\":60}", 1);
    const struct event *again = next_job();
    assert_int_equal(event_integer(again, BQ_TAG_WORKER), other);
    assert_int_equal(event_integer(again, BQ_TAG_STALLED_COUNTER), 1);
    host_done(host, again, "1");
}

static void a_lost_lock_cancels_its_job_if_that_is_asked_for(void **state) {
    (void)state;
    const struct event *job = start_job("{\"lockDuration\":300,\"skipStalledCheck\":true,"
                                        "\"cancelOnLockLost\":true}");
    server_do(server, "DEL bull:q:1:lock");
    host_wait(host, BQ_EV_LOCK_LOST, job->id);
    is_cancelled(job, "its lock was lost");
}

static void a_lost_lock_cancels_nothing_by_itself(void **state) {
    (void)state;
    const struct event *job = start_job(SHORT_LOCK);
    server_do(server, "DEL bull:q:1:lock");
    host_wait(host, BQ_EV_LOCK_LOST, job->id);
    assert_null(host_try(host, BQ_EV_CANCEL, 0, 200));
}

/* ---- stalled jobs ---- */

#define QUICK_CHECK "{\"lockDuration\":150,\"stalledInterval\":60}"

static void jobs_of_a_lost_worker_are_run_by_another(void **state) {
    (void)state;
    struct host *lost = host_open(server, NULL);
    bq_id its_queue = host_queue(lost, "q", NULL);
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", NULL);
    host_worker(lost, its_queue, QUICK_CHECK, 2);
    host_wait(lost, BQ_EV_JOB, 0);
    host_wait(lost, BQ_EV_JOB, 0);
    host_free(lost); /* as a process that dies */
    worker = host_worker(host, queue, QUICK_CHECK, 2);
    host_wait(host, BQ_EV_STALLED, worker);
    host_wait(host, BQ_EV_STALLED, worker);
    for (int i = 0; i < 2; i++) {
        const struct event *job = next_job();
        assert_int_equal(event_integer(job, BQ_TAG_STALLED_COUNTER), 1);
        host_done(host, job, "1");
    }
}

static void a_job_that_stalls_too_often_is_failed_unseen(void **state) {
    (void)state;
    server_do(server, "HSET bull:q:x name n data {} opts {} stc 1");
    server_do(server, "LPUSH bull:q:active x");
    worker = host_worker(host, queue, QUICK_CHECK, 1);
    const struct event *stalled = host_wait(host, BQ_EV_STALLED, worker);
    assert_string_equal(job_id_of(stalled), "x");
    const struct event *failed = host_wait(host, BQ_EV_FAILED, worker);
    assert_string_equal(job_id_of(failed), "x");
    assert_string_equal(event_text(host, failed, BQ_TAG_MESSAGE),
                        "job stalled more than allowable limit");
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 0);
}

static void a_job_that_runs_long_is_not_taken_for_stalled(void **state) {
    (void)state;
    const struct event *job = start_job(QUICK_CHECK);
    for (int i = 0; i < 8; i++)
        host_wait(host, BQ_EV_LOCKS_RENEWED, worker);
    assert_int_equal(host_count(host, BQ_EV_STALLED, 0), 0);
    host_done(host, job, "1");
}

static void the_check_may_be_switched_off(void **state) {
    (void)state;
    worker = host_worker(host, queue, "{\"skipStalledCheck\":true}", 1);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(server_integer(server, "EXISTS bull:q:stalled-check"), 0);
}

static void a_worker_without_credit_does_not_check(void **state) {
    (void)state;
    worker = host_worker(host, queue, NULL, 0);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(server_integer(server, "EXISTS bull:q:stalled-check"), 0);
    bq_worker_credit(host->client, worker, 1);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(server_integer(server, "EXISTS bull:q:stalled-check"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(a_lock_lives_as_long_as_its_job_runs),
        WITH_QUEUE(locks_of_many_jobs_are_renewed_in_one_call),
        WITH_QUEUE(a_lock_is_not_renewed_once_its_job_is_done),
        WITH_QUEUE(renewal_may_be_switched_off),
        WITH_QUEUE(a_lost_lock_is_told_once_and_the_outcome_is_refused),
        WITH_QUEUE(a_lock_of_another_worker_is_respected),
        WITH_QUEUE(a_lost_lock_frees_its_slot_with_the_outcome),
        WITH_QUEUE(a_job_that_is_not_active_any_more_cannot_be_retried),
        WITH_QUEUE(a_job_removed_while_it_runs_cannot_be_finished),
        WITH_QUEUE(a_job_that_runs_too_long_is_cancelled_once_and_left_to_its_lock),
        WITH_QUEUE(a_cancelled_job_that_ends_before_its_lock_is_stored),
        WITH_QUEUE(each_job_has_its_own_duration),
        WITH_QUEUE(a_job_given_up_for_its_duration_is_run_by_another),
        WITH_QUEUE(a_lost_lock_cancels_its_job_if_that_is_asked_for),
        WITH_QUEUE(a_lost_lock_cancels_nothing_by_itself),
        WITH_QUEUE(jobs_of_a_lost_worker_are_run_by_another),
        WITH_QUEUE(a_job_that_stalls_too_often_is_failed_unseen),
        WITH_QUEUE(a_job_that_runs_long_is_not_taken_for_stalled),
        WITH_QUEUE(the_check_may_be_switched_off),
        WITH_QUEUE(a_worker_without_credit_does_not_check),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
