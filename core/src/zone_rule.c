#include "zone_rule.h"

#include <string.h>

#include "calendar.h"

enum { DAY = 86400, LONGEST_TEXT = 128 };

/* ---- reading ---- */

struct cursor {
    const char *at;
    const char *end;
};

static int peek(const struct cursor *cursor) {
    return cursor->at < cursor->end ? (unsigned char)*cursor->at : 0;
}

static int take(struct cursor *cursor, char wanted) {
    if (peek(cursor) != wanted)
        return 0;
    cursor->at++;
    return 1;
}

static int is_digit(int c) {
    return c >= '0' && c <= '9';
}

static int is_letter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A number from `min` to `max`; -1: none, or beyond them. */
static int take_number(struct cursor *cursor, int min, int max, int *number) {
    if (!is_digit(peek(cursor)))
        return -1;
    *number = 0;
    while (is_digit(peek(cursor)) && *number <= max)
        *number = *number * 10 + (*cursor->at++ - '0');
    return *number < min || *number > max ? -1 : 0;
}

/* Three letters or more, or anything of that kind between < and >. */
static int skip_name(struct cursor *cursor) {
    const char *start = cursor->at;
    if (take(cursor, '<')) {
        while (is_letter(peek(cursor)) || is_digit(peek(cursor)) || peek(cursor) == '+' ||
               peek(cursor) == '-')
            cursor->at++;
        return take(cursor, '>') ? 0 : -1;
    }
    while (is_letter(peek(cursor)))
        cursor->at++;
    return cursor->at - start >= 3 ? 0 : -1;
}

/* [+-]hh[:mm[:ss]] */
static int take_time(struct cursor *cursor, int max_hours, int32_t *seconds) {
    int sign = 1, hours, minutes = 0, rest = 0;
    if (take(cursor, '-'))
        sign = -1;
    else
        take(cursor, '+');
    if (take_number(cursor, 0, max_hours, &hours) != 0 ||
        (take(cursor, ':') && (take_number(cursor, 0, 59, &minutes) != 0 ||
                               (take(cursor, ':') && take_number(cursor, 0, 59, &rest) != 0))))
        return -1;
    *seconds = sign * (hours * 3600 + minutes * 60 + rest);
    return 0;
}

static int take_change(struct cursor *cursor, struct bqi_zone_change *change) {
    int status;
    memset(change, 0, sizeof *change);
    change->kind = 'D';
    change->time = 2 * 3600;
    if (take(cursor, 'M')) {
        change->kind = 'M';
        status = take_number(cursor, 1, 12, &change->month) != 0 || !take(cursor, '.') ||
                 take_number(cursor, 1, 5, &change->week) != 0 || !take(cursor, '.') ||
                 take_number(cursor, 0, 6, &change->weekday) != 0;
    } else if (take(cursor, 'J')) {
        change->kind = 'J';
        status = take_number(cursor, 1, 365, &change->day) != 0;
    } else {
        status = take_number(cursor, 0, 365, &change->day) != 0;
    }
    if (status == 0 && take(cursor, '/'))
        status = take_time(cursor, 167, &change->time) != 0;
    return status ? -1 : 0;
}

int bqi_zone_rule_parse(struct bqi_zone_rule *rule, const char *text, size_t len) {
    struct cursor cursor = {text, text + len};
    int32_t west;
    memset(rule, 0, sizeof *rule);
    if (len > LONGEST_TEXT || skip_name(&cursor) != 0 || take_time(&cursor, 24, &west) != 0)
        return -1;
    rule->standard = -west;
    if (cursor.at == cursor.end)
        return 0;
    rule->has_summer = 1;
    rule->summer = rule->standard + 3600;
    if (skip_name(&cursor) != 0)
        return -1;
    if (peek(&cursor) != ',') {
        if (take_time(&cursor, 24, &west) != 0)
            return -1;
        rule->summer = -west;
    }
    if (!take(&cursor, ',') || take_change(&cursor, &rule->begin) != 0 || !take(&cursor, ',') ||
        take_change(&cursor, &rule->end) != 0)
        return -1;
    return cursor.at == cursor.end ? 0 : -1;
}

/* ---- asking ---- */

static int64_t change_day(const struct bqi_zone_change *change, int64_t year) {
    int64_t january = bqi_calendar_days(year, 1, 1);
    if (change->kind == 'D')
        return january + change->day;
    if (change->kind == 'J') {
        int leap = bqi_calendar_month_length(year, 2) == 29;
        return january + change->day - 1 + (leap && change->day >= 60);
    }
    int64_t first = bqi_calendar_days(year, change->month, 1);
    int offset = (change->weekday - bqi_calendar_weekday(first) + 7) % 7 + (change->week - 1) * 7;
    int length = bqi_calendar_month_length(year, change->month);
    return first + (offset < length ? offset : offset - 7);
}

static int64_t change_instant(const struct bqi_zone_change *change, int64_t year,
                              int32_t offset_before) {
    return change_day(change, year) * DAY + change->time - offset_before;
}

int32_t bqi_zone_rule_at(const struct bqi_zone_rule *rule, int64_t seconds, int64_t *from,
                         int64_t *until) {
    *from = INT64_MIN;
    *until = INT64_MAX;
    if (!rule->has_summer)
        return rule->standard;
    int32_t offset = rule->standard;
    int64_t day = seconds / DAY - (seconds % DAY < 0);
    int64_t year = bqi_calendar_date(day).year;
    for (int64_t y = year - 1; y <= year + 1; y++) {
        /* The end first: summer time that never ends begins in the instant in which it ends. */
        const int64_t instants[] = {change_instant(&rule->end, y, rule->summer),
                                    change_instant(&rule->begin, y, rule->standard)};
        for (int i = 0; i < 2; i++) {
            if (instants[i] > seconds) {
                *until = instants[i] < *until ? instants[i] : *until;
            } else if (instants[i] >= *from) {
                *from = instants[i];
                offset = i == 1 ? rule->summer : rule->standard;
            }
        }
    }
    return offset;
}
