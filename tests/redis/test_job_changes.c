/* Commands that change one job, and the moves that a job asks for while it runs. */
#include "support_commands.h"

#include <string.h>

static void start_job(void) {
    host_worker(host, queue, "{\"skipStalledCheck\":true,\"skipLockRenewal\":true}", 1);
    host_add(host, queue, "{}", "{\"jobId\":\"a\"}");
    next_job();
    server_do(server, "SET bull:q:a:lock tok");
}

static void a_delayed_job_is_promoted_or_delayed_anew(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"a\",\"delay\":60000}");
    succeeds("changeJobDelay", "{\"id\":\"a\",\"delay\":90000}");
    assert_string_equal(job_field("a", "delay"), "90000");
    succeeds("promoteJob", "{\"id\":\"a\"}");
    assert_true(job_is_in("a", "wait"));
    refuses("promoteJob", "{\"id\":\"a\"}", BQ_ERR_JOB_NOT_IN_STATE,
            "Job a is not in the delayed state. promote");
    refuses("changeJobDelay", "{\"id\":\"a\",\"delay\":1}", BQ_ERR_JOB_NOT_IN_STATE,
            "Job a is not in the delayed state. changeDelay");
    refuses("changeJobDelay", "{\"id\":\"x\",\"delay\":1}", BQ_ERR_JOB_NOT_EXIST,
            "Missing key for job x. changeDelay");
    refuses("changeJobDelay", "{\"id\":\"a\",\"delay\":-1}", BQ_ERR_INVALID_ARGUMENT,
            "changeJobDelay needs the argument \"delay\": an integer from 0 to 315360000000, not "
            "-1.");
}

static void a_priority_moves_a_waiting_job_to_its_place(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"a\"}");
    succeeds("changeJobPriority", "{\"id\":\"a\",\"priority\":3}");
    assert_true(job_is_in("a", "prioritized"));
    succeeds("changeJobPriority", "{\"id\":\"a\",\"lifo\":true}");
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "a");
    refuses("changeJobPriority", "{\"id\":\"x\"}", BQ_ERR_JOB_NOT_EXIST,
            "Missing key for job x. changePriority");
}

static void priorities_that_no_job_can_have_are_refused(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"a\"}");
    refuses("changeJobPriority", "{\"id\":\"a\",\"priority\":-1}", BQ_ERR_INVALID_ARGUMENT,
            "changeJobPriority needs the argument \"priority\": an integer from 0 to 2097151, not "
            "-1.");
    refuses("changeJobPriority", "{\"id\":\"a\",\"priority\":2097152}", BQ_ERR_INVALID_ARGUMENT,
            "changeJobPriority needs the argument \"priority\": an integer from 0 to 2097151, not "
            "2097152.");
    refuses("changeJobPriority", "{\"id\":\"a\",\"priority\":1.5}", BQ_ERR_INVALID_ARGUMENT,
            "changeJobPriority needs the argument \"priority\": an integer.");
    assert_string_equal(job_field("a", "priority"), "0");
}

static void a_finished_job_is_retried_where_its_options_say(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"first\"}");
    server_do(server, "ZADD bull:q:failed 5 a");
    server_do(server, "HSET bull:q:a name n opts {\"lifo\":true} failedReason x atm 2 ats 3");
    succeeds("retryJob", "{\"id\":\"a\",\"resetAttemptsMade\":true}");
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "a");
    assert_string_equal(job_field("a", "atm"), "");
    assert_string_equal(job_field("a", "ats"), "3");
    refuses("retryJob", "{\"id\":\"a\"}", BQ_ERR_JOB_NOT_IN_STATE,
            "Job a is not in the failed state. reprocessJob");
    refuses("retryJob", "{\"id\":\"a\",\"state\":\"completed\"}", BQ_ERR_JOB_NOT_IN_STATE,
            "Job a is not in the completed state. reprocessJob");
    refuses("retryJob", "{\"id\":\"x\"}", BQ_ERR_JOB_NOT_EXIST,
            "Missing key for job x. reprocessJob");
}

static void a_job_is_removed_unless_it_is_locked_or_a_schedulers(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"a\"}");
    server_do(server, "SET bull:q:a:lock t");
    counts("removeJob", "{\"id\":\"a\"}", 0);
    server_do(server, "DEL bull:q:a:lock");
    counts("removeJob", "{\"id\":\"a\"}", 1);
    assert_int_equal(server_integer(server, "EXISTS bull:q:a"), 0);
    counts("removeJob", "{\"id\":\"a\"}", 1);
    server_do(server, "HSET bull:q:repeat:s:5 name n rjk s");
    server_do(server, "ZADD bull:q:repeat 5 s");
    refuses("removeJob", "{\"id\":\"repeat:s:5\"}", BQ_ERR_JOB_BELONGS_TO_JOB_SCHEDULER,
            "Job repeat:s:5 belongs to a job scheduler and cannot be removed directly. removeJob");
}

static void logs_are_cleared_or_shortened(void **state) {
    (void)state;
    server_do(server, "RPUSH bull:q:a:logs 1 2 3");
    succeeds("clearJobLogs", "{\"id\":\"a\",\"keepLogs\":2}");
    says("getJobLogs", "{\"id\":\"a\"}", "{\"logs\":[\"2\",\"3\"],\"count\":2}");
    succeeds("clearJobLogs", "{\"id\":\"a\"}");
    assert_int_equal(server_integer(server, "EXISTS bull:q:a:logs"), 0);
}

static void a_jobs_own_deduplication_id_is_given_back(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"a\",\"deduplication\":{\"id\":\"once\"}}");
    host_add(host, queue, "{}", "{\"jobId\":\"b\"}");
    counts("removeJobDeduplicationKey", "{\"id\":\"b\"}", 0);
    counts("removeJobDeduplicationKey", "{\"id\":\"a\"}", 1);
    counts("removeJobDeduplicationKey", "{\"id\":\"a\"}", 0);
    refuses("removeJobDeduplicationKey", "{\"id\":\"x\"}", BQ_ERR_JOB_NOT_EXIST,
            "Missing key for job x. removeDeduplicationKey");
}

static void a_parent_stops_waiting_for_a_child(void **state) {
    (void)state;
    server_do(server, "ZADD bull:q:waiting-children 1 p");
    server_do(server, "HSET bull:q:p name n");
    host_add(host, queue, "{}", "{\"jobId\":\"c\",\"parent\":{\"id\":\"p\",\"queue\":\"bull:q\"}}");
    counts("removeChildDependency", "{\"id\":\"c\"}", 1);
    assert_true(job_is_in("p", "wait"));
    counts("removeChildDependency", "{\"id\":\"c\"}", 0);
    refuses("removeChildDependency", "{\"id\":\"x\"}", BQ_ERR_JOB_NOT_EXIST,
            "Missing key for job x. removeChildDependency");
    server_do(server, "HSET bull:q:c parentKey bull:q:gone");
    refuses("removeChildDependency", "{\"id\":\"c\"}", BQ_ERR_PARENT_JOB_NOT_EXIST,
            "Missing key for parent job bull:q:gone. removeChildDependency");
}

static void pending_children_are_removed_unless_locked(void **state) {
    (void)state;
    server_do(server, "ZADD bull:q:waiting-children 1 p");
    server_do(server, "HSET bull:q:p name n");
    for (int i = 0; i < 2; i++)
        host_add(host, queue, "{}", "{\"parent\":{\"id\":\"p\",\"queue\":\"bull:q\"}}");
    server_do(server, "SET bull:q:1:lock t");
    succeeds("removeUnprocessedChildren", "{\"id\":\"p\"}");
    assert_int_equal(server_integer(server, "EXISTS bull:q:1"), 1);
    assert_int_equal(server_integer(server, "EXISTS bull:q:2"), 0);
}

static void a_lock_is_extended_by_who_holds_it(void **state) {
    (void)state;
    server_do(server, "SET bull:q:a:lock tok PX 1000");
    counts("extendJobLock", "{\"id\":\"a\",\"token\":\"other\",\"duration\":90000}", 0);
    counts("extendJobLock", "{\"id\":\"a\",\"token\":\"tok\",\"duration\":90000}", 1);
    assert_true(server_integer(server, "PTTL bull:q:a:lock") > 1000);
}

static void a_job_that_runs_puts_itself_back_until_a_time(void **state) {
    (void)state;
    start_job();
    refuses("moveJobToDelayed", "{\"id\":\"a\",\"timestamp\":2000000000000,\"token\":\"other\"}",
            BQ_ERR_JOB_LOCK_MISMATCH, "Lock mismatch for job a. Cmd moveToDelayed from active");
    succeeds("moveJobToDelayed", "{\"id\":\"a\",\"timestamp\":2000000000000,\"token\":\"tok\"}");
    assert_string_equal(server_text(server, "ZSCORE bull:q:delayed a"), "8192000000000000");
    assert_string_equal(job_field("a", "atm"), "");
    refuses("moveJobToDelayed", "{\"id\":\"a\",\"timestamp\":1}", BQ_ERR_JOB_NOT_IN_STATE,
            "Job a is not in the active state. moveToDelayed");
}

static void a_job_that_runs_puts_itself_back_to_wait(void **state) {
    (void)state;
    start_job();
    server_do(server, "HSET bull:q:meta paused 1"); /* so that it stays there */
    counts("moveJobToWait", "{\"id\":\"a\",\"token\":\"tok\"}", 0);
    assert_true(job_is_in("a", "wait"));
    refuses("moveJobToWait", "{\"id\":\"a\",\"token\":\"tok\"}", BQ_ERR_JOB_LOCK_NOT_EXIST,
            "Missing lock for job a. moveJobFromActiveToWait");
}

static void a_job_that_runs_waits_for_its_children(void **state) {
    (void)state;
    start_job();
    counts("moveJobToWaitingChildren", "{\"id\":\"a\",\"token\":\"tok\"}", 0);
    server_do(server, "SADD bull:q:a:dependencies bull:kids:k");
    counts("moveJobToWaitingChildren",
           "{\"id\":\"a\",\"token\":\"tok\",\"child\":{\"id\":\"x\",\"queue\":\"bull:kids\"}}", 0);
    refuses("moveJobToWaitingChildren", "{\"id\":\"a\",\"child\":{\"id\":\"k\"}}",
            BQ_ERR_INVALID_ARGUMENT,
            "moveJobToWaitingChildren needs the argument \"child\": an object {id, queue} of "
            "texts, queue with its prefix.");
    counts("moveJobToWaitingChildren",
           "{\"id\":\"a\",\"token\":\"tok\",\"child\":{\"id\":\"k\",\"queue\":\"bull:kids\"}}", 1);
    assert_true(job_is_in("a", "waiting-children"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(a_delayed_job_is_promoted_or_delayed_anew),
        WITH_QUEUE(a_priority_moves_a_waiting_job_to_its_place),
        WITH_QUEUE(priorities_that_no_job_can_have_are_refused),
        WITH_QUEUE(a_finished_job_is_retried_where_its_options_say),
        WITH_QUEUE(a_job_is_removed_unless_it_is_locked_or_a_schedulers),
        WITH_QUEUE(logs_are_cleared_or_shortened),
        WITH_QUEUE(a_jobs_own_deduplication_id_is_given_back),
        WITH_QUEUE(a_parent_stops_waiting_for_a_child),
        WITH_QUEUE(pending_children_are_removed_unless_locked),
        WITH_QUEUE(a_lock_is_extended_by_who_holds_it),
        WITH_QUEUE(a_job_that_runs_puts_itself_back_until_a_time),
        WITH_QUEUE(a_job_that_runs_puts_itself_back_to_wait),
        WITH_QUEUE(a_job_that_runs_waits_for_its_children),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
