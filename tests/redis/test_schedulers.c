/* Job schedulers: the commands, and the chain of iterations that workers keep going. */
#include "support_fixture.h"
#include "support_proxy.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static struct proxy *proxy;

static int open_through_proxy(void **state) {
    char options[256];
    (void)state;
    server_flush(server);
    load_scripts();
    proxy = proxy_start(server);
    snprintf(options, sizeof options, "{\"connection.path\":\"%s\"}", proxy_path(proxy));
    host = host_open_with(options);
    queue = host_queue(host, "q", NULL);
    return 0;
}

static int close_proxy(void **state) {
    server_do(server, "REPLICAOF NO ONE");
    close_queue(state);
    proxy_stop(proxy);
    return 0;
}

#define THROUGH_PROXY(test) cmocka_unit_test_setup_teardown(test, open_through_proxy, close_proxy)

static char text_room[256];

static const char *format(const char *pattern, long long number) {
    snprintf(text_room, sizeof text_room, pattern, number);
    return text_room;
}

static long long wall_ms(void) {
    struct timeval now;
    gettimeofday(&now, NULL);
    return (long long)now.tv_sec * 1000 + now.tv_usec / 1000;
}

static bq_id upsert(const char *id, const char *repeat, const char *data, const char *opts) {
    return bq_easy_upsert_job_scheduler(host->client, queue, id, "tick", data, repeat, opts);
}

static void refused(const char *repeat, const char *opts, const char *why) {
    const struct event *error =
        host_error(host, upsert("s", repeat, NULL, opts), BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), why);
    assert_int_equal(server_integer(server, "EXISTS bull:q:repeat bull:q:repeat:s bull:q:id"), 0);
}

static const char *scheduler_field(const char *id, const char *field) {
    const char *value = server_text(server, "HGET bull:q:repeat:%s %s", id, field);
    return value ? value : "";
}

static const char *next_of(const char *id) {
    const char *score = server_text(server, "ZSCORE bull:q:repeat %s", id);
    return score ? score : "";
}

static const char *value_of(bq_id operation) {
    return event_text(host, host_reply(host, operation), BQ_TAG_VALUE);
}

/* ---- upsert ---- */

static void every_makes_its_first_job_at_once(void **state) {
    (void)state;
    long long before = wall_ms();
    const struct event *job =
        host_reply(host, upsert("s", "{\"every\":60000}", "{\"a\":1}", "{\"attempts\":3}"));
    const char *id = event_text(host, job, BQ_TAG_JOB_ID);
    assert_string_equal(event_text(host, job, BQ_TAG_NAME), "tick");
    assert_string_equal(event_text(host, job, BQ_TAG_DATA), "{\"a\":1}");
    assert_string_equal(event_text(host, job, BQ_TAG_REPEAT_JOB_KEY), "s");
    assert_true(event_float(job, BQ_TAG_DELAY) == 0);
    assert_true(event_integer(job, BQ_TAG_TIMESTAMP) >= before);
    assert_non_null(strstr(event_text(host, job, BQ_TAG_OPTS), id));
    assert_true(job_is_in(id, "wait"));
    assert_string_equal(job_field(id, "rjk"), "s");
    assert_string_equal(job_field(id, "data"), "{\"a\":1}");
    assert_string_equal(scheduler_field("s", "every"), "60000");
    assert_string_equal(scheduler_field("s", "opts"), "{\"attempts\":3}");
    assert_string_equal(scheduler_field("s", "ic"), "1");
    assert_true(atoll(next_of("s")) >= before);
}

static void a_pattern_delays_its_first_job_until_it_comes_round(void **state) {
    (void)state;
    const struct event *job =
        host_reply(host, upsert("s", "{\"pattern\":\"0 0 1 1 *\",\"tz\":\"UTC\",\"limit\":5}", NULL,
                                "{\"priority\":3,\"keepLogs\":2}"));
    const char *id = event_text(host, job, BQ_TAG_JOB_ID);
    assert_true(job_is_in(id, "delayed"));
    assert_string_equal(id + strlen("repeat:s:"), next_of("s"));
    assert_true(event_float(job, BQ_TAG_DELAY) > 0);
    assert_int_equal(event_integer(job, BQ_TAG_PRIORITY), 3);
    assert_non_null(strstr(event_text(host, job, BQ_TAG_OPTS), "\"keepLogs\":2"));
    assert_string_equal(scheduler_field("s", "tz"), "UTC");
    assert_string_equal(scheduler_field("s", "limit"), "5");
    assert_string_equal(scheduler_field("s", "offset"), "0");
    assert_int_equal(server_integer(server, "HEXISTS bull:q:repeat:s data"), 0);
    assert_non_null(strstr(job_field(id, "opts"), "\"count\":1"));
    assert_non_null(strstr(job_field(id, "opts"), "\"prevMillis\":"));
}

static void immediately_makes_the_first_job_of_a_pattern_now(void **state) {
    (void)state;
    const struct event *job = host_reply(
        host, upsert("s", "{\"pattern\":\"0 0 1 1 *\",\"immediately\":true}", NULL, NULL));
    const char *id = event_text(host, job, BQ_TAG_JOB_ID);
    assert_true(job_is_in(id, "wait"));
    assert_null(strstr(job_field(id, "opts"), "immediately"));
}

static void dates_and_offset_are_kept(void **state) {
    long long begin = wall_ms() + 3600000;
    char repeat[200];
    (void)state;
    snprintf(repeat, sizeof repeat, "{\"every\":60000,\"startDate\":%lld,\"endDate\":%lld}", begin,
             begin + 1000000);
    host_reply(host, upsert("dated", repeat, NULL, NULL));
    assert_int_equal(atoll(next_of("dated")), begin);
    assert_int_equal(atoll(scheduler_field("dated", "endDate")), begin + 1000000);
    host_reply(host, upsert("shifted", "{\"every\":60000,\"offset\":7000}", NULL, NULL));
    assert_int_equal(atoll(next_of("shifted")) % 60000, 7000);
    assert_string_equal(scheduler_field("shifted", "offset"), "7000");
}

static void the_queues_default_options_are_under_the_templates(void **state) {
    (void)state;
    queue = host_queue(host, "q", "{\"defaultJobOptions\":{\"attempts\":4,\"backoff\":500}}");
    const struct event *job =
        host_reply(host, upsert("s", "{\"every\":60000}", NULL, "{\"attempts\":2}"));
    const char *id = event_text(host, job, BQ_TAG_JOB_ID);
    assert_non_null(strstr(scheduler_field("s", "opts"), "\"attempts\":2"));
    assert_non_null(strstr(scheduler_field("s", "opts"), "\"backoff\":500"));
    assert_non_null(strstr(job_field(id, "opts"), "\"backoff\":500"));
}

static void another_upsert_replaces_the_job_that_waits(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"every\":60000}", "{\"v\":1}", NULL));
    char first[64];
    snprintf(first, sizeof first, "%s", next_of("s"));
    host_reply(host, upsert("s", "{\"every\":60000}", "{\"v\":2}", NULL));
    assert_string_equal(next_of("s"), first);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 1);
    char id[80];
    snprintf(id, sizeof id, "repeat:s:%s", first);
    assert_string_equal(job_field(id, "data"), "{\"v\":2}");
    host_reply(host, upsert("s", "{\"pattern\":\"0 0 1 1 *\"}", NULL, NULL));
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 0);
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 1);
}

static void nothing_is_made_when_there_is_no_run(void **state) {
    static const char *const rules[] = {
        "{\"every\":1000,\"limit\":0}", "{\"every\":1000,\"limit\":2,\"count\":2}",
        "{\"pattern\":\"0 0 31 4,6 *\"}", "{\"pattern\":\"0 0 1 1 *\",\"endDate\":ENDS}"};
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char rule[100], *ends;
        snprintf(rule, sizeof rule, "%s", rules[i]);
        if ((ends = strstr(rule, "ENDS")))
            sprintf(ends, "%lld}", wall_ms() + 5000);
        const struct event *reply = host_reply(host, upsert("s", rule, NULL, NULL));
        assert_int_equal(reply->record.field_count, 0);
        assert_int_equal(server_integer(server, "EXISTS bull:q:repeat bull:q:id"), 0);
    }
}

static void bad_rules_are_refused_before_anything_is_written(void **state) {
    static const char neither[] =
        "Either .pattern or .every options must be defined for this repeatable job";
    (void)state;
    refused("{\"every\":1000,\"pattern\":\"* * * * *\"}", NULL,
            "Both .pattern and .every options are defined for this repeatable job");
    refused("{}", NULL, neither);
    refused("{\"every\":0}", NULL, neither);
    refused("{\"pattern\":\"\"}", NULL, neither);
    refused("{\"pattern\":null,\"every\":null}", NULL, neither);
    refused("{\"every\":-5}", NULL,
            "The repeat option \"every\" must be an integer (ms) of at least 1, not -5.");
    refused("{\"every\":0,\"pattern\":\"* * * * *\"}", NULL,
            "The repeat option \"every\" must be an integer (ms) of at least 1, not 0.");
    refused("{\"every\":1.5}", NULL,
            "The repeat option \"every\" must be an integer (ms) of at least 1, not 1.5.");
    refused("{\"every\":1000,\"immediately\":true,\"startDate\":9000000000000}", NULL,
            "Both .immediately and .startDate options are defined for this repeatable job");
    refused("{\"every\":1000,\"endDate\":5}", NULL,
            "End date must be greater than current timestamp");
    refused("{\"pattern\":\"61 * * * *\"}", NULL,
            "Constraint error, got value 61 expected range 0-59");
    refused("{\"pattern\":\"61 * * * *\",\"immediately\":true}", NULL,
            "Constraint error, got value 61 expected range 0-59");
    static const char zone[] =
        "CronDate: unhandled timestamp: there is no time zone \"Mars/Olympus\" on this host. Use an "
        "IANA name such as \"Europe/Paris\", and install the system's tzdata.";
    refused("{\"pattern\":\"* * * * *\",\"tz\":\"Mars/Olympus\"}", NULL, zone);
    refused("{\"every\":1000,\"tz\":\"Mars/Olympus\"}", NULL, zone);
    refused("{\"evry\":1000}", NULL, "Unknown repeat option \"evry\". Did you mean \"every\"?");
    refused(
        "{\"every\":1000,\"startDate\":\"2030-01-01\"}", NULL,
        "The repeat option \"startDate\" must be an integer (ms since epoch), not \"2030-01-01\".");
}

static void bad_job_options_are_refused_before_anything_is_written(void **state) {
    (void)state;
    refused("{\"every\":1000}", "{\"jobId\":\"mine\"}",
            "The jobs of a scheduler cannot have the option \"jobId\": a scheduler decides on it "
            "for each of them. Leave it out.");
    refused("{\"every\":1000}", "{\"debounce\":{\"id\":\"x\"}}",
            "Debounce option has been removed. Use deduplication option instead");
    refused("{\"every\":1000}", "{\"priority\":-1}", "Priority should be between 0 and 2097151");
    host_error(host, upsert("", "{\"every\":1000}", NULL, NULL), BQ_ERR_INVALID_ARGUMENT);
    host_error(host, upsert("s", NULL, NULL, NULL), BQ_ERR_INVALID_ARGUMENT);
}

static void a_job_that_has_the_id_already_is_an_error_in_nodes_words(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"pattern\":\"0 0 1 1 *\",\"tz\":\"UTC\"}", NULL, NULL));
    char next[64];
    snprintf(next, sizeof next, "%s", next_of("s"));
    server_do(server, "DEL bull:q:repeat bull:q:repeat:s");
    const struct event *error =
        host_error(host, upsert("s", "{\"pattern\":\"0 0 1 1 *\",\"tz\":\"UTC\"}", NULL, NULL),
                   BQ_ERR_SCHEDULER_JOB_ID_COLLISION);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Cannot create job scheduler iteration - job ID already exists. "
                        "addJobScheduler");
}

/* ---- reading and removing ---- */

static void a_scheduler_is_read_as_it_was_made(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"pattern\":\"0 0 1 1 *\",\"tz\":\"UTC\",\"limit\":3}",
                            "{\"big\":12345678901234567890}", "{\"keepLogs\":2,\"attempts\":3}"));
    char next[64];
    snprintf(next, sizeof next, "%s", next_of("s"));
    const char *read = value_of(bq_easy_get_job_scheduler(host->client, queue, "s"));
    json_t *scheduler = json_loads(read, JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(scheduler);
    assert_string_equal(json_string_value(json_object_get(scheduler, "key")), "s");
    assert_string_equal(json_string_value(json_object_get(scheduler, "name")), "tick");
    assert_string_equal(json_string_value(json_object_get(scheduler, "tz")), "UTC");
    assert_true(json_number_value(json_object_get(scheduler, "limit")) == 3);
    assert_true(json_number_value(json_object_get(scheduler, "iterationCount")) == 1);
    assert_true(json_number_value(json_object_get(scheduler, "next")) == atof(next));
    assert_null(json_object_get(scheduler, "every"));
    json_decref(scheduler);
    assert_non_null(
        strstr(read, "\"template\":{\"data\":{\"big\":12345678901234567890},\"opts\":{"));
    assert_non_null(strstr(read, "\"keepLogs\":2"));
    assert_string_equal(value_of(bq_easy_get_job_scheduler(host->client, queue, "none")), "null");
}

static void data_that_is_no_json_does_not_hide_a_scheduler(void **state) {
    (void)state;
    server_do(server, "ZADD bull:q:repeat 5 odd");
    server_do(server, "HSET bull:q:repeat:odd name n every 7 data {broken opts {broken");
    assert_string_equal(value_of(bq_easy_get_job_scheduler(host->client, queue, "odd")),
                        "{\"key\":\"odd\",\"next\":5,\"name\":\"n\",\"every\":7,"
                        "\"template\":{\"data\":\"{broken\",\"opts\":{}}}");
}

static void schedulers_are_listed_by_their_next_time(void **state) {
    (void)state;
    for (int i = 1; i <= 3; i++) {
        server_do(server, "ZADD bull:q:repeat %d s%d", i, i);
        server_do(server, "HSET bull:q:repeat:s%d every 5", i);
    }
    server_do(server, "ZADD bull:q:repeat 2 ghost");
    assert_string_equal(
        value_of(bq_easy_get_job_schedulers(host->client, queue, BQ_EASY_UNSET, BQ_EASY_UNSET, 0)),
        "[{\"key\":\"s3\",\"next\":3,\"every\":5},{\"key\":\"s2\",\"next\":2,\"every\":5},"
        "{\"key\":\"s1\",\"next\":1,\"every\":5}]");
    UNTIL(server_integer(server, "ZCARD bull:q:repeat") ==
          3); /* the entry without a hash is gone */
    assert_string_equal(value_of(bq_easy_get_job_schedulers(host->client, queue, 0, 0, 1)),
                        "[{\"key\":\"s1\",\"next\":1,\"every\":5}]");
    assert_string_equal(value_of(bq_easy_get_job_schedulers(host->client, queue, 7, 9, 1)), "[]");
    assert_int_equal(
        event_integer(host_reply(host, bq_easy_get_job_schedulers_count(host->client, queue)),
                      BQ_TAG_VALUE),
        3);
}

static void an_entry_of_bullmq_5_is_an_error_in_nodes_words(void **state) {
    (void)state;
    server_do(server, "ZADD bull:q:repeat 2 %s", "n::::5000");
    const struct event *error = host_error(
        host, bq_easy_get_job_scheduler(host->client, queue, "n::::5000"), BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(
        event_text(host, error, BQ_TAG_MESSAGE),
        "Legacy repeatable job metadata is not supported in BullMQ v6 (key: \"n::::5000\"). Migrate "
        "legacy repeatable jobs to Job Schedulers before upgrading. See "
        "https://docs.bullmq.io/guide/migrations/migrate-from-v5-to-v6");
    host_error(host, bq_easy_get_job_schedulers(host->client, queue, 0, -1, 1),
               BQ_ERR_INVALID_ARGUMENT);
    assert_int_equal(server_integer(server, "ZCARD bull:q:repeat"), 1);
}

static void removing_takes_the_delayed_job_along(void **state) {
    (void)state;
    host_reply(host, upsert("s", "{\"pattern\":\"0 0 1 1 *\"}", NULL, NULL));
    bq_id removal = bq_easy_remove_job_scheduler(host->client, queue, "s");
    assert_int_equal(event_integer(host_reply(host, removal), BQ_TAG_VALUE), 1);
    assert_int_equal(server_integer(server, "EXISTS bull:q:repeat bull:q:delayed"), 0);
    removal = bq_easy_remove_job_scheduler(host->client, queue, "s");
    assert_int_equal(event_integer(host_reply(host, removal), BQ_TAG_VALUE), 0);
}

/* ---- the chain ---- */

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
        WITH_QUEUE(every_makes_its_first_job_at_once),
        WITH_QUEUE(a_pattern_delays_its_first_job_until_it_comes_round),
        WITH_QUEUE(immediately_makes_the_first_job_of_a_pattern_now),
        WITH_QUEUE(dates_and_offset_are_kept),
        WITH_QUEUE(the_queues_default_options_are_under_the_templates),
        WITH_QUEUE(another_upsert_replaces_the_job_that_waits),
        WITH_QUEUE(nothing_is_made_when_there_is_no_run),
        WITH_QUEUE(bad_rules_are_refused_before_anything_is_written),
        WITH_QUEUE(bad_job_options_are_refused_before_anything_is_written),
        WITH_QUEUE(a_job_that_has_the_id_already_is_an_error_in_nodes_words),
        WITH_QUEUE(a_scheduler_is_read_as_it_was_made),
        WITH_QUEUE(data_that_is_no_json_does_not_hide_a_scheduler),
        WITH_QUEUE(schedulers_are_listed_by_their_next_time),
        WITH_QUEUE(an_entry_of_bullmq_5_is_an_error_in_nodes_words),
        WITH_QUEUE(removing_takes_the_delayed_job_along),
        WITH_QUEUE(each_job_that_is_taken_makes_the_next_one_first),
        WITH_QUEUE(a_limit_ends_the_chain),
        WITH_QUEUE(a_pattern_goes_on_from_the_run_of_the_job),
        WITH_QUEUE(many_schedulers_are_kept_going_at_once),
        WITH_QUEUE(a_removed_scheduler_makes_no_further_job),
        WITH_QUEUE(a_retry_makes_no_second_chain),
        WITH_QUEUE(ordinary_jobs_cost_no_further_command),
        WITH_QUEUE(a_rule_that_cannot_be_read_leaves_the_job_to_a_stalled_check),
        THROUGH_PROXY(a_server_that_cannot_write_is_waited_for),
        THROUGH_PROXY(a_worker_that_waits_for_such_a_server_can_be_closed),
        THROUGH_PROXY(a_client_that_waits_for_such_a_server_can_be_freed),
        WITH_QUEUE(a_job_of_a_bullmq_5_repeatable_runs_and_ends_its_chain),
        WITH_QUEUE(an_id_of_that_shape_may_be_a_scheduler),
        WITH_QUEUE(a_worker_that_closes_gives_back_what_it_was_just_taking),
        WITH_QUEUE(a_client_may_be_freed_while_an_iteration_is_on_its_way),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
