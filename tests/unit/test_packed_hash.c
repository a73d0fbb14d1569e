/* The packed hash of a job: its texts, and what is not one. */
#include "support_cmocka.h"

#include <stdlib.h>
#include <string.h>

#include <msgpack.h>

#include "alloc.h"
#include "packed_hash.h"

static struct bqi_packed_hash hash;
static struct bqi_error error;

/* On the heap and no byte longer than a reply of hiredis, so that sanitizers see what reads beyond.
 */
static int read_bytes(const void *bytes, size_t len) {
    static char *copy;
    free(copy);
    copy = calloc(len + 1, 1);
    memcpy(copy, bytes, len);
    return bqi_packed_hash_read(&hash, copy, len, &error);
}

static int release(void **state) {
    (void)state;
    read_bytes("\x90", 1);
    bqi_packed_hash_free(&hash);
    memset(&hash, 0, sizeof hash);
    return 0;
}

static void texts_of_every_length_are_read(void **state) {
    (void)state;
    const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 3};
    const size_t count = sizeof lengths / sizeof *lengths;
    msgpack_sbuffer packed;
    msgpack_packer packer;
    char *text = malloc(65536);
    memset(text, 'x', 65536);
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++) {
        msgpack_pack_str(&packer, lengths[i]);
        msgpack_pack_str_body(&packer, text, lengths[i]);
    }
    assert_int_equal(read_bytes(packed.data, packed.size), 0);
    assert_int_equal(hash.reply.type, REDIS_REPLY_ARRAY);
    assert_int_equal(hash.reply.elements, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hash.reply.element[i]->type, REDIS_REPLY_STRING);
        assert_int_equal(hash.reply.element[i]->len, lengths[i]);
        assert_int_equal(strlen(hash.reply.element[i]->str), lengths[i]);
    }
    msgpack_sbuffer_destroy(&packed);
    free(text);
}

static void arrays_of_every_size_are_read(void **state) {
    (void)state;
    assert_int_equal(read_bytes("\x90", 1), 0);
    assert_int_equal(hash.reply.elements, 0);
    assert_int_equal(read_bytes("\xdc\x00\x02\xa1"
                                "a\xa1"
                                "b",
                                7),
                     0);
    assert_string_equal(hash.reply.element[1]->str, "b");
    assert_int_equal(read_bytes("\xdd\x00\x00\x00\x01\xa2"
                                "cd",
                                8),
                     0);
    assert_string_equal(hash.reply.element[0]->str, "cd");
}

static void refused(const char *bytes, size_t len) {
    assert_int_equal(read_bytes(bytes, len), -1);
    assert_int_equal(error.code, BQ_ERR_UNEXPECTED_REPLY);
}

static void what_is_no_array_of_texts_is_refused(void **state) {
    (void)state;
    refused("", 0);
    refused("hello", 5);
    refused("\x91", 1);
    refused("\x91\xa3"
            "ab",
            4);
    refused("\x91\xd9", 2);
    refused("\x91\xdb\xff\xff\xff\xff"
            "a",
            7);
    refused("\x91\x01", 2);
    refused("\x91\xa1"
            "ab",
            4);
    refused("\xdc\x00", 2);
    refused("\xdd\xff\xff\xff\xff", 5);
}

static void no_memory_is_told(void **state) {
    (void)state;
    for (long n = 1; n <= 2; n++) {
        bqi_alloc_fail_at(n, 0);
        assert_int_equal(read_bytes("\x91\xa1"
                                    "a",
                                    3),
                         -1);
        assert_int_equal(error.code, BQ_ERR_OUT_OF_MEMORY);
    }
    bqi_alloc_fail_at(0, 0);
    assert_int_equal(read_bytes("\x91\xa1"
                                "a",
                                3),
                     0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(texts_of_every_length_are_read, release),
        cmocka_unit_test_teardown(arrays_of_every_size_are_read, release),
        cmocka_unit_test_teardown(what_is_no_array_of_texts_is_refused, release),
        cmocka_unit_test_teardown(no_memory_is_told, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
