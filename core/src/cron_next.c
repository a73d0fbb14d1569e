#include "cron_next.h"

#include <string.h>

#include "calendar.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
enum { MOST_STEPS = 9999, UNSET = -1 };

/* An instant, and what the clock on the wall shows. */
struct moment {
    int64_t time;
    int64_t offset;
    int64_t days; /* since the epoch, on the wall */
    struct bqi_date date;
    int hour, minute, second, millisecond;
};

struct search {
    const struct bqi_cron_pattern *pattern;
    const struct bqi_zone *zone;
    struct bqi_zone_span span; /* the last one asked for */
    struct moment now;
    int gap_from, gap_to; /* hours that the clock skipped, and the one it landed in */
    int repeat;           /* the hour that the clock will show again */
    int64_t judged_day;   /* that `changes` is about */
    int changes;
};

/* ---- wall time (section 8.2) ---- */

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t offset_at(struct search *search, int64_t time) {
    int64_t seconds = floor_divide(time, SECOND);
    if (seconds < search->span.from || seconds >= search->span.until)
        search->span = bqi_zone_at(search->zone, seconds);
    return (int64_t)search->span.offset * SECOND;
}

static struct moment moment_at(struct search *search, int64_t time) {
    struct moment moment = {.time = time, .offset = offset_at(search, time)};
    int64_t wall = time + moment.offset;
    moment.days = floor_divide(wall, DAY);
    int rest = (int)(wall - moment.days * DAY);
    moment.date = bqi_calendar_date(moment.days);
    moment.hour = rest / HOUR;
    moment.minute = rest / MINUTE % 60;
    moment.second = rest / SECOND % 60;
    moment.millisecond = rest % SECOND;
    return moment;
}

/* The instant at which the wall shows `wall`, with this offset where there is a choice. */
static struct moment settle(struct search *search, int64_t wall, int64_t offset) {
    int64_t first = offset_at(search, wall - offset);
    if (first == offset)
        return moment_at(search, wall - offset);
    int64_t second = offset_at(search, wall - first);
    if (second == first)
        return moment_at(search, wall - first);
    return moment_at(search, wall - (first < second ? first : second)); /* in a gap: behind it */
}

static struct moment put_time(struct search *search, const struct moment *moment, int hour,
                              int minute, int second) {
    int64_t wall = moment->days * DAY + (int64_t)hour * HOUR + (int64_t)minute * MINUTE +
                   (int64_t)second * SECOND;
    return settle(search, wall, moment->offset);
}

/* The same time of day on another day, and then its midnight. */
static struct moment midnight_of(struct search *search, const struct moment *moment, int64_t days) {
    int64_t wall = moment->time + moment->offset + (days - moment->days) * DAY;
    struct moment there = settle(search, wall, moment->offset);
    return put_time(search, &there, 0, 0, 0);
}

static void next_day(struct search *search) {
    search->now = midnight_of(search, &search->now, search->now.days + 1);
}

static void next_month(struct search *search) {
    struct bqi_date date = search->now.date;
    int64_t year = date.year + (date.month == 12);
    int month = date.month % 12 + 1;
    int length = bqi_calendar_month_length(year, month);
    int64_t days = bqi_calendar_days(year, month, date.day < length ? date.day : length);
    int64_t wall = search->now.time + search->now.offset + (days - search->now.days) * DAY;
    struct moment there = settle(search, wall, search->now.offset);
    int64_t first = there.days - (there.date.day - 1);
    search->now = settle(search, first * DAY, there.offset);
}

/* ---- steps ---- */

static int is_in(uint64_t values, int value) {
    return values >> value & 1;
}

/* The smallest value above this one; UNSET: none. */
static int above(uint64_t values, int value) {
    for (int next = value + 1; next < 64; next++)
        if (is_in(values, next))
            return next;
    return UNSET;
}

static int first_of(uint64_t values) {
    return above(values, -1);
}

/* Note what the clock did in a step: the hours it skipped, or the hour it showed twice. */
static void watch_clock(struct search *search, const struct moment *before) {
    const struct moment *now = &search->now;
    int advance = (now->hour - before->hour + 24) % 24;
    if (search->pattern->hour == (1ull << 24) - 1)
        return;
    if (now->offset > before->offset && advance >= 2) {
        search->gap_from = (before->hour + 1) % 24;
        search->gap_to = now->hour;
    } else if (advance == 0 && now->minute == 0 && now->second == 0) {
        search->repeat = now->hour;
    }
}

static void step_hour(struct search *search) {
    struct moment before = search->now;
    struct moment later = moment_at(search, before.time + HOUR);
    search->now = put_time(search, &later, later.hour, 0, 0);
    watch_clock(search, &before);
}

static void step_minute(struct search *search) {
    struct moment before = search->now;
    struct moment later = moment_at(search, before.time + MINUTE);
    search->now = put_time(search, &later, later.hour, later.minute, 0);
    watch_clock(search, &before);
}

static void step_second(struct search *search) {
    struct moment before = search->now;
    search->now = moment_at(search, before.time + SECOND);
    watch_clock(search, &before);
}

static void put_minute(struct search *search, int minute) {
    search->now = put_time(search, &search->now, search->now.hour, minute, search->now.second);
}

static void put_second(struct search *search, int second) {
    search->now = put_time(search, &search->now, search->now.hour, search->now.minute, second);
}

/* ---- the conditions ---- */

static int day_matches(const struct bqi_cron_pattern *pattern, const struct moment *now) {
    int length = bqi_calendar_month_length(now->date.year, now->date.month);
    int weekday = bqi_calendar_weekday(now->days);
    int day = now->date.day;
    int by_day = is_in(pattern->day, day) || (pattern->last_day && day == length);
    int by_weekday = is_in(pattern->weekday, weekday) &&
                     (pattern->occurrence == 0 || pattern->occurrence == (day + 6) / 7);
    by_weekday |= is_in(pattern->last_weekdays, weekday) && day > length - 7;
    if (pattern->any_weekday)
        return by_day;
    return pattern->any_day ? by_weekday : by_day || by_weekday;
}

/* Whether a listed hour was skipped just before this one. */
static int follows_gap(const struct search *search) {
    int hour = search->now.hour;
    if (search->gap_to != hour)
        return 0;
    for (int skipped = search->gap_from; skipped != hour; skipped = (skipped + 1) % 24)
        if (is_in(search->pattern->hour, skipped))
            return 1;
    return 0;
}

static int day_changes_offset(struct search *search) {
    if (search->judged_day != search->now.days) {
        struct moment begin = put_time(search, &search->now, 0, 0, 0);
        struct moment next = midnight_of(search, &search->now, search->now.days + 1);
        search->judged_day = search->now.days;
        search->changes = begin.offset != offset_at(search, next.time - 1);
    }
    return search->changes;
}

static void go_to_hour(struct search *search, int hour) {
    if (day_changes_offset(search)) {
        for (int left = hour - search->now.hour; left > 0 && search->now.hour < hour; left--)
            step_hour(search);
    } else {
        search->now = put_time(search, &search->now, hour, search->now.minute, search->now.second);
    }
    put_minute(search, first_of(search->pattern->minute));
    put_second(search, first_of(search->pattern->second));
}

/* Each of these returns whether the part fits; if not, it has moved on towards one that does. */

static int fit_hour(struct search *search) {
    if (follows_gap(search))
        return 1;
    if (search->repeat == search->now.hour) {
        search->repeat = UNSET;
        step_hour(search);
        return 0;
    }
    if (is_in(search->pattern->hour, search->now.hour))
        return 1;
    search->gap_from = search->gap_to = UNSET;
    int hour = above(search->pattern->hour, search->now.hour);
    if (hour == UNSET)
        next_day(search);
    else
        go_to_hour(search, hour);
    return 0;
}

static int fit_minute(struct search *search) {
    const struct bqi_cron_pattern *pattern = search->pattern;
    if (is_in(pattern->minute, search->now.minute))
        return 1;
    int minute = above(pattern->minute, search->now.minute);
    if (minute == UNSET) {
        step_hour(search);
        minute = first_of(pattern->minute);
    }
    put_minute(search, minute);
    put_second(search, first_of(pattern->second));
    return 0;
}

static int fit_second(struct search *search) {
    const struct bqi_cron_pattern *pattern = search->pattern;
    if (is_in(pattern->second, search->now.second))
        return 1;
    int second = above(pattern->second, search->now.second);
    if (second == UNSET) {
        step_minute(search);
        second = first_of(pattern->second);
    }
    put_second(search, second);
    return 0;
}

/* Whether this is a run; if not, the search has moved on. */
static int fits(struct search *search) {
    if (!is_in(search->pattern->month, search->now.date.month)) {
        next_month(search);
        return 0;
    }
    if (!day_matches(search->pattern, &search->now)) {
        next_day(search);
        return 0;
    }
    return fit_hour(search) && fit_minute(search) && fit_second(search);
}

/* ---- the search (section 9) ---- */

static void begin(struct search *search, int64_t from) {
    search->now = moment_at(search, from);
    int millisecond = search->now.millisecond;
    if (millisecond == 0)
        return;
    search->now = moment_at(search, from - millisecond);
    step_second(search);
}

int bqi_cron_next(const struct bqi_cron_pattern *pattern, const struct bqi_zone *zone, int64_t from,
                  int64_t start, int64_t end, int64_t *run, struct bqi_error *error) {
    struct search search = {.pattern = pattern,
                            .zone = zone,
                            .gap_from = UNSET,
                            .gap_to = UNSET,
                            .repeat = UNSET,
                            .judged_day = INT64_MIN};
    if (start && from < start)
        from = start;
    else if (end && from > end)
        from = end;
    search.span = bqi_zone_at(zone, floor_divide(from, SECOND));
    begin(&search, from);
    for (int steps = 0; steps < MOST_STEPS; steps++) {
        int64_t time = search.now.time;
        if ((start && time < start) || (end && time > end))
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Out of the time span range");
        if (!fits(&search))
            continue;
        if (time == from) {
            step_second(&search);
            continue;
        }
        *run = time;
        return 0;
    }
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Invalid expression, loop limit exceeded");
}
