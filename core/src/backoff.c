#include "backoff.h"

#include <math.h>
#include <string.h>

double bqi_backoff_delay(const char *type, double delay, double jitter, long long attempts_made,
                         double random) {
    double full;
    if (!type)
        return 0;
    if (strcmp(type, "fixed") == 0)
        full = delay;
    else if (strcmp(type, "exponential") == 0)
        full = floor(pow(2, (double)(attempts_made - 1)) * delay + 0.5);
    else
        return -1;
    if (jitter > 0)
        full = floor(random * full * jitter + full * (1 - jitter));
    return isfinite(full) && full > 0 ? full : 0;
}
