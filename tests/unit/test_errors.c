/* What went wrong, in Node's words, and the names and flags of errors. */
#include "support_cmocka.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bq/bq.h"
#include "error.h"
#include "nearest.h"
#include "tables.h"

static struct bqi_error error;

static void assert_text(long long code, const char *command, const char *state,
                        const char *expected) {
    assert_int_equal(bqi_error_set_script(&error, code, "7", command, state), -1);
    assert_string_equal(error.message, expected);
}

static void script_codes_have_nodes_texts(void **state) {
    (void)state;
    assert_text(-1, "moveToFinished", "active", "Missing key for job 7. moveToFinished");
    assert_text(-2, "moveToFinished", "active", "Missing lock for job 7. moveToFinished");
    assert_text(-3, "retryJob", "active", "Job 7 is not in the active state. retryJob");
    assert_text(-4, "moveToFinished", "active", "Job 7 has pending dependencies. moveToFinished");
    assert_text(-5, "addJob", "", "Missing key for parent job 7. addJob");
    assert_text(-6, "moveToDelayed", "active",
                "Lock mismatch for job 7. Cmd moveToDelayed from active");
    assert_text(-7, "addJob", "", "The parent job 7 cannot be replaced. addJob");
    assert_text(-8, "removeJob", "",
                "Job 7 belongs to a job scheduler and cannot be removed directly. removeJob");
    assert_text(-9, "moveToFinished", "active",
                "Cannot complete job 7 because it has at least one failed child. moveToFinished");
    assert_text(-10, "addJobScheduler", "",
                "Cannot create job scheduler iteration - job ID already exists. addJobScheduler");
    assert_text(-11, "addJobScheduler", "",
                "Cannot create job scheduler iteration - current and next time slots already have "
                "jobs. addJobScheduler");
    assert_text(-12, "addJob", "", "Unknown code -12 error for 7. addJob");
}

static void a_script_code_is_the_errors_code(void **state) {
    (void)state;
    for (int code = -11; code < 0; code++) {
        bqi_error_set_script(&error, code, "7", "x", "y");
        assert_int_equal(error.code, code);
    }
    bqi_error_set_script(&error, -12, "7", "x", "y");
    assert_int_equal(error.code, BQ_ERR_UNEXPECTED_REPLY);
}

static void every_code_has_a_name_of_its_own(void **state) {
    (void)state;
    for (size_t i = 0; i < bqi_error_entry_count; i++) {
        const struct bqi_error_entry *entry = &bqi_error_entries[i];
        assert_string_equal(bqi_error_name(entry->code), entry->name);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(bqi_error_entries[j].code, entry->code);
            assert_string_not_equal(bqi_error_entries[j].name, entry->name);
        }
    }
    assert_string_equal(bqi_error_name(BQ_ERR_JOB_LOCK_MISMATCH), "JobLockMismatch");
    assert_string_equal(bqi_error_name(12345), "Error");
    assert_int_equal(bqi_error_flags(12345), 0);
}

static void flags_tell_what_may_be_tried_again_and_what_is_hopeless(void **state) {
    (void)state;
    assert_int_equal(bqi_error_flags(BQ_ERR_CONNECTION_FAILED), BQ_FLAG_RETRIABLE);
    assert_int_equal(bqi_error_flags(BQ_ERR_COMMAND_TIMEOUT), BQ_FLAG_RETRIABLE);
    assert_int_equal(bqi_error_flags(BQ_ERR_AUTHENTICATION_FAILED), BQ_FLAG_FATAL);
    assert_int_equal(bqi_error_flags(BQ_ERR_INVALID_ARGUMENT), 0);
}

/* jansson takes well-formed UTF-8 only, as hosts do. */
static void assert_is_text(void) {
    json_t *text = json_string(error.message);
    if (!text)
        fail_msg("not UTF-8: %s", error.message);
    json_decref(text);
}

static void messages_that_are_too_long_are_cut_between_characters(void **state) {
    static const char *const characters[] = {"\xc3\xa9", "\xe2\x98\x83", "\xf0\x9d\x84\x9e"};
    char long_text[3000];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (int shift = 0; shift < 4; shift++) {
            memset(long_text, 'x', (size_t)shift);
            long_text[shift] = '\0';
            while (strlen(long_text) < 2000)
                strcat(long_text, characters[i]);
            bqi_error_set(&error, 100, "%s", long_text);
            assert_true(strlen(error.message) > 1000);
            assert_is_text();
        }
    }
}

static void whatever_bytes_a_message_is_made_of_it_is_text(void **state) {
    static const char *const bytes[] = {"\xff",
                                        "\x80",
                                        "\xc0\x80",
                                        "\xc3",
                                        "\xe2\x98",
                                        "\xe0\x80\x80",
                                        "\xed\xa0\x80",
                                        "\xf0\x80\x80\x80",
                                        "\xf4\x90\x80\x80",
                                        "\xf8\x88\x80\x80\x80",
                                        "a\xe2\x98z\xc3\xa9"};
    (void)state;
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        bqi_error_set(&error, 100, "before %s after", bytes[i]);
        assert_is_text();
        assert_memory_equal(error.message, "before ", 7);
        assert_non_null(strstr(error.message, " after"));
    }
}

/* ---- refusals ---- */

static void every_refusal_has_a_sentence(void **state) {
    (void)state;
    for (int code = BQ_ESYS; code < 0; code++) {
        assert_non_null(bq_strerror(code));
        assert_string_not_equal(bq_strerror(code), "Unknown refusal code.");
        for (int other = BQ_ESYS; other < code; other++)
            assert_string_not_equal(bq_strerror(code), bq_strerror(other));
    }
    assert_string_equal(bq_strerror(0), "No error.");
    assert_string_equal(bq_strerror(-99), "Unknown refusal code.");
    assert_string_equal(bq_strerror(5), "Unknown refusal code.");
}

static void the_library_tells_the_version_of_its_header(void **state) {
    (void)state;
    assert_string_equal(bq_version(), BQ_VERSION);
}

/* ---- nearest names ---- */

static void distance_counts_letters_and_half_of_case(void **state) {
    (void)state;
    assert_int_equal(bqi_name_distance("delay", "delay"), 0);
    assert_int_equal(bqi_name_distance("delay", "Delay"), 1);
    assert_int_equal(bqi_name_distance("delay", "dely"), 2);
    assert_int_equal(bqi_name_distance("dely", "delay"), 2);
    assert_int_equal(bqi_name_distance("delay", "delax"), 2);
    assert_int_equal(bqi_name_distance("", "abc"), 6);
    assert_int_equal(bqi_name_distance("abc", ""), 6);
    assert_int_equal(bqi_name_distance("", ""), 0);
}

static void distance_is_the_same_both_ways(void **state) {
    static const char *const names[] = {"attempts", "atempts", "Attempts", "backoff", "lifo", ""};
    (void)state;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++)
            assert_int_equal(bqi_name_distance(names[i], names[j]),
                             bqi_name_distance(names[j], names[i]));
}

static void names_of_any_length_are_compared_safely(void **state) {
    char long_name[1000];
    (void)state;
    for (size_t length = 60; length < 70; length++) {
        memset(long_name, 'x', length);
        long_name[length] = '\0';
        bqi_name_distance(long_name, "delay");
        bqi_name_distance("delay", long_name);
        bqi_name_distance(long_name, long_name);
    }
    assert_false(bqi_name_is_near(bqi_name_distance(long_name, "delay"), long_name));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(script_codes_have_nodes_texts),
        cmocka_unit_test(a_script_code_is_the_errors_code),
        cmocka_unit_test(every_code_has_a_name_of_its_own),
        cmocka_unit_test(flags_tell_what_may_be_tried_again_and_what_is_hopeless),
        cmocka_unit_test(messages_that_are_too_long_are_cut_between_characters),
        cmocka_unit_test(whatever_bytes_a_message_is_made_of_it_is_text),
        cmocka_unit_test(every_refusal_has_a_sentence),
        cmocka_unit_test(the_library_tells_the_version_of_its_header),
        cmocka_unit_test(distance_counts_letters_and_half_of_case),
        cmocka_unit_test(distance_is_the_same_both_ways),
        cmocka_unit_test(names_of_any_length_are_compared_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
