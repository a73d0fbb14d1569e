/* The hash of a job as the commands of lua/batch return it: a packed array of texts, which costs
 * Redis half of what the same array as a reply does. */
#ifndef BQI_PACKED_HASH_H
#define BQI_PACKED_HASH_H

#include <hiredis/hiredis.h>

#include "error.h"

struct bqi_packed_hash {
    redisReply reply; /* as HGETALL's, until the next read */
    redisReply *texts;
    size_t capacity;
};

/* Shows `bytes`, which are followed by a NUL and are changed, in `hash->reply`. -1: they are no
 * array of texts, or there is no memory; `error` tells. */
int bqi_packed_hash_read(struct bqi_packed_hash *hash, char *bytes, size_t len,
                         struct bqi_error *error);
void bqi_packed_hash_free(struct bqi_packed_hash *hash);

#endif
