/* Every line of tests/vectors/cron.jsonl: what BullMQ 6.7.0 on Node computes for a pattern. */
#include "support_cmocka.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cron_next.h"

enum { MOST_RUNS = 5 };

struct outcome {
    int64_t runs[MOST_RUNS];
    size_t count;
    const char *stage; /* of the error that ended it; NULL: none did */
    struct bqi_error error;
};

static int64_t number(const json_t *line, const char *name) {
    return (int64_t)json_integer_value(json_object_get(line, name));
}

static const char *text(const json_t *line, const char *name) {
    return json_string_value(json_object_get(line, name));
}

/* As BullMQ does it: each run is a search of its own, from the one before. */
static void search(const json_t *line, struct outcome *outcome) {
    const json_t *pattern = json_object_get(line, "pattern");
    struct bqi_cron_pattern parsed;
    struct bqi_zone *zone = NULL;
    int64_t from = number(line, "from");
    memset(outcome, 0, sizeof *outcome);
    outcome->stage = "parse";
    if (bqi_cron_parse(&parsed, json_string_value(pattern), json_string_length(pattern),
                       text(line, "hashSeed"), &outcome->error) != 0 ||
        !(zone = bqi_zone_open(text(line, "tz"), &outcome->error)))
        return;
    outcome->stage = "next";
    while (outcome->count < MOST_RUNS &&
           bqi_cron_next(&parsed, zone, from, number(line, "startDate"), number(line, "endDate"),
                         &from, &outcome->error) == 0)
        outcome->runs[outcome->count++] = from;
    if (outcome->count == MOST_RUNS)
        outcome->stage = NULL;
    bqi_zone_free(zone);
}

/* A zone that does not exist has a text with a date in it; only its beginning is the same. */
static int same_message(const json_t *line, const char *message) {
    const char *expected = text(line, "error");
    const char *code = text(line, "code");
    if (strcmp(code, "zone_or_date") == 0)
        return strncmp(expected, message, strlen("CronDate: unhandled timestamp:")) == 0;
    return strcmp(expected, message) == 0;
}

/* Why a line that has runs ended, in the vectors' short names. */
static int same_stop(const json_t *line, const char *message) {
    const char *code = text(line, "stopCode");
    return strcmp(message, strcmp(code, "loop_limit") == 0
                               ? "Invalid expression, loop limit exceeded"
                               : "Out of the time span range") == 0;
}

static int is_equal(const json_t *line, const struct outcome *outcome) {
    const json_t *next = json_object_get(line, "next");
    if (text(line, "error"))
        return outcome->count == 0 && outcome->stage &&
               strcmp(outcome->stage, text(line, "stage")) == 0 &&
               same_message(line, outcome->error.message);
    if (json_array_size(next) != outcome->count)
        return 0;
    for (size_t i = 0; i < outcome->count; i++)
        if (json_integer_value(json_array_get(next, i)) != outcome->runs[i])
            return 0;
    return outcome->count == MOST_RUNS || same_stop(line, outcome->error.message);
}

static void show(const char *line, const struct outcome *outcome) {
    print_error("%sfound:", line);
    for (size_t i = 0; i < outcome->count; i++)
        print_error(" %lld", (long long)outcome->runs[i]);
    if (outcome->stage)
        print_error(" %s: %s", outcome->stage, outcome->error.message);
    print_error("\n");
}

static void every_line_is_equal_to_node(void **state) {
    char line[8192];
    int lines = 0, different = 0;
    FILE *file = fopen(BQ_SOURCE_DIR "/tests/vectors/cron.jsonl", "r");
    (void)state;
    assert_non_null(file);
    setenv("TZ", "UTC", 1);
    while (fgets(line, sizeof line, file)) {
        json_t *parsed = json_loads(line, 0, NULL);
        struct outcome outcome;
        assert_non_null(parsed);
        search(parsed, &outcome);
        if (!is_equal(parsed, &outcome) && different++ < 20)
            show(line, &outcome);
        lines++;
        json_decref(parsed);
    }
    fclose(file);
    assert_int_equal(lines, 3000);
    assert_int_equal(different, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_is_equal_to_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
