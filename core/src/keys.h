/* The Redis keys of one queue (protocol/1 section 1), written out once. */
#ifndef BQI_KEYS_H
#define BQI_KEYS_H

#include <stddef.h>

#include "command.h"

enum bqi_key {
    BQI_KEY_PREFIX, /* "bull:emails:", also the start of every job's key */
    BQI_KEY_WAIT,
    BQI_KEY_PAUSED,
    BQI_KEY_ACTIVE,
    BQI_KEY_PRIORITIZED,
    BQI_KEY_DELAYED,
    BQI_KEY_WAITING_CHILDREN,
    BQI_KEY_COMPLETED,
    BQI_KEY_FAILED,
    BQI_KEY_STALLED,
    BQI_KEY_STALLED_CHECK,
    BQI_KEY_LIMITER,
    BQI_KEY_META,
    BQI_KEY_ID,
    BQI_KEY_PC,
    BQI_KEY_MARKER,
    BQI_KEY_EVENTS,
    BQI_KEY_REPEAT,
    BQI_KEY_METRICS_COMPLETED,
    BQI_KEY_METRICS_FAILED,
    BQI_KEY_COUNT
};

struct bqi_text {
    char *ptr;
    size_t len;
};

struct bqi_keys {
    struct bqi_text key[BQI_KEY_COUNT];
};

/* Whether a job of that id would have the key of something else of the queue. */
int bqi_is_queue_key(const char *job_id);

/* -1: out of memory. */
int bqi_keys_init(struct bqi_keys *keys, const char *prefix, const char *queue);
void bqi_keys_free(struct bqi_keys *keys);

void bqi_words_key(struct bqi_words *words, const struct bqi_keys *keys, enum bqi_key key);
void bqi_words_keys(struct bqi_words *words, const struct bqi_keys *keys, const enum bqi_key *list,
                    size_t count);

/* The word for a key of the queue that is none of those above: its start and three texts. */
void bqi_words_subkey(struct bqi_words *words, const struct bqi_keys *keys, const char *a,
                      const char *b, const char *c);

/* The key of a job or, with a suffix such as ":logs", of one of its parts; bqi_free it. */
char *bqi_job_key(const struct bqi_keys *keys, const char *job_id, const char *suffix);

#endif
