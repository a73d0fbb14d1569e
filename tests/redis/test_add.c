/* Adding one job: what is in Redis afterwards, and what is refused. */
#include "support_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void refused(const char *opts, const char *why) {
    const struct event *error = host_error(
        host, bq_easy_add(host->client, queue, "work", "{}", opts), BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), why);
    assert_string_equal(event_text(host, error, BQ_TAG_ERROR_NAME), "InvalidArgument");
}

/* The newest entry of the event stream: "event jobId id ...". */
static const char *last_event(char *out, size_t size) {
    redisReply *reply = server_reply(server, "XREVRANGE bull:q:events + - COUNT 1");
    redisReply *fields = reply->element[0]->element[1];
    out[0] = '\0';
    for (size_t i = 1; i < fields->elements; i += 2) {
        strncat(out, fields->element[i]->str, size - strlen(out) - 1);
        strncat(out, " ", size - strlen(out) - 1);
    }
    return out;
}

static void plain_job_waits_with_all_its_fields(void **state) {
    (void)state;
    long long before = (long long)time(NULL) * 1000;
    assert_string_equal(host_add(host, queue, "{\"a\":[1,2]}", NULL), "1");
    assert_string_equal(job_field("1", "name"), "work");
    assert_string_equal(job_field("1", "data"), "{\"a\":[1,2]}");
    assert_string_equal(job_field("1", "opts"), "{\"attempts\":0}");
    assert_string_equal(job_field("1", "delay"), "0");
    assert_string_equal(job_field("1", "priority"), "0");
    long long stamp = atoll(job_field("1", "timestamp"));
    assert_true(stamp >= before && stamp < before + 60000);
    assert_string_equal(server_text(server, "LINDEX bull:q:wait 0"), "1");
    assert_string_equal(server_text(server, "ZSCORE bull:q:marker 0"), "0");
}

static void jobs_without_options_are_numbered_and_served_in_order(void **state) {
    (void)state;
    assert_string_equal(host_add(host, queue, "{}", NULL), "1");
    assert_string_equal(host_add(host, queue, "{}", NULL), "2");
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "1");
    assert_string_equal(server_text(server, "LINDEX bull:q:wait 0"), "2");
}

static void data_may_be_left_out(void **state) {
    (void)state;
    host_add(host, queue, NULL, NULL);
    assert_string_equal(job_field("1", "data"), "{}");
}

static void data_is_stored_byte_for_byte(void **state) {
    (void)state;
    static const char data[] =
        "{ \"text\" : \"\xc3\xa9\\u0000\\n\", \"n\": 12345678901234567890.10 }";
    host_add(host, queue, data, NULL);
    assert_string_equal(job_field("1", "data"), data);
}

static void data_of_a_megabyte_arrives_whole(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    char *data = malloc(SIZE + 1);
    memset(data, 'x', SIZE);
    data[0] = data[SIZE - 1] = '"';
    data[SIZE] = '\0';
    host_add(host, queue, data, NULL);
    assert_int_equal(server_integer(server, "HSTRLEN bull:q:1 data"), SIZE);
    free(data);
}

static void name_may_hold_any_character(void **state) {
    (void)state;
    host_reply(host, bq_easy_add(host->client, queue, "\"\xe2\x98\x83\\ :\n", "{}", NULL));
    assert_string_equal(job_field("1", "name"), "\"\xe2\x98\x83\\ :\n");
}

static void delayed_job_waits_in_delayed_and_sets_the_marker(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"delay\":60000,\"timestamp\":1700000000000}");
    assert_string_equal(job_field("1", "delay"), "60000");
    assert_string_equal(job_field("1", "timestamp"), "1700000000000");
    double score = atof(server_text(server, "ZSCORE bull:q:delayed 1"));
    assert_true(score == 1700000060000.0 * 4096);
    assert_true(atof(server_text(server, "ZSCORE bull:q:marker 1")) == 1700000060000.0);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 0);
}

static void negative_delay_makes_a_plain_job(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"delay\":-5}");
    assert_string_equal(job_field("1", "delay"), "-5");
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 1);
}

static void prioritized_job_waits_in_prioritized(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"priority\":7}");
    assert_string_equal(job_field("1", "priority"), "7");
    assert_true(atof(server_text(server, "ZSCORE bull:q:prioritized 1")) == 7 * 4294967296.0 + 1);
    assert_string_equal(server_text(server, "ZSCORE bull:q:marker 0"), "0");
}

static void delay_beats_priority(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"priority\":7,\"delay\":1000}");
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 1);
    assert_int_equal(server_integer(server, "ZCARD bull:q:prioritized"), 0);
    assert_string_equal(job_field("1", "priority"), "7");
}

static void lifo_job_is_next(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", "{\"lifo\":true}");
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "2");
}

static void options_are_stored_with_short_names(void **state) {
    (void)state;
    host_add(host, queue, "{}",
             "{\"attempts\":3,\"backoff\":500,\"keepLogs\":4,\"removeOnComplete\":true,"
             "\"telemetry\":{\"metadata\":\"m\",\"omitContext\":true}}");
    const char *stored = job_field("1", "opts");
    assert_non_null(strstr(stored, "\"attempts\":3"));
    assert_non_null(strstr(stored, "\"kl\":4"));
    assert_non_null(strstr(stored, "\"removeOnComplete\":true"));
    assert_non_null(strstr(stored, "\"tm\":\"m\""));
    assert_non_null(strstr(stored, "\"omc\":true"));
    assert_non_null(strstr(stored, "\"backoff\":{"));
    assert_non_null(strstr(stored, "\"type\":\"fixed\""));
    assert_non_null(strstr(stored, "\"delay\":500"));
    assert_null(strstr(stored, "keepLogs"));
    assert_null(strstr(stored, "telemetry"));
}

static void custom_id_is_used_and_a_second_job_with_it_is_not_added(void **state) {
    (void)state;
    char event[256];
    assert_string_equal(host_add(host, queue, "1", "{\"jobId\":\"mine\"}"), "mine");
    assert_string_equal(host_add(host, queue, "2", "{\"jobId\":\"mine\"}"), "mine");
    assert_string_equal(job_field("mine", "data"), "1");
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 1);
    assert_string_equal(last_event(event, sizeof event), "duplicated mine ");
}

static void deduplicated_job_answers_the_id_that_is_there(void **state) {
    (void)state;
    char event[256];
    assert_string_equal(host_add(host, queue, "1", "{\"deduplication\":{\"id\":\"d\"}}"), "1");
    assert_string_equal(host_add(host, queue, "2", "{\"deduplication\":{\"id\":\"d\"}}"), "1");
    assert_string_equal(server_text(server, "GET bull:q:de:d"), "1");
    assert_string_equal(job_field("1", "deid"), "d");
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 1);
    assert_string_equal(last_event(event, sizeof event), "deduplicated 1 d 2 ");
}

static void child_is_attached_to_its_parent(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"dad\"}");
    host_add(host, queue, "{}",
             "{\"parent\":{\"id\":\"dad\",\"queue\":\"bull:q\"},\"failParentOnFailure\":true}");
    assert_string_equal(job_field("2", "parentKey"), "bull:q:dad");
    assert_int_equal(server_integer(server, "SISMEMBER bull:q:dad:dependencies bull:q:2"), 1);
    const char *parent = job_field("2", "parent");
    assert_non_null(strstr(parent, "\"id\":\"dad\""));
    assert_non_null(strstr(parent, "\"queueKey\":\"bull:q\""));
    assert_non_null(strstr(parent, "\"fpof\":true"));
}

static void missing_parent_is_an_error_in_nodes_words(void **state) {
    (void)state;
    bq_id operation = bq_easy_add(host->client, queue, "work", "{}",
                                  "{\"parent\":{\"id\":\"x\",\"queue\":\"bull:other\"}}");
    const struct event *error = host_error(host, operation, BQ_ERR_PARENT_JOB_NOT_EXIST);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "Missing key for parent job bull:other:x. addJob");
    assert_string_equal(event_text(host, error, BQ_TAG_ERROR_NAME), "ParentJobNotExist");
    assert_int_equal(server_integer(server, "EXISTS bull:q:wait"), 0);
}

static void child_of_another_living_parent_is_not_taken_over(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"p1\"}");
    host_add(host, queue, "{}", "{\"jobId\":\"p2\"}");
    host_add(host, queue, "{}",
             "{\"jobId\":\"c\",\"parent\":{\"id\":\"p1\",\"queue\":\"bull:q\"}}");
    bq_id operation =
        bq_easy_add(host->client, queue, "work", "{}",
                    "{\"jobId\":\"c\",\"parent\":{\"id\":\"p2\",\"queue\":\"bull:q\"}}");
    const struct event *error = host_error(host, operation, BQ_ERR_PARENT_JOB_CANNOT_BE_REPLACED);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "The parent job bull:q:p2 cannot be replaced. addJob");
}

static void what_is_refused_writes_nothing(void **state) {
    (void)state;
    refused("{\"jobId\":\"12\"}", "Custom Id cannot be integers");
    refused("{\"priority\":2097152}", "Priority should be between 0 and 2097151");
    refused("{\"prioritty\":1}", "Unknown job option \"prioritty\". Did you mean \"priority\"?");
    assert_int_equal(server_integer(server, "EXISTS bull:q:wait bull:q:id"), 0);
}

static void data_over_the_size_limit_is_refused(void **state) {
    (void)state;
    bq_id operation =
        bq_easy_add(host->client, queue, "big", "{\"a\":12345}", "{\"sizeLimit\":10}");
    const struct event *error = host_error(host, operation, BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE),
                        "The size of job big exceeds the limit 10 bytes");
    host_reply(host,
               bq_easy_add(host->client, queue, "fits", "{\"a\":1234}", "{\"sizeLimit\":10}"));
}

static void size_limit_of_zero_is_no_limit(void **state) {
    (void)state;
    host_add(host, queue, "{\"a\":1}", "{\"sizeLimit\":0}");
}

static void default_options_hold_unless_the_call_has_its_own(void **state) {
    (void)state;
    bq_id other = host_queue(host, "defaults",
                             "{\"defaultJobOptions\":{\"attempts\":4,\"lifo\":true,"
                             "\"priority\":3}}");
    host_reply(host, bq_easy_add(host->client, other, "a", "{}", NULL));
    host_reply(host, bq_easy_add(host->client, other, "b", "{}", "{\"attempts\":9}"));
    host_reply(host, bq_easy_add(host->client, other, "c", "{}", "{\"priority\":null}"));
    assert_non_null(strstr(server_text(server, "HGET bull:defaults:1 opts"), "\"attempts\":4"));
    assert_non_null(strstr(server_text(server, "HGET bull:defaults:2 opts"), "\"attempts\":9"));
    assert_string_equal(server_text(server, "HGET bull:defaults:2 priority"), "3");
    assert_string_equal(server_text(server, "HGET bull:defaults:3 priority"), "0");
    assert_int_equal(server_integer(server, "LLEN bull:defaults:wait"), 1);
}

static void each_job_has_its_own_options_whatever_the_one_before_had(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", "{\"attempts\":2,\"delay\":5000}");
    host_add(host, queue, "{}", "{\"attempts\":2,\"delay\":5000}");
    host_add(host, queue, "{}", NULL);
    refused("{\"attempts\":-1}",
            "The job option \"attempts\" must be an integer of at least 0, not -1.");
    host_add(host, queue, "{}", NULL);
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 2);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 3);
    assert_string_equal(job_field("5", "opts"), "{\"attempts\":0}");
}

static void prefix_begins_every_key(void **state) {
    (void)state;
    bq_id other = host_queue(host, "q", "{\"prefix\":\"{a:b}\"}");
    host_reply(host, bq_easy_add(host->client, other, "work", "{}", NULL));
    assert_int_equal(server_integer(server, "EXISTS {a:b}:q:1 {a:b}:q:meta"), 2);
}

static void opening_a_queue_writes_its_settings(void **state) {
    (void)state;
    host_queue(host, "m", "{\"streams\":{\"events\":{\"maxLen\":77}}}");
    bq_id silent = host_queue(host, "silent", "{\"skipMetasUpdate\":true}");
    host_reply(host,
               bq_easy_is_paused(host->client, silent)); /* what was written before it is there */
    assert_string_equal(server_text(server, "HGET bull:m:meta opts.maxLenEvents"), "77");
    assert_string_equal(server_text(server, "HGET bull:m:meta version"), "bullmq:6.7.0");
    assert_int_equal(server_integer(server, "EXISTS bull:silent:meta"), 0);
}

static void opening_a_queue_leaves_the_version_of_who_opened_it_first(void **state) {
    (void)state;
    server_integer(server, "HSET bull:old:meta version bullmq:5.81.5 opts.maxLenEvents 5");
    bq_id queue = host_queue(host, "old", NULL);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_string_equal(server_text(server, "HGET bull:old:meta version"), "bullmq:5.81.5");
    assert_string_equal(server_text(server, "HGET bull:old:meta opts.maxLenEvents"), "10000");
}

static void refusals_of_a_queue_name_name_the_rule(void **state) {
    (void)state;
    bq_conf *conf = bq_conf_new(BQ_CONF_QUEUE);
    assert_int_equal(bq_queue_open(host->client, "", conf), BQ_EINVAL);
    assert_string_equal(bq_conf_error(conf), "Queue name must be provided");
    assert_int_equal(bq_queue_open(host->client, NULL, conf), BQ_EINVAL);
    assert_string_equal(bq_conf_error(conf), "Queue name must be provided");
    assert_int_equal(bq_queue_open(host->client, "a:b", conf), BQ_EINVAL);
    assert_string_equal(bq_conf_error(conf), "Queue name cannot contain :");
    bq_conf_free(conf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(plain_job_waits_with_all_its_fields),
        WITH_QUEUE(jobs_without_options_are_numbered_and_served_in_order),
        WITH_QUEUE(data_may_be_left_out),
        WITH_QUEUE(data_is_stored_byte_for_byte),
        WITH_QUEUE(data_of_a_megabyte_arrives_whole),
        WITH_QUEUE(name_may_hold_any_character),
        WITH_QUEUE(delayed_job_waits_in_delayed_and_sets_the_marker),
        WITH_QUEUE(negative_delay_makes_a_plain_job),
        WITH_QUEUE(prioritized_job_waits_in_prioritized),
        WITH_QUEUE(delay_beats_priority),
        WITH_QUEUE(lifo_job_is_next),
        WITH_QUEUE(options_are_stored_with_short_names),
        WITH_QUEUE(custom_id_is_used_and_a_second_job_with_it_is_not_added),
        WITH_QUEUE(deduplicated_job_answers_the_id_that_is_there),
        WITH_QUEUE(child_is_attached_to_its_parent),
        WITH_QUEUE(missing_parent_is_an_error_in_nodes_words),
        WITH_QUEUE(child_of_another_living_parent_is_not_taken_over),
        WITH_QUEUE(what_is_refused_writes_nothing),
        WITH_QUEUE(data_over_the_size_limit_is_refused),
        WITH_QUEUE(size_limit_of_zero_is_no_limit),
        WITH_QUEUE(default_options_hold_unless_the_call_has_its_own),
        WITH_QUEUE(each_job_has_its_own_options_whatever_the_one_before_had),
        WITH_QUEUE(prefix_begins_every_key),
        WITH_QUEUE(opening_a_queue_writes_its_settings),
        WITH_QUEUE(opening_a_queue_leaves_the_version_of_who_opened_it_first),
        WITH_QUEUE(refusals_of_a_queue_name_name_the_rule),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
