#include "pack.h"

#include <math.h>
#include <string.h>

void bqi_pack_bytes(msgpack_packer *packer, const char *text, size_t len) {
    msgpack_pack_str(packer, len);
    msgpack_pack_str_body(packer, text, len);
}

void bqi_pack_text(msgpack_packer *packer, const char *text) {
    bqi_pack_bytes(packer, text, strlen(text));
}

void bqi_pack_number(msgpack_packer *packer, double number) {
    if (floor(number) == number && fabs(number) < 9007199254740992.0)
        msgpack_pack_int64(packer, (int64_t)number);
    else
        msgpack_pack_double(packer, number);
}

static void pack_object(msgpack_packer *packer, const json_t *object) {
    const char *key;
    json_t *value;
    msgpack_pack_map(packer, json_object_size(object));
    json_object_foreach((json_t *)object, key, value) {
        bqi_pack_text(packer, key);
        bqi_pack_json(packer, value);
    }
}

static void pack_array(msgpack_packer *packer, const json_t *array) {
    size_t count = json_array_size(array);
    msgpack_pack_array(packer, count);
    for (size_t i = 0; i < count; i++)
        bqi_pack_json(packer, json_array_get(array, i));
}

void bqi_pack_json(msgpack_packer *packer, const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        pack_object(packer, value);
        break;
    case JSON_ARRAY:
        pack_array(packer, value);
        break;
    case JSON_STRING:
        bqi_pack_bytes(packer, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        bqi_pack_number(packer, json_number_value(value));
        break;
    case JSON_TRUE:
        msgpack_pack_true(packer);
        break;
    case JSON_FALSE:
        msgpack_pack_false(packer);
        break;
    case JSON_NULL:
        msgpack_pack_nil(packer);
        break;
    }
}
