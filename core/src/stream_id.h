/* Ids of stream entries: "<ms>-<sequence>", ordered. */
#ifndef BQI_STREAM_ID_H
#define BQI_STREAM_ID_H

#include <stdint.h>

enum { BQI_STREAM_ID_SIZE = 48 };

struct bqi_stream_id {
    uint64_t ms;
    uint64_t sequence;
};

/* -1: no id. As for Redis, a sequence that is left out is 0. */
int bqi_stream_id_parse(const char *text, struct bqi_stream_id *id);
int bqi_stream_id_is_after(struct bqi_stream_id a, struct bqi_stream_id b);

/* Writes into `out` of BQI_STREAM_ID_SIZE bytes, and returns it. */
const char *bqi_stream_id_format(struct bqi_stream_id id, char *out);

#endif
