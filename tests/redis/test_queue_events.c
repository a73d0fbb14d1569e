/* Reading a queue's event stream, and publishing to it. */
#include "support_queue_events.h"

#include <stdio.h>
#include <string.h>

/* ---- what is read ---- */

static void events_of_a_job_come_in_order_with_their_fields(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    host_add(host, queue, "{}", NULL);
    host_worker(host, queue, NULL, 1);
    host_done(host, next_job(), "{\"n\":[1,\"\xc3\xa9\"]}");
    expect_event("added", "{\"jobId\":\"1\",\"name\":\"work\"}");
    expect_event("waiting", "{\"jobId\":\"1\"}");
    expect_event("active", "{\"jobId\":\"1\",\"prev\":\"waiting\"}");
    const struct event *completed = next_event();
    assert_string_equal(name_of(completed), "completed");
    assert_int_equal(event_integer(completed, BQ_TAG_EVENTS), events);
    assert_string_equal(event_text(host, completed, BQ_TAG_JOB_ID), "1");
    assert_string_equal(event_text(host, completed, BQ_TAG_FIELDS),
                        "{\"jobId\":\"1\",\"returnvalue\":\"{\\\"n\\\":[1,\\\"\xc3\xa9\\\"]}\","
                        "\"prev\":\"active\"}");
    expect_event("drained", "{}");
}

static void an_event_carries_the_id_of_its_entry(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    server_do(server, "XADD bull:q:events 9000000000000-7 event x");
    assert_string_equal(event_text(host, next_event(), BQ_TAG_STREAM_ID), "9000000000000-7");
}

static void only_what_comes_after_ready_is_read_by_default(void **state) {
    (void)state;
    add_entries(1, 5);
    events = host_events(host, queue, NULL);
    add_entries(6, 7);
    expect_entries(6, 7);
    expect_nothing_more();
}

static void a_long_stream_is_replayed_whole(void **state) {
    (void)state;
    add_entries(1, 5000);
    events = host_events(host, queue, "{\"lastEventId\":\"0-0\"}");
    expect_entries(1, 5000);
    add_entries(5001, 5001);
    expect_entries(5001, 5001);
    expect_nothing_more();
}

static void reading_starts_after_the_given_entry(void **state) {
    (void)state;
    server_do(server, "XADD bull:q:events 5-1 event a");
    server_do(server, "XADD bull:q:events 5-2 event b");
    server_do(server, "XADD bull:q:events 6-0 event c");
    events = host_events(host, queue, "{\"lastEventId\":\"5-1\"}");
    expect_event("b", "{}");
    expect_event("c", "{}");
    expect_nothing_more();
}

static void the_reader_is_named_as_those_of_other_clients(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    assert_non_null(strstr(server_text(server, "CLIENT LIST"), " name=bull:cQ==:qe "));
}

static void waits_end_and_begin_again_without_an_event(void **state) {
    (void)state;
    events = host_events(host, queue, "{\"blockingTimeout\":1}");
    UNTIL(server_calls(server, "xread") > 5);
    add_entries(1, 1);
    expect_entries(1, 1);
}

static void two_readers_of_a_queue_both_get_all(void **state) {
    (void)state;
    bq_id other = host_events(host, queue, "{\"blockingTimeout\":0}");
    events = host_events(host, queue, NULL);
    add_entries(1, 1);
    expect_entries(1, 1);
    host_wait(host, BQ_EV_QUEUE_EVENT, other);
}

/* ---- entries that cannot be read ---- */

static void malformed_entries_are_named_and_skipped(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    server_do(server, "XADD bull:q:events 9000000000000-1 noevent x");
    server_do(server, "XADD bull:q:events 9000000000000-2 event completed returnvalue %s", "\xff");
    server_do(server, "EVAL %s 1 bull:q:events",
              "redis.call('XADD', KEYS[1], '9000000000000-3', 'event', 'x', 'a\\0b', 'v')");
    server_do(server, "XADD bull:q:events 9000000000000-4 event x %s v", "\xfe");
    server_do(server, "XADD bull:q:events 9000000000000-5 a b event good a c");
    for (int i = 1; i <= 4; i++) {
        char id[32];
        const struct event *error = host_error_event(host, BQ_ERR_MALFORMED_EVENT);
        snprintf(id, sizeof id, "entry 9000000000000-%d ", i);
        assert_int_equal(error->id, events);
        assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE), id));
    }
    expect_event("good", "{\"a\":\"c\"}"); /* the last of a name counts, as in Node */
    expect_nothing_more();
}

static void a_value_may_hold_any_character(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    server_do(server, "EVAL %s 1 bull:q:events",
              "redis.call('XADD', KEYS[1], '*', 'event', 'x', 'v', "
              "'\"\\\\\\n\\0\\31\xe2\x98\x83')");
    expect_event("x", "{\"v\":\"\\\"\\\\\\n\\u0000\\u001F\xe2\x98\x83\"}");
}

static void a_stream_that_is_none_is_told_and_tried_again(void **state) {
    (void)state;
    server_do(server, "SET bull:q:events x");
    events = host_events_begin(host, queue, "{\"lastEventId\":\"0-0\"}");
    const struct event *error = host_error_event(host, BQ_ERR_REDIS_ERROR);
    assert_int_equal(error->id, events);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE), "WRONGTYPE"));
    server_do(server, "DEL bull:q:events");
    add_entries(1, 1);
    expect_entries(1, 1);
}

/* ---- ending ---- */

static void nothing_follows_the_answer_to_a_close(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    add_entries(1, 100);
    host_reply(host, bq_events_close(host->client, events));
    int count = host_count(host, BQ_EV_QUEUE_EVENT, events);
    add_entries(101, 200);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(host_count(host, BQ_EV_QUEUE_EVENT, events), count);
    UNTIL(!strstr(server_text(server, "CLIENT LIST"), ":qe "));
    host_error(host, bq_events_close(host->client, events), BQ_ERR_INVALID_ARGUMENT);
}

static void a_reader_that_never_connected_can_be_closed(void **state) {
    (void)state;
    host_free(host);
    host = host_open_with("{\"connection.path\":\"/nowhere\"}");
    queue = host_queue_begin(host, "q", NULL);
    events = host_events_begin(host, queue, NULL);
    host_reply(host, bq_events_close(host->client, events));
}

static void a_client_closes_with_its_readers(void **state) {
    (void)state;
    host_events(host, queue, NULL);
    host_events_begin(host, queue, NULL);
    host_close(host);
    host = NULL;
}

static void what_cannot_be_opened_is_refused(void **state) {
    (void)state;
    bq_conf *conf = bq_conf_new(BQ_CONF_WORKER);
    assert_int_equal(bq_events_open(NULL, queue, NULL), BQ_EINVAL);
    assert_int_equal(bq_events_open(host->client, 0, NULL), BQ_EINVAL);
    assert_int_equal(bq_events_open(host->client, queue, conf), BQ_EINVAL);
    assert_int_equal(bq_events_close(NULL, 5), BQ_EINVAL);
    bq_conf_free(conf);
    bq_id strange = bq_events_open(host->client, 987654, NULL);
    host_error(host, strange, BQ_ERR_INVALID_ARGUMENT);
    host_error(host, bq_events_close(host->client, strange), BQ_ERR_INVALID_ARGUMENT);
}

static void options_are_checked(void **state) {
    static const char *const good[] = {"$", "0", "0-0", "1754000000123-5",
                                       "18446744073709551615-0"};
    static const char *const bad[] = {"",   "x",  "1-",    "-1",
                                      "+1", " 1", "1-2-3", "99999999999999999999"};
    (void)state;
    bq_conf *conf = bq_conf_new(BQ_CONF_EVENTS);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(bq_conf_set(conf, "lastEventId", good[i]), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(bq_conf_set(conf, "lastEventId", bad[i]), BQ_EINVAL);
    assert_non_null(strstr(bq_conf_error(conf), "lastEventId"));
    assert_int_equal(bq_conf_set(conf, "blockingTimeout", "-1"), BQ_EINVAL);
    assert_int_equal(bq_conf_set_json(conf, bq_bytes_of("{\"lastEventId\":5}")), BQ_EINVAL);
    bq_conf_free(conf);
}

/* ---- publishing ---- */

static bq_id publish(const char *name, const char *fields, int64_t max_events) {
    return bq_easy_publish_event(host->client, queue, name, fields, max_events);
}

static void a_published_event_is_in_the_stream_and_read(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    const struct event *reply =
        host_reply(host, publish("mine", "{\"b\":\"1\",\"a\":\"\xc3\xa9\\u0000\",\"jobId\":\"7\"}",
                                 BQ_EASY_UNSET));
    char id[64];
    snprintf(id, sizeof id, "%s", event_text(host, reply, BQ_TAG_VALUE));
    const struct event *event = next_event();
    assert_string_equal(event_text(host, event, BQ_TAG_STREAM_ID), id);
    assert_string_equal(event_text(host, event, BQ_TAG_JOB_ID), "7");
    assert_string_equal(name_of(event), "mine");
    assert_string_equal(event_text(host, event, BQ_TAG_FIELDS),
                        "{\"b\":\"1\",\"a\":\"\xc3\xa9\\u0000\",\"jobId\":\"7\"}");
}

static void the_stream_is_trimmed_to_the_queue_s_own_length_by_default(void **state) {
    (void)state;
    add_entries(1, 1500);
    host_reply(host, publish("mine", NULL, BQ_EASY_UNSET)); /* 10000 */
    assert_int_equal(server_integer(server, "XLEN bull:q:events"), 1501);
    bq_id small = host_queue(host, "q", "{\"streams\":{\"events\":{\"maxLen\":700}}}");
    host_reply(host, bq_easy_publish_event(host->client, small, "mine", NULL, BQ_EASY_UNSET));
    assert_in_range(server_integer(server, "XLEN bull:q:events"), 700, 800);
    host_reply(host, publish("mine", NULL, 200));
    assert_in_range(server_integer(server, "XLEN bull:q:events"), 200, 300);
}

static void events_that_would_harm_are_refused(void **state) {
    static const char *const calls[] = {
        "{}",
        "{\"eventName\":\"\"}",
        "{\"eventName\":\"x\",\"fields\":{\"event\":\"y\"}}",
        "{\"eventName\":\"x\",\"fields\":{\"a\":1}}",
        "{\"eventName\":\"x\",\"fields\":{\"a\":null}}",
        "{\"eventName\":\"x\",\"fields\":\"a\"}",
        "{\"eventName\":\"x\",\"maxEvents\":-1}",
        "{\"eventName\":\"completed\",\"fields\":{\"jobId\":\"1\"}}",
        "{\"eventName\":\"completed\",\"fields\":{\"returnvalue\":\"{\"}}",
        "{\"eventName\":\"progress\",\"fields\":{\"data\":\"half\"}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        bq_id operation =
            bq_call(host->client, queue, "publishEvent", bq_bytes_of(calls[i]), bq_bytes_of(NULL));
        host_error(host, operation, BQ_ERR_INVALID_ARGUMENT);
    }
    assert_int_equal(server_integer(server, "EXISTS bull:q:events"), 0);
    host_reply(host, publish("completed", "{\"returnvalue\":\"1\"}", BQ_EASY_UNSET));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(events_of_a_job_come_in_order_with_their_fields),
        WITH_QUEUE(an_event_carries_the_id_of_its_entry),
        WITH_QUEUE(only_what_comes_after_ready_is_read_by_default),
        WITH_QUEUE(a_long_stream_is_replayed_whole),
        WITH_QUEUE(reading_starts_after_the_given_entry),
        WITH_QUEUE(the_reader_is_named_as_those_of_other_clients),
        WITH_QUEUE(waits_end_and_begin_again_without_an_event),
        WITH_QUEUE(two_readers_of_a_queue_both_get_all),
        WITH_QUEUE(malformed_entries_are_named_and_skipped),
        WITH_QUEUE(a_value_may_hold_any_character),
        WITH_QUEUE(a_stream_that_is_none_is_told_and_tried_again),
        WITH_QUEUE(nothing_follows_the_answer_to_a_close),
        WITH_QUEUE(a_reader_that_never_connected_can_be_closed),
        WITH_QUEUE(a_client_closes_with_its_readers),
        WITH_QUEUE(what_cannot_be_opened_is_refused),
        WITH_QUEUE(options_are_checked),
        WITH_QUEUE(a_published_event_is_in_the_stream_and_read),
        WITH_QUEUE(the_stream_is_trimmed_to_the_queue_s_own_length_by_default),
        WITH_QUEUE(events_that_would_harm_are_refused),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
