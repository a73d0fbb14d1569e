/* What a job scheduler does next: shared by the call that makes one and by the worker that keeps it
 * going (protocol/4 part II, protocol/6 section 12). */
#ifndef BQI_SCHEDULER_H
#define BQI_SCHEDULER_H

#include <jansson.h>
#include <msgpack.h>
#include <stdint.h>

#include "error.h"
#include "zone_cache.h"

enum bqi_iteration_status {
    BQI_ITERATION_REFUSED = -1, /* with an error */
    BQI_ITERATION_OVER,         /* its limit or its end is reached: there is no next iteration */
    BQI_ITERATION_GOES_ON
};

struct bqi_iteration {
    int64_t next;   /* ms since the epoch; 0: the script finds it, from `every` */
    json_t *repeat; /* as it is stored in the iteration's options */
};

/* Refuse rules of both kinds and of none, in Node's words and order. */
int bqi_iteration_check(const json_t *repeat, struct bqi_error *error);

/* Work out the next iteration. `repeat` are the repeat options; `previous` is the time of the
 * iteration that leads to this one, 0 without one. When it goes on, the iteration's repeat is the
 * caller's to decref. */
enum bqi_iteration_status bqi_iteration_next(struct bqi_iteration *iteration,
                                             struct bqi_zone_cache *zones, const json_t *repeat,
                                             int64_t previous, int64_t now,
                                             struct bqi_error *error);

/* Pack the options of the iteration: `opts`, in their stored form, are changed for it. -1: out of
 * memory. */
int bqi_iteration_pack_options(const struct bqi_iteration *iteration, json_t *opts,
                               const char *scheduler, int64_t now, msgpack_sbuffer *out);

/* A repeat option that is a number, or a text that is one; 0 without it. */
int64_t bqi_repeat_number(const json_t *repeat, const char *name);

/* Whether a scheduler id looks like the key of a repeatable job of BullMQ 5, which is no
 * scheduler. */
int bqi_scheduler_is_legacy(const char *id);
/* Node's text about those. */
void bqi_scheduler_refuse_legacy(const char *id, const char *before, struct bqi_error *error);

#endif
