#include "record.h"

#include <string.h>

enum { HEADER = 16, FIELD_HEADER = 8, COUNT_AT = 6 };

static void put16(char *at, uint16_t value) {
    at[0] = (char)(value & 0xff);
    at[1] = (char)(value >> 8);
}

static void put32(char *at, uint32_t value) {
    put16(at, (uint16_t)value);
    put16(at + 2, (uint16_t)(value >> 16));
}

static void put64(char *at, uint64_t value) {
    put32(at, (uint32_t)value);
    put32(at + 4, (uint32_t)(value >> 32));
}

struct bqi_record bqi_record_begin(struct bqi_buffer *buffer, int type, bq_id id) {
    struct bqi_record record = {buffer, buffer->length};
    char *at = bqi_buffer_extend(buffer, HEADER);
    if (at) {
        put32(at, 0);
        put16(at + 4, (uint16_t)type);
        put16(at + COUNT_AT, 0);
        put64(at + 8, (uint64_t)id);
    }
    return record;
}

static char *add_field(struct bqi_record *record, int tag, int kind, size_t len) {
    struct bqi_buffer *buffer = record->buffer;
    char *at = bqi_buffer_extend(buffer, FIELD_HEADER + len);
    if (!at)
        return NULL;
    char *count = buffer->data + record->start + COUNT_AT;
    unsigned fields = (unsigned char)count[0] | (unsigned)(unsigned char)count[1] << 8;
    if (fields == UINT16_MAX || len > UINT32_MAX - FIELD_HEADER) {
        buffer->failed = 1;
        return NULL;
    }
    put16(count, (uint16_t)(fields + 1));
    put16(at, (uint16_t)tag);
    at[2] = (char)kind;
    at[3] = 0;
    put32(at + 4, (uint32_t)len);
    return at + FIELD_HEADER;
}

void bqi_record_int(struct bqi_record *record, int tag, int64_t value) {
    char *at = add_field(record, tag, BQ_KIND_INTEGER, 8);
    if (at)
        put64(at, (uint64_t)value);
}

void bqi_record_float(struct bqi_record *record, int tag, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    char *at = add_field(record, tag, BQ_KIND_FLOAT, 8);
    if (at)
        put64(at, bits);
}

void bqi_record_bytes(struct bqi_record *record, int tag, const char *data, size_t len) {
    char *at = add_field(record, tag, BQ_KIND_BYTES, len);
    if (at && len)
        memcpy(at, data, len);
}

void bqi_record_text(struct bqi_record *record, int tag, const char *text) {
    bqi_record_bytes(record, tag, text, strlen(text));
}

int bqi_record_end(struct bqi_record *record) {
    struct bqi_buffer *buffer = record->buffer;
    if (buffer->failed) {
        buffer->length = record->start;
        buffer->failed = 0;
        return -1;
    }
    put32(buffer->data + record->start, (uint32_t)(buffer->length - record->start));
    return 0;
}

void bqi_record_error_text(struct bqi_buffer *buffer, bq_id id, int code, const char *message,
                           size_t len, const char *job_id) {
    struct bqi_record event = bqi_record_begin(buffer, BQ_EV_ERROR, id);
    bqi_record_int(&event, BQ_TAG_CODE, code);
    bqi_record_text(&event, BQ_TAG_ERROR_NAME, bqi_error_name(code));
    bqi_record_bytes(&event, BQ_TAG_MESSAGE, message, len);
    bqi_record_int(&event, BQ_TAG_FLAGS, bqi_error_flags(code));
    if (job_id)
        bqi_record_text(&event, BQ_TAG_JOB_ID, job_id);
    bqi_record_end(&event);
}

void bqi_record_error(struct bqi_buffer *buffer, bq_id id, const struct bqi_error *error,
                      const char *job_id) {
    bqi_record_error_text(buffer, id, error->code, error->message, strlen(error->message), job_id);
}
