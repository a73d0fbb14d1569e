/* The time zones that a client's schedulers use, each read once. I/O thread only. */
#ifndef BQI_ZONE_CACHE_H
#define BQI_ZONE_CACHE_H

#include "zone.h"

enum { BQI_ZONE_CACHE_SIZE = 16 };

struct bqi_zone_cache {
    struct {
        char *name;
        struct bqi_zone *zone; /* NULL: a free place */
    } places[BQI_ZONE_CACHE_SIZE];
    unsigned next; /* the place that is taken when none is free */
};

/* As bqi_zone_open, but borrowed until the next call. */
const struct bqi_zone *bqi_zone_cache_get(struct bqi_zone_cache *cache, const char *name,
                                          struct bqi_error *error);
void bqi_zone_cache_free(struct bqi_zone_cache *cache);

#endif
