/* A growing run of bytes. A failed allocation marks the buffer; it then ignores what is appended,
 * so that a writer checks once at its end. */
#ifndef BQI_BUFFER_H
#define BQI_BUFFER_H

#include <stddef.h>

struct bqi_buffer {
    char *data;
    size_t length;
    size_t capacity;
    int failed;
};

void bqi_buffer_append(struct bqi_buffer *buffer, const void *data, size_t len);
void bqi_buffer_text(struct bqi_buffer *buffer, const char *text);

/* Room for `len` more bytes at the end, already counted in the length; NULL if there is none. */
char *bqi_buffer_extend(struct bqi_buffer *buffer, size_t len);

/* Forget the content, keep the room unless it is large. */
void bqi_buffer_clear(struct bqi_buffer *buffer);
void bqi_buffer_free(struct bqi_buffer *buffer);

#endif
