#include "idmap.h"

#include <string.h>

#include "alloc.h"

/* Linear probing with removal by shifting back, so no tombstones build up in a map that lives as
 * long as its worker and sees every job. */

static size_t home(const struct bqi_idmap *map, int64_t id) {
    uint64_t mixed = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(mixed >> 32) & (map->capacity - 1);
}

static size_t find(const struct bqi_idmap *map, int64_t id) {
    size_t at = home(map, id);
    while (map->slots[at].id != 0 && map->slots[at].id != id)
        at = (at + 1) & (map->capacity - 1);
    return at;
}

static int grow(struct bqi_idmap *map) {
    struct bqi_idmap bigger = {NULL, map->capacity ? map->capacity * 2 : 16, map->count};
    bigger.slots = bqi_calloc(bigger.capacity * sizeof *bigger.slots);
    if (!bigger.slots)
        return -1;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].id != 0)
            bigger.slots[find(&bigger, map->slots[i].id)] = map->slots[i];
    bqi_free(map->slots);
    *map = bigger;
    return 0;
}

int bqi_idmap_put(struct bqi_idmap *map, int64_t id, void *value) {
    if ((map->count + 1) * 4 > map->capacity * 3 && grow(map) != 0)
        return -1;
    size_t at = find(map, id);
    if (map->slots[at].id == 0)
        map->count++;
    map->slots[at] = (struct bqi_idmap_slot){id, value};
    return 0;
}

void *bqi_idmap_get(const struct bqi_idmap *map, int64_t id) {
    if (map->count == 0 || id <= 0)
        return NULL;
    size_t at = find(map, id);
    return map->slots[at].id == id ? map->slots[at].value : NULL;
}

void *bqi_idmap_remove(struct bqi_idmap *map, int64_t id) {
    void *value = bqi_idmap_get(map, id);
    if (!value)
        return NULL;
    size_t mask = map->capacity - 1;
    size_t hole = find(map, id);
    for (size_t at = (hole + 1) & mask; map->slots[at].id != 0; at = (at + 1) & mask) {
        size_t distance = (at - home(map, map->slots[at].id)) & mask;
        if (distance >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (struct bqi_idmap_slot){0, NULL};
    map->count--;
    return value;
}

void *bqi_idmap_next(const struct bqi_idmap *map, size_t *at) {
    while (*at < map->capacity) {
        struct bqi_idmap_slot *slot = &map->slots[(*at)++];
        if (slot->id != 0)
            return slot->value;
    }
    return NULL;
}

void bqi_idmap_free(struct bqi_idmap *map) {
    bqi_free(map->slots);
    memset(map, 0, sizeof *map);
}
