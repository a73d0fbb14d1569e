/* Readers of queue events whose connection breaks, whose stream is trimmed, whose host is slow. */
#include "support_proxied.h"
#include "support_queue_events.h"

#include <string.h>

/* ---- lost connections ---- */

static void kill_the_reader(void) {
    server_do(server, "CLIENT KILL TYPE normal SKIPME yes");
}

static void nothing_is_lost_with_the_connection_before_the_first_event(void **state) {
    (void)state;
    add_entries(1, 3);
    events = host_events(host, queue, NULL);
    kill_the_reader();
    add_entries(4, 10);
    expect_entries(4, 10);
    expect_nothing_more();
}

static void nothing_is_lost_or_repeated_with_the_connection_later(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    for (int i = 0; i < 3; i++) {
        add_entries(i * 200 + 1, i * 200 + 100);
        kill_the_reader();
        add_entries(i * 200 + 101, i * 200 + 200);
        expect_entries(i * 200 + 1, i * 200 + 200);
    }
    expect_nothing_more();
}

static void an_answer_that_was_lost_is_read_again(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    proxy_hold_replies(proxy, 1);
    add_entries(1, 50);
    proxy_cut(proxy);
    proxy_hold_replies(proxy, 0);
    expect_entries(1, 50);
    expect_nothing_more();
}

static void a_reader_whose_connection_fell_silent_gets_another(void **state) {
    (void)state;
    events = host_events(host, queue, "{\"blockingTimeout\":100}");
    assert_int_equal(proxy_accepted(proxy), 2);
    proxy_silence(proxy, 1);
    add_entries(1, 5);
    proxy_wait_accepted(proxy, 3);
    expect_entries(1, 5);
    expect_nothing_more();
}

/* ---- events that are gone ---- */

static void expect_missed(const char *why) {
    const struct event *error = host_error_event(host, BQ_ERR_EVENTS_MISSED);
    assert_int_equal(error->id, events);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE), why));
}

static void a_stream_trimmed_beyond_the_place_is_told_once(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    add_entries(1, 3);
    expect_entries(1, 3);
    kill_the_reader();
    add_entries(4, 300);
    server_do(server, "XTRIM bull:q:events MAXLEN 10");
    expect_missed("trimmed");
    expect_entries(291, 300);
    expect_nothing_more();
}

static void a_stream_trimmed_before_the_first_event_is_told(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    kill_the_reader();
    add_entries(1, 30);
    server_do(server, "XTRIM bull:q:events MAXLEN 10");
    expect_missed("trimmed");
    expect_entries(21, 30);
}

static void a_place_that_was_given_and_is_gone_is_told(void **state) {
    (void)state;
    server_do(server, "XADD bull:q:events 5-1 event a");
    server_do(server, "XADD bull:q:events 5-2 event b");
    server_do(server, "XADD bull:q:events 5-3 event c");
    server_do(server, "XTRIM bull:q:events MAXLEN 1");
    events = host_events(host, queue, "{\"lastEventId\":\"5-1\"}");
    expect_missed("after 5-1");
    expect_event("c", "{}");
}

static void a_replay_of_a_trimmed_stream_misses_nothing(void **state) {
    (void)state;
    add_entries(1, 300);
    server_do(server, "XTRIM bull:q:events MAXLEN 10");
    events = host_events(host, queue, "{\"lastEventId\":\"0-0\"}");
    expect_entries(291, 300);
    expect_nothing_more();
}

static void trimming_of_what_was_read_is_not_told(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    add_entries(1, 300);
    expect_entries(1, 300);
    server_do(server, "XTRIM bull:q:events MAXLEN 1");
    kill_the_reader();
    add_entries(301, 302);
    expect_entries(301, 302);
    expect_nothing_more();
}

static void a_stream_that_the_server_has_lost_is_told(void **state) {
    (void)state;
    events = host_events(host, queue, NULL);
    add_entries(1, 3);
    expect_entries(1, 3);
    server_crash(server);
    server_restart(server);
    expect_missed("set back");
    add_entries(4, 6);
    expect_entries(4, 6);
    expect_nothing_more();
}

/* ---- a host that does not keep up ---- */

enum { LARGE_COUNT = 3000 };

static void fill_with_large_entries(void) {
    server_do(server, "EVAL %s 1 bull:q:events %d",
              "local text = string.rep('x', 10000) "
              "for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'event', 'n', 't', text) end",
              LARGE_COUNT);
}

static void wait_until_reading_stops(void) {
    long long calls = 0;
    for (int still = 0; still < 300; still++) {
        long long now = server_calls(server, "xread");
        if (now != calls)
            still = 0;
        calls = now;
        wait_a_moment();
    }
    assert_true(calls > 1);
}

static void no_more_is_read_than_the_host_takes(void **state) {
    enum { MIB = 1024 * 1024 };
    (void)state;
    fill_with_large_entries();
    events = host_events_begin(host, queue, "{\"lastEventId\":\"0-0\"}");
    wait_until_reading_stops();
    bq_batch *batch = bq_take(host->client, 0);
    size_t size = bq_batch_bytes(batch).len;
    assert_true(size > 4 * MIB && size < 6 * MIB);
    bq_bytes rest = bq_batch_bytes(batch);
    bq_record record;
    int count = 0;
    while (bq_record_next(&rest, &record) == 1)
        count += record.type == BQ_EV_QUEUE_EVENT;
    bq_batch_free(batch);
    for (; count < LARGE_COUNT; count++)
        next_event();
    expect_nothing_more();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(nothing_is_lost_with_the_connection_before_the_first_event),
        WITH_QUEUE(nothing_is_lost_or_repeated_with_the_connection_later),
        THROUGH_PROXY(an_answer_that_was_lost_is_read_again),
        THROUGH_PROXY(a_reader_whose_connection_fell_silent_gets_another),
        WITH_QUEUE(a_stream_trimmed_beyond_the_place_is_told_once),
        WITH_QUEUE(a_stream_trimmed_before_the_first_event_is_told),
        WITH_QUEUE(a_place_that_was_given_and_is_gone_is_told),
        WITH_QUEUE(a_replay_of_a_trimmed_stream_misses_nothing),
        WITH_QUEUE(trimming_of_what_was_read_is_not_told),
        WITH_QUEUE(a_stream_that_the_server_has_lost_is_told),
        WITH_QUEUE(no_more_is_read_than_the_host_takes),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
