/* The hashed values of cron patterns: "H" spreads schedules over their range, the same way for the
 * same seed (protocol/6 section 6). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cron_field.h"
#include "number.h"
#include "random.h"

/* ---- drawing ---- */

static uint32_t fnv(uint32_t hash, uint32_t unit) {
    return (hash ^ unit) * 16777619u;
}

/* FNV-1a over the UTF-16 units of UTF-8 text. */
static uint32_t hash_text(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    uint32_t hash = 2166136261u;
    while (*at) {
        int more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : *at >= 0xc0 ? 1 : 0;
        uint32_t point = more == 0 ? *at : *at & (0x3fu >> more);
        for (at++; more > 0 && *at; more--)
            point = point << 6 | (*at++ & 0x3f);
        if (point >= 0x10000) {
            hash = fnv(hash, 0xd800 + ((point - 0x10000) >> 10));
            point = 0xdc00 + ((point - 0x10000) & 0x3ff);
        }
        hash = fnv(hash, point);
    }
    return hash;
}

static double mulberry32(uint32_t *state) {
    uint32_t t = *state += 0x6d2b79f5u;
    t = (t ^ t >> 15) * (t | 1);
    t ^= t + (t ^ t >> 7) * (t | 61);
    return (double)(t ^ t >> 14) / 4294967296.0;
}

void bqi_cron_draw(const char *seed, double draws[BQI_CRON_UNITS]) {
    static const enum bqi_cron_unit order[] = {BQI_CRON_SECOND, BQI_CRON_MINUTE, BQI_CRON_HOUR,
                                               BQI_CRON_MONTH,  BQI_CRON_DAY,    BQI_CRON_WEEKDAY};
    uint32_t state = seed && *seed ? hash_text(seed) : 0;
    for (int i = 0; i < BQI_CRON_UNITS; i++)
        draws[order[i]] = seed && *seed ? mulberry32(&state) : bqi_random_fraction();
}

/* ---- replacing ---- */

/* "H", with an optional range in brackets and an optional step. */
struct hash {
    int has_range;
    int has_step;
    double low;
    double high;
    double step;
    size_t len;
};

static size_t scan_digits(const char *text, size_t len, double *number) {
    size_t n = 0;
    for (*number = 0; n < len && text[n] >= '0' && text[n] <= '9'; n++)
        *number = *number * 10 + (text[n] - '0');
    return n;
}

/* The "(a-b)" at the start of the text; 0: there is none. */
static size_t scan_range(struct hash *hash, const char *text, size_t len) {
    if (len == 0 || text[0] != '(')
        return 0;
    size_t low = scan_digits(text + 1, len - 1, &hash->low), at = 1 + low;
    if (low == 0 || at >= len || text[at] != '-')
        return 0;
    size_t high = scan_digits(text + at + 1, len - at - 1, &hash->high);
    at += 1 + high;
    return high && at < len && text[at] == ')' ? at + 1 : 0;
}

static void scan_hash(struct hash *hash, const char *text, size_t len) {
    size_t range = scan_range(hash, text + 1, len - 1);
    hash->has_range = range > 0;
    hash->len = 1 + range;
    size_t left = len - hash->len, digits = 0;
    if (left > 1 && text[hash->len] == '/')
        digits = scan_digits(text + hash->len + 1, left - 1, &hash->step);
    hash->has_step = digits > 0;
    if (digits)
        hash->len += 1 + digits;
}

int bqi_cron_hash_is_in(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        struct hash hash;
        if (text[i] != 'H')
            continue;
        scan_hash(&hash, text + i, len - i);
        if (hash.has_range || hash.has_step)
            return 1;
    }
    return 0;
}

static int check_hash(struct hash *hash, enum bqi_cron_unit unit, struct bqi_error *error) {
    const struct bqi_cron_limits *limits = &bqi_cron_limits[unit];
    char low[32], high[32];
    if (hash->has_step && hash->step == 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Invalid step: 0, must be positive");
    if (!hash->has_range) {
        hash->low = limits->min;
        hash->high = limits->max;
        return 0;
    }
    bqi_number_format(hash->low, low, sizeof low);
    bqi_number_format(hash->high, high, sizeof high);
    if (hash->low > hash->high)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Invalid range: %s-%s, min > max", low,
                             high);
    if (hash->low > limits->max || hash->high < limits->min)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Invalid range: %s-%s, no usable value in the %s field", low, high,
                             limits->hash_name);
    hash->low = fmax(hash->low, limits->min);
    hash->high = fmin(hash->high, limits->max);
    return 0;
}

static void append_value(struct bqi_buffer *out, double value, int is_first) {
    char text[16];
    snprintf(text, sizeof text, is_first ? "%d" : ",%d", (int)value);
    bqi_buffer_text(out, text);
}

/* Returns the number of values. */
static int append_hash(struct bqi_buffer *out, const struct hash *hash, double draw) {
    int count = 0;
    if (hash->has_step) {
        double value = floor(hash->low / hash->step) * hash->step + floor(draw * hash->step);
        for (; value <= hash->high; value += hash->step)
            if (value >= hash->low)
                append_value(out, value, count++ == 0);
    }
    if (count)
        return hash->has_step ? count : 0;
    append_value(out, hash->low + floor(draw * (hash->high - hash->low + 1)), 1);
    return hash->has_step;
}

int bqi_cron_hash_replace(struct bqi_buffer *out, enum bqi_cron_unit unit, const char *in,
                          size_t len, double draw, struct bqi_error *error) {
    int values = 0;
    for (size_t i = 0; i < len;) {
        struct hash hash;
        if (in[i] != 'H') {
            bqi_buffer_append(out, in + i++, 1);
            continue;
        }
        scan_hash(&hash, in + i, len - i);
        if (check_hash(&hash, unit, error) != 0)
            return -1;
        values += append_hash(out, &hash, draw);
        if (values > BQI_CRON_MOST_VALUES)
            return bqi_error_set(
                error, BQ_ERR_INVALID_ARGUMENT,
                "Constraint error, too many values in %s field, expected at most %d",
                bqi_cron_limits[unit].name, BQI_CRON_MOST_VALUES);
        i += hash.len;
    }
    return 0;
}
