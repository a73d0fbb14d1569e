/* The core's buffers and the records it writes into them, as bq_record.h reads them. */
#include "support_cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bq/bq_record.h"
#include "buffer.h"
#include "record.h"

static struct bqi_buffer buffer;

static int free_buffer(void **state) {
    (void)state;
    bqi_alloc_fail_at(0, 0);
    bqi_buffer_free(&buffer);
    return 0;
}

static bq_record read_record(bq_bytes *rest) {
    bq_record record;
    assert_int_equal(bq_record_next(rest, &record), 1);
    return record;
}

static bq_bytes all(void) {
    return (bq_bytes){buffer.data, buffer.length};
}

/* ---- buffers ---- */

static void bytes_are_kept_in_order_however_they_come(void **state) {
    char expected[5000];
    size_t length = 0;
    (void)state;
    for (size_t part = 0; length + part <= sizeof expected; part++) {
        memset(expected + length, (int)('a' + part % 26), part);
        bqi_buffer_append(&buffer, expected + length, part);
        length += part;
    }
    assert_int_equal(buffer.length, length);
    assert_memory_equal(buffer.data, expected, length);
}

static void a_cleared_buffer_begins_anew_and_gives_large_room_back(void **state) {
    (void)state;
    bqi_buffer_text(&buffer, "text");
    bqi_buffer_clear(&buffer);
    assert_int_equal(buffer.length, 0);
    assert_non_null(buffer.data);
    assert_non_null(bqi_buffer_extend(&buffer, 3 << 20));
    bqi_buffer_clear(&buffer);
    assert_null(buffer.data);
    bqi_buffer_text(&buffer, "again");
    assert_memory_equal(buffer.data, "again", 5);
}

static void a_buffer_that_found_no_memory_keeps_what_it_had_and_takes_no_more(void **state) {
    char large[4096] = "";
    (void)state;
    bqi_buffer_text(&buffer, "kept");
    bqi_alloc_fail_at(1, 0);
    bqi_buffer_append(&buffer, large, sizeof large);
    bqi_buffer_text(&buffer, "later");
    assert_true(buffer.failed);
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(buffer.data, "kept", 4);
    bqi_buffer_clear(&buffer);
    bqi_buffer_text(&buffer, "later");
    assert_int_equal(buffer.length, 5);
}

/* ---- records ---- */

static void every_kind_of_field_is_read_as_it_was_written(void **state) {
    (void)state;
    struct bqi_record record = bqi_record_begin(&buffer, BQ_EV_JOB, INT64_MAX);
    bqi_record_int(&record, BQ_TAG_CODE, INT64_MIN);
    bqi_record_int(&record, BQ_TAG_COUNT, -1);
    bqi_record_float(&record, BQ_TAG_DELAY, -0.125);
    bqi_record_bytes(&record, BQ_TAG_DATA, "a\0b", 3);
    bqi_record_bytes(&record, BQ_TAG_NAME, NULL, 0);
    bqi_record_text(&record, BQ_TAG_MESSAGE, "text");
    assert_int_equal(bqi_record_end(&record), 0);
    bq_bytes rest = all();
    bq_record found = read_record(&rest);
    assert_int_equal(rest.len, 0);
    assert_int_equal(found.type, BQ_EV_JOB);
    assert_true(found.id == INT64_MAX);
    assert_int_equal(found.field_count, 6);
    assert_true(bq_record_integer(&found, BQ_TAG_CODE, 0) == INT64_MIN);
    assert_int_equal(bq_record_integer(&found, BQ_TAG_COUNT, 0), -1);
    assert_true(bq_record_float(&found, BQ_TAG_DELAY, 0) == -0.125);
    assert_int_equal(bq_record_bytes(&found, BQ_TAG_DATA).len, 3);
    assert_memory_equal(bq_record_bytes(&found, BQ_TAG_DATA).ptr, "a\0b", 3);
    assert_non_null(bq_record_bytes(&found, BQ_TAG_NAME).ptr);
    assert_int_equal(bq_record_bytes(&found, BQ_TAG_NAME).len, 0);
}

static void the_core_writes_the_same_bytes_as_the_public_writer(void **state) {
    bq_buffer other = BQ_BUFFER_INIT;
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct bqi_record record = bqi_record_begin(&buffer, i, -i);
        bq_put_record(&other, i, -i);
        for (int field = 0; field < i; field++) {
            bqi_record_int(&record, field, (int64_t)field << 40);
            bqi_record_text(&record, field, "text");
            bq_put_integer(&other, field, (int64_t)field << 40);
            bq_put_bytes(&other, field, bq_bytes_of("text"));
        }
        bqi_record_end(&record);
    }
    assert_int_equal(buffer.length, other.len);
    assert_memory_equal(buffer.data, other.ptr, other.len);
    bq_buffer_free(&other);
}

static void a_record_that_found_no_memory_is_taken_back_whole(void **state) {
    (void)state;
    struct bqi_record record = bqi_record_begin(&buffer, 1, 1);
    bqi_record_text(&record, 1, "first");
    assert_int_equal(bqi_record_end(&record), 0);
    size_t before = buffer.length;
    record = bqi_record_begin(&buffer, 2, 2);
    bqi_alloc_fail_at(1, 0);
    for (int i = 0; i < 100; i++)
        bqi_record_text(&record, 1, "some more text");
    assert_int_equal(bqi_record_end(&record), -1);
    assert_int_equal(buffer.length, before);
    record = bqi_record_begin(&buffer, 3, 3);
    assert_int_equal(bqi_record_end(&record), 0);
    bq_bytes rest = all();
    assert_int_equal(read_record(&rest).type, 1);
    assert_int_equal(read_record(&rest).type, 3);
    assert_int_equal(rest.len, 0);
}

static void a_record_that_finds_no_memory_from_the_start_leaves_nothing(void **state) {
    (void)state;
    bqi_alloc_fail_at(1, 0);
    struct bqi_record record = bqi_record_begin(&buffer, 1, 1);
    bqi_record_int(&record, 1, 1);
    assert_int_equal(bqi_record_end(&record), -1);
    assert_int_equal(buffer.length, 0);
}

static void a_record_of_too_many_fields_is_taken_back(void **state) {
    (void)state;
    struct bqi_record record = bqi_record_begin(&buffer, 1, 1);
    for (int i = 0; i < UINT16_MAX; i++)
        bqi_record_int(&record, 1, i);
    assert_int_equal(bqi_record_end(&record), 0);
    size_t before = buffer.length;
    record = bqi_record_begin(&buffer, 2, 2);
    for (int i = 0; i <= UINT16_MAX; i++)
        bqi_record_int(&record, 1, i);
    assert_int_equal(bqi_record_end(&record), -1);
    assert_int_equal(buffer.length, before);
}

#define BUFFER(test) cmocka_unit_test_teardown(test, free_buffer)

int main(void) {
    const struct CMUnitTest tests[] = {
        BUFFER(bytes_are_kept_in_order_however_they_come),
        BUFFER(a_cleared_buffer_begins_anew_and_gives_large_room_back),
        BUFFER(a_buffer_that_found_no_memory_keeps_what_it_had_and_takes_no_more),
        BUFFER(every_kind_of_field_is_read_as_it_was_written),
        BUFFER(the_core_writes_the_same_bytes_as_the_public_writer),
        BUFFER(a_record_that_found_no_memory_is_taken_back_whole),
        BUFFER(a_record_that_finds_no_memory_from_the_start_leaves_nothing),
        BUFFER(a_record_of_too_many_fields_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
