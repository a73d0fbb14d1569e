/* bq_cron_next: runs of a pattern for those who have no scheduler. Any thread. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cron_next.h"
#include "outbox.h"

enum { MOST_RUNS = 1000 };

static const struct {
    const char *name;
    json_type type;
    const char *wanted;
} arguments[] = {
    {"pattern", JSON_STRING, "text"},
    {"tz", JSON_STRING, "text"},
    {"start", JSON_INTEGER, "an integer, ms since the epoch"},
    {"end", JSON_INTEGER, "an integer, ms since the epoch"},
    {"count", JSON_INTEGER, "an integer from 1 to 1000"},
    {"hashSeed", JSON_STRING, "text"},
};

enum { ARGUMENTS = sizeof arguments / sizeof *arguments };

static int check_one(const char *name, const json_t *value, struct bqi_error *error) {
    int i = 0;
    while (i < ARGUMENTS && strcmp(arguments[i].name, name) != 0)
        i++;
    if (i == ARGUMENTS)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "cron_next has no argument \"%s\".",
                             name);
    if (json_is_null(value))
        return 0;
    int fits = json_typeof(value) == arguments[i].type;
    if (fits && json_is_integer(value)) {
        int64_t number = json_integer_value(value);
        int is_count = strcmp(name, "count") == 0;
        fits = is_count ? number >= 1 && number <= MOST_RUNS
                        : number >= -BQI_CRON_LARGEST_TIME && number <= BQI_CRON_LARGEST_TIME;
    }
    return fits ? 0
                : bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                "cron_next needs the argument \"%s\": %s.", name,
                                arguments[i].wanted);
}

static json_t *parse_args(bq_bytes text, struct bqi_error *error) {
    const char *name;
    json_t *value;
    json_error_t where;
    json_t *args = text.ptr ? json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, &where) : NULL;
    int status = json_is_object(args)
                     ? 0
                     : bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                     "The arguments of cron_next must be one JSON object.");
    json_object_foreach(args, name, value) {
        if (status == 0)
            status = check_one(name, value, error);
    }
    if (status == 0 && !json_is_string(json_object_get(args, "pattern")))
        status = bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                               "cron_next needs the argument \"pattern\": text.");
    if (status == 0)
        return args;
    json_decref(args);
    return NULL;
}

static int64_t integer(const json_t *args, const char *name, int64_t unset) {
    const json_t *value = json_object_get(args, name);
    return json_is_integer(value) ? json_integer_value(value) : unset;
}

/* The runs that there are; `why` there are no more, if there are fewer than asked for. */
static json_t *find_runs(const json_t *args, const struct bqi_cron_pattern *pattern,
                         const struct bqi_zone *zone, struct bqi_error *why) {
    int64_t from = integer(args, "start", bqi_now()), end = integer(args, "end", 0);
    int64_t wanted = integer(args, "count", 1);
    json_t *runs = json_array();
    if (runs)
        why->code = 0;
    for (int64_t i = 0; runs && i < wanted; i++) {
        if (bqi_cron_next(pattern, zone, from, 0, end, &from, why) != 0)
            break;
        json_array_append_new(runs, json_integer(from));
    }
    return runs;
}

static json_t *compute(const json_t *args, struct bqi_error *why) {
    const json_t *text = json_object_get(args, "pattern");
    struct bqi_cron_pattern pattern;
    struct bqi_zone *zone;
    if (bqi_cron_parse(&pattern, json_string_value(text), json_string_length(text),
                       json_string_value(json_object_get(args, "hashSeed")), why) != 0 ||
        !(zone = bqi_zone_open(json_string_value(json_object_get(args, "tz")), why)))
        return NULL;
    json_t *runs = find_runs(args, &pattern, zone, why);
    bqi_zone_free(zone);
    return runs;
}

bq_batch *bq_cron_next(bq_bytes args) {
    struct bqi_buffer bytes = {0};
    struct bqi_error why = {BQ_ERR_OUT_OF_MEMORY, "Out of memory."};
    json_t *parsed = parse_args(args, &why);
    json_t *runs = parsed ? compute(parsed, &why) : NULL;
    char *text = runs ? json_dumps(runs, JSON_COMPACT) : NULL;
    if (text) {
        struct bqi_record reply = bqi_record_begin(&bytes, BQ_EV_REPLY, 0);
        bqi_record_text(&reply, BQ_TAG_VALUE, text);
        if (why.code)
            bqi_record_text(&reply, BQ_TAG_MESSAGE, why.message);
        bqi_record_end(&reply);
    } else {
        bqi_record_error(&bytes, 0, &why, NULL);
    }
    free(text);
    json_decref(runs);
    json_decref(parsed);
    return bqi_batch_new(&bytes);
}
