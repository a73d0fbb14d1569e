#include "json_text.h"

#include <stdlib.h>
#include <string.h>

int bqi_json_is_valid(const char *text, size_t len, json_error_t *where) {
    json_t *value =
        json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, where);
    /* A NUL in a member's name is JSON all the same; jansson only cannot hold it. */
    int valid = value || json_error_code(where) == json_error_null_byte_in_key;
    json_decref(value);
    return valid;
}

void bqi_json_append_text(struct bqi_buffer *json, const char *text, size_t len) {
    json_t *value = json_stringn(text, len);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    bqi_buffer_text(json, quoted ? quoted : "\"(a text that is not UTF-8)\"");
    free(quoted);
    json_decref(value);
}
