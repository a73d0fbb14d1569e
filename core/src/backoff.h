/* Delays between attempts (protocol/5 section 2). */
#ifndef BQI_BACKOFF_H
#define BQI_BACKOFF_H

/* The delay in ms before the attempt that follows the `attempts_made`-th failure (1: the first); 0
 * without backoff, -1 for a type that is not known here. `random` is in [0, 1). */
double bqi_backoff_delay(const char *type, double delay, double jitter, long long attempts_made,
                         double random);

#endif
