/* When a cron pattern comes round next, as BullMQ 6.7.0 finds it (protocol/6 sections 5 and 8 to
 * 11): at clock changes its answers are peculiar, and every client must give the same. */
#ifndef BQI_CRON_NEXT_H
#define BQI_CRON_NEXT_H

#include <stdint.h>

#include "cron_pattern.h"
#include "zone.h"

/* Times are ms since the epoch; beyond these JavaScript has none. */
#define BQI_CRON_LARGEST_TIME 8640000000000000

/* The first run after `from`, not before `start` and not after `end` (0: no limit). -1 with `error`
 * when there is none or the search gave up; its work is bounded. */
int bqi_cron_next(const struct bqi_cron_pattern *pattern, const struct bqi_zone *zone, int64_t from,
                  int64_t start, int64_t end, int64_t *run, struct bqi_error *error);

#endif
