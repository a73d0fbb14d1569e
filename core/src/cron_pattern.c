#include "cron_pattern.h"

#include <string.h>

#include "calendar.h"
#include "cron_field.h"

enum { LONGEST_PATTERN = 1024, FIELDS = BQI_CRON_UNITS };

struct word {
    const char *at;
    size_t len;
};

static const struct {
    const char *name;
    const char *pattern;
} aliases[] = {
    {"@yearly", "0 0 0 1 1 *"},     {"@annually", "0 0 0 1 1 *"}, {"@monthly", "0 0 0 1 * *"},
    {"@weekly", "0 0 0 * * 0"},     {"@daily", "0 0 0 * * *"},    {"@hourly", "0 0 * * * *"},
    {"@minutely", "0 * * * * *"},   {"@secondly", "* * * * * *"}, {"@weekdays", "0 0 0 * * 1-5"},
    {"@weekends", "0 0 0 * * 0,6"},
};

static struct word word_of(const char *text) {
    struct word word = {text, strlen(text)};
    return word;
}

static int is_word(struct word word, const char *text) {
    return word.len == strlen(text) && memcmp(word.at, text, word.len) == 0;
}

/* ---- splitting ---- */

static size_t utf16_units(struct word text) {
    size_t units = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        units += (byte & 0xc0) != 0x80; /* begins a character */
        units += byte >= 0xf0;          /* of two units */
    }
    return units;
}

/* Length of the white space of JavaScript at the start of the text; 0: there is none. */
static size_t space(struct word text) {
    static const char *const wide[] = {"\u00a0", "\u1680", "\u2028", "\u2029",
                                       "\u202f", "\u205f", "\u3000", "\ufeff"};
    const unsigned char *at = (const unsigned char *)text.at;
    if (text.len && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        size_t len = strlen(wide[i]);
        if (text.len >= len && memcmp(text.at, wide[i], len) == 0)
            return len;
    }
    return text.len >= 3 && memcmp(at, "\xe2\x80", 2) == 0 && at[2] >= 0x80 && at[2] <= 0x8a ? 3
                                                                                             : 0;
}

static void skip(struct word *text, size_t len) {
    text->at += len;
    text->len -= len;
}

static void skip_spaces(struct word *text) {
    for (size_t len; (len = space(*text)) > 0;)
        skip(text, len);
}

/* The words of the text, but at least one; more than `most` are counted as most + 1. */
static int split(struct word text, struct word *words, int most) {
    int count = 0;
    skip_spaces(&text);
    do {
        struct word word = {text.at, 0};
        while (text.len && !space(text)) {
            skip(&text, 1);
            word.len++;
        }
        if (count < most)
            words[count] = word;
        count++;
        skip_spaces(&text);
    } while (text.len && count <= most);
    return count;
}

static int split_fields(struct word text, struct word fields[FIELDS], struct bqi_error *error) {
    struct word given[FIELDS];
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (is_word(text, aliases[i].name))
            text = word_of(aliases[i].pattern);
    if (text.len == 0)
        text = word_of("0 * * * * *");
    if (utf16_units(text) > LONGEST_PATTERN)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Invalid cron expression, too long, expected at most %d characters",
                             LONGEST_PATTERN);
    int count = split(text, given, FIELDS);
    if (count > FIELDS)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Invalid cron expression, too many fields");
    for (int i = 0; i < FIELDS; i++) {
        int missing = FIELDS - count;
        fields[i] = i >= missing ? given[i - missing] : word_of(i == 0 ? "0" : "*");
    }
    return 0;
}

/* ---- "#", which of the weekdays of a month ---- */

/* A number as JavaScript's Number() reads it; -1: not one from 1 to 5, 0: a fraction between. */
static int read_occurrence(struct word text) {
    double number = 0, scale = 1, power = 0;
    size_t i = 0, digits = 0;
    if (text.len > 2 && text.at[0] == '0' && (text.at[1] == 'x' || text.at[1] == 'X')) {
        for (i = 2; i < text.len && text.at[i] == '0'; i++)
            ;
        return text.len - i == 1 && text.at[i] >= '1' && text.at[i] <= '5' ? text.at[i] - '0' : -1;
    }
    i += text.len && text.at[0] == '+';
    for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++, digits++)
        number = number * 10 + (text.at[i] - '0');
    if (i < text.len && text.at[i] == '.')
        for (i++; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++, digits++)
            number += (text.at[i] - '0') * (scale /= 10);
    if (digits && i + 1 < text.len && (text.at[i] == 'e' || text.at[i] == 'E')) {
        i += text.at[i + 1] == '+' ? 2 : 1;
        size_t start = i;
        for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9' && power < 400; i++)
            power = power * 10 + (text.at[i] - '0');
        digits = i > start ? digits : 0;
        for (; power > 0 && number > 0 && number < 10; power--)
            number *= 10;
    }
    if (!digits || i < text.len || !(number >= 1 && number <= 5))
        return -1;
    return number == (int)number ? (int)number : 0;
}

/* Cut the "#n" off. */
static int take_occurrence(struct bqi_cron_pattern *pattern, struct word *weekday,
                           struct bqi_error *error) {
    const char *sign = weekday->len ? memchr(weekday->at, '#', weekday->len) : NULL;
    if (!sign)
        return 0;
    for (size_t i = 0; i < weekday->len; i++)
        if (memchr(",-/", weekday->at[i], 3))
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "Constraint error, invalid dayOfWeek `#` and `%c` special "
                                 "characters are incompatible",
                                 weekday->at[i]);
    struct word number = {sign + 1, weekday->len - (size_t)(sign + 1 - weekday->at)};
    pattern->occurrence = read_occurrence(number);
    if (pattern->occurrence < 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Constraint error, invalid dayOfWeek occurrence number (#)");
    if (pattern->occurrence == 0)
        pattern->occurrence = -1;
    weekday->len = (size_t)(sign - weekday->at);
    return 0;
}

/* ---- the six fields together ---- */

static int length_of(const struct bqi_cron_field *month) {
    return bqi_calendar_month_length(2000, month->values[0].number); /* a leap year */
}

/* With one month only, drop the days that it never has, unless nothing would be left. */
static void drop_impossible_days(struct bqi_cron_field *day, const struct bqi_cron_field *month) {
    size_t kept = 0;
    if (month->count != 1 || month->values[0].number < 0)
        return;
    for (size_t i = 0; i < day->count; i++)
        kept += day->values[i].number <= length_of(month);
    if (kept == 0)
        return;
    kept = 0;
    for (size_t i = 0; i < day->count; i++)
        if (day->values[i].number <= length_of(month))
            day->values[kept++] = day->values[i];
    day->count = kept;
}

static int check_day_exists(const struct bqi_cron_pattern *pattern,
                            const struct bqi_cron_field *fields, struct bqi_error *error) {
    if (fields[BQI_CRON_MONTH].count != 1 || pattern->last_day || !pattern->any_weekday ||
        pattern->day & ((2ull << length_of(&fields[BQI_CRON_MONTH])) - 1))
        return 0;
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "Invalid explicit day of month definition");
}

static uint64_t bits_of(const struct bqi_cron_field *field) {
    uint64_t bits = 0;
    for (size_t i = 0; i < field->count; i++)
        if (field->values[i].number >= 0)
            bits |= 1ull << field->values[i].number;
    return bits;
}

/* "5L" names a weekday by its first digit; once there is an L in the field, be it that of "JUL", so
 * does every other entry. */
static uint64_t last_weekdays(const struct bqi_cron_field *field) {
    uint64_t bits = 0;
    for (size_t i = 0; i < field->count; i++) {
        const struct bqi_cron_value *value = &field->values[i];
        int digit = value->number < 0 ? field->text.data[value->start] - '0' : value->number;
        bits |= 1ull << digit % 7;
    }
    return bits;
}

static void store(struct bqi_cron_pattern *pattern, const struct bqi_cron_field *fields) {
    pattern->second = bits_of(&fields[BQI_CRON_SECOND]);
    pattern->minute = bits_of(&fields[BQI_CRON_MINUTE]);
    pattern->hour = bits_of(&fields[BQI_CRON_HOUR]);
    pattern->day = bits_of(&fields[BQI_CRON_DAY]);
    pattern->month = bits_of(&fields[BQI_CRON_MONTH]);
    pattern->weekday = bits_of(&fields[BQI_CRON_WEEKDAY]);
}

static int has_letter(struct word text, char letter) {
    return text.len && memchr(text.at, letter, text.len);
}

static int parse_fields(struct bqi_cron_pattern *pattern, struct bqi_cron_field *fields,
                        struct word *words, const char *seed, struct bqi_error *error) {
    static const enum bqi_cron_unit order[] = {BQI_CRON_SECOND, BQI_CRON_MINUTE, BQI_CRON_HOUR,
                                               BQI_CRON_MONTH,  BQI_CRON_DAY,    BQI_CRON_WEEKDAY};
    double draws[BQI_CRON_UNITS];
    bqi_cron_draw(seed, draws);
    for (int i = 0; i < FIELDS; i++) {
        enum bqi_cron_unit unit = order[i];
        if (unit == BQI_CRON_WEEKDAY && take_occurrence(pattern, &words[unit], error) != 0)
            return -1;
        if (bqi_cron_field_parse(&fields[unit], unit, words[unit].at, words[unit].len, draws[unit],
                                 error) != 0)
            return -1;
    }
    for (int unit = 0; unit < FIELDS; unit++) {
        if (unit == BQI_CRON_DAY)
            drop_impossible_days(&fields[unit], &fields[BQI_CRON_MONTH]);
        if (bqi_cron_field_check(&fields[unit], unit, error) != 0)
            return -1;
    }
    store(pattern, fields);
    return check_day_exists(pattern, fields, error);
}

int bqi_cron_parse(struct bqi_cron_pattern *pattern, const char *text, size_t len, const char *seed,
                   struct bqi_error *error) {
    struct bqi_cron_field fields[FIELDS];
    struct word words[FIELDS], all = {text, len};
    memset(pattern, 0, sizeof *pattern);
    memset(fields, 0, sizeof fields);
    if (split_fields(all, words, error) != 0)
        return -1;
    struct word day = words[BQI_CRON_DAY], weekday = words[BQI_CRON_WEEKDAY];
    pattern->any_day = is_word(day, "*") || is_word(day, "?");
    pattern->any_weekday = is_word(weekday, "*") || is_word(weekday, "?");
    pattern->last_day = has_letter(day, 'L');
    int status = parse_fields(pattern, fields, words, seed, error);
    if (status == 0 && has_letter(weekday, 'L'))
        pattern->last_weekdays = last_weekdays(&fields[BQI_CRON_WEEKDAY]);
    for (int i = 0; i < FIELDS; i++)
        bqi_buffer_free(&fields[i].text);
    return status;
}
