/* addBulk: many jobs in one call, checked before anything is written, answered one by one. */
#include "support_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The answers of a bulk reply, in their order. */
struct answers {
    bq_record rest;
    bq_field field;
};

static int next_answer(struct answers *answers) {
    return bq_field_next(&answers->rest, &answers->field) == 1;
}

static bq_id send(bq_buffer *records) {
    assert_int_equal(records->failed, 0);
    bq_id operation = bq_easy_add_bulk(host->client, queue, bq_buffer_bytes(records));
    bq_buffer_free(records);
    return operation;
}

static void refused(bq_buffer *records, const char *why) {
    const struct event *error = host_error(host, send(records), BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), why);
    assert_int_equal(server_integer(server, "EXISTS bull:q:id bull:q:wait bull:q:delayed"), 0);
}

static void jobs_are_added_in_order_each_with_its_own_kind(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    char id[24];
    (void)state;
    bq_put_add(&records, "a", "1", NULL);
    bq_put_add(&records, "b", "2", "{\"delay\":9000}");
    bq_put_add(&records, "c", NULL, "{\"priority\":2}");
    bq_put_add(&records, "d", "4", "{\"jobId\":\"own\"}");
    const struct event *reply = host_reply(host, send(&records));
    struct answers answers = {reply->record, {0}};
    for (int i = 1; next_answer(&answers); i++) {
        assert_int_equal(answers.field.tag, BQ_TAG_JOB_ID);
        snprintf(id, sizeof id, i == 4 ? "own" : "%d", i);
        assert_int_equal(answers.field.bytes.len, strlen(id));
        assert_memory_equal(answers.field.bytes.ptr, id, strlen(id));
    }
    assert_int_equal(reply->record.field_count, 4);
    assert_string_equal(job_field("1", "data"), "1");
    assert_string_equal(job_field("3", "data"), "{}");
    assert_true(job_is_in("1", "wait") && job_is_in("2", "delayed"));
    assert_true(job_is_in("3", "prioritized") && job_is_in("own", "wait"));
}

static void an_empty_bulk_is_answered(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    (void)state;
    assert_int_equal(host_reply(host, send(&records))->record.field_count, 0);
}

static void one_bad_entry_refuses_the_whole_call(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    (void)state;
    bq_put_add(&records, "a", "1", NULL);
    bq_put_add(&records, "b", "2", "{\"priority\":-1}");
    bq_put_add(&records, "c", "3", NULL);
    refused(&records, "Job 1 of addBulk: Priority should be between 0 and 2097151");
    bq_put_add(&records, "a", "1", NULL);
    bq_put_add(&records, "", "2", NULL);
    refused(&records, "Job 1 of addBulk: A job needs a name.");
    bq_put_add(&records, "a", "1", "[1]");
    refused(&records, "Job 0 of addBulk: Job options must be one JSON object: they are something "
                      "else.");
    bq_put_add(&records, "a", "123456", "{\"sizeLimit\":5}");
    refused(&records, "Job 0 of addBulk: The size of job a exceeds the limit 5 bytes");
}

static void a_payload_that_is_no_run_of_add_records_is_refused(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    (void)state;
    bq_buffer_append(&records, "nonsense", 8);
    refused(&records,
            "The payload of addBulk must be a run of ADD records (see bindings/records.md).");
    bq_put_record(&records, BQ_EV_REPLY, 0);
    refused(&records,
            "The payload of addBulk must be a run of ADD records (see bindings/records.md).");
    bq_put_add(&records, "a", "1", NULL);
    records.len -= 3;
    refused(&records,
            "The payload of addBulk must be a run of ADD records (see bindings/records.md).");
}

static void what_redis_refuses_is_told_per_entry_and_the_others_are_added(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    char text[256] = "";
    (void)state;
    bq_put_add(&records, "a", "1", NULL);
    bq_put_add(&records, "b", "2", "{\"parent\":{\"id\":\"x\",\"queue\":\"bull:no\"}}");
    bq_put_add(&records, "c", "3", NULL);
    struct answers answers = {host_reply(host, send(&records))->record, {0}};
    assert_true(next_answer(&answers));
    assert_int_equal(answers.field.tag, BQ_TAG_JOB_ID);
    assert_true(next_answer(&answers));
    assert_int_equal(answers.field.tag, BQ_TAG_ENTRY_ERROR);
    memcpy(text, answers.field.bytes.ptr, answers.field.bytes.len);
    assert_string_equal(text,
                        "{\"code\":-5,\"name\":\"ParentJobNotExist\",\"message\":\"Missing key "
                        "for parent job bull:no:x. addJob\"}");
    assert_true(next_answer(&answers));
    assert_int_equal(answers.field.tag, BQ_TAG_JOB_ID);
    assert_false(next_answer(&answers));
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 2);
}

static void put_many(bq_buffer *records, int count) {
    char data[16];
    for (int i = 0; i < count; i++) {
        snprintf(data, sizeof data, "%d", i);
        bq_put_add(records, "many", data, i % 2 ? "{\"attempts\":2}" : NULL);
    }
}

static void twenty_thousand_jobs_keep_their_order(void **state) {
    enum { COUNT = 20000 };
    bq_buffer records = BQ_BUFFER_INIT;
    char number[16];
    (void)state;
    put_many(&records, COUNT);
    const struct event *reply = host_reply(host, send(&records));
    assert_int_equal(reply->record.field_count, COUNT);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), COUNT);
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "1");
    for (int i = 1; i <= COUNT; i += 4999) {
        snprintf(number, sizeof number, "%d", i);
        snprintf(number, sizeof number, "%d", i - 1);
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        assert_string_equal(job_field(id, "data"), number);
    }
}

/* A record counts its fields in 16 bits. */
static void
more_jobs_than_a_reply_can_tell_of_are_refused_before_anything_is_written(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    (void)state;
    put_many(&records, 65536);
    host_error(host, send(&records), BQ_ERR_INVALID_ARGUMENT);
    assert_int_equal(server_integer(server, "EXISTS bull:q:id bull:q:wait"), 0);
}

static void the_most_jobs_of_one_call_are_all_told_of(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    (void)state;
    put_many(&records, 65535);
    const struct event *reply = host_reply(host, send(&records));
    assert_int_equal(reply->record.field_count, 65535);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 65535);
}

static void bulks_and_single_adds_of_one_client_keep_their_order(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    (void)state;
    bq_easy_add(host->client, queue, "first", "0", NULL);
    put_many(&records, 3);
    send(&records);
    host_reply(host, bq_easy_add(host->client, queue, "last", "0", NULL));
    assert_string_equal(job_field("1", "name"), "first");
    assert_string_equal(job_field("4", "data"), "2");
    assert_string_equal(job_field("5", "name"), "last");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(jobs_are_added_in_order_each_with_its_own_kind),
        WITH_QUEUE(an_empty_bulk_is_answered),
        WITH_QUEUE(one_bad_entry_refuses_the_whole_call),
        WITH_QUEUE(a_payload_that_is_no_run_of_add_records_is_refused),
        WITH_QUEUE(what_redis_refuses_is_told_per_entry_and_the_others_are_added),
        WITH_QUEUE(twenty_thousand_jobs_keep_their_order),
        WITH_QUEUE(more_jobs_than_a_reply_can_tell_of_are_refused_before_anything_is_written),
        WITH_QUEUE(the_most_jobs_of_one_call_are_all_told_of),
        WITH_QUEUE(bulks_and_single_adds_of_one_client_keep_their_order),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
