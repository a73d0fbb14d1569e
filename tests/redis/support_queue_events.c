#include "support_queue_events.h"

#include <stdio.h>

bq_id events;

const struct event *next_event(void) {
    return host_wait(host, BQ_EV_QUEUE_EVENT, events);
}

const char *name_of(const struct event *event) {
    return event_text(host, event, BQ_TAG_EVENT_NAME);
}

void expect_event(const char *name, const char *fields) {
    const struct event *event = next_event();
    assert_string_equal(name_of(event), name);
    assert_string_equal(event_text(host, event, BQ_TAG_FIELDS), fields);
}

void add_entries(int from, int to) {
    server_do(server, "EVAL %s 1 bull:q:events %d %d",
              "for i = ARGV[1], ARGV[2] do "
              "redis.call('XADD', KEYS[1], '*', 'event', 'n', 'i', string.format('%d', i)) end",
              from, to);
}

void expect_entries(int from, int to) {
    char fields[32];
    for (int i = from; i <= to; i++) {
        snprintf(fields, sizeof fields, "{\"i\":\"%d\"}", i);
        expect_event("n", fields);
    }
}

void expect_nothing_more(void) {
    bq_id mark = bq_easy_publish_event(host->client, queue, "end", NULL, BQ_EASY_UNSET);
    host_reply(host, mark);
    expect_event("end", "{}");
    assert_null(host_try(host, BQ_EV_ERROR, 0, 0));
}
