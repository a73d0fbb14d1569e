/* Cron patterns as BullMQ 6.7.0 reads them (protocol/6 sections 2 to 7), its quirks included:
 * times must be the same whoever computes them. */
#ifndef BQI_CRON_PATTERN_H
#define BQI_CRON_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* A bit per value. */
struct bqi_cron_pattern {
    uint64_t second;
    uint64_t minute;
    uint64_t hour;
    uint64_t day;
    uint64_t month;
    uint64_t weekday;       /* 0 is Sunday */
    uint64_t last_weekdays; /* "5L": taken in the last seven days of the month */
    int any_day;            /* the field was "*" */
    int any_weekday;
    int last_day;   /* "L": the last day of the month is taken as well */
    int occurrence; /* "5#2": which one of the month; 0: each; -1: none */
};

/* `seed` decides what "H" stands for; NULL: chance does. -1 with `error`, in Node's words. */
int bqi_cron_parse(struct bqi_cron_pattern *pattern, const char *text, size_t len, const char *seed,
                   struct bqi_error *error);

#endif
