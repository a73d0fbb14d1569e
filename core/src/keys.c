#include "keys.h"

#include <string.h>

#include "alloc.h"

static const char *const suffixes[BQI_KEY_COUNT] = {
    [BQI_KEY_PREFIX] = "",
    [BQI_KEY_WAIT] = "wait",
    [BQI_KEY_PAUSED] = "paused",
    [BQI_KEY_ACTIVE] = "active",
    [BQI_KEY_PRIORITIZED] = "prioritized",
    [BQI_KEY_DELAYED] = "delayed",
    [BQI_KEY_WAITING_CHILDREN] = "waiting-children",
    [BQI_KEY_COMPLETED] = "completed",
    [BQI_KEY_FAILED] = "failed",
    [BQI_KEY_STALLED] = "stalled",
    [BQI_KEY_STALLED_CHECK] = "stalled-check",
    [BQI_KEY_LIMITER] = "limiter",
    [BQI_KEY_META] = "meta",
    [BQI_KEY_ID] = "id",
    [BQI_KEY_PC] = "pc",
    [BQI_KEY_MARKER] = "marker",
    [BQI_KEY_EVENTS] = "events",
    [BQI_KEY_REPEAT] = "repeat",
    [BQI_KEY_METRICS_COMPLETED] = "metrics:completed",
    [BQI_KEY_METRICS_FAILED] = "metrics:failed",
};

int bqi_is_queue_key(const char *job_id) {
    for (int i = BQI_KEY_WAIT; i < BQI_KEY_COUNT; i++)
        if (strcmp(job_id, suffixes[i]) == 0)
            return 1;
    return 0;
}

static char *join(const char *a, const char *b, const char *c, size_t *len) {
    size_t na = strlen(a), nb = strlen(b), nc = strlen(c);
    char *text = bqi_malloc(na + nb + nc + 1);
    if (!text)
        return NULL;
    memcpy(text, a, na);
    memcpy(text + na, b, nb);
    memcpy(text + na + nb, c, nc + 1);
    if (len)
        *len = na + nb + nc;
    return text;
}

int bqi_keys_init(struct bqi_keys *keys, const char *prefix, const char *queue) {
    memset(keys, 0, sizeof *keys);
    char *start = join(prefix, ":", queue, NULL);
    if (!start)
        return -1;
    int status = 0;
    for (int i = 0; i < BQI_KEY_COUNT; i++) {
        keys->key[i].ptr = join(start, ":", suffixes[i], &keys->key[i].len);
        if (!keys->key[i].ptr)
            status = -1;
    }
    bqi_free(start);
    if (status != 0)
        bqi_keys_free(keys);
    return status;
}

void bqi_keys_free(struct bqi_keys *keys) {
    for (int i = 0; i < BQI_KEY_COUNT; i++)
        bqi_free(keys->key[i].ptr);
    memset(keys, 0, sizeof *keys);
}

void bqi_words_key(struct bqi_words *words, const struct bqi_keys *keys, enum bqi_key key) {
    bqi_words_add(words, keys->key[key].ptr, keys->key[key].len);
}

void bqi_words_keys(struct bqi_words *words, const struct bqi_keys *keys, const enum bqi_key *list,
                    size_t count) {
    for (size_t i = 0; i < count; i++)
        bqi_words_key(words, keys, list[i]);
}

void bqi_words_subkey(struct bqi_words *words, const struct bqi_keys *keys, const char *a,
                      const char *b, const char *c) {
    const char *parts[] = {keys->key[BQI_KEY_PREFIX].ptr, a, b, c};
    bqi_words_join(words, parts, sizeof parts / sizeof *parts);
}

char *bqi_job_key(const struct bqi_keys *keys, const char *job_id, const char *suffix) {
    return join(keys->key[BQI_KEY_PREFIX].ptr, job_id, suffix, NULL);
}
