/* Days, months and years of the Gregorian calendar, before 1582 as well. */
#ifndef BQI_CALENDAR_H
#define BQI_CALENDAR_H

#include <stdint.h>

struct bqi_date {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

/* Days since 1970-01-01. */
int64_t bqi_calendar_days(int64_t year, int month, int day);
struct bqi_date bqi_calendar_date(int64_t days);

/* 0 is Sunday. */
int bqi_calendar_weekday(int64_t days);
int bqi_calendar_month_length(int64_t year, int month);

#endif
