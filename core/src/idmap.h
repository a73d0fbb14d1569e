/* A map from ids (> 0) to pointers. */
#ifndef BQI_IDMAP_H
#define BQI_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct bqi_idmap_slot {
    int64_t id; /* 0: free */
    void *value;
};

struct bqi_idmap {
    struct bqi_idmap_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

int bqi_idmap_put(struct bqi_idmap *map, int64_t id, void *value); /* -1: out of memory */
void *bqi_idmap_get(const struct bqi_idmap *map, int64_t id);
void *bqi_idmap_remove(struct bqi_idmap *map, int64_t id);
void bqi_idmap_free(struct bqi_idmap *map);

/* Walk: start with *at = 0; NULL at the end. Removing the entry just returned is allowed only if
 * the walk starts again from 0. */
void *bqi_idmap_next(const struct bqi_idmap *map, size_t *at);

#endif
