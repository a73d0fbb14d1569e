#include "buffer.h"

#include <string.h>

#include "alloc.h"

enum { KEEP_AT_MOST = 1 << 20 };

static int reserve(struct bqi_buffer *buffer, size_t len) {
    if (buffer->failed)
        return -1;
    if (buffer->capacity - buffer->length >= len)
        return 0;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity - buffer->length < len)
        capacity *= 2;
    char *data = bqi_realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = 1;
        return -1;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

char *bqi_buffer_extend(struct bqi_buffer *buffer, size_t len) {
    if (reserve(buffer, len) != 0)
        return NULL;
    char *start = buffer->data + buffer->length;
    buffer->length += len;
    return start;
}

void bqi_buffer_append(struct bqi_buffer *buffer, const void *data, size_t len) {
    if (len == 0)
        return;
    char *start = bqi_buffer_extend(buffer, len);
    if (start)
        memcpy(start, data, len);
}

void bqi_buffer_text(struct bqi_buffer *buffer, const char *text) {
    bqi_buffer_append(buffer, text, strlen(text));
}

void bqi_buffer_clear(struct bqi_buffer *buffer) {
    if (buffer->capacity > KEEP_AT_MOST)
        bqi_buffer_free(buffer);
    buffer->length = 0;
    buffer->failed = 0;
}

void bqi_buffer_free(struct bqi_buffer *buffer) {
    bqi_free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}
