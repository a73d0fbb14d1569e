#ifndef BQI_CLOCK_H
#define BQI_CLOCK_H

#include <stdint.h>

/* Milliseconds since the epoch: the clock of all that is written to Redis. */
int64_t bqi_now(void);

#endif
