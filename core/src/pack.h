/* MessagePack, the encoding of script arguments, by msgpack-c. */
#ifndef BQI_PACK_H
#define BQI_PACK_H

#include <jansson.h>
#include <msgpack.h>

void bqi_pack_text(msgpack_packer *packer, const char *text);
void bqi_pack_bytes(msgpack_packer *packer, const char *text, size_t len);

/* Whole numbers become integers where they fit, as BullMQ's encoder does. */
void bqi_pack_number(msgpack_packer *packer, double number);

void bqi_pack_json(msgpack_packer *packer, const json_t *value);

#endif
