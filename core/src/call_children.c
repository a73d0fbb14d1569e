/* What a job knows of its children: getJobChildrenValues, getJobDependencies,
 * getJobDependenciesCount. Values of children are JSON text and passed on as they are. */
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "call_rows.h"
#include "calls.h"
#include "json_text.h"
#include "number.h"

enum { KINDS = 4, PROCESSED = 0, PAGE_COUNT = 20 };

/* How each kind of child is stored, read whole, and read by pages. */
static const struct kind {
    const char *name;
    const char *next_cursor;
    const char *part;
    const char *read_all;
    const char *scan; /* NULL: by rank */
    int has_values;
} kinds[KINDS] = {
    {"processed", "nextProcessedCursor", ":processed", "HGETALL", "HSCAN", 1},
    {"unprocessed", "nextUnprocessedCursor", ":dependencies", "SMEMBERS", "SSCAN", 0},
    {"ignored", "nextIgnoredCursor", ":failed", "HGETALL", "HSCAN", 1},
    {"failed", "nextFailedCursor", ":unsuccessful", "ZRANGE", NULL, 0},
};

struct children {
    struct bqi_pending base;
    struct bqi_buffer json;
    struct bqi_error error;
    int by_pages;
    size_t kind; /* of the command on its way */
};

static void drop_children(struct bqi_pending *pending) {
    bqi_buffer_free(&((struct children *)pending)->json);
}

/* ---- writing ---- */

static void append_name(struct bqi_buffer *json, const char *name, size_t len) {
    char last = json->length ? json->data[json->length - 1] : '{';
    if (last != '{' && last != '[')
        bqi_buffer_text(json, ",");
    bqi_json_append_text(json, name, len);
}

static int append_value(struct children *children, const redisReply *child,
                        const redisReply *value) {
    json_error_t where;
    if (!bqi_json_is_valid(value->str, value->len, &where))
        return bqi_error_set(&children->error, BQ_ERR_UNEXPECTED_REPLY,
                             "The value of child %.200s is not JSON: %s.", child->str, where.text);
    bqi_buffer_append(&children->json, value->str, value->len);
    return 0;
}

/* {"<child>": value, ...}; reasons of failure are texts. */
static int append_hash(struct children *children, const redisReply *hash, int texts) {
    int status = 0;
    bqi_buffer_text(&children->json, "{");
    for (size_t i = 0; status == 0 && i + 1 < hash->elements; i += 2) {
        const redisReply *child = hash->element[i], *value = hash->element[i + 1];
        append_name(&children->json, child->str, child->len);
        bqi_buffer_text(&children->json, ":");
        if (texts)
            bqi_json_append_text(&children->json, value->str, value->len);
        else
            status = append_value(children, child, value);
    }
    bqi_buffer_text(&children->json, "}");
    return status;
}

static void append_list(struct children *children, const redisReply *list) {
    bqi_buffer_text(&children->json, "[");
    for (size_t i = 0; i < list->elements; i++)
        append_name(&children->json, list->element[i]->str, list->element[i]->len);
    bqi_buffer_text(&children->json, "]");
}

static void answer(struct children *children) {
    struct bqi_pending *pending = &children->base;
    if (children->error.code)
        bqi_answer_error(pending->client, pending->operation, &children->error);
    else if (children->json.failed)
        bqi_answer_no_memory(pending);
    else
        bqi_answer_text(pending->client, pending->operation, children->json.data,
                        children->json.length);
}

/* ---- getJobChildrenValues ---- */

static const struct bqi_plan values_plan = {.words = WORDS(TEXT("HGETALL"), JOB(":processed"))};

static int on_values(struct bqi_pending *pending, const redisReply *reply) {
    struct children *children = (struct children *)pending;
    if (reply->type != REDIS_REPLY_ARRAY) {
        bqi_answer_unexpected(pending, "HGETALL");
        return 0;
    }
    append_hash(children, reply, 0);
    answer(children);
    return 0;
}

static struct children *children_new(const struct bqi_call *call,
                                     int (*on_reply)(struct bqi_pending *, const redisReply *)) {
    struct children *children = (struct children *)bqi_pending_new_sized(
        call, bqi_call_text(call, "id"), on_reply, sizeof *children);
    if (children)
        children->base.drop = drop_children;
    return children;
}

void bqi_call_get_job_children_values(const struct bqi_call *call) {
    struct children *children = children_new(call, on_values);
    if (children)
        bqi_plan_submit(&children->base, &values_plan);
}

/* ---- getJobDependencies ---- */

static const json_t *page_of(const struct children *children) {
    return json_object_get(children->base.args, kinds[children->kind].name);
}

static int64_t page_number(const struct children *children, const char *name, int64_t unset) {
    const json_t *number = json_object_get(page_of(children), name);
    return json_is_integer(number) ? json_integer_value(number) : unset;
}

static int is_asked(const struct children *children) {
    return !children->by_pages || json_is_object(page_of(children));
}

static void add_range(const struct children *children, struct bqi_words *words) {
    const struct kind *kind = &kinds[children->kind];
    int64_t cursor = page_number(children, "cursor", 0);
    int64_t count = page_number(children, "count", PAGE_COUNT);
    if (children->by_pages && kind->scan) {
        bqi_words_int(words, cursor);
        bqi_words_text(words, "COUNT");
        bqi_words_int(words, count);
    } else if (!kind->scan) {
        bqi_words_int(words, cursor);
        bqi_words_int(words, children->by_pages ? cursor + count - 1 : -1);
    }
}

/* The next kind that was asked for; 0 when there is none left. */
static int submit_kind(struct children *children) {
    struct bqi_words words;
    while (children->kind < KINDS && !is_asked(children))
        children->kind++;
    if (children->kind == KINDS)
        return 0;
    const struct kind *kind = &kinds[children->kind];
    bqi_words_init(&words);
    bqi_words_text(&words, children->by_pages && kind->scan ? kind->scan : kind->read_all);
    bqi_words_subkey(&words, &children->base.queue->keys, children->base.subject, kind->part, NULL);
    add_range(children, &words);
    bqi_pending_submit(&children->base, &words);
    return 1;
}

static void append_cursor(struct children *children, const redisReply *cursor) {
    const struct kind *kind = &kinds[children->kind];
    char digits[24];
    snprintf(digits, sizeof digits, "%lld",
             (long long)(page_number(children, "cursor", 0) +
                         page_number(children, "count", PAGE_COUNT)));
    append_name(&children->json, kind->next_cursor, strlen(kind->next_cursor));
    bqi_buffer_text(&children->json, ":");
    bqi_buffer_text(&children->json, cursor ? cursor->str : digits);
}

static int append_kind(struct children *children, const redisReply *reply) {
    const struct kind *kind = &kinds[children->kind];
    int scanned = children->by_pages && kind->scan;
    int status = 0;
    if (reply->type != REDIS_REPLY_ARRAY || (scanned && reply->elements != 2))
        return bqi_error_set(&children->error, BQ_ERR_UNEXPECTED_REPLY,
                             "The children of job %.200s could not be read.",
                             children->base.subject);
    const redisReply *found = scanned ? reply->element[1] : reply;
    append_name(&children->json, kind->name, strlen(kind->name));
    bqi_buffer_text(&children->json, ":");
    if (kind->has_values)
        status = append_hash(children, found, children->kind != PROCESSED);
    else
        append_list(children, found);
    if (children->by_pages)
        append_cursor(children, scanned ? reply->element[0] : NULL);
    return status;
}

static int on_kind(struct bqi_pending *pending, const redisReply *reply) {
    struct children *children = (struct children *)pending;
    if (append_kind(children, reply) == 0) {
        children->kind++;
        if (submit_kind(children))
            return 1;
        bqi_buffer_text(&children->json, "}");
    }
    answer(children);
    return 0;
}

void bqi_call_get_job_dependencies(const struct bqi_call *call) {
    struct children *children = children_new(call, on_kind);
    if (!children)
        return;
    for (size_t i = 0; i < KINDS; i++)
        children->by_pages |= json_is_object(json_object_get(call->args, kinds[i].name));
    bqi_buffer_text(&children->json, "{");
    submit_kind(children);
}

/* ---- getJobDependenciesCount ---- */

static int counts_kind(const json_t *args, size_t kind) {
    int any = 0;
    for (size_t i = 0; i < KINDS; i++)
        any |= json_is_true(json_object_get(args, kinds[i].name));
    return !any || json_is_true(json_object_get(args, kinds[kind].name));
}

static int on_counts(struct bqi_pending *pending, const redisReply *reply) {
    json_t *counts = json_object();
    size_t at = 0;
    for (size_t i = 0; i < KINDS; i++)
        if (counts_kind(pending->args, i) && at < reply->elements)
            json_object_set_new(counts, kinds[i].name, json_integer(reply->element[at++]->integer));
    bqi_answer_json(pending->client, pending->operation, counts);
    json_decref(counts);
    return 0;
}

void bqi_call_get_job_dependencies_count(const struct bqi_call *call) {
    struct bqi_pending *pending = bqi_pending_new(call, bqi_call_text(call, "id"), on_counts);
    struct bqi_words words;
    if (!pending)
        return;
    bqi_pending_script(pending, &words, "getDependencyCounts");
    for (size_t i = 0; i < KINDS; i++)
        bqi_words_subkey(&words, &call->queue->keys, pending->subject, kinds[i].part, NULL);
    for (size_t i = 0; i < KINDS; i++)
        if (counts_kind(call->args, i))
            bqi_words_text(&words, kinds[i].name);
    bqi_pending_submit(pending, &words);
}
