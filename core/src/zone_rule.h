/* The rule of a zone for the years that its file does not list: a POSIX TZ string, such as
 * "CET-1CEST,M3.5.0,M10.5.0/3". */
#ifndef BQI_ZONE_RULE_H
#define BQI_ZONE_RULE_H

#include <stddef.h>
#include <stdint.h>

struct bqi_zone_change {
    char kind; /* 'M' month, week and weekday; 'J' day without February 29; 'D' day from 0 */
    int month;
    int week; /* 1 to 5: the last */
    int weekday;
    int day;
    int32_t time; /* of the wall clock before the change, in seconds; may be negative */
};

struct bqi_zone_rule {
    int32_t standard; /* offsets in seconds, east of UTC */
    int32_t summer;
    int has_summer;
    struct bqi_zone_change begin; /* of summer time */
    struct bqi_zone_change end;
};

/* -1: no such rule. */
int bqi_zone_rule_parse(struct bqi_zone_rule *rule, const char *text, size_t len);

/* The offset at an instant and the instants between which it holds (seconds since the epoch). */
int32_t bqi_zone_rule_at(const struct bqi_zone_rule *rule, int64_t seconds, int64_t *from,
                         int64_t *until);

#endif
