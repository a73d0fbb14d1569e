/* The failure object of bq_job_fail: what it means, and what is none. */
#include "support_cmocka.h"

#include <string.h>

#include "failure.h"

static json_t *object;

static struct bqi_failure failure_of(const char *text) {
    json_decref(object);
    object = bqi_failure_parse((bq_bytes){text, strlen(text)});
    assert_non_null(object);
    return bqi_failure_of(object);
}

static int release(void **state) {
    (void)state;
    json_decref(object);
    object = NULL;
    return 0;
}

static void an_empty_object_is_a_failure_with_nodes_reason(void **state) {
    (void)state;
    struct bqi_failure failure = failure_of("{}");
    assert_int_equal(failure.kind, BQI_FAILURE_ORDINARY);
    assert_string_equal(failure.message, "null");
    assert_null(failure.stack);
    assert_null(failure.telemetry);
    assert_false(failure.has_backoff_delay);
}

static void the_name_stands_for_a_message_that_is_missing(void **state) {
    (void)state;
    assert_string_equal(failure_of("{\"name\":\"E\"}").message, "E");
    assert_string_equal(failure_of("{\"name\":\"E\",\"message\":\"m\"}").message, "m");
    assert_string_equal(failure_of("{\"name\":\"E\",\"message\":\"\"}").message, "");
}

static void the_kind_is_read_from_marks_message_and_name(void **state) {
    static const struct {
        const char *text;
        enum bqi_failure_kind kind;
    } cases[] = {
        {"{\"name\":\"UnrecoverableError\"}", BQI_FAILURE_UNRECOVERABLE},
        {"{\"message\":\"bullmq:rateLimitExceeded\"}", BQI_FAILURE_RATE_LIMITED},
        {"{\"name\":\"RateLimitError\"}", BQI_FAILURE_RATE_LIMITED},
        {"{\"name\":\"RateLimitError\",\"message\":\"429\"}", BQI_FAILURE_ORDINARY},
        {"{\"moved\":true,\"name\":\"UnrecoverableError\"}", BQI_FAILURE_MOVED},
        {"{\"moved\":false}", BQI_FAILURE_ORDINARY},
        {"{\"giveBack\":true,\"moved\":true}", BQI_FAILURE_GIVEN_BACK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(failure_of(cases[i].text).kind, cases[i].kind);
}

static void a_delay_counts_if_it_is_a_number(void **state) {
    (void)state;
    struct bqi_failure failure = failure_of("{\"backoffDelay\":-1}");
    assert_true(failure.has_backoff_delay && failure.backoff_delay == -1);
    assert_true(failure_of("{\"backoffDelay\":2.5}").backoff_delay == 2.5);
    assert_false(failure_of("{\"backoffDelay\":null}").has_backoff_delay);
}

static void a_nul_in_a_text_becomes_a_space(void **state) {
    (void)state;
    struct bqi_failure failure =
        failure_of("{\"message\":\"a\\u0000b\",\"stack\":\"\\u0000\",\"name\":\"x\\u0000\","
                   "\"telemetryMetadata\":\"t\\u0000\"}");
    assert_string_equal(failure.message, "a b");
    assert_string_equal(failure.stack, " ");
    assert_string_equal(failure.telemetry, "t ");
}

static void what_is_no_failure_is_refused(void **state) {
    static const char *const texts[] = {"",
                                        "[]",
                                        "null",
                                        "{",
                                        "{\"message\":1}",
                                        "{\"name\":[]}",
                                        "{\"stack\":true}",
                                        "{\"telemetryMetadata\":{}}",
                                        "{\"backoffDelay\":\"5\"}",
                                        "{\"backoffDelay\":1e999}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_null(bqi_failure_parse((bq_bytes){texts[i], strlen(texts[i])}));
    assert_null(bqi_failure_parse((bq_bytes){NULL, 0}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_empty_object_is_a_failure_with_nodes_reason, release),
        cmocka_unit_test_teardown(the_name_stands_for_a_message_that_is_missing, release),
        cmocka_unit_test_teardown(the_kind_is_read_from_marks_message_and_name, release),
        cmocka_unit_test_teardown(a_delay_counts_if_it_is_a_number, release),
        cmocka_unit_test_teardown(a_nul_in_a_text_becomes_a_space, release),
        cmocka_unit_test(what_is_no_failure_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
