/* Calls on the whole queue: pause, resume, obliterate. */
#include "call.h"

enum { OBLITERATE_COUNT = 1000 };

/* ---- pause and resume (protocol/2 section 16) ---- */

static void submit_pause(struct bqi_pending *pending, int pausing, int tell) {
    static const enum bqi_key rest[] = {BQI_KEY_META, BQI_KEY_PRIORITIZED, BQI_KEY_EVENTS,
                                        BQI_KEY_DELAYED, BQI_KEY_MARKER};
    const struct bqi_keys *keys = &pending->queue->keys;
    struct bqi_words words;
    bqi_pending_script(pending, &words, "pause");
    bqi_words_key(&words, keys, pausing ? BQI_KEY_WAIT : BQI_KEY_PAUSED);
    bqi_words_key(&words, keys, pausing ? BQI_KEY_PAUSED : BQI_KEY_WAIT);
    bqi_words_keys(&words, keys, rest, sizeof rest / sizeof *rest);
    bqi_words_text(&words, pausing ? "paused" : "resumed");
    bqi_words_text(&words, tell ? "1" : "0");
    bqi_pending_submit(pending, &words);
}

static int on_pause(struct bqi_pending *pending, const redisReply *reply) {
    (void)reply;
    bqi_answer_done(pending->client, pending->operation);
    return 0;
}

void bqi_call_pause(const struct bqi_call *call) {
    struct bqi_pending *pending = bqi_pending_new(call, NULL, on_pause);
    if (pending)
        submit_pause(pending, 1, 1);
}

/* A list of paused jobs that version 5 left behind is moved back piece by piece. */
static int on_resume(struct bqi_pending *pending, const redisReply *reply) {
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0) {
        submit_pause(pending, 0, 0);
        return 1;
    }
    bqi_answer_done(pending->client, pending->operation);
    return 0;
}

void bqi_call_resume(const struct bqi_call *call) {
    struct bqi_pending *pending = bqi_pending_new(call, NULL, on_resume);
    if (pending)
        submit_pause(pending, 0, 1);
}

/* ---- obliterate (protocol/3 section 4.7) ---- */

static int on_obliterate(struct bqi_pending *pending, const redisReply *reply);

static void submit_obliterate(struct bqi_pending *pending) {
    const struct bqi_keys *keys = &pending->queue->keys;
    struct bqi_words words;
    pending->on_reply = on_obliterate;
    bqi_pending_script(pending, &words, "obliterate");
    bqi_words_key(&words, keys, BQI_KEY_META);
    bqi_words_key(&words, keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, pending->number);
    bqi_words_text(&words, pending->json ? "force" : "");
    bqi_pending_submit(pending, &words);
}

static int on_obliterate(struct bqi_pending *pending, const redisReply *reply) {
    struct bqi_error error;
    if (reply->type != REDIS_REPLY_INTEGER) {
        bqi_answer_unexpected(pending, "obliterate");
        return 0;
    }
    if (reply->integer == 1) {
        submit_obliterate(pending);
        return 1;
    }
    if (reply->integer == 0) {
        bqi_answer_done(pending->client, pending->operation);
        return 0;
    }
    if (reply->integer == -1)
        bqi_error_set(&error, BQ_ERR_QUEUE_NOT_PAUSED, "Cannot obliterate non-paused queue");
    else
        bqi_error_set(&error, BQ_ERR_QUEUE_HAS_ACTIVE_JOBS,
                      "Cannot obliterate queue with active jobs");
    bqi_answer_error(pending->client, pending->operation, &error);
    return 0;
}

static int on_paused_first(struct bqi_pending *pending, const redisReply *reply) {
    (void)reply;
    submit_obliterate(pending);
    return 1;
}

void bqi_call_obliterate(const struct bqi_call *call) {
    int64_t count = bqi_call_int(call, "count", OBLITERATE_COUNT);
    struct bqi_pending *pending = bqi_pending_new(call, NULL, on_paused_first);
    if (!pending)
        return;
    pending->number = count > 0 ? count : OBLITERATE_COUNT;
    pending->json = bqi_call_bool(call, "force", 0) ? json_true() : NULL;
    submit_pause(pending, 1, 1);
}
