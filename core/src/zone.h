/* A time zone: its offset from UTC at any instant, read from the system's zoneinfo files. A zone
 * never changes once it is made and may be used by any thread. */
#ifndef BQI_ZONE_H
#define BQI_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "zone_rule.h"

struct bqi_zone {
    size_t transition_count;
    int64_t *transitions; /* seconds since the epoch, ascending */
    unsigned char *types; /* that begin there */
    int32_t offsets[256]; /* of each type, in seconds */
    struct bqi_zone_rule rule;
    int has_rule; /* for all after the last transition */
};

/* Where an offset is in force: from <= t < until, in seconds since the epoch. */
struct bqi_zone_span {
    int64_t from;
    int64_t until;
    int32_t offset; /* seconds east of UTC */
};

/* ---- zone.c ---- */

/* The zone of an IANA name in any letter case, of "utc+3:30" and its like, or, for NULL, "local",
 * "system" and "default", the host's own. NULL with `error`: there is none of that name, or no
 * memory. bqi_zone_free it. */
struct bqi_zone *bqi_zone_open(const char *name, struct bqi_error *error);
void bqi_zone_free(struct bqi_zone *zone);

struct bqi_zone_span bqi_zone_at(const struct bqi_zone *zone, int64_t seconds);

/* ---- zone_file.c ---- */

/* Read a zoneinfo file (RFC 8536, version 2 and up) from memory. -1: it is none, or has no sense.
 * -2: out of memory. */
int bqi_zone_parse(struct bqi_zone *zone, const unsigned char *data, size_t len);

/* ---- zone_find.c ---- */

/* Read the file of an IANA name below the zoneinfo folder. NULL: there is none, or, with
 * `error->code` set, out of memory. */
struct bqi_zone *bqi_zone_find(const char *name, struct bqi_error *error);
struct bqi_zone *bqi_zone_read(const char *path, struct bqi_error *error);
struct bqi_zone *bqi_zone_new(struct bqi_error *error);

#endif
