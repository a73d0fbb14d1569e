#include "job_waiters.h"

#include <stdint.h>
#include <string.h>

#include "alloc.h"

enum { FIRST_CAPACITY = 16 };

/* FNV-1a. */
static size_t hash(const char *text, size_t len) {
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ (unsigned char)text[i]) * 1099511628211u;
    return (size_t)(sum ^ sum >> 32);
}

static struct bqi_job_waiter **bucket_of(const struct bqi_job_waiters *waiters, const char *job_id,
                                         size_t len) {
    return &waiters->buckets[hash(job_id, len) & (waiters->capacity - 1)];
}

static void put(struct bqi_job_waiters *waiters, struct bqi_job_waiter *waiter) {
    struct bqi_job_waiter **bucket = bucket_of(waiters, waiter->job_id, waiter->job_id_len);
    waiter->next = *bucket;
    *bucket = waiter;
}

static int grow(struct bqi_job_waiters *waiters) {
    struct bqi_job_waiters larger = {
        NULL, waiters->capacity ? waiters->capacity * 2 : FIRST_CAPACITY, waiters->count};
    larger.buckets = bqi_calloc(larger.capacity * sizeof *larger.buckets);
    if (!larger.buckets)
        return -1;
    for (size_t i = 0; i < waiters->capacity; i++) {
        for (struct bqi_job_waiter *waiter = waiters->buckets[i], *next; waiter; waiter = next) {
            next = waiter->next;
            put(&larger, waiter);
        }
    }
    bqi_free(waiters->buckets);
    *waiters = larger;
    return 0;
}

int bqi_job_waiters_add(struct bqi_job_waiters *waiters, struct bqi_job_waiter *waiter) {
    if (waiters->count == waiters->capacity && grow(waiters) != 0)
        return -1;
    put(waiters, waiter);
    waiters->count++;
    return 0;
}

void bqi_job_waiters_remove(struct bqi_job_waiters *waiters, struct bqi_job_waiter *waiter) {
    struct bqi_job_waiter **at = bucket_of(waiters, waiter->job_id, waiter->job_id_len);
    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
    waiters->count--;
}

struct bqi_job_waiter *bqi_job_waiters_take(struct bqi_job_waiters *waiters, const char *job_id,
                                            size_t len) {
    struct bqi_job_waiter *taken = NULL;
    if (waiters->count == 0)
        return NULL;
    for (struct bqi_job_waiter **at = bucket_of(waiters, job_id, len); *at;) {
        struct bqi_job_waiter *waiter = *at;
        if (waiter->job_id_len != len || memcmp(waiter->job_id, job_id, len) != 0) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->next = taken;
        taken = waiter;
        waiters->count--;
    }
    return taken;
}

struct bqi_job_waiter *bqi_job_waiters_take_all(struct bqi_job_waiters *waiters) {
    struct bqi_job_waiter *taken = NULL;
    for (size_t i = 0; i < waiters->capacity; i++) {
        struct bqi_job_waiter **end = &waiters->buckets[i];
        while (*end)
            end = &(*end)->next;
        *end = taken;
        taken = waiters->buckets[i];
        waiters->buckets[i] = NULL;
    }
    waiters->count = 0;
    return taken;
}

void bqi_job_waiters_free(struct bqi_job_waiters *waiters) {
    bqi_free(waiters->buckets);
    memset(waiters, 0, sizeof *waiters);
}
