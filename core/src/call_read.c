#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "call.h"
#include "job_fields.h"

/* ---- getJob ---- */

static int on_job(struct bqi_pending *pending, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY) {
        bqi_answer_unexpected(pending, "HGETALL");
        return 0;
    }
    struct bqi_record event =
        bqi_outbox_begin(&pending->client->outbox, BQ_EV_REPLY, pending->operation);
    if (reply->elements)
        bqi_job_fields_write_job(&event, pending->subject, reply);
    bqi_record_end(&event);
    atomic_fetch_sub(&pending->client->pending, 1);
    return 0;
}

void bqi_call_get_job(const struct bqi_call *call) {
    const char *id = bqi_call_text(call, "id");
    struct bqi_pending *pending = bqi_pending_new(call, id, on_job);
    char *key = bqi_job_key(&call->queue->keys, id, "");
    struct bqi_words words;
    if (pending) {
        bqi_words_init(&words);
        bqi_words_text(&words, "HGETALL");
        bqi_words_text(&words, key ? key : "");
        bqi_pending_submit(pending, &words);
    }
    bqi_free(key);
}

/* ---- getJobState ---- */

static int on_state(struct bqi_pending *pending, const redisReply *reply) {
    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS)
        bqi_answer_text(pending->client, pending->operation, reply->str, reply->len);
    else
        bqi_answer_unexpected(pending, "getStateV2");
    return 0;
}

void bqi_call_get_job_state(const struct bqi_call *call) {
    static const enum bqi_key keys[] = {
        BQI_KEY_COMPLETED, BQI_KEY_FAILED, BQI_KEY_DELAYED,          BQI_KEY_ACTIVE,
        BQI_KEY_WAIT,      BQI_KEY_PAUSED, BQI_KEY_WAITING_CHILDREN, BQI_KEY_PRIORITIZED};
    const char *id = bqi_call_text(call, "id");
    struct bqi_pending *pending = bqi_pending_new(call, id, on_state);
    struct bqi_words words;
    if (!pending)
        return;
    bqi_pending_script(pending, &words, "getStateV2");
    bqi_words_keys(&words, &call->queue->keys, keys, sizeof keys / sizeof *keys);
    bqi_words_text(&words, id);
    bqi_pending_submit(pending, &words);
}

/* ---- getJobCounts ---- */

static const char *const all_types[] = {"active",      "completed", "delayed",         "failed",
                                        "prioritized", "waiting",   "waiting-children"};
static const char *const other_types[] = {"wait", "paused", "repeat"};

static int is_type(const char *word) {
    for (size_t i = 0; i < sizeof all_types / sizeof *all_types; i++)
        if (strcmp(all_types[i], word) == 0)
            return 1;
    for (size_t i = 0; i < sizeof other_types / sizeof *other_types; i++)
        if (strcmp(other_types[i], word) == 0)
            return 1;
    return 0;
}

/* The types asked for, each once, as keys of an object that keeps their order. */
static json_t *requested_types(const struct bqi_call *call, struct bqi_error *error) {
    const json_t *types = json_object_get(call->args, "types");
    json_t *wanted = json_object();
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *word = json_string_value(json_array_get(types, i));
        if (!is_type(word)) {
            bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                          "\"%.60s\" is no type of job. Types are active, completed, delayed, "
                          "failed, prioritized, waiting, waiting-children, paused and repeat.",
                          word);
            json_decref(wanted);
            return NULL;
        }
        json_object_set_new(wanted, word, json_integer(0));
    }
    if (json_object_size(wanted) == 0)
        for (size_t i = 0; i < sizeof all_types / sizeof *all_types; i++)
            json_object_set_new(wanted, all_types[i], json_integer(0));
    return wanted;
}

static int on_counts(struct bqi_pending *pending, const redisReply *reply) {
    const char *key;
    json_t *value;
    size_t i = 0;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != json_object_size(pending->json)) {
        bqi_answer_unexpected(pending, "getCounts");
        return 0;
    }
    json_object_foreach(pending->json, key, value) {
        json_integer_set(value, reply->element[i++]->integer);
    }
    bqi_answer_json(pending->client, pending->operation, pending->json);
    return 0;
}

void bqi_call_get_job_counts(const struct bqi_call *call) {
    struct bqi_error error;
    struct bqi_words words;
    const char *key;
    json_t *value;
    json_t *wanted = requested_types(call, &error);
    if (!wanted) {
        bqi_answer_error(call->client, call->operation, &error);
        return;
    }
    struct bqi_pending *pending = bqi_pending_new(call, NULL, on_counts);
    if (!pending) {
        json_decref(wanted);
        return;
    }
    pending->json = wanted;
    bqi_pending_script(pending, &words, "getCounts");
    bqi_words_key(&words, &call->queue->keys, BQI_KEY_PREFIX);
    json_object_foreach(wanted, key, value) {
        bqi_words_text(&words, strcmp(key, "waiting") == 0 ? "wait" : key);
    }
    bqi_pending_submit(pending, &words);
}

/* ---- getJobLogs ---- */

static int on_log_count(struct bqi_pending *pending, const redisReply *reply) {
    json_t *answer =
        json_pack("{s:O, s:I}", "logs", pending->json, "count", (json_int_t)reply->integer);
    bqi_answer_json(pending->client, pending->operation, answer);
    json_decref(answer);
    return 0;
}

static void submit_log_count(struct bqi_pending *pending) {
    char *key = bqi_job_key(&pending->queue->keys, pending->subject, ":logs");
    struct bqi_words words;
    pending->on_reply = on_log_count;
    bqi_words_init(&words);
    bqi_words_text(&words, "LLEN");
    bqi_words_text(&words, key ? key : "");
    bqi_pending_submit(pending, &words);
    bqi_free(key);
}

static int on_logs(struct bqi_pending *pending, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY) {
        bqi_answer_unexpected(pending, "LRANGE");
        return 0;
    }
    json_t *logs = json_array();
    int descending = (int)pending->number;
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *row = reply->element[descending ? reply->elements - 1 - i : i];
        json_t *text = json_stringn(row->str, row->len);
        json_array_append_new(logs, text ? text : json_string("(a row that is not UTF-8)"));
    }
    pending->json = logs;
    submit_log_count(pending);
    return 1;
}

/* One is added to it below. */
static int64_t log_index(const struct bqi_call *call, const char *name, int64_t unset) {
    int64_t index = bqi_call_int(call, name, unset);
    return index == INT64_MAX ? INT64_MAX - 1 : index;
}

void bqi_call_get_job_logs(const struct bqi_call *call) {
    int64_t start = log_index(call, "start", 0), end = log_index(call, "end", -1);
    int ascending = bqi_call_bool(call, "asc", 1);
    const char *id = bqi_call_text(call, "id");
    struct bqi_pending *pending = bqi_pending_new(call, id, on_logs);
    char *key = bqi_job_key(&call->queue->keys, id, ":logs");
    struct bqi_words words;
    if (pending) {
        pending->number = !ascending;
        bqi_words_init(&words);
        bqi_words_text(&words, "LRANGE");
        bqi_words_text(&words, key ? key : "");
        bqi_words_int(&words, ascending ? start : -(end + 1));
        bqi_words_int(&words, ascending ? end : -(start + 1));
        bqi_pending_submit(pending, &words);
    }
    bqi_free(key);
}

/* ---- isPaused ---- */

static int on_paused(struct bqi_pending *pending, const redisReply *reply) {
    bqi_answer_int(pending->client, pending->operation, reply->integer != 0);
    return 0;
}

void bqi_call_is_paused(const struct bqi_call *call) {
    struct bqi_pending *pending = bqi_pending_new(call, NULL, on_paused);
    struct bqi_words words;
    if (!pending)
        return;
    bqi_words_init(&words);
    bqi_words_text(&words, "HEXISTS");
    bqi_words_key(&words, &call->queue->keys, BQI_KEY_META);
    bqi_words_text(&words, "paused");
    bqi_pending_submit(pending, &words);
}
