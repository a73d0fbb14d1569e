/* The event stream: when its descriptor is readable, and what is taken and withdrawn. A client that
 * was never used has no thread, so the test may write its events. */
#include "support_cmocka.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bq/bq_record.h"
#include "client.h"

static bq_client *client;
static struct bqi_outbox *outbox;

static int open_client(void **state) {
    (void)state;
    client = bq_client_new(NULL);
    outbox = bqi_client_outbox(client);
    return client == NULL;
}

static int free_client(void **state) {
    (void)state;
    bqi_alloc_fail_at(0, 0);
    bq_client_free(client);
    return 0;
}

static void write_events(int from, int count) {
    for (int i = 0; i < count; i++) {
        struct bqi_record event = bqi_outbox_begin(outbox, BQ_EV_REPLY, from + i);
        bqi_record_text(&event, BQ_TAG_MESSAGE, "an event");
        assert_int_equal(bqi_record_end(&event), 0);
    }
}

static int readable(void) {
    struct pollfd fd = {bq_client_fd(client), POLLIN, 0};
    int ready = poll(&fd, 1, 0);
    assert_int_equal(bq_wait(client, 0), ready);
    return ready;
}

/* Takes up to `max` and compares the ids, which are consecutive. */
static void takes(int max, int from, int count) {
    bq_batch *batch = bq_take(client, max);
    bq_bytes rest = bq_batch_bytes(batch);
    bq_record record;
    for (int i = 0; i < count; i++) {
        assert_int_equal(bq_record_next(&rest, &record), 1);
        assert_int_equal(record.id, from + i);
    }
    assert_int_equal(bq_record_next(&rest, &record), 0);
    bq_batch_free(batch);
}

static void a_new_stream_is_empty(void **state) {
    (void)state;
    assert_true(bq_client_fd(client) >= 0);
    assert_false(readable());
    assert_null(bq_take(client, 0));
    assert_null(bq_take(client, 5));
}

static void events_are_seen_once_they_are_published(void **state) {
    (void)state;
    write_events(1, 3);
    assert_false(readable());
    assert_null(bq_take(client, 0));
    bqi_outbox_publish(outbox);
    assert_true(readable());
    takes(0, 1, 3);
    assert_false(readable());
    assert_null(bq_take(client, 0));
}

static void publishing_nothing_wakes_nobody(void **state) {
    (void)state;
    bqi_outbox_publish(outbox);
    assert_false(readable());
}

static void the_descriptor_stays_readable_until_all_is_taken(void **state) {
    (void)state;
    write_events(1, 10);
    bqi_outbox_publish(outbox);
    takes(4, 1, 4);
    assert_true(readable());
    takes(1, 5, 1);
    assert_true(readable());
    takes(5, 6, 5);
    assert_false(readable());
}

static void events_of_several_turns_are_taken_in_order(void **state) {
    (void)state;
    for (int turn = 0; turn < 5; turn++) {
        write_events(turn * 2, 2);
        bqi_outbox_publish(outbox);
    }
    takes(3, 0, 3);
    write_events(10, 1);
    bqi_outbox_publish(outbox);
    takes(0, 3, 8);
}

static void a_take_may_ask_for_more_than_there_is(void **state) {
    (void)state;
    write_events(1, 2);
    bqi_outbox_publish(outbox);
    takes(1000, 1, 2);
    write_events(3, 2);
    bqi_outbox_publish(outbox);
    takes(-1, 3, 2);
    assert_false(readable());
}

static int is_even(void *arg, int type, bq_id id) {
    ++*(int *)arg;
    assert_int_equal(type, BQ_EV_REPLY);
    return id % 2 == 0;
}

static int any(void *arg, int type, bq_id id) {
    (void)arg;
    (void)type;
    (void)id;
    return 1;
}

static void events_that_nobody_took_can_be_withdrawn(void **state) {
    int asked = 0;
    (void)state;
    write_events(1, 3);
    bqi_outbox_publish(outbox);
    write_events(4, 3); /* written, not yet visible */
    bqi_outbox_withdraw(outbox, is_even, &asked);
    assert_int_equal(asked, 6);
    bqi_outbox_publish(outbox);
    takes(1, 1, 1);
    takes(1, 3, 1);
    takes(1, 5, 1);
    assert_false(readable());
}

static void withdrawing_all_ends_readability(void **state) {
    (void)state;
    write_events(1, 3);
    bqi_outbox_publish(outbox);
    bqi_outbox_withdraw(outbox, any, NULL);
    assert_false(readable());
    assert_null(bq_take(client, 0));
    write_events(4, 1);
    bqi_outbox_publish(outbox);
    assert_true(readable());
    takes(0, 4, 1);
}

static void what_was_taken_is_not_withdrawn(void **state) {
    int asked = 0;
    (void)state;
    write_events(1, 4);
    bqi_outbox_publish(outbox);
    takes(2, 1, 2);
    bqi_outbox_withdraw(outbox, is_even, &asked);
    assert_int_equal(asked, 2);
}

static void events_that_found_no_room_are_seen_a_turn_later(void **state) {
    (void)state;
    write_events(1, 1);
    bqi_outbox_publish(outbox);
    write_events(2, 200);
    bqi_alloc_fail_at(1, 0);
    bqi_outbox_publish(outbox);
    takes(0, 1, 1);
    bqi_outbox_publish(outbox);
    takes(0, 2, 200);
}

static void a_take_that_finds_no_memory_leaves_the_events(void **state) {
    (void)state;
    write_events(1, 4);
    bqi_outbox_publish(outbox);
    for (int failing = 1; failing <= 2; failing++) {
        bqi_alloc_fail_at(failing, 0);
        assert_null(bq_take(client, 2));
        assert_true(readable());
    }
    bqi_alloc_fail_at(0, 0);
    takes(0, 1, 4);
}

static void errors_carry_code_name_text_and_flags(void **state) {
    struct bqi_error error;
    bq_record record;
    (void)state;
    bqi_error_set(&error, BQ_ERR_CONNECTION_FAILED, "gone");
    bqi_outbox_error(outbox, 7, &error, "job");
    bqi_outbox_publish(outbox);
    bq_batch *batch = bq_take(client, 0);
    bq_bytes rest = bq_batch_bytes(batch);
    assert_int_equal(bq_record_next(&rest, &record), 1);
    assert_int_equal(record.type, BQ_EV_ERROR);
    assert_int_equal(record.id, 7);
    assert_int_equal(bq_record_integer(&record, BQ_TAG_CODE, 0), BQ_ERR_CONNECTION_FAILED);
    assert_int_equal(bq_record_integer(&record, BQ_TAG_FLAGS, 0), BQ_FLAG_RETRIABLE);
    assert_memory_equal(bq_record_bytes(&record, BQ_TAG_ERROR_NAME).ptr, "ConnectionFailed", 16);
    assert_memory_equal(bq_record_bytes(&record, BQ_TAG_JOB_ID).ptr, "job", 3);
    bq_batch_free(batch);
}

#define OUTBOX(test) cmocka_unit_test_setup_teardown(test, open_client, free_client)

int main(void) {
    const struct CMUnitTest tests[] = {
        OUTBOX(a_new_stream_is_empty),
        OUTBOX(events_are_seen_once_they_are_published),
        OUTBOX(publishing_nothing_wakes_nobody),
        OUTBOX(the_descriptor_stays_readable_until_all_is_taken),
        OUTBOX(events_of_several_turns_are_taken_in_order),
        OUTBOX(a_take_may_ask_for_more_than_there_is),
        OUTBOX(events_that_nobody_took_can_be_withdrawn),
        OUTBOX(withdrawing_all_ends_readability),
        OUTBOX(what_was_taken_is_not_withdrawn),
        OUTBOX(events_that_found_no_room_are_seen_a_turn_later),
        OUTBOX(a_take_that_finds_no_memory_leaves_the_events),
        OUTBOX(errors_carry_code_name_text_and_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
