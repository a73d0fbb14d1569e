/* removeOrphanedJobs: the queue's keys are scanned, and jobs that no state holds are removed
 * (protocol/3 section 4.8).
 *
 * To look for a job in a list of a million takes Redis 25 ms. So the lists are read first, a page
 * at a time, and only jobs that were in none go to the script, which alone decides. */
#include <string.h>

#include "alloc.h"
#include "call_rows.h"
#include "calls.h"
#include "idmap.h"

static const char *const queue_keys[] = {
    "active",      "wait",          "waiting-children", "paused", "id",      "delayed",
    "prioritized", "stalled-check", "completed",        "failed", "stalled", "repeat",
    "limiter",     "meta",          "events",           "pc",     "marker",  "de"};
static const char *const job_parts[] = {"logs",   "dependencies", "processed",
                                        "failed", "unsuccessful", "lock"};

/* Where jobs are; `marker` and `repeat` have members that could pass for ids. */
static const char *const states[] = {"active",           "wait",    "paused",
                                     "waiting-children", "delayed", "prioritized",
                                     "completed",        "failed",  "stalled"};

static const enum bqi_key lists[] = {BQI_KEY_WAIT, BQI_KEY_PAUSED, BQI_KEY_ACTIVE};

#define COUNT(list) (sizeof(list) / sizeof *(list))

enum { PAGE = 5000 };              /* entries of a list read at once: 1 ms of Redis */
enum { SEARCHED_AT_ONCE = 50000 }; /* entries of lists that a script call may go through: 1 ms */

/* Its `number` counts what was removed. */
struct orphans {
    struct bqi_pending base;
    char *pattern;
    char *cursor;
    json_t *candidates;      /* ids of one step of the scan, as the names of an object's members */
    void *next;              /* of them, for the script; NULL: all were there */
    int64_t limit;           /* 0: none */
    struct bqi_idmap listed; /* hashes of the ids in lists; two alike only keep an orphan alive */
    size_t list;             /* the one being read */
    int64_t read;            /* entries of it so far */
};

static void drop_orphans(struct bqi_pending *pending) {
    struct orphans *orphans = (struct orphans *)pending;
    bqi_free(orphans->pattern);
    bqi_free(orphans->cursor);
    json_decref(orphans->candidates);
    bqi_idmap_free(&orphans->listed);
}

/* FNV-1a; an id of the map is above 0. */
static int64_t hash_of(const char *text, size_t len) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return (int64_t)(hash >> 1) | 1;
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
        (colon && !is_in(job_parts, COUNT(job_parts), colon + 1, strlen(colon + 1))) ||
        bqi_idmap_get(&orphans->listed, hash_of(name, id_len)))
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

static void submit_candidates(struct orphans *orphans);

static int on_removed(struct bqi_pending *pending, const redisReply *reply) {
    struct orphans *orphans = (struct orphans *)pending;
    pending->number += reply->integer;
    if (!orphans->next)
        return go_on(orphans);
    submit_candidates(orphans);
    return 1;
}

static size_t candidates_at_once(const struct orphans *orphans) {
    size_t most = SEARCHED_AT_ONCE / (orphans->listed.count + 1);
    return most == 0 ? 1 : most;
}

static void submit_candidates(struct orphans *orphans) {
    struct bqi_words words;
    orphans->base.on_reply = on_removed;
    bqi_pending_script(&orphans->base, &words, "removeOrphanedJobs");
    bqi_words_key(&words, &orphans->base.queue->keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, COUNT(states));
    for (size_t i = 0; i < COUNT(states); i++)
        bqi_words_text(&words, states[i]);
    bqi_words_int(&words, COUNT(job_parts));
    for (size_t i = 0; i < COUNT(job_parts); i++)
        bqi_words_text(&words, job_parts[i]);
    for (size_t left = candidates_at_once(orphans); left > 0 && orphans->next; left--) {
        bqi_words_text(&words, json_object_iter_key(orphans->next));
        orphans->next = json_object_iter_next(orphans->candidates, orphans->next);
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
    orphans->next = json_object_iter(orphans->candidates);
    if (!orphans->next)
        return go_on(orphans);
    submit_candidates(orphans);
    return 1;
}

static int on_page(struct bqi_pending *pending, const redisReply *reply);

/* Lists grow at their head: what is pushed meanwhile is read twice, and nothing is missed. */
static void submit_page(struct orphans *orphans) {
    struct bqi_words words;
    orphans->base.on_reply = on_page;
    bqi_words_init(&words);
    bqi_words_text(&words, "LRANGE");
    bqi_words_key(&words, &orphans->base.queue->keys, lists[orphans->list]);
    bqi_words_int(&words, orphans->read);
    bqi_words_int(&words, orphans->read + PAGE - 1);
    bqi_pending_submit(&orphans->base, &words);
}

static int on_page(struct bqi_pending *pending, const redisReply *reply) {
    struct orphans *orphans = (struct orphans *)pending;
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *id = reply->element[i];
        if (bqi_idmap_put(&orphans->listed, hash_of(id->str, id->len), orphans) != 0) {
            bqi_answer_no_memory(pending);
            return 0;
        }
    }
    orphans->read += (int64_t)reply->elements;
    if (reply->elements < PAGE) {
        orphans->list++;
        orphans->read = 0;
    }
    if (orphans->list < COUNT(lists))
        submit_page(orphans);
    else
        submit_scan(orphans);
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
        (struct orphans *)bqi_pending_new_sized(call, NULL, on_page, sizeof *orphans);
    struct bqi_error error;
    if (!orphans)
        return;
    orphans->base.drop = drop_orphans;
    orphans->limit = bqi_call_int(call, "limit", 0);
    orphans->candidates = json_object();
    orphans->pattern = pattern_of(&call->queue->keys.key[BQI_KEY_PREFIX]);
    if (orphans->candidates && orphans->pattern) {
        submit_page(orphans);
        return;
    }
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; nothing was sent.");
    orphans->base.base.done(&orphans->base.base, NULL, &error);
}
