/* removeOrphanedJobs: the queue's keys are scanned, and jobs that no state holds are removed
 * (protocol/3 section 4.8). */
#include <string.h>

#include "alloc.h"
#include "call_rows.h"
#include "calls.h"

static const char *const queue_keys[] = {
    "active",      "wait",          "waiting-children", "paused", "id",      "delayed",
    "prioritized", "stalled-check", "completed",        "failed", "stalled", "repeat",
    "limiter",     "meta",          "events",           "pc",     "marker",  "de"};
static const char *const job_parts[] = {"logs",   "dependencies", "processed",
                                        "failed", "unsuccessful", "lock"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Its `number` counts what was removed. */
struct orphans {
    struct bqi_pending base;
    char *pattern;
    char *cursor;
    json_t *candidates; /* ids of one step of the scan, as the names of an object's members */
    int64_t limit;      /* 0: none */
};

static void drop_orphans(struct bqi_pending *pending) {
    struct orphans *orphans = (struct orphans *)pending;
    bqi_free(orphans->pattern);
    bqi_free(orphans->cursor);
    json_decref(orphans->candidates);
}

static int is_in(const char *const *list, size_t count, const char *text, size_t len) {
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
            return 1;
    return 0;
}

/* "<id>" or "<id>:<part>" is a job's; other keys are the queue's, or not known here. */
static void consider(struct orphans *orphans, const redisReply *key) {
    const char *name = key->str + orphans->base.queue->keys.key[BQI_KEY_PREFIX].len;
    const char *colon = strchr(name, ':');
    size_t id_len = colon ? (size_t)(colon - name) : strlen(name);
    if (id_len == 0 || is_in(queue_keys, COUNT(queue_keys), name, id_len) ||
        (colon && !is_in(job_parts, COUNT(job_parts), colon + 1, strlen(colon + 1))))
        return;
    json_t *id = json_stringn(name, id_len);
    if (id)
        json_object_set_new(orphans->candidates, json_string_value(id), json_null());
    json_decref(id);
}

static int on_scan(struct bqi_pending *pending, const redisReply *reply);

static void submit_scan(struct orphans *orphans) {
    struct bqi_words words;
    orphans->base.on_reply = on_scan;
    orphans->base.base.script = NULL;
    json_object_clear(orphans->candidates);
    bqi_words_init(&words);
    bqi_words_text(&words, "SCAN");
    bqi_words_text(&words, orphans->cursor ? orphans->cursor : "0");
    bqi_words_text(&words, "MATCH");
    bqi_words_text(&words, orphans->pattern);
    bqi_words_text(&words, "COUNT");
    bqi_words_int(&words, json_integer_value(json_object_get(orphans->base.args, "count")));
    bqi_pending_submit(&orphans->base, &words);
}

/* The next step of the scan, unless it is over: 1 it goes on. */
static int go_on(struct orphans *orphans) {
    struct bqi_pending *pending = &orphans->base;
    if (strcmp(orphans->cursor, "0") != 0 &&
        (orphans->limit == 0 || pending->number < orphans->limit)) {
        submit_scan(orphans);
        return 1;
    }
    bqi_answer_int(pending->client, pending->operation, pending->number);
    return 0;
}

static int on_removed(struct bqi_pending *pending, const redisReply *reply) {
    pending->number += reply->integer;
    return go_on((struct orphans *)pending);
}

static void submit_candidates(struct orphans *orphans) {
    const char *id;
    json_t *none;
    struct bqi_words words;
    orphans->base.on_reply = on_removed;
    bqi_pending_script(&orphans->base, &words, "removeOrphanedJobs");
    bqi_words_key(&words, &orphans->base.queue->keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, COUNT(queue_keys));
    for (size_t i = 0; i < COUNT(queue_keys); i++)
        bqi_words_text(&words, queue_keys[i]);
    bqi_words_int(&words, COUNT(job_parts));
    for (size_t i = 0; i < COUNT(job_parts); i++)
        bqi_words_text(&words, job_parts[i]);
    json_object_foreach(orphans->candidates, id, none) {
        bqi_words_text(&words, id);
    }
    bqi_pending_submit(&orphans->base, &words);
}

static int on_scan(struct bqi_pending *pending, const redisReply *reply) {
    struct orphans *orphans = (struct orphans *)pending;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !reply->element[0]->str) {
        bqi_answer_unexpected(pending, "SCAN");
        return 0;
    }
    bqi_free(orphans->cursor);
    orphans->cursor = bqi_strndup(reply->element[0]->str, reply->element[0]->len);
    if (!orphans->cursor) {
        bqi_answer_no_memory(pending);
        return 0;
    }
    const redisReply *keys = reply->element[1];
    for (size_t i = 0; i < keys->elements; i++)
        consider(orphans, keys->element[i]);
    if (json_object_size(orphans->candidates) == 0)
        return go_on(orphans);
    submit_candidates(orphans);
    return 1;
}

/* The start of the queue's keys as a pattern that means just itself, and a star. */
static char *pattern_of(const struct bqi_text *prefix) {
    char *pattern = bqi_malloc(prefix->len * 2 + 2), *end = pattern;
    if (!pattern)
        return NULL;
    for (size_t i = 0; i < prefix->len; i++) {
        if (strchr("*?[]\\^-", prefix->ptr[i]))
            *end++ = '\\';
        *end++ = prefix->ptr[i];
    }
    strcpy(end, "*");
    return pattern;
}

void bqi_call_remove_orphaned_jobs(const struct bqi_call *call) {
    struct orphans *orphans =
        (struct orphans *)bqi_pending_new_sized(call, NULL, on_scan, sizeof *orphans);
    struct bqi_error error;
    if (!orphans)
        return;
    orphans->base.drop = drop_orphans;
    orphans->limit = bqi_call_int(call, "limit", 0);
    orphans->candidates = json_object();
    orphans->pattern = pattern_of(&call->queue->keys.key[BQI_KEY_PREFIX]);
    if (orphans->candidates && orphans->pattern) {
        submit_scan(orphans);
        return;
    }
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; nothing was sent.");
    orphans->base.base.done(&orphans->base.base, NULL, &error);
}
