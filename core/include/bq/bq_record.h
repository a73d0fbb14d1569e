/*
 * Reader and writer of the flat records of bindings/records.md: events as
 * bq_batch_bytes hands them out, requests as addBulk takes them.
 *
 * Everything here is inline and knows no client. The reader borrows: what it
 * finds points into the bytes it was given. It never reads beyond them,
 * whatever lengths they claim.
 */
#ifndef BQ_RECORD_H
#define BQ_RECORD_H

#include <stdlib.h>
#include <string.h>

#include "bq.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the fixed part of a record and of a field. */
enum { BQ_RECORD_HEADER_SIZE = 16, BQ_FIELD_HEADER_SIZE = 8 };

/* A record, or what bq_field_next has left of it. */
typedef struct bq_record {
    int type; /* BQ_EV_... or BQ_REC_... */
    bq_id id;
    uint16_t field_count; /* fields in `fields` */
    bq_bytes fields;      /* not yet read */
} bq_record;

typedef struct bq_field {
    uint16_t tag;
    uint8_t kind;    /* BQ_KIND_..., or one that this header does not know */
    bq_bytes bytes;  /* the value as it stands, of every kind */
    int64_t integer; /* when kind is BQ_KIND_INTEGER, else 0 */
    double number;   /* when kind is BQ_KIND_FLOAT, else 0 */
} bq_field;

static inline bq_bytes bq_bytes_of(const char *text) {
    bq_bytes bytes;
    bytes.ptr = text;
    bytes.len = text != NULL ? strlen(text) : 0;
    return bytes;
}

/* ---- numbers: little-endian on every machine ---------------------------- */

static inline uint64_t bq_read_uint(const char *at, size_t size) {
    uint64_t value = 0;
    size_t i;
    for (i = size; i > 0; i--) {
        value = value << 8 | (unsigned char)at[i - 1];
    }
    return value;
}

static inline void bq_write_uint(char *at, uint64_t value, size_t size) {
    size_t i;
    for (i = 0; i < size; i++) {
        at[i] = (char)(unsigned char)(value >> (8 * i) & 0xff);
    }
}

/* ---- reading ------------------------------------------------------------ */

/*
 * Take the first record off `rest`: 1 it is in `record`, 0 there is none left,
 * BQ_EINVAL the bytes are no records (`rest` is unchanged).
 */
static inline int bq_record_next(bq_bytes *rest, bq_record *record) {
    size_t length;
    if (rest->len == 0) {
        return 0;
    }
    if (rest->len < BQ_RECORD_HEADER_SIZE) {
        return BQ_EINVAL;
    }
    length = (size_t)bq_read_uint(rest->ptr, 4);
    if (length < BQ_RECORD_HEADER_SIZE || length > rest->len) {
        return BQ_EINVAL;
    }
    record->type = (int)bq_read_uint(rest->ptr + 4, 2);
    record->field_count = (uint16_t)bq_read_uint(rest->ptr + 6, 2);
    record->id = (bq_id)bq_read_uint(rest->ptr + 8, 8);
    record->fields.ptr = rest->ptr + BQ_RECORD_HEADER_SIZE;
    record->fields.len = length - BQ_RECORD_HEADER_SIZE;
    rest->ptr += length;
    rest->len -= length;
    return 1;
}

/* The value of a field, by its kind. BQ_EINVAL: a number of a wrong length. */
static inline int bq_field_decode(bq_field *field) {
    uint64_t bits;
    field->integer = 0;
    field->number = 0;
    if (field->kind != BQ_KIND_INTEGER && field->kind != BQ_KIND_FLOAT) {
        return 1;
    }
    if (field->bytes.len != 8) {
        return BQ_EINVAL;
    }
    bits = bq_read_uint(field->bytes.ptr, 8);
    if (field->kind == BQ_KIND_INTEGER) {
        field->integer = (int64_t)bits;
    } else {
        memcpy(&field->number, &bits, sizeof bits);
    }
    return 1;
}

/*
 * Take the first field off `record`: 1 it is in `field`, 0 there is none left,
 * BQ_EINVAL the record is malformed. Copy a record to go through it again.
 */
static inline int bq_field_next(bq_record *record, bq_field *field) {
    const char *at = record->fields.ptr;
    size_t length;
    if (record->field_count == 0) {
        return 0;
    }
    if (record->fields.len < BQ_FIELD_HEADER_SIZE) {
        return BQ_EINVAL;
    }
    length = (size_t)bq_read_uint(at + 4, 4);
    if (length > record->fields.len - BQ_FIELD_HEADER_SIZE) {
        return BQ_EINVAL;
    }
    field->tag = (uint16_t)bq_read_uint(at, 2);
    field->kind = (uint8_t)at[2];
    field->bytes.ptr = at + BQ_FIELD_HEADER_SIZE;
    field->bytes.len = length;
    record->fields.ptr += BQ_FIELD_HEADER_SIZE + length;
    record->fields.len -= BQ_FIELD_HEADER_SIZE + length;
    record->field_count--;
    return bq_field_decode(field);
}

/*
 * The first field of this tag and kind: 1 it is in `field`, 0 there is none.
 * The record is not changed.
 */
static inline int bq_record_find(const bq_record *record, int tag, int kind,
                                 bq_field *field) {
    bq_record rest = *record;
    while (bq_field_next(&rest, field) == 1) {
        if (field->tag == tag && field->kind == kind) {
            return 1;
        }
    }
    return 0;
}

/* Bytes of a field; `ptr` is NULL when the record has no such field. */
static inline bq_bytes bq_record_bytes(const bq_record *record, int tag) {
    bq_field field;
    if (!bq_record_find(record, tag, BQ_KIND_BYTES, &field)) {
        return bq_bytes_of(NULL);
    }
    return field.bytes;
}

static inline int64_t bq_record_integer(const bq_record *record, int tag,
                                        int64_t fallback) {
    bq_field field;
    return bq_record_find(record, tag, BQ_KIND_INTEGER, &field) ? field.integer
                                                                : fallback;
}

static inline double bq_record_float(const bq_record *record, int tag,
                                     double fallback) {
    bq_field field;
    return bq_record_find(record, tag, BQ_KIND_FLOAT, &field) ? field.number
                                                              : fallback;
}

/* ---- writing ------------------------------------------------------------ */

/*
 * Bytes that grow. Start with BQ_BUFFER_INIT, end with bq_buffer_free. Once
 * memory or a limit of the format is exceeded, `failed` is a refusal code,
 * further writing does nothing and bq_buffer_bytes is empty.
 */
typedef struct bq_buffer {
    char *ptr;
    size_t len;
    size_t capacity;
    size_t record; /* where the record begins that fields are put into */
    int failed;    /* 0, BQ_ENOMEM or BQ_EINVAL */
} bq_buffer;

/* clang-format off */
#define BQ_BUFFER_INIT {NULL, 0, 0, 0, 0}
/* clang-format on */

static inline void bq_buffer_free(bq_buffer *buffer) {
    free(buffer->ptr);
    memset(buffer, 0, sizeof *buffer);
}

/* Everything written, borrowed until the buffer is written to or freed. */
static inline bq_bytes bq_buffer_bytes(const bq_buffer *buffer) {
    bq_bytes bytes;
    bytes.ptr = buffer->ptr;
    bytes.len = buffer->failed ? 0 : buffer->len;
    return bytes;
}

/* Room for `size` more bytes, counted as written; NULL when it failed. */
static inline char *bq_buffer_extend(bq_buffer *buffer, size_t size) {
    size_t capacity = buffer->capacity != 0 ? buffer->capacity : 256;
    char *grown;
    if (buffer->failed) {
        return NULL;
    }
    if (size <= buffer->capacity - buffer->len) {
        buffer->len += size;
        return buffer->ptr + buffer->len - size;
    }
    while (capacity - buffer->len < size && capacity <= SIZE_MAX / 2) {
        capacity *= 2;
    }
    grown = capacity - buffer->len < size
                ? NULL
                : (char *)realloc(buffer->ptr, capacity);
    if (grown == NULL) {
        buffer->failed = BQ_ENOMEM;
        return NULL;
    }
    buffer->ptr = grown;
    buffer->capacity = capacity;
    buffer->len += size;
    return grown + buffer->len - size;
}

static inline void bq_buffer_append(bq_buffer *buffer, const char *data,
                                    size_t size) {
    char *at = bq_buffer_extend(buffer, size);
    if (at != NULL && size > 0) {
        memcpy(at, data, size);
    }
}

/* Begin a record; the fields that are put next belong to it. */
static inline void bq_put_record(bq_buffer *buffer, int type, bq_id id) {
    char *at = bq_buffer_extend(buffer, BQ_RECORD_HEADER_SIZE);
    if (at == NULL) {
        return;
    }
    buffer->record = (size_t)(at - buffer->ptr);
    bq_write_uint(at, BQ_RECORD_HEADER_SIZE, 4);
    bq_write_uint(at + 4, (uint64_t)type, 2);
    bq_write_uint(at + 6, 0, 2);
    bq_write_uint(at + 8, (uint64_t)id, 8);
}

/* Put a field into the record: where its `size` bytes go, or NULL. */
static inline char *bq_put_field(bq_buffer *buffer, int tag, int kind,
                                 size_t size) {
    size_t before = buffer->len - buffer->record;
    size_t limit = UINT32_MAX - BQ_FIELD_HEADER_SIZE;
    char *header, *at;
    unsigned count;
    if (buffer->failed) {
        return NULL;
    }
    count = (unsigned)bq_read_uint(buffer->ptr + buffer->record + 6, 2);
    if (count == UINT16_MAX || before > limit || size > limit - before) {
        buffer->failed = BQ_EINVAL;
        return NULL;
    }
    at = bq_buffer_extend(buffer, BQ_FIELD_HEADER_SIZE + size);
    if (at == NULL) {
        return NULL;
    }
    header = buffer->ptr + buffer->record;
    bq_write_uint(header, buffer->len - buffer->record, 4);
    bq_write_uint(header + 6, count + 1, 2);
    bq_write_uint(at, (uint64_t)tag, 2);
    bq_write_uint(at + 2, (uint64_t)kind, 2); /* kind, and reserved 0 */
    bq_write_uint(at + 4, size, 4);
    return at + BQ_FIELD_HEADER_SIZE;
}

static inline void bq_put_bytes(bq_buffer *buffer, int tag, bq_bytes value) {
    char *at = bq_put_field(buffer, tag, BQ_KIND_BYTES, value.len);
    if (at != NULL && value.len > 0) {
        memcpy(at, value.ptr, value.len);
    }
}

static inline void bq_put_integer(bq_buffer *buffer, int tag, int64_t value) {
    char *at = bq_put_field(buffer, tag, BQ_KIND_INTEGER, 8);
    if (at != NULL) {
        bq_write_uint(at, (uint64_t)value, 8);
    }
}

static inline void bq_put_float(bq_buffer *buffer, int tag, double value) {
    char *at = bq_put_field(buffer, tag, BQ_KIND_FLOAT, 8);
    uint64_t bits;
    if (at != NULL) {
        memcpy(&bits, &value, sizeof bits);
        bq_write_uint(at, bits, 8);
    }
}

/* One job of addBulk. `data` and `opts` are JSON text; NULL: none. */
static inline void bq_put_add(bq_buffer *buffer, const char *name,
                              const char *data, const char *opts) {
    bq_put_record(buffer, BQ_REC_ADD, 0);
    bq_put_bytes(buffer, BQ_TAG_NAME, bq_bytes_of(name));
    if (data != NULL) {
        bq_put_bytes(buffer, BQ_TAG_DATA, bq_bytes_of(data));
    }
    if (opts != NULL) {
        bq_put_bytes(buffer, BQ_TAG_OPTS, bq_bytes_of(opts));
    }
}

/*
 * One job of addFlows; its parent is the last one before it that is one less
 * deep. `prefix`, `data` and `opts` may be NULL, as above.
 */
static inline void bq_put_flow_node(bq_buffer *buffer, int64_t depth,
                                    const char *queue_name, const char *prefix,
                                    const char *name, const char *data,
                                    const char *opts) {
    bq_put_record(buffer, BQ_REC_FLOW_NODE, 0);
    bq_put_integer(buffer, BQ_TAG_DEPTH, depth);
    bq_put_bytes(buffer, BQ_TAG_QUEUE_NAME, bq_bytes_of(queue_name));
    bq_put_bytes(buffer, BQ_TAG_NAME, bq_bytes_of(name));
    if (prefix != NULL) {
        bq_put_bytes(buffer, BQ_TAG_PREFIX, bq_bytes_of(prefix));
    }
    if (data != NULL) {
        bq_put_bytes(buffer, BQ_TAG_DATA, bq_bytes_of(data));
    }
    if (opts != NULL) {
        bq_put_bytes(buffer, BQ_TAG_OPTS, bq_bytes_of(opts));
    }
}

#ifdef __cplusplus
}
#endif

#endif
