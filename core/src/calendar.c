#include "calendar.h"

enum { DAYS_IN_ERA = 146097, YEARS_IN_ERA = 400, EPOCH_IN_ERA = 719468 };

/* Years begin in March here, so that the leap day is a year's last. */
int64_t bqi_calendar_days(int64_t year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - (YEARS_IN_ERA - 1)) / YEARS_IN_ERA;
    int64_t year_of_era = y - era * YEARS_IN_ERA;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_IN_ERA + day_of_era - EPOCH_IN_ERA;
}

struct bqi_date bqi_calendar_date(int64_t days) {
    int64_t shifted = days + EPOCH_IN_ERA;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_IN_ERA - 1)) / DAYS_IN_ERA;
    int64_t day_of_era = shifted - era * DAYS_IN_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (int)((5 * day_of_year + 2) / 153);
    struct bqi_date date;
    date.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = month < 10 ? month + 3 : month - 9;
    date.year = year_of_era + era * YEARS_IN_ERA + (date.month <= 2);
    return date;
}

int bqi_calendar_weekday(int64_t days) {
    int64_t weekday = (days + 4) % 7; /* the epoch was a Thursday */
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

int bqi_calendar_month_length(int64_t year, int month) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return lengths[month - 1] + (month == 2 && leap);
}
