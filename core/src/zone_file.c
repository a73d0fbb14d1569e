/* Reading zoneinfo files (RFC 8536). They are data from outside: nothing in them is believed before
 * it is checked, and what a file can make us do is bounded by its own size. */
#include "zone.h"

#include <string.h>

#include "alloc.h"

enum { HEADER = 44, LARGEST_OFFSET = 26 * 3600 };

struct counts {
    uint64_t utc, standard, leap, transitions, types, letters;
};

static uint32_t get32(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t get64(const unsigned char *at) {
    return (int64_t)((uint64_t)get32(at) << 32 | get32(at + 4));
}

static int read_header(const unsigned char *data, size_t len, struct counts *counts) {
    if (len < HEADER || memcmp(data, "TZif", 4) != 0 || data[4] < '2')
        return -1;
    counts->utc = get32(data + 20);
    counts->standard = get32(data + 24);
    counts->leap = get32(data + 28);
    counts->transitions = get32(data + 32);
    counts->types = get32(data + 36);
    counts->letters = get32(data + 40);
    return 0;
}

/* Bytes of a data block whose times have `width` bytes. The counts have 32 bits: no overflow. */
static uint64_t block_size(const struct counts *counts, uint64_t width) {
    return counts->transitions * (width + 1) + counts->types * 6 + counts->letters +
           counts->leap * (width + 4) + counts->standard + counts->utc;
}

static int read_types(struct bqi_zone *zone, const unsigned char *at, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t offset = (int32_t)get32(at + 6 * i);
        if (offset < -LARGEST_OFFSET || offset > LARGEST_OFFSET)
            return -1;
        zone->offsets[i] = offset;
    }
    return 0;
}

static int read_transitions(struct bqi_zone *zone, const unsigned char *data,
                            const struct counts *counts) {
    size_t count = (size_t)counts->transitions;
    const unsigned char *types = data + 8 * count;
    if (count == 0)
        return 0;
    zone->transitions = bqi_malloc(count * sizeof *zone->transitions);
    zone->types = bqi_malloc(count);
    if (!zone->transitions || !zone->types)
        return -2;
    for (size_t i = 0; i < count; i++) {
        zone->transitions[i] = get64(data + 8 * i);
        zone->types[i] = types[i];
        if (types[i] >= counts->types || (i && zone->transitions[i] <= zone->transitions[i - 1]))
            return -1;
    }
    zone->transition_count = count;
    return 0;
}

/* "\n<TZ string>\n"; an empty one says that nothing is known. */
static int read_footer(struct bqi_zone *zone, const char *at, size_t len) {
    const char *end = len > 1 && at[0] == '\n' ? memchr(at + 1, '\n', len - 1) : NULL;
    if (!end)
        return -1;
    size_t size = (size_t)(end - at) - 1;
    zone->has_rule = size > 0;
    return size ? bqi_zone_rule_parse(&zone->rule, at + 1, size) : 0;
}

int bqi_zone_parse(struct bqi_zone *zone, const unsigned char *data, size_t len) {
    struct counts counts;
    if (read_header(data, len, &counts) != 0)
        return -1;
    /* The first block is for readers of version 1. */
    uint64_t skipped = HEADER + block_size(&counts, 4);
    if (skipped > len)
        return -1;
    data += skipped;
    len -= (size_t)skipped;
    if (read_header(data, len, &counts) != 0)
        return -1;
    uint64_t size = block_size(&counts, 8);
    if (size > len - HEADER || counts.types == 0 || counts.types > 256)
        return -1;
    data += HEADER;
    int status = read_transitions(zone, data, &counts);
    if (status == 0)
        status = read_types(zone, data + 9 * counts.transitions, (size_t)counts.types);
    if (status == 0)
        status = read_footer(zone, (const char *)data + size, len - HEADER - (size_t)size);
    return status;
}
