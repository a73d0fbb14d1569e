/* Outcomes of many jobs that leave in one command: each has its own effects and its own answer. */
#include "support_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS = 32 };

static bq_id worker, elsewhere;
static const struct event *jobs[JOBS];
static bq_id outcomes[JOBS];

static const char *id_of(int i) {
    static char id[4][16];
    static int next;
    snprintf(id[++next % 4], sizeof id[0], "j%d", i);
    return id[next % 4];
}

static void add_job(int i, const char *more) {
    char opts[256];
    snprintf(opts, sizeof opts, "{\"jobId\":\"%s\"%s%s}", id_of(i), more ? "," : "",
             more ? more : "");
    host_add(host, queue, "{}", opts);
}

static void take_jobs(int count, const char *options) {
    elsewhere = host_queue(host, "elsewhere", NULL);
    worker = host_worker(host, queue, options, count);
    for (int i = 0; i < count; i++) {
        jobs[i] = next_job();
        assert_string_equal(job_id_of(jobs[i]), id_of(i));
    }
}

/* Gives the I/O thread so much to do that what is told meanwhile is found together. */
static bq_id occupy(void) {
    bq_buffer records = BQ_BUFFER_INIT;
    for (int i = 0; i < 8000; i++)
        bq_put_add(&records, "work", "{}", i % 2 ? "{\"attempts\":1}" : "{\"attempts\":2}");
    bq_id operation = bq_easy_add_bulk(host->client, elsewhere, bq_buffer_bytes(&records));
    bq_buffer_free(&records);
    return operation;
}

static void complete_all(int count) {
    occupy();
    for (int i = 0; i < count; i++)
        outcomes[i] = bq_easy_done(host->client, jobs[i]->id, "\"r\"");
}

static void is_completed(int i) {
    const struct event *reply = host_reply(host, outcomes[i]);
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "completed");
    assert_true(job_is_in(id_of(i), "completed"));
    assert_string_equal(job_field(id_of(i), "returnvalue"), "\"r\"");
    assert_string_equal(job_field(id_of(i), "atm"), "1");
    assert_false(server_integer(server, "EXISTS bull:q:%s:lock", id_of(i)));
}

static void many_outcomes_leave_in_few_commands(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(JOBS, "{\"skipStalledCheck\":true}");
    long long calls = server_calls(server, "evalsha");
    host_reply(host, occupy());
    long long for_others = server_calls(server, "evalsha") - calls;
    complete_all(JOBS);
    for (int i = 0; i < JOBS; i++)
        is_completed(i);
    calls = server_calls(server, "evalsha") - calls - 2 * for_others;
    if (calls > JOBS / 4)
        fail_msg("%lld commands for %d outcomes", calls, JOBS);
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 0);
    assert_int_equal(server_integer(server, "ZCARD bull:q:completed"), JOBS);
}

static void finished_slots_take_the_next_jobs_along(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(JOBS / 2, NULL);
    complete_all(JOBS / 2);
    for (int i = JOBS / 2; i < JOBS; i++)
        assert_string_equal(job_id_of(next_job()), id_of(i));
    for (int i = 0; i < JOBS / 2; i++)
        is_completed(i);
}

static void each_kind_of_outcome_has_its_own_effects(void **state) {
    static const char *const more[] = {"\"removeOnComplete\":true",
                                       "\"removeOnFail\":true",
                                       "\"attempts\":2",
                                       "\"attempts\":2,\"backoff\":60000",
                                       "\"removeOnComplete\":{\"count\":100}",
                                       NULL};
    (void)state;
    for (int i = 0; i < 6; i++)
        add_job(i, more[i]);
    take_jobs(6, "{\"metrics\":{\"maxDataPoints\":5}}");
    host_reply(host, bq_easy_pause(host->client, queue));
    occupy();
    for (int i = 0; i < 6; i++)
        outcomes[i] = i >= 1 && i <= 3 ? bq_easy_fail(host->client, jobs[i]->id, "no")
                                       : bq_easy_done(host->client, jobs[i]->id, "\"r\"");
    static const char *const names[] = {"completed", "failed",    "retried",
                                        "delayed",   "completed", "completed"};
    for (int i = 0; i < 6; i++)
        assert_string_equal(event_text(host, host_reply(host, outcomes[i]), BQ_TAG_OUTCOME),
                            names[i]);
    assert_int_equal(server_integer(server, "EXISTS bull:q:j0 bull:q:j1"), 0);
    assert_true(job_is_in("j2", "wait") && job_is_in("j3", "delayed"));
    assert_true(job_is_in("j4", "completed") && job_is_in("j5", "completed"));
    assert_string_equal(server_text(server, "HGET bull:q:metrics:completed count"), "3");
    assert_string_equal(server_text(server, "HGET bull:q:metrics:failed count"), "1");
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 0);
}

/* Every error code of a finishing script, between jobs that are well. */
static void what_cannot_be_finished_does_not_touch_the_others(void **state) {
    (void)state;
    for (int i = 0; i < 12; i++)
        add_job(i, NULL);
    take_jobs(12, "{\"skipStalledCheck\":true,\"skipLockRenewal\":true}");
    server_do(server, "DEL bull:q:j1");
    server_do(server, "DEL bull:q:j3:lock");
    server_do(server, "SET bull:q:j5:lock foreign");
    server_do(server, "LREM bull:q:active 1 j7");
    server_do(server, "SADD bull:q:j9:dependencies bull:q:kid");
    server_do(server, "ZADD bull:q:j11:unsuccessful 1 bull:q:kid");
    complete_all(12);
    for (int i = 0; i < 12; i += 2)
        is_completed(i);
    host_error(host, outcomes[1], BQ_ERR_JOB_NOT_EXIST);
    host_error(host, outcomes[3], BQ_ERR_JOB_LOCK_NOT_EXIST);
    host_error(host, outcomes[5], BQ_ERR_JOB_LOCK_MISMATCH);
    host_error(host, outcomes[7], BQ_ERR_JOB_NOT_IN_STATE);
    for (int i = 9; i <= 11; i += 2)
        assert_string_equal(event_text(host, host_reply(host, outcomes[i]), BQ_TAG_OUTCOME),
                            "failed");
    assert_string_equal(job_field("j9", "failedReason"),
                        "Job j9 has pending dependencies. moveToFinished");
    assert_string_equal(server_text(server, "GET bull:q:j5:lock"), "foreign");
}

static void children_of_one_parent_release_it_once(void **state) {
    char more[64] = "\"parent\":{\"id\":\"dad\",\"queue\":\"bull:q\"}";
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"dad\",\"priority\":1}");
    server_do(server, "ZREM bull:q:prioritized dad");
    server_do(server, "ZADD bull:q:waiting-children 1 dad");
    for (int i = 0; i < 10; i++)
        add_job(i, more);
    take_jobs(10, "{\"skipStalledCheck\":true}");
    complete_all(10);
    for (int i = 0; i < 10; i++)
        is_completed(i);
    assert_string_equal(job_id_of(next_job()), "dad");
    assert_int_equal(server_integer(server, "HLEN bull:q:dad:processed"), 10);
    assert_int_equal(server_integer(server, "EXISTS bull:q:dad:dependencies"), 0);
    assert_int_equal(server_integer(server, "EXISTS bull:q:waiting-children bull:q:wait"), 0);
}

static void only_the_newest_are_kept_when_many_finish_together(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++)
        add_job(i, "\"removeOnComplete\":3");
    take_jobs(20, "{\"skipStalledCheck\":true}");
    complete_all(20);
    for (int i = 0; i < 20; i++)
        host_reply(host, outcomes[i]);
    assert_int_equal(server_integer(server, "ZCARD bull:q:completed"), 3);
    for (int i = 0, kept = 0; i < 20; i++) {
        kept += (int)server_integer(server, "EXISTS bull:q:%s", id_of(i));
        assert_true(i < 19 || kept == 3);
    }
}

static void deduplicated_jobs_that_finish_together_free_their_ids(void **state) {
    char more[64];
    (void)state;
    for (int i = 0; i < 8; i++) {
        snprintf(more, sizeof more, "\"deduplication\":{\"id\":\"d%d\"}", i);
        add_job(i, more);
    }
    take_jobs(8, "{\"skipStalledCheck\":true}");
    complete_all(8);
    for (int i = 0; i < 8; i++)
        is_completed(i);
    for (int i = 0; i < 8; i++)
        assert_int_equal(server_integer(server, "EXISTS bull:q:de:d%d", i), 0);
}

static void rate_limits_hold_across_a_batch(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(8, "{\"skipStalledCheck\":true,\"limiter\":{\"max\":12,\"duration\":60000}}");
    complete_all(8);
    for (int i = 0; i < 4; i++)
        next_job();
    for (int i = 0; i < 8; i++)
        is_completed(i);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 12);
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 4);
}

static void concurrency_of_the_queue_holds_across_a_batch(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(8, "{\"skipStalledCheck\":true}");
    server_do(server, "HSET bull:q:meta concurrency 3");
    complete_all(8);
    for (int i = 0; i < 3; i++)
        next_job();
    for (int i = 0; i < 8; i++)
        is_completed(i);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 3);
}

/* A limit without its window is an error of the script once it has to count. */
static void a_script_error_behind_stored_outcomes_loses_none(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(8, "{\"skipStalledCheck\":true}");
    server_do(server, "HSET bull:q:meta max 100");
    complete_all(8);
    for (int i = 0; i < 8; i++)
        host_answer(host, outcomes[i]);
    for (int i = 0; i < 8; i++) {
        int places = job_is_in(id_of(i), "completed") + job_is_in(id_of(i), "failed") +
                     job_is_in(id_of(i), "active") + job_is_in(id_of(i), "wait");
        if (places != 1)
            fail_msg("%s is in %d places", id_of(i), places);
    }
}

static void credit_taken_back_holds_across_a_batch(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(16, NULL);
    occupy();
    bq_worker_credit(host->client, worker, -13);
    for (int i = 0; i < 12; i++)
        outcomes[i] = bq_easy_done(host->client, jobs[i]->id, "\"r\"");
    for (int i = 0; i < 12; i++)
        is_completed(i);
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 4); /* one more than allowed */
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 16);
    for (int i = 12; i < 16; i++)
        host_done(host, jobs[i], "\"r\"");
    for (int i = 0; i < 3; i++)
        next_job();
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 3);
}

static void pausing_meanwhile_takes_no_further_job(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(8, "{\"skipStalledCheck\":true}");
    occupy();
    bq_id pause = bq_worker_pause(host->client, worker, 0);
    for (int i = 0; i < 8; i++)
        outcomes[i] = bq_easy_done(host->client, jobs[i]->id, "\"r\"");
    for (int i = 0; i < 8; i++)
        is_completed(i);
    host_reply(host, pause);
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 0);
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 8);
}

static void outcomes_told_before_a_close_are_stored(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(JOBS, NULL);
    complete_all(JOBS);
    bq_id close = bq_client_close(host->client, 5000);
    for (int i = 0; i < JOBS; i++)
        is_completed(i);
    host_reply(host, close);
}

static void outcomes_told_before_a_forced_close_are_stored_or_answered(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(JOBS, NULL);
    complete_all(JOBS);
    bq_id close = bq_client_close(host->client, 0);
    for (int i = 0; i < JOBS; i++)
        host_answer(host, outcomes[i]);
    host_reply(host, close);
}

static void a_client_freed_with_outcomes_queued_leaves_nothing(void **state) {
    (void)state;
    for (int i = 0; i < JOBS; i++)
        add_job(i, NULL);
    take_jobs(JOBS, NULL);
    complete_all(JOBS);
    host_free(host);
    host = NULL;
}

static void large_results_are_not_put_into_one_command(void **state) {
    enum { SIZE = 200 * 1024 };
    char *result = malloc(SIZE + 1);
    (void)state;
    memset(result, 'x', SIZE);
    result[0] = result[SIZE - 1] = '"';
    result[SIZE] = '\0';
    for (int i = 0; i < 8; i++)
        add_job(i, NULL);
    take_jobs(8, NULL);
    occupy();
    for (int i = 0; i < 8; i++)
        outcomes[i] = bq_easy_done(host->client, jobs[i]->id, result);
    for (int i = 0; i < 8; i++)
        host_reply(host, outcomes[i]);
    for (int i = 0; i < 8; i++)
        assert_int_equal(server_integer(server, "HSTRLEN bull:q:%s returnvalue", id_of(i)), SIZE);
    free(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(many_outcomes_leave_in_few_commands),
        WITH_QUEUE(finished_slots_take_the_next_jobs_along),
        WITH_QUEUE(each_kind_of_outcome_has_its_own_effects),
        WITH_QUEUE(what_cannot_be_finished_does_not_touch_the_others),
        WITH_QUEUE(children_of_one_parent_release_it_once),
        WITH_QUEUE(only_the_newest_are_kept_when_many_finish_together),
        WITH_QUEUE(deduplicated_jobs_that_finish_together_free_their_ids),
        WITH_QUEUE(rate_limits_hold_across_a_batch),
        WITH_QUEUE(concurrency_of_the_queue_holds_across_a_batch),
        WITH_QUEUE(a_script_error_behind_stored_outcomes_loses_none),
        WITH_QUEUE(credit_taken_back_holds_across_a_batch),
        WITH_QUEUE(pausing_meanwhile_takes_no_further_job),
        WITH_QUEUE(outcomes_told_before_a_close_are_stored),
        WITH_QUEUE(outcomes_told_before_a_forced_close_are_stored_or_answered),
        WITH_QUEUE(a_client_freed_with_outcomes_queued_leaves_nothing),
        WITH_QUEUE(large_results_are_not_put_into_one_command),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
