/* The commands of job schedulers. */
#include "support_schedulers.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static long long wall_ms(void) {
    struct timeval now;
    gettimeofday(&now, NULL);
    return (long long)now.tv_sec * 1000 + now.tv_usec / 1000;
}

static void refused(const char *repeat, const char *opts, const char *why) {
    const struct event *error =
        host_error(host, upsert("s", repeat, NULL, opts), BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), why);
    assert_int_equal(server_integer(server, "EXISTS bull:q:repeat bull:q:repeat:s bull:q:id"), 0);
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
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
