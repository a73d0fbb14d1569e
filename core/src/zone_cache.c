#include "zone_cache.h"

#include <string.h>

#include "alloc.h"

static void clear(struct bqi_zone_cache *cache, unsigned place) {
    bqi_zone_free(cache->places[place].zone);
    bqi_free(cache->places[place].name);
    cache->places[place].zone = NULL;
    cache->places[place].name = NULL;
}

const struct bqi_zone *bqi_zone_cache_get(struct bqi_zone_cache *cache, const char *name,
                                          struct bqi_error *error) {
    const char *key = name ? name : "local";
    for (unsigned i = 0; i < BQI_ZONE_CACHE_SIZE; i++)
        if (cache->places[i].zone && strcmp(cache->places[i].name, key) == 0)
            return cache->places[i].zone;
    struct bqi_zone *zone = bqi_zone_open(name, error);
    char *copy = zone ? bqi_strndup(key, strlen(key)) : NULL;
    if (!copy) {
        if (zone)
            bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
        bqi_zone_free(zone);
        return NULL;
    }
    unsigned place = cache->next++ % BQI_ZONE_CACHE_SIZE;
    clear(cache, place);
    cache->places[place].name = copy;
    cache->places[place].zone = zone;
    return zone;
}

void bqi_zone_cache_free(struct bqi_zone_cache *cache) {
    for (unsigned i = 0; i < BQI_ZONE_CACHE_SIZE; i++)
        clear(cache, i);
}
