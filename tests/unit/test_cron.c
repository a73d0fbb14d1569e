/* bq_cron_next, and the corners of patterns that tests/vectors/cron.jsonl has no line for. */
#include "support_cmocka.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bq/bq_record.h"

/* 2026-01-15T10:20:30Z, a Thursday */
#define THEN "1768472430000"

static char answer[4096];

/* The value of the reply, or the error's message after a "!". */
static const char *next(const char *args) {
    bq_batch *batch = bq_cron_next(bq_bytes_of(args));
    assert_non_null(batch);
    bq_bytes bytes = bq_batch_bytes(batch);
    bq_record record;
    assert_true(bq_record_next(&bytes, &record));
    int failed = record.type == BQ_EV_ERROR;
    bq_bytes text = bq_record_bytes(&record, failed ? BQ_TAG_MESSAGE : BQ_TAG_VALUE);
    bq_bytes why = bq_record_bytes(&record, BQ_TAG_MESSAGE);
    snprintf(answer, sizeof answer, "%s%.*s%s%.*s", failed ? "!" : "", (int)text.len, text.ptr,
             !failed && why.ptr ? " " : "", failed ? 0 : (int)why.len, why.ptr ? why.ptr : "");
    if (failed)
        assert_int_equal(bq_record_integer(&record, BQ_TAG_CODE, 0), BQ_ERR_INVALID_ARGUMENT);
    assert_int_equal(bytes.len, 0);
    bq_batch_free(batch);
    return answer;
}

/* As next, of a pattern alone: at that time, in UTC. */
static const char *of(const char *pattern) {
    char args[2048];
    snprintf(args, sizeof args, "{\"pattern\":\"%s\",\"tz\":\"UTC\",\"start\":" THEN "}", pattern);
    return next(args);
}

static void as_many_runs_as_asked_for_come_after_start(void **state) {
    (void)state;
    assert_string_equal(
        next("{\"pattern\":\"0 0 * * *\",\"tz\":\"Europe/Paris\",\"start\":" THEN ",\"count\":3}"),
        "[1768518000000,1768604400000,1768690800000]");
    assert_string_equal(of("30 20 10 15 1 *"), "[1800008430000]"); /* not at it */
}

static void a_list_that_is_cut_short_says_why(void **state) {
    (void)state;
    assert_string_equal(next("{\"pattern\":\"* * * * *\",\"tz\":\"UTC\",\"start\":" THEN
                             ",\"end\":1768472460000,\"count\":3}"),
                        "[1768472460000] Out of the time span range");
    assert_string_equal(of("0 0 31 4,6 *"), "[] Invalid expression, loop limit exceeded");
}

static void without_start_runs_come_after_now(void **state) {
    (void)state;
    long long run = atoll(next("{\"pattern\":\"* * * * * *\"}") + 1);
    assert_true(run > 1700000000000 && run % 1000 == 0);
}

static void a_seed_decides_what_is_hashed(void **state) {
    (void)state;
    assert_string_equal(next("{\"pattern\":\"H H * * *\",\"hashSeed\":\"seed\",\"tz\":\"UTC\","
                             "\"start\":" THEN "}"),
                        "[1768521840000]");
}

static void bad_arguments_are_named(void **state) {
    (void)state;
    assert_string_equal(next("[]"), "!The arguments of cron_next must be one JSON object.");
    assert_string_equal(next(""), "!The arguments of cron_next must be one JSON object.");
    assert_string_equal(next("{}"), "!cron_next needs the argument \"pattern\": text.");
    assert_string_equal(next("{\"pattern\":5}"),
                        "!cron_next needs the argument \"pattern\": text.");
    assert_string_equal(next("{\"pattern\":\"* * * * *\",\"zone\":\"UTC\"}"),
                        "!cron_next has no argument \"zone\".");
    assert_string_equal(next("{\"pattern\":\"* * * * *\",\"count\":1001}"),
                        "!cron_next needs the argument \"count\": an integer from 1 to 1000.");
    assert_string_equal(next("{\"pattern\":\"* * * * *\",\"start\":8640000000000001}"),
                        "!cron_next needs the argument \"start\": an integer, ms since the epoch.");
    assert_string_equal(next("{\"pattern\":\"* * * * *\",\"tz\":\"Mars/Olympus\"}"),
                        "!CronDate: unhandled timestamp: there is no time zone \"Mars/Olympus\" on "
                        "this host. Use an IANA name such as \"Europe/Paris\", and install the "
                        "system's tzdata.");
}

static void a_text_that_stands_twice_is_a_duplicate(void **state) {
    (void)state;
    assert_string_equal(of("0 0 L,L * *"),
                        "!CronDayOfMonth Validation error, duplicate values found: L");
    assert_string_equal(of("0 0 5L,5L,10L,10L * *"),
                        "!CronDayOfMonth Validation error, duplicate values found: 10L");
    assert_string_equal(of("0 0 * * 5L,5L,6,6"),
                        "!CronDayOfWeek Validation error, duplicate values found: 6");
    assert_string_equal(of("0 0 5L,05L * *"), "[1769817600000]");
}

static void the_l_of_a_month_among_the_weekdays_means_last(void **state) {
    (void)state;
    assert_string_equal(of("0 0 * * JUL#2"), "[1769299200000]");
    assert_string_equal(of("0 0 * * jul#2"), "[1770508800000]");
}

static void what_stands_beside_a_hash_is_refused_in_the_end(void **state) {
    (void)state;
    assert_int_equal(strncmp(of("xH/2 * * * *"), "!Constraint error, got value x", 30), 0);
    assert_string_equal(of("H(1-1)x * * * *"),
                        "!CronMinute Validation error, got value 1x expected range 0-59");
    assert_string_equal(of("H(2-2)x H(1-1)y * * *"),
                        "!CronMinute Validation error, got value 2x expected range 0-59");
    assert_string_equal(of("0 0 1 H(2-2)x 3"),
                        "!CronMonth Validation error, got value 2x expected range 1-12");
    assert_string_equal(of("0 0 * * H(3-3)x"), "[1768953600000]");
}

static void the_number_of_an_occurrence_is_read_as_javascript_does(void **state) {
    (void)state;
    char plain[64];
    snprintf(plain, sizeof plain, "%s", of("0 0 * * 3#2"));
    assert_string_equal(of("0 0 * * 3#02"), plain);
    assert_string_equal(of("0 0 * * 3#0x2"), plain);
    assert_string_equal(of("0 0 * * 3#2.0"), plain);
    assert_string_equal(of("0 0 * * 3#2e0"), plain);
    assert_string_equal(of("0 0 * * 3#+2"), plain);
    assert_string_equal(of("0 0 * * 3#2.5"), "[] Invalid expression, loop limit exceeded");
    assert_string_equal(of("0 0 * * 3#0x6"),
                        "!Constraint error, invalid dayOfWeek occurrence number (#)");
    assert_string_equal(of("0 0 * * 3#"),
                        "!Constraint error, invalid dayOfWeek occurrence number (#)");
    assert_string_equal(of("0 0 * * 3#1e9"),
                        "!Constraint error, invalid dayOfWeek occurrence number (#)");
}

static void a_pattern_of_the_greatest_length_is_read(void **state) {
    char pattern[1200] = "0";
    (void)state;
    while (strlen(pattern) < 515)
        strcat(pattern, ",0");
    const char *why = of(pattern);
    assert_string_equal(why,
                        "!Constraint error, too many values in DayOfWeek field, expected at most "
                        "256");
    memset(pattern, '*', 1024);
    pattern[1024] = '\0';
    assert_true(of(pattern)[0] == '!');
    strcat(pattern, "*");
    assert_string_equal(of(pattern), "!Invalid cron expression, too long, expected at most 1024 "
                                     "characters");
}

static void a_nul_in_a_pattern_ends_nothing(void **state) {
    (void)state;
    assert_true(of("* * * * *\\u0000")[0] == '!');
    assert_true(of("5\\u0000 * * * *")[0] == '!');
}

static void the_ends_of_time_are_no_trap(void **state) {
    (void)state;
    next("{\"pattern\":\"0 0 29 2 1#5\",\"tz\":\"Europe/Paris\",\"start\":8640000000000000}");
    next("{\"pattern\":\"0 0 29 2 1#5\",\"tz\":\"Europe/Paris\",\"start\":-8640000000000000}");
    assert_string_equal(next("{\"pattern\":\"0 0 1 1 *\",\"tz\":\"UTC\",\"start\":-1}"), "[0]");
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    for (long n = 1; n < 60; n++) {
        bqi_alloc_fail_at(n, 0);
        bq_batch *batch =
            bq_cron_next(bq_bytes_of("{\"pattern\":\"0 5 L * mon\",\"tz\":\"europe/PARIS\"}"));
        bqi_alloc_fail_at(0, 0);
        if (batch)
            assert_true(bq_batch_bytes(batch).len > 0);
        bq_batch_free(batch);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_runs_as_asked_for_come_after_start),
        cmocka_unit_test(a_list_that_is_cut_short_says_why),
        cmocka_unit_test(without_start_runs_come_after_now),
        cmocka_unit_test(a_seed_decides_what_is_hashed),
        cmocka_unit_test(bad_arguments_are_named),
        cmocka_unit_test(a_text_that_stands_twice_is_a_duplicate),
        cmocka_unit_test(the_l_of_a_month_among_the_weekdays_means_last),
        cmocka_unit_test(what_stands_beside_a_hash_is_refused_in_the_end),
        cmocka_unit_test(the_number_of_an_occurrence_is_read_as_javascript_does),
        cmocka_unit_test(a_pattern_of_the_greatest_length_is_read),
        cmocka_unit_test(a_nul_in_a_pattern_ends_nothing),
        cmocka_unit_test(the_ends_of_time_are_no_trap),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
