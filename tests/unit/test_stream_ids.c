/* Ids of stream entries, read, ordered and written. */
#include "support_cmocka.h"

#include "stream_id.h"

static struct bqi_stream_id id_of(const char *text) {
    struct bqi_stream_id id;
    assert_int_equal(bqi_stream_id_parse(text, &id), 0);
    return id;
}

static void an_id_is_written_as_it_was_read(void **state) {
    static const char *const ids[] = {"0-0", "1754000000123-7",
                                      "18446744073709551615-18446744073709551615"};
    char text[BQI_STREAM_ID_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_string_equal(bqi_stream_id_format(id_of(ids[i]), text), ids[i]);
    assert_string_equal(bqi_stream_id_format(id_of("5"), text), "5-0");
}

static void what_is_no_id_is_refused(void **state) {
    static const char *const bad[] = {"",
                                      "-",
                                      "1-",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1-+2",
                                      "1--2",
                                      "1-2-3",
                                      "0x1",
                                      "$",
                                      "1.5",
                                      "18446744073709551616",
                                      "1-18446744073709551616"};
    struct bqi_stream_id id;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (bqi_stream_id_parse(bad[i], &id) == 0)
            fail_msg("\"%s\" was taken for an id", bad[i]);
}

static void ids_are_ordered_by_time_then_sequence(void **state) {
    (void)state;
    assert_true(bqi_stream_id_is_after(id_of("10-0"), id_of("9-99")));
    assert_true(bqi_stream_id_is_after(id_of("10-10"), id_of("10-9")));
    assert_false(bqi_stream_id_is_after(id_of("10-9"), id_of("10-9")));
    assert_false(bqi_stream_id_is_after(id_of("9-99"), id_of("10-0")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_written_as_it_was_read),
        cmocka_unit_test(what_is_no_id_is_refused),
        cmocka_unit_test(ids_are_ordered_by_time_then_sequence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
