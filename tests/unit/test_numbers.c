/* Numbers as Redis writes and reads them, also where people write a comma. */
#include "support_cmocka.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "number.h"

static void assert_format(double number, const char *expected) {
    char text[40];
    bqi_number_format(number, text, sizeof text);
    assert_string_equal(text, expected);
    assert_true(bqi_number_parse(text) == number);
}

static void numbers_are_formatted_and_parsed(void **state) {
    (void)state;
    assert_format(0, "0");
    assert_format(-5, "-5");
    assert_format(1700000000000, "1700000000000");
    assert_format(9007199254740991, "9007199254740991");
    assert_format(12.5, "12.5");
    assert_format(-0.125, "-0.125");
    char text[40];
    bqi_number_format(1.0 / 3, text, sizeof text);
    assert_true(bqi_number_parse(text) == 1.0 / 3);
    bqi_number_format(1e300, text, sizeof text);
    assert_true(bqi_number_parse(text) == 1e300);
}

static void texts_of_redis_and_of_lua_are_parsed(void **state) {
    (void)state;
    assert_true(bqi_number_parse("1.7000000000001e+12") == 1700000000000.1);
    assert_true(bqi_number_parse("1e+15") == 1e15);
    assert_int_equal(bqi_number_parse_int("1700000000000.75"), 1700000000000);
    assert_int_equal(bqi_number_parse_int("-3.9"), -3);
    assert_int_equal(bqi_number_parse_int("007"), 7);
}

static void what_is_no_number_is_zero_and_too_large_ones_are_the_largest(void **state) {
    static const char *const texts[] = {"", "-", "abc", "nan", "inf", "1,5", "[]", "\"5\"", "\xff"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(bqi_number_parse_int(texts[i]), 0);
    assert_int_equal(bqi_number_parse_int("1e300"), 9007199254740992);
    assert_int_equal(bqi_number_parse_int("-1e300"), -9007199254740992);
    assert_int_equal(bqi_number_parse_int("99999999999999999999999"), 9007199254740992);
}

/* A locale of the test's own, because few machines have one installed. */
static int make_comma_locale(char *directory) {
    char path[128];
    int status;
    snprintf(path, sizeof path, "%s/comma.UTF-8", mkdtemp(directory));
    pid_t pid = fork();
    if (pid == 0) {
        freopen("/dev/null", "w", stderr);
        execlp("localedef", "localedef", "-i", "de_DE", "-f", "UTF-8", path, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    setenv("LOCPATH", directory, 1);
    return setlocale(LC_NUMERIC, "comma.UTF-8") != NULL;
}

static void a_locale_with_commas_changes_nothing(void **state) {
    char directory[] = "/tmp/bqtest-XXXXXX", command[64];
    (void)state;
    int made = make_comma_locale(directory);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
    if (!made) {
        print_message("localedef or its sources are not installed\n");
        skip();
    }
    char shown[16];
    snprintf(shown, sizeof shown, "%.1f", 0.5);
    assert_string_equal(shown, "0,5");
    numbers_are_formatted_and_parsed(state);
    texts_of_redis_and_of_lua_are_parsed(state);
    setlocale(LC_NUMERIC, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_formatted_and_parsed),
        cmocka_unit_test(texts_of_redis_and_of_lua_are_parsed),
        cmocka_unit_test(what_is_no_number_is_zero_and_too_large_ones_are_the_largest),
        cmocka_unit_test(a_locale_with_commas_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
