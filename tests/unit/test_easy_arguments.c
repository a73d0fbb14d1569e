/* The arguments objects that bq_easy.h builds, as a JSON parser reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "bq/bq_easy.h"

/* Closes and frees `json`, and compares it with what `expected` says. */
static void assert_reads_as(bq_buffer *json, json_t *expected) {
    json_error_t error;
    bq_easy_close(json);
    bq_bytes text = bq_buffer_bytes(json);
    json_t *found = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, &error);
    if (found == NULL || !json_equal(found, expected)) {
        fail_msg("%.*s: %s", (int)text.len, text.ptr, error.text);
    }
    json_decref(found);
    json_decref(expected);
    bq_buffer_free(json);
}

static void text_with_every_character_is_quoted(void **state) {
    bq_buffer json = BQ_BUFFER_INIT;
    char all[128 + 16];
    size_t length = 0;
    (void)state;
    for (int c = 1; c < 128; c++) {
        all[length++] = (char)c;
    }
    memcpy(all + length, "\xc3\xa9\xe2\x98\x83\xf0\x9d\x84\x9e", 10);
    bq_easy_text(&json, "text", all);
    assert_reads_as(&json, json_pack("{s:s}", "text", all));
}

static void arguments_that_are_unset_are_left_out(void **state) {
    bq_buffer json = BQ_BUFFER_INIT;
    (void)state;
    bq_easy_text(&json, "name", NULL);
    bq_easy_json(&json, "opts", NULL);
    bq_easy_integer(&json, "count", BQ_EASY_UNSET);
    bq_easy_list(&json, "types", NULL, 0);
    assert_reads_as(&json, json_object());
}

static void every_kind_of_argument_is_written(void **state) {
    static const char *const types[] = {"wait\"ing", "failed"};
    bq_buffer json = BQ_BUFFER_INIT;
    (void)state;
    bq_easy_text(&json, "name", "");
    bq_easy_json(&json, "opts", "{\"delay\":5}");
    bq_easy_integer(&json, "least", INT64_MIN + 1);
    bq_easy_integer(&json, "most", INT64_MAX);
    bq_easy_boolean(&json, "force", 2);
    bq_easy_list(&json, "types", types, 2);
    bq_easy_list(&json, "none", types, 0);
    assert_reads_as(&json, json_pack("{s:s, s:{s:i}, s:I, s:I, s:b, s:[s, s], s:[]}", "name", "",
                                     "opts", "delay", 5, "least", (json_int_t)(INT64_MIN + 1),
                                     "most", (json_int_t)INT64_MAX, "force", 1, "types", types[0],
                                     types[1], "none"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_with_every_character_is_quoted),
        cmocka_unit_test(arguments_that_are_unset_are_left_out),
        cmocka_unit_test(every_kind_of_argument_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
