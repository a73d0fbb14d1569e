#include "scheduler.h"

#include <math.h>
#include <string.h>

#include "cron_next.h"
#include "number.h"
#include "pack.h"

int64_t bqi_repeat_number(const json_t *repeat, const char *name) {
    const json_t *value = json_object_get(repeat, name);
    double number = json_number_value(value); /* 0 for what is none */
    if (json_is_string(value))                /* other clients write numbers as text */
        return bqi_number_parse_int(json_string_value(value));
    if (fabs(number) > (double)BQI_CRON_LARGEST_TIME)
        return number > 0 ? BQI_CRON_LARGEST_TIME : -BQI_CRON_LARGEST_TIME;
    return (int64_t)number;
}

/* ---- the next iteration ---- */

static const char *pattern_of(const json_t *repeat) {
    const char *pattern = json_string_value(json_object_get(repeat, "pattern"));
    return pattern && *pattern ? pattern : NULL;
}

static int has(const json_t *repeat, const char *name) {
    const json_t *value = json_object_get(repeat, name);
    return value && !json_is_null(value);
}

int bqi_iteration_check(const json_t *repeat, struct bqi_error *error) {
    int has_pattern = pattern_of(repeat) != NULL;
    int has_every = bqi_repeat_number(repeat, "every") != 0;
    if (has_pattern && has_every)
        return bqi_error_set(
            error, BQ_ERR_INVALID_ARGUMENT,
            "Both .pattern and .every options are defined for this repeatable job");
    if (!has_pattern && !has_every)
        return bqi_error_set(
            error, BQ_ERR_INVALID_ARGUMENT,
            "Either .pattern or .every options must be defined for this repeatable job");
    if (json_is_true(json_object_get(repeat, "immediately")) &&
        bqi_repeat_number(repeat, "startDate"))
        return bqi_error_set(
            error, BQ_ERR_INVALID_ARGUMENT,
            "Both .immediately and .startDate options are defined for this repeatable job");
    return 0;
}

/* Strictly after now, the last iteration and the start. */
static enum bqi_iteration_status find_next(int64_t *next, struct bqi_zone_cache *zones,
                                           const json_t *repeat, int64_t previous, int64_t now,
                                           struct bqi_error *error) {
    const json_t *text = json_object_get(repeat, "pattern");
    const char *zone_name = json_string_value(json_object_get(repeat, "tz"));
    int64_t start = bqi_repeat_number(repeat, "startDate");
    int64_t end = bqi_repeat_number(repeat, "endDate");
    int64_t least = previous > now ? previous : now;
    struct bqi_cron_pattern pattern;
    const struct bqi_zone *zone;
    if (bqi_cron_parse(&pattern, json_string_value(text), json_string_length(text),
                       json_string_value(json_object_get(repeat, "hashSeed")), error) != 0 ||
        !(zone = bqi_zone_cache_get(zones, zone_name, error)))
        return BQI_ITERATION_REFUSED;
    if (json_is_true(json_object_get(repeat, "immediately"))) {
        *next = now;
        return BQI_ITERATION_GOES_ON;
    }
    if (bqi_cron_next(&pattern, zone, start > least ? start : least, start, end, next, error) != 0)
        return BQI_ITERATION_OVER;
    if (*next < least)
        *next = least;
    return BQI_ITERATION_GOES_ON;
}

/* `immediately` is for the first iteration alone. */
static json_t *stored_repeat(const json_t *repeat, int64_t count) {
    json_t *stored = json_object();
    const char *key;
    json_t *value;
    int is_every = bqi_repeat_number(repeat, "every") != 0;
    int status = stored ? json_object_set_new(stored, "count", json_integer(count)) : -1;
    json_object_foreach((json_t *)repeat, key, value) {
        int is_offset = strcmp(key, "offset") == 0;
        if (json_is_null(value) || strcmp(key, "immediately") == 0 || strcmp(key, "count") == 0 ||
            (is_offset && (!is_every || bqi_repeat_number(repeat, key) == 0)))
            continue;
        if (status == 0)
            status = json_object_set(stored, key, value);
    }
    if (status == 0)
        return stored;
    json_decref(stored);
    return NULL;
}

enum bqi_iteration_status bqi_iteration_next(struct bqi_iteration *iteration,
                                             struct bqi_zone_cache *zones, const json_t *repeat,
                                             int64_t previous, int64_t now,
                                             struct bqi_error *error) {
    int64_t count = bqi_repeat_number(repeat, "count") + 1;
    int64_t end = bqi_repeat_number(repeat, "endDate");
    memset(iteration, 0, sizeof *iteration);
    if (bqi_iteration_check(repeat, error) != 0)
        return BQI_ITERATION_REFUSED;
    if ((has(repeat, "limit") && count > bqi_repeat_number(repeat, "limit")) || (end && now > end))
        return BQI_ITERATION_OVER;
    enum bqi_iteration_status status = BQI_ITERATION_GOES_ON;
    if (pattern_of(repeat))
        status = find_next(&iteration->next, zones, repeat, previous, now, error);
    if (status != BQI_ITERATION_GOES_ON)
        return status;
    iteration->repeat = stored_repeat(repeat, count);
    if (iteration->repeat)
        return BQI_ITERATION_GOES_ON;
    bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    return BQI_ITERATION_REFUSED;
}

int bqi_iteration_pack_options(const struct bqi_iteration *iteration, json_t *opts,
                               const char *scheduler, int64_t now, msgpack_sbuffer *out) {
    msgpack_packer packer;
    int status = json_object_set(opts, "repeat", iteration->repeat);
    status |= json_object_set_new(opts, "repeatJobKey", json_string(scheduler));
    status |= json_object_set_new(opts, "timestamp", json_integer(now));
    if (iteration->next)
        status |= json_object_set_new(opts, "prevMillis", json_integer(iteration->next));
    else
        json_object_del(opts, "prevMillis");
    if (status != 0)
        return -1;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    bqi_pack_json(&packer, opts); /* the script sets jobId and delay */
    return 0;
}

/* ---- keys of BullMQ 5 ---- */

/* name:jobId:endDate:tz:pattern-or-every */
int bqi_scheduler_is_legacy(const char *id) {
    const char *colons[4];
    for (int i = 0; i < 4; i++) {
        colons[i] = strchr(i ? colons[i - 1] + 1 : id, ':');
        if (!colons[i])
            return 0;
    }
    const char *end_date = colons[1] + 1, *rest = colons[3] + 1;
    if (end_date + strspn(end_date, "0123456789") != colons[2])
        return 0;
    return strchr(rest, ' ') || (*rest && rest[strspn(rest, "0123456789")] == '\0');
}

void bqi_scheduler_refuse_legacy(const char *id, const char *before, struct bqi_error *error) {
    bqi_error_set(
        error, BQ_ERR_INVALID_ARGUMENT,
        "%sLegacy repeatable job metadata is not supported in BullMQ v6 (key: \"%.300s\"). "
        "Migrate legacy repeatable jobs to Job Schedulers before upgrading. See "
        "https://docs.bullmq.io/guide/migrations/migrate-from-v5-to-v6",
        before, id);
}
