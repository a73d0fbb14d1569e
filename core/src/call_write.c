/* Calls that change one job or the whole queue. */
#include <string.h>

#include "alloc.h"
#include "call.h"

int bqi_call_check_json(const struct bqi_call *call, const char *what) {
    struct bqi_error error;
    json_error_t where;
    json_t *value = json_loadb(call->payload, call->payload_len,
                               JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &where);
    /* A NUL in a member's name is JSON all the same; jansson only cannot hold it. */
    if (value || json_error_code(&where) == json_error_null_byte_in_key) {
        json_decref(value);
        return 0;
    }
    /* Node's readers parse it, and a QueueEvents of Node's ends for good on text that is none. */
    bqi_error_set(&error, BQ_ERR_INVALID_ARGUMENT, "The %s must be JSON text: %s.", what,
                  where.text);
    bqi_answer_error(call->client, call->operation, &error);
    return -1;
}

static int answer_code(struct bqi_pending *pending, const redisReply *reply, const char *command) {
    struct bqi_error error;
    if (reply->type != REDIS_REPLY_INTEGER) {
        bqi_answer_unexpected(pending, command);
    } else if (reply->integer < 0) {
        bqi_error_set_script(&error, reply->integer, pending->subject, command, "");
        bqi_answer_error(pending->client, pending->operation, &error);
    } else {
        return 1;
    }
    return 0;
}

/* ---- updateJobProgress ---- */

static int on_progress(struct bqi_pending *pending, const redisReply *reply) {
    if (answer_code(pending, reply, "updateProgress"))
        bqi_answer_done(pending->client, pending->operation);
    return 0;
}

void bqi_call_update_job_progress(const struct bqi_call *call) {
    const char *id = bqi_call_text(call, "id");
    struct bqi_words words;
    if (bqi_call_check_json(call, "progress") != 0)
        return;
    struct bqi_pending *pending = bqi_pending_new(call, id, on_progress);
    char *key = bqi_job_key(&call->queue->keys, id, "");
    if (pending) {
        bqi_pending_script(pending, &words, "updateProgress");
        bqi_words_text(&words, key ? key : "");
        bqi_words_key(&words, &call->queue->keys, BQI_KEY_EVENTS);
        bqi_words_key(&words, &call->queue->keys, BQI_KEY_META);
        bqi_words_text(&words, id);
        bqi_words_add(&words, call->payload, call->payload_len);
        bqi_pending_submit(pending, &words);
    }
    bqi_free(key);
}

/* ---- updateJobData ---- */

static int on_data(struct bqi_pending *pending, const redisReply *reply) {
    if (answer_code(pending, reply, "updateData"))
        bqi_answer_done(pending->client, pending->operation);
    return 0;
}

void bqi_call_update_job_data(const struct bqi_call *call) {
    const char *id = bqi_call_text(call, "id");
    struct bqi_words words;
    if (bqi_call_check_json(call, "data") != 0)
        return;
    struct bqi_pending *pending = bqi_pending_new(call, id, on_data);
    char *key = bqi_job_key(&call->queue->keys, id, "");
    if (pending) {
        bqi_pending_script(pending, &words, "updateData");
        bqi_words_text(&words, key ? key : "");
        bqi_words_add(&words, call->payload, call->payload_len);
        bqi_pending_submit(pending, &words);
    }
    bqi_free(key);
}

/* ---- addJobLog ---- */

static int on_log(struct bqi_pending *pending, const redisReply *reply) {
    if (answer_code(pending, reply, "addLog"))
        bqi_answer_int(pending->client, pending->operation, reply->integer);
    return 0;
}

void bqi_call_add_job_log(const struct bqi_call *call) {
    const char *id = bqi_call_text(call, "id");
    int64_t keep = bqi_call_int(call, "keepLogs", 0);
    struct bqi_pending *pending = bqi_pending_new(call, id, on_log);
    char *key = bqi_job_key(&call->queue->keys, id, "");
    char *logs = bqi_job_key(&call->queue->keys, id, ":logs");
    struct bqi_words words;
    if (pending) {
        bqi_pending_script(pending, &words, "addLog");
        bqi_words_text(&words, key ? key : "");
        bqi_words_text(&words, logs ? logs : "");
        bqi_words_text(&words, id);
        bqi_words_add(&words, call->payload, call->payload_len);
        if (keep > 0)
            bqi_words_int(&words, keep);
        else
            bqi_words_text(&words, "");
        bqi_pending_submit(pending, &words);
    }
    bqi_free(key);
    bqi_free(logs);
}
