#include "packed_hash.h"

#include "alloc.h"

struct head {
    size_t size;  /* its own bytes; 0: it is none */
    size_t count; /* bytes of the text, or elements of the array */
};

static size_t big_endian(const unsigned char *at, int bytes) {
    size_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* A type byte and a length of 1, 2 or 4 bytes. */
static struct head long_head(const unsigned char *at, size_t left, int bytes) {
    struct head head = {0, 0};
    if (left > (size_t)bytes)
        head = (struct head){1 + (size_t)bytes, big_endian(at + 1, bytes)};
    return head;
}

static struct head array_head(const unsigned char *at, size_t left) {
    if (left > 0 && (at[0] & 0xf0) == 0x90)
        return (struct head){1, at[0] & 0x0f};
    if (left > 0 && (at[0] == 0xdc || at[0] == 0xdd))
        return long_head(at, left, at[0] == 0xdc ? 2 : 4);
    return (struct head){0, 0};
}

static struct head text_head(const unsigned char *at, size_t left) {
    if (left > 0 && (at[0] & 0xe0) == 0xa0)
        return (struct head){1, at[0] & 0x1f};
    if (left > 0 && at[0] >= 0xd9 && at[0] <= 0xdb)
        return long_head(at, left, 1 << (at[0] - 0xd9));
    return (struct head){0, 0};
}

static int reserve(struct bqi_packed_hash *hash, size_t count) {
    if (count <= hash->capacity)
        return 0;
    redisReply *texts = bqi_realloc(hash->texts, count * sizeof *texts);
    if (texts)
        hash->texts = texts;
    redisReply **elements =
        texts ? bqi_realloc(hash->reply.element, count * sizeof *elements) : NULL;
    if (!elements)
        return -1;
    hash->reply.element = elements;
    for (size_t i = 0; i < count; i++)
        elements[i] = &texts[i];
    hash->capacity = count;
    return 0;
}

/* Ends each text with a NUL in the place of the next one's head, which has been read by then. */
static int read_texts(struct bqi_packed_hash *hash, char *bytes, size_t at, size_t len) {
    for (size_t i = 0; i < hash->reply.elements; i++) {
        struct head head = text_head((const unsigned char *)bytes + at, len - at);
        if (!head.size || head.count > len - at - head.size)
            return -1;
        bytes[at] = '\0';
        hash->texts[i] = (redisReply){
            .type = REDIS_REPLY_STRING, .str = bytes + at + head.size, .len = head.count};
        at += head.size + head.count;
    }
    return at == len ? 0 : -1;
}

int bqi_packed_hash_read(struct bqi_packed_hash *hash, char *bytes, size_t len,
                         struct bqi_error *error) {
    struct head head = array_head((const unsigned char *)bytes, len);
    if (!head.size || head.count > len) {
        bqi_error_set(error, BQ_ERR_UNEXPECTED_REPLY, "The hash of a job is not a packed array.");
        return -1;
    }
    if (reserve(hash, head.count) != 0) {
        bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory in a worker.");
        return -1;
    }
    hash->reply.type = REDIS_REPLY_ARRAY;
    hash->reply.elements = head.count;
    if (read_texts(hash, bytes, head.size, len) == 0)
        return 0;
    bqi_error_set(error, BQ_ERR_UNEXPECTED_REPLY, "The packed hash of a job is cut or no texts.");
    return -1;
}

void bqi_packed_hash_free(struct bqi_packed_hash *hash) {
    bqi_free(hash->texts);
    bqi_free(hash->reply.element);
}
