#include "cron_field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

const struct bqi_cron_limits bqi_cron_limits[BQI_CRON_UNITS] = {
    {"Second", "second", 0, 59, "0123456789,-/*?H", 0},
    {"Minute", "minute", 0, 59, "0123456789,-/*?H", 0},
    {"Hour", "hour", 0, 23, "0123456789,-/*?H", 0},
    {"DayOfMonth", "dayOfMonth", 1, 31, "0123456789,-/*?HL", 1},
    {"Month", "month", 1, 12, "0123456789,-/*?H", 0},
    {"DayOfWeek", "dayOfWeek", 0, 7, "0123456789,-/*?HL#", 1},
};

struct slice {
    const char *at;
    size_t len;
};

static struct slice slice_of(const struct bqi_buffer *buffer) {
    struct slice slice = {buffer->data, buffer->length};
    return slice;
}

static int refuse(struct bqi_error *error, const char *before, struct slice text) {
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "%s%.*s", before, (int)text.len, text.at);
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* ---- names ---- */

static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Both fields know the names of both; the months come first. */
static int number_of_name(const char *name) {
    static const char *const names = "jan feb mar apr may jun jul aug sep oct nov dec "
                                     "sun mon tue wed thu fri sat ";
    const char *found = strstr(names, name);
    int place = found ? (int)(found - names) / 4 : -1;
    return place < 12 ? place + (place >= 0) : place - 12;
}

static int replace_names(struct bqi_buffer *out, struct slice in, struct bqi_error *error) {
    for (size_t i = 0; i < in.len;) {
        const char *at = in.at + i;
        if (in.len - i < 3 || !is_letter(at[0]) || !is_letter(at[1]) || !is_letter(at[2])) {
            bqi_buffer_append(out, at, 1);
            i++;
            continue;
        }
        const char name[] = {(char)(at[0] | 0x20), (char)(at[1] | 0x20), (char)(at[2] | 0x20), 0};
        char number[12];
        int value = number_of_name(name);
        if (value < 0)
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "Validation error, cannot resolve alias \"%s\"", name);
        snprintf(number, sizeof number, "%d", value);
        bqi_buffer_text(out, number);
        i += 3;
    }
    return 0;
}

/* ---- characters and wildcards ---- */

static int check_characters(struct slice text, const char *allowed, struct bqi_error *error) {
    size_t known = 0;
    while (known < text.len && text.at[known] && strchr(allowed, text.at[known]))
        known++;
    if ((text.len && known == text.len) || bqi_cron_hash_is_in(text.at, text.len))
        return 0;
    return refuse(error, "Invalid characters, got value: ", text);
}

static void replace_wildcards(struct bqi_buffer *out, struct slice in,
                              const struct bqi_cron_limits *limits) {
    char range[24];
    snprintf(range, sizeof range, "%d-%d", limits->min, limits->max);
    for (size_t i = 0; i < in.len; i++) {
        if (in.at[i] == '*' || in.at[i] == '?')
            bqi_buffer_text(out, range);
        else
            bqi_buffer_append(out, in.at + i, 1);
    }
}

/* ---- items ---- */

/* Up to the first `end` or the end of the text; what follows it is left in `rest`, whose `at` is
 * NULL when there is nothing more. */
static struct slice cut(struct slice *rest, char end) {
    struct slice part = *rest;
    const char *found = rest->len ? memchr(rest->at, end, rest->len) : NULL;
    if (found) {
        part.len = (size_t)(found - part.at);
        rest->at = found + 1;
        rest->len -= part.len + 1;
    } else {
        rest->at = NULL;
        rest->len = 0;
    }
    return part;
}

/* The number that the text begins with, NAN without one. */
static double leading_number(struct slice text) {
    double number = 0, sign = 1;
    size_t i = 0;
    if (text.len && (text.at[0] == '-' || text.at[0] == '+'))
        sign = text.at[i++] == '-' ? -1 : 1;
    if (i == text.len || !is_digit(text.at[i]))
        return NAN;
    for (; i < text.len && is_digit(text.at[i]); i++)
        number = number * 10 + (text.at[i] - '0');
    return sign * number;
}

static const char *show(double number, char out[40]) {
    if (isnan(number))
        return "NaN";
    bqi_number_format(number, out, 40);
    return out;
}

static void add_value(struct bqi_cron_field *field, int number) {
    struct bqi_cron_value value = {(int16_t)number, 0, 0};
    field->values[field->count++] = value;
}

static int check_range(double low, double high, const struct bqi_cron_limits *limits,
                       struct bqi_error *error) {
    char a[40], b[40];
    if (isnan(low) || isnan(high) || low < limits->min || high > limits->max)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Constraint error, got range %s-%s expected range %d-%d", show(low, a),
                             show(high, b), limits->min, limits->max);
    if (low > high)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Invalid range: %s-%s, min(%s) > max(%s)", show(low, a), show(high, b),
                             a, b);
    return 0;
}

static int parse_range(struct bqi_cron_field *field, enum bqi_cron_unit unit, double low,
                       double high, double step, struct bqi_error *error) {
    char shown[40];
    int has_sunday = 0;
    if (check_range(low, high, &bqi_cron_limits[unit], error) != 0)
        return -1;
    if (isnan(step) || step <= 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Constraint error, cannot repeat at every %s time.",
                             show(step, shown));
    for (double value = low; value <= high; value += step) {
        has_sunday |= value == 0;
        add_value(field, (int)value);
    }
    int ends_on_sunday = (high == 0 || high == 7) && fmod(high - low, step) == 0;
    if (unit == BQI_CRON_WEEKDAY && ends_on_sunday && !has_sunday)
        add_value(field, 0);
    return 0;
}

static int add_text(struct bqi_cron_field *field, struct slice text) {
    struct bqi_cron_value value = {-1, (uint16_t)(text.at - field->text.data), (uint16_t)text.len};
    field->values[field->count++] = value;
    return 0;
}

static int is_number(struct slice text) {
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.at[i]))
            return 0;
    return 1;
}

/* Digits with something behind them are kept as they are, to be refused in their turn, but among
 * the weekdays, where only the digits count. */
static int parse_single(struct bqi_cron_field *field, enum bqi_cron_unit unit, struct slice text,
                        struct bqi_error *error) {
    const struct bqi_cron_limits *limits = &bqi_cron_limits[unit];
    if (limits->takes_last && memchr(text.at, 'L', text.len))
        return add_text(field, text);
    double number = leading_number(text);
    int is_whole = is_number(text);
    while (is_whole && text.len > 1 && text.at[0] == '0') {
        text.at++;
        text.len--;
    }
    if (isnan(number) || number < limits->min || number > limits->max)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Constraint error, got value %.*s expected range %d-%d", (int)text.len,
                             text.at, limits->min, limits->max);
    if (!is_whole && unit != BQI_CRON_WEEKDAY)
        return add_text(field, text);
    add_value(field, unit == BQI_CRON_WEEKDAY && number == 7 ? 0 : (int)number);
    return 0;
}

static int parse_item(struct bqi_cron_field *field, enum bqi_cron_unit unit, struct slice item,
                      struct bqi_error *error) {
    struct slice rest = item;
    struct slice range = cut(&rest, '/');
    int has_step = rest.at != NULL;
    struct slice step = has_step ? cut(&rest, '/') : rest;
    if (rest.at)
        return refuse(error, "Invalid repeat: ", item);
    rest = range;
    struct slice low = cut(&rest, '-');
    if (!has_step && !rest.at)
        return parse_single(field, unit, item, error);
    double high = rest.at ? leading_number(cut(&rest, '-')) : bqi_cron_limits[unit].max;
    return parse_range(field, unit, leading_number(low), high, has_step ? leading_number(step) : 1,
                       error);
}

static int parse_list(struct bqi_cron_field *field, enum bqi_cron_unit unit,
                      struct bqi_error *error) {
    struct slice rest = slice_of(&field->text);
    while (rest.at) {
        struct slice item = cut(&rest, ',');
        if (field->count > BQI_CRON_MOST_VALUES)
            return bqi_error_set(
                error, BQ_ERR_INVALID_ARGUMENT,
                "Constraint error, too many values in %s field, expected at most %d",
                bqi_cron_limits[unit].name, BQI_CRON_MOST_VALUES);
        if (item.len == 0)
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Invalid list value format");
        if (parse_item(field, unit, item, error) != 0)
            return -1;
    }
    return 0;
}

int bqi_cron_field_parse(struct bqi_cron_field *field, enum bqi_cron_unit unit, const char *text,
                         size_t len, double draw, struct bqi_error *error) {
    const struct bqi_cron_limits *limits = &bqi_cron_limits[unit];
    struct bqi_buffer named = {0}, wide = {0};
    struct slice given = {text, len};
    int status = 0;
    if (unit == BQI_CRON_MONTH || unit == BQI_CRON_WEEKDAY)
        status = replace_names(&named, given, error);
    else
        bqi_buffer_append(&named, text, len);
    if (status == 0)
        status = check_characters(slice_of(&named), limits->characters, error);
    if (status == 0) {
        replace_wildcards(&wide, slice_of(&named), limits);
        status = bqi_cron_hash_replace(&field->text, unit, wide.data, wide.length, draw, error);
    }
    if (named.failed || wide.failed || field->text.failed)
        status = bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    if (status == 0)
        status = parse_list(field, unit, error);
    bqi_buffer_free(&named);
    bqi_buffer_free(&wide);
    return status;
}

/* ---- checks on the values ---- */

static struct slice text_of(const struct bqi_cron_field *field,
                            const struct bqi_cron_value *value) {
    struct slice text = {field->text.data + value->start, value->len};
    return text;
}

/* Up to two digits and an L. */
static int is_last(struct slice text) {
    if (text.len == 0 || text.len > 3 || text.at[text.len - 1] != 'L')
        return 0;
    for (size_t i = 0; i + 1 < text.len; i++)
        if (!is_digit(text.at[i]))
            return 0;
    return 1;
}

static int compare(struct slice a, struct slice b) {
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* The smallest text that is there twice; its `at` is NULL when there is none. */
static struct slice find_text_twice(const struct bqi_cron_field *field) {
    struct slice twice = {NULL, 0};
    for (size_t i = 0; i < field->count; i++)
        for (size_t j = 0; j < i && field->values[i].number < 0; j++) {
            struct slice text = text_of(field, &field->values[i]);
            if (field->values[j].number < 0 &&
                compare(text, text_of(field, &field->values[j])) == 0 &&
                (!twice.at || compare(text, twice) < 0))
                twice = text;
        }
    return twice;
}

static int check_duplicates(const struct bqi_cron_field *field, const char *name,
                            struct bqi_error *error) {
    static const char message[] = "Cron%s Validation error, duplicate values found: %.*s";
    uint64_t seen = 0, twice = 0;
    char number[12];
    for (size_t i = 0; i < field->count; i++) {
        uint64_t bit = field->values[i].number < 0 ? 0 : 1ull << field->values[i].number;
        twice |= seen & bit;
        seen |= bit;
    }
    struct slice found = find_text_twice(field);
    for (int value = 63; value >= 0; value--)
        if (twice >> value & 1) {
            found.len = (size_t)snprintf(number, sizeof number, "%d", value);
            found.at = number;
        }
    return found.at ? bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, message, name, (int)found.len,
                                    found.at)
                    : 0;
}

static int refuse_text(struct slice text, const struct bqi_cron_limits *limits,
                       struct bqi_error *error) {
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "Cron%s Validation error, got value %.*s expected range %d-%d%s",
                         limits->name, (int)text.len, text.at, limits->min, limits->max,
                         limits->takes_last ? " or chars L" : "");
}

int bqi_cron_field_check(const struct bqi_cron_field *field, enum bqi_cron_unit unit,
                         struct bqi_error *error) {
    const struct bqi_cron_limits *limits = &bqi_cron_limits[unit];
    struct slice wrong = {NULL, 0};
    int stands_alone = 0;
    for (size_t i = 0; i < field->count; i++) {
        struct slice text = text_of(field, &field->values[i]);
        if (field->values[i].number >= 0)
            continue;
        if ((!limits->takes_last || !is_last(text)) && (!wrong.at || compare(text, wrong) < 0))
            wrong = text;
        stands_alone |= text.len == 1;
    }
    if (wrong.at)
        return refuse_text(wrong, limits, error);
    if (check_duplicates(field, limits->name, error) != 0)
        return -1;
    if (unit == BQI_CRON_WEEKDAY && stands_alone)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "CronDayOfWeek Validation error, unexpected standalone L");
    return 0;
}
