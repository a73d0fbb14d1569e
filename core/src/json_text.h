/* JSON as text: checked without being kept, and put together around values that stay as they are.
 */
#ifndef BQI_JSON_TEXT_H
#define BQI_JSON_TEXT_H

#include <jansson.h>

#include "buffer.h"

/* Whether it is one JSON value; else `where` says what is wrong. */
int bqi_json_is_valid(const char *text, size_t len, json_error_t *where);

/* Append a text, quoted; what is not UTF-8 becomes a remark in brackets. */
void bqi_json_append_text(struct bqi_buffer *json, const char *text, size_t len);

#endif
