/* Writer of the flat records of bindings/records.md. */
#ifndef BQI_RECORD_H
#define BQI_RECORD_H

#include <stdint.h>

#include "bq/bq.h"
#include "buffer.h"
#include "error.h"

struct bqi_record {
    struct bqi_buffer *buffer;
    size_t start;
};

struct bqi_record bqi_record_begin(struct bqi_buffer *buffer, int type, bq_id id);
void bqi_record_int(struct bqi_record *record, int tag, int64_t value);
void bqi_record_float(struct bqi_record *record, int tag, double value);
void bqi_record_bytes(struct bqi_record *record, int tag, const char *data, size_t len);
void bqi_record_text(struct bqi_record *record, int tag, const char *text);

/* Fill in length and field count. If memory ran out the record is taken back whole; returns -1. */
int bqi_record_end(struct bqi_record *record);

/* A whole ERROR event; `job_id` may be NULL. */
void bqi_record_error_text(struct bqi_buffer *buffer, bq_id id, int code, const char *message,
                           size_t len, const char *job_id);
void bqi_record_error(struct bqi_buffer *buffer, bq_id id, const struct bqi_error *error,
                      const char *job_id);

#endif
