/* The commands of a queue other than add. */
#include "support_fixture.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static bq_id call(const char *command, const char *args, const char *payload) {
    return bq_call(host->client, queue, command, bq_bytes_of(args), bq_bytes_of(payload));
}

static const char *value(const char *command, const char *args) {
    return event_text(host, host_reply(host, call(command, args, NULL)), BQ_TAG_VALUE);
}

static void fails(bq_id operation, int code, const char *why) {
    const struct event *error = host_error(host, operation, code);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), why);
}

static void get_job_reads_the_fields_that_the_job_has(void **state) {
    (void)state;
    host_add(host, queue, "{\"a\":1}", "{\"keepLogs\":3,\"delay\":60000}");
    const struct event *job = host_reply(host, bq_easy_get_job(host->client, queue, "1"));
    assert_string_equal(event_text(host, job, BQ_TAG_JOB_ID), "1");
    assert_string_equal(event_text(host, job, BQ_TAG_NAME), "work");
    assert_string_equal(event_text(host, job, BQ_TAG_DATA), "{\"a\":1}");
    assert_non_null(strstr(event_text(host, job, BQ_TAG_OPTS), "\"keepLogs\":3"));
    assert_true(event_float(job, BQ_TAG_DELAY) == 60000);
    assert_int_equal(event_integer(job, BQ_TAG_PRIORITY), 0);
    assert_true(event_integer(job, BQ_TAG_TIMESTAMP) > 1700000000000);
    assert_null(bq_record_bytes(&job->record, BQ_TAG_RETURNVALUE).ptr);
    assert_int_equal(event_integer(job, BQ_TAG_FINISHED_ON), INT64_MIN);
}

static void get_job_answers_without_fields_when_there_is_none(void **state) {
    (void)state;
    const struct event *job = host_reply(host, bq_easy_get_job(host->client, queue, "nobody"));
    assert_int_equal(job->record.field_count, 0);
}

static void get_job_reads_what_older_versions_wrote(void **state) {
    (void)state;
    server_do(server, "HSET bull:q:old name n data 1 opts {} atm 1 attemptsMade 5 unknown x");
    const struct event *job = host_reply(host, bq_easy_get_job(host->client, queue, "old"));
    assert_int_equal(event_integer(job, BQ_TAG_ATTEMPTS_MADE), 5);
}

static void get_job_passes_unreadable_options_on(void **state) {
    (void)state;
    server_do(server, "HSET bull:q:odd name n data 1 opts {broken timestamp abc");
    const struct event *job = host_reply(host, bq_easy_get_job(host->client, queue, "odd"));
    assert_string_equal(event_text(host, job, BQ_TAG_OPTS), "{broken");
    assert_int_equal(event_integer(job, BQ_TAG_TIMESTAMP), 0);
}

static void state_is_that_of_the_place_where_the_job_is(void **state) {
    (void)state;
    static const struct {
        const char *key, *name;
        int is_list;
    } places[] = {{"wait", "waiting", 1},        {"active", "active", 1},
                  {"completed", "completed", 0}, {"failed", "failed", 0},
                  {"delayed", "delayed", 0},     {"prioritized", "prioritized", 0},
                  {"paused", "waiting", 1},      {"waiting-children", "waiting-children", 0}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        server_flush(server);
        if (places[i].is_list)
            server_do(server, "LPUSH bull:q:%s j", places[i].key);
        else
            server_do(server, "ZADD bull:q:%s 1 j", places[i].key);
        assert_string_equal(value("getJobState", "{\"id\":\"j\"}"), places[i].name);
    }
    assert_string_equal(value("getJobState", "{\"id\":\"none\"}"), "unknown");
}

static void counts_are_keyed_as_asked(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", "{\"delay\":60000}");
    host_add(host, queue, "{}", "{\"priority\":1}");
    assert_string_equal(value("getJobCounts", NULL),
                        "{\"active\":0,\"completed\":0,\"delayed\":1,\"failed\":0,"
                        "\"prioritized\":1,\"waiting\":1,\"waiting-children\":0}");
    assert_string_equal(value("getJobCounts", "{\"types\":[\"delayed\",\"wait\",\"delayed\"]}"),
                        "{\"delayed\":1,\"wait\":1}");
    fails(call("getJobCounts", "{\"types\":[\"waiting\",\"sleeping\"]}", NULL),
          BQ_ERR_INVALID_ARGUMENT,
          "\"sleeping\" is no type of job. Types are active, completed, delayed, failed, "
          "prioritized, waiting, waiting-children, paused and repeat.");
}

static void log_rows_are_appended_trimmed_and_read_both_ways(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    for (int i = 0; i < 4; i++) {
        char row[16];
        snprintf(row, sizeof row, "row \"%d\"", i);
        const struct event *reply =
            host_reply(host, bq_easy_add_job_log(host->client, queue, "1", row, 3));
        assert_int_equal(event_integer(reply, BQ_TAG_VALUE), i < 3 ? i + 1 : 3);
    }
    assert_string_equal(value("getJobLogs", "{\"id\":\"1\"}"),
                        "{\"logs\":[\"row \\\"1\\\"\",\"row \\\"2\\\"\",\"row \\\"3\\\"\"],"
                        "\"count\":3}");
    assert_string_equal(value("getJobLogs", "{\"id\":\"1\",\"asc\":false,\"end\":0}"),
                        "{\"logs\":[\"row \\\"3\\\"\"],\"count\":3}");
    assert_string_equal(value("getJobLogs", "{\"id\":\"1\",\"start\":-1}"),
                        "{\"logs\":[\"row \\\"3\\\"\"],\"count\":3}");
    assert_string_equal(value("getJobLogs", "{\"id\":\"none\"}"), "{\"logs\":[],\"count\":0}");
}

static void log_ranges_may_be_as_wide_as_numbers_go(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_reply(host, bq_easy_add_job_log(host->client, queue, "1", "row", BQ_EASY_UNSET));
    assert_string_equal(
        value("getJobLogs", "{\"id\":\"1\",\"end\":9223372036854775807,\"asc\":false}"),
        "{\"logs\":[\"row\"],\"count\":1}");
}

static void log_rows_that_are_not_text_do_not_hide_the_others(void **state) {
    (void)state;
    server_do(server, "RPUSH bull:q:1:logs good \xff\xfe");
    assert_string_equal(value("getJobLogs", "{\"id\":\"1\"}"),
                        "{\"logs\":[\"good\",\"(a text that is not UTF-8)\"],\"count\":2}");
}

static void progress_and_data_are_stored_and_told(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_reply(host, bq_easy_update_job_progress(host->client, queue, "1", "{\"done\":42}"));
    host_reply(host, bq_easy_update_job_data(host->client, queue, "1", "[1]"));
    assert_string_equal(job_field("1", "progress"), "{\"done\":42}");
    assert_string_equal(job_field("1", "data"), "[1]");
    redisReply *entry = server_reply(server, "XREVRANGE bull:q:events + - COUNT 1")->element[0];
    assert_string_equal(entry->element[1]->element[1]->str, "progress");
    assert_string_equal(entry->element[1]->element[5]->str, "{\"done\":42}");
}

static void what_is_not_json_is_refused_as_progress_and_as_data(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_error(host, bq_easy_update_job_progress(host->client, queue, "1", "{half"),
               BQ_ERR_INVALID_ARGUMENT);
    host_error(host, bq_easy_update_job_data(host->client, queue, "1", ""),
               BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(job_field("1", "data"), "{}");
}

static void json_may_hold_numbers_of_any_size(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_reply(host,
               bq_easy_update_job_data(host->client, queue, "1", "[12345678901234567890, 1e300]"));
    host_reply(host,
               bq_easy_update_job_progress(host->client, queue, "1", "123456789012345678901"));
    assert_string_equal(job_field("1", "data"), "[12345678901234567890, 1e300]");
}

static void changing_a_job_that_is_gone_is_an_error_in_nodes_words(void **state) {
    (void)state;
    fails(bq_easy_update_job_progress(host->client, queue, "x", "1"), BQ_ERR_JOB_NOT_EXIST,
          "Missing key for job x. updateProgress");
    fails(bq_easy_update_job_data(host->client, queue, "x", "1"), BQ_ERR_JOB_NOT_EXIST,
          "Missing key for job x. updateData");
    fails(bq_easy_add_job_log(host->client, queue, "x", "row", BQ_EASY_UNSET), BQ_ERR_JOB_NOT_EXIST,
          "Missing key for job x. addLog");
    assert_int_equal(server_integer(server, "EXISTS bull:q:x bull:q:x:logs"), 0);
}

static void pause_keeps_jobs_in_wait_and_resume_sets_the_marker(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    assert_int_equal(
        event_integer(host_reply(host, bq_easy_is_paused(host->client, queue)), BQ_TAG_VALUE), 0);
    host_reply(host, bq_easy_pause(host->client, queue));
    assert_int_equal(
        event_integer(host_reply(host, bq_easy_is_paused(host->client, queue)), BQ_TAG_VALUE), 1);
    assert_true(job_is_in("1", "wait"));
    assert_int_equal(server_integer(server, "EXISTS bull:q:marker"), 0);
    host_reply(host, bq_easy_resume(host->client, queue));
    assert_int_equal(server_integer(server, "HEXISTS bull:q:meta paused"), 0);
    assert_string_equal(server_text(server, "ZSCORE bull:q:marker 0"), "0");
}

static void resume_moves_all_that_version_five_left_paused(void **state) {
    (void)state;
    server_do(server, "LPUSH bull:q:wait w");
    server_do(server, "EVAL %s 1 bull:q:paused",
              "for i = 1, 15000 do redis.call('LPUSH', KEYS[1], i) end");
    host_reply(host, bq_easy_resume(host->client, queue));
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 15001);
    assert_int_equal(server_integer(server, "EXISTS bull:q:paused"), 0);
    assert_string_equal(server_text(server, "LINDEX bull:q:wait 0"), "w");
}

static void obliterate_deletes_the_queue_in_as_many_steps_as_it_takes(void **state) {
    (void)state;
    for (int i = 0; i < 25; i++)
        host_add(host, queue, "{}", i % 5 ? NULL : "{\"delay\":60000}");
    host_reply(host, bq_easy_obliterate(host->client, queue, 0, 4));
    assert_int_equal(server_reply(server, "KEYS *")->elements, 0);
}

static void obliterate_is_refused_while_jobs_are_active_unless_forced(void **state) {
    (void)state;
    host_worker(host, queue, "{\"skipStalledCheck\":true}", 1);
    host_add(host, queue, "{}", NULL);
    next_job();
    fails(bq_easy_obliterate(host->client, queue, 0, BQ_EASY_UNSET), BQ_ERR_QUEUE_HAS_ACTIVE_JOBS,
          "Cannot obliterate queue with active jobs");
    host_reply(host, bq_easy_obliterate(host->client, queue, 1, BQ_EASY_UNSET));
    assert_int_equal(server_reply(server, "KEYS *")->elements, 0);
}

static void unknown_commands_are_named_with_the_nearest_one(void **state) {
    (void)state;
    fails(call("getJobCount", NULL, NULL), BQ_ERR_UNKNOWN_COMMAND,
          "There is no command \"getJobCount\". Did you mean \"getJobCounts\"?");
    fails(call("fetchEverything", NULL, NULL), BQ_ERR_UNKNOWN_COMMAND,
          "There is no command \"fetchEverything\".");
    fails(call("", NULL, NULL), BQ_ERR_UNKNOWN_COMMAND, "There is no command \"\".");
}

static void a_command_name_cut_for_a_message_stays_text(void **state) {
    (void)state;
    char name[200] = "";
    memset(name, 'x', 99);
    strcat(name, "\xc3\xa9 and more");
    const struct event *error = host_error(host, call(name, NULL, NULL), BQ_ERR_UNKNOWN_COMMAND);
    json_t *text = json_string(event_text(host, error, BQ_TAG_MESSAGE));
    assert_non_null(text); /* jansson takes UTF-8 only */
    json_decref(text);
}

static void bad_arguments_name_the_argument_and_what_it_must_be(void **state) {
    (void)state;
    fails(call("getJob", "{}", NULL), BQ_ERR_INVALID_ARGUMENT,
          "getJob needs the argument \"id\": text that is not empty.");
    fails(call("getJob", "{\"id\":\"\"}", NULL), BQ_ERR_INVALID_ARGUMENT,
          "getJob needs the argument \"id\": text that is not empty.");
    fails(call("getJob", "{\"id\":7}", NULL), BQ_ERR_INVALID_ARGUMENT,
          "getJob needs the argument \"id\": text that is not empty.");
    fails(call("getJob", "{\"id\":\"1\",\"ids\":2}", NULL), BQ_ERR_INVALID_ARGUMENT,
          "getJob has no argument \"ids\".");
    fails(call("getJobLogs", "{\"id\":\"1\",\"start\":1.5}", NULL), BQ_ERR_INVALID_ARGUMENT,
          "getJobLogs needs the argument \"start\": an integer.");
    fails(call("getJobLogs", "{\"id\":\"1\",\"asc\":1}", NULL), BQ_ERR_INVALID_ARGUMENT,
          "getJobLogs needs the argument \"asc\": true or false.");
    fails(call("getJobCounts", "{\"types\":[1]}", NULL), BQ_ERR_INVALID_ARGUMENT,
          "getJobCounts needs the argument \"types\": a list of texts.");
    fails(call("add", "{\"name\":\"n\",\"opts\":3}", NULL), BQ_ERR_INVALID_ARGUMENT,
          "add needs the argument \"opts\": an object.");
    fails(call("getJob", "[]", NULL), BQ_ERR_INVALID_ARGUMENT,
          "The arguments of a command must be one JSON object: they are something else (at byte "
          "0).");
    host_error(host, call("getJob", "{\"id\":", NULL), BQ_ERR_INVALID_ARGUMENT);
}

static void an_id_with_a_nul_is_not_the_id_before_it(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"a\"}");
    const struct event *answer = host_answer(host, call("getJob", "{\"id\":\"a\\u0000b\"}", NULL));
    assert_true(answer->type == BQ_EV_ERROR || answer->record.field_count == 0);
    answer = host_answer(host, call("updateJobData", "{\"id\":\"a\\u0000b\"}", "1"));
    assert_int_equal(answer->type, BQ_EV_ERROR);
    assert_string_equal(job_field("a", "data"), "{}");
    answer =
        host_answer(host, call("add", "{\"name\":\"n\",\"opts\":{\"jobId\":\"x\\u0000y\"}}", "{}"));
    assert_int_equal(server_integer(server, "EXISTS bull:q:x"), 0);
}

static void a_queue_that_was_never_opened_is_an_error(void **state) {
    (void)state;
    bq_id operation = bq_easy_add(host->client, 999999, "work", "{}", NULL);
    fails(operation, BQ_ERR_INVALID_ARGUMENT, "There is no open queue with handle 999999.");
}

static void a_worker_on_such_a_queue_is_refused_by_an_event(void **state) {
    (void)state;
    bq_id worker = bq_worker_open(host->client, 999999, NULL);
    const struct event *error = host_wait(host, BQ_EV_ERROR, worker);
    assert_int_equal(event_integer(error, BQ_TAG_CODE), BQ_ERR_INVALID_ARGUMENT);
    host_error(host, bq_worker_pause(host->client, worker, 1), BQ_ERR_INVALID_ARGUMENT);
}

static void ignore(int number) {
    (void)number;
}

static void signals_do_not_shorten_a_wait(void **state) {
    const struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    (void)state;
    host_pump(host);
    signal(SIGALRM, ignore);
    setitimer(ITIMER_REAL, &often, NULL);
    int64_t begin = clock_ms();
    int ready = bq_wait(host->client, 150);
    int64_t passed = clock_ms() - begin;
    setitimer(ITIMER_REAL, &never, NULL);
    assert_int_equal(ready, 0);
    assert_true(passed >= 149);
}

static void what_can_be_seen_to_be_wrong_at_the_call_is_refused_there(void **state) {
    (void)state;
    const bq_bytes nothing = {NULL, 0}, broken = {NULL, 3};
    assert_int_equal(bq_call(NULL, queue, "add", nothing, nothing), BQ_EINVAL);
    assert_int_equal(bq_call(host->client, queue, NULL, nothing, nothing), BQ_EINVAL);
    assert_int_equal(bq_call(host->client, queue, "add", broken, nothing), BQ_EINVAL);
    assert_int_equal(bq_call(host->client, queue, "add", nothing, broken), BQ_EINVAL);
    assert_int_equal(bq_worker_open(host->client, 0, NULL), BQ_EINVAL);
    assert_int_equal(bq_job_done(host->client, 0, nothing), BQ_EINVAL);
    assert_int_equal(bq_job_done(host->client, 5, broken), BQ_EINVAL);
    assert_int_equal(bq_job_fail(host->client, 5, bq_bytes_of("[]")), BQ_EINVAL);
    assert_int_equal(bq_job_fail(host->client, 5, bq_bytes_of("{\"message\":1}")), BQ_EINVAL);
    assert_int_equal(bq_job_fail(host->client, 5, nothing), BQ_EINVAL);
    assert_int_equal(bq_worker_credit(host->client, 0, 1), BQ_EINVAL);
    assert_null(bq_take(NULL, 0));
    assert_int_equal(bq_wait(NULL, 0), BQ_EINVAL);
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    assert_int_equal(bq_queue_open(host->client, "q", conf), BQ_EINVAL);
    assert_int_equal(bq_worker_open(host->client, queue, conf), BQ_EINVAL);
    bq_conf_free(conf);
    conf = bq_conf_new(BQ_CONF_QUEUE);
    assert_null(bq_client_new(conf));
    assert_string_equal(bq_conf_error(conf), "A client needs a conf of scope client.");
    bq_conf_free(conf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(get_job_reads_the_fields_that_the_job_has),
        WITH_QUEUE(get_job_answers_without_fields_when_there_is_none),
        WITH_QUEUE(get_job_reads_what_older_versions_wrote),
        WITH_QUEUE(get_job_passes_unreadable_options_on),
        WITH_QUEUE(state_is_that_of_the_place_where_the_job_is),
        WITH_QUEUE(counts_are_keyed_as_asked),
        WITH_QUEUE(log_rows_are_appended_trimmed_and_read_both_ways),
        WITH_QUEUE(log_ranges_may_be_as_wide_as_numbers_go),
        WITH_QUEUE(log_rows_that_are_not_text_do_not_hide_the_others),
        WITH_QUEUE(progress_and_data_are_stored_and_told),
        WITH_QUEUE(what_is_not_json_is_refused_as_progress_and_as_data),
        WITH_QUEUE(json_may_hold_numbers_of_any_size),
        WITH_QUEUE(changing_a_job_that_is_gone_is_an_error_in_nodes_words),
        WITH_QUEUE(pause_keeps_jobs_in_wait_and_resume_sets_the_marker),
        WITH_QUEUE(resume_moves_all_that_version_five_left_paused),
        WITH_QUEUE(obliterate_deletes_the_queue_in_as_many_steps_as_it_takes),
        WITH_QUEUE(obliterate_is_refused_while_jobs_are_active_unless_forced),
        WITH_QUEUE(unknown_commands_are_named_with_the_nearest_one),
        WITH_QUEUE(a_command_name_cut_for_a_message_stays_text),
        WITH_QUEUE(bad_arguments_name_the_argument_and_what_it_must_be),
        WITH_QUEUE(an_id_with_a_nul_is_not_the_id_before_it),
        WITH_QUEUE(a_queue_that_was_never_opened_is_an_error),
        WITH_QUEUE(a_worker_on_such_a_queue_is_refused_by_an_event),
        WITH_QUEUE(signals_do_not_shorten_a_wait),
        WITH_QUEUE(what_can_be_seen_to_be_wrong_at_the_call_is_refused_there),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
