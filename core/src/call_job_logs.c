/* getJobLogs: the rows asked for, and how many there are. clearJobLogs. */
#include "call_rows.h"
#include "calls.h"

static const struct bqi_plan count_plan = {.words = WORDS(TEXT("LLEN"), JOB(":logs"))};

static int on_count(struct bqi_pending *pending, const redisReply *reply) {
    json_t *answer =
        json_pack("{s:O, s:I}", "logs", pending->json, "count", (json_int_t)reply->integer);
    bqi_answer_json(pending->client, pending->operation, answer);
    json_decref(answer);
    return 0;
}

static int on_rows(struct bqi_pending *pending, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY) {
        bqi_answer_unexpected(pending, "LRANGE");
        return 0;
    }
    int ascending = json_is_true(json_object_get(pending->args, "asc"));
    pending->json = json_array();
    for (size_t i = 0; i < reply->elements; i++)
        json_array_append_new(
            pending->json, bqi_reply_text(reply->element[ascending ? i : reply->elements - 1 - i]));
    pending->on_reply = on_count;
    bqi_plan_submit(pending, &count_plan);
    return 1;
}

/* One is added to it below. */
static int64_t index_of(const struct bqi_call *call, const char *name) {
    int64_t index = bqi_call_int(call, name, 0);
    return index == INT64_MAX ? INT64_MAX - 1 : index;
}

void bqi_call_get_job_logs(const struct bqi_call *call) {
    int64_t start = index_of(call, "start"), end = index_of(call, "end");
    int ascending = bqi_call_bool(call, "asc", 1);
    struct bqi_pending *pending = bqi_pending_new(call, bqi_call_text(call, "id"), on_rows);
    struct bqi_words words;
    if (!pending)
        return;
    bqi_words_init(&words);
    bqi_words_text(&words, "LRANGE");
    bqi_words_subkey(&words, &call->queue->keys, pending->subject, ":logs", NULL);
    bqi_words_int(&words, ascending ? start : -(end + 1));
    bqi_words_int(&words, ascending ? end : -(start + 1));
    bqi_pending_submit(pending, &words);
}

static const struct bqi_plan clear_plan = {.words = WORDS(TEXT("DEL"), JOB(":logs"))};

static int on_cleared(struct bqi_pending *pending, const redisReply *reply) {
    (void)reply;
    bqi_answer_done(pending->client, pending->operation);
    return 0;
}

void bqi_call_clear_job_logs(const struct bqi_call *call) {
    int64_t keep = bqi_call_int(call, "keepLogs", 0);
    struct bqi_words words;
    if (keep == 0) {
        bqi_plan_run(call, &clear_plan);
        return;
    }
    struct bqi_pending *pending = bqi_pending_new(call, bqi_call_text(call, "id"), on_cleared);
    if (!pending)
        return;
    bqi_words_init(&words);
    bqi_words_text(&words, "LTRIM");
    bqi_words_subkey(&words, &call->queue->keys, pending->subject, ":logs", NULL);
    bqi_words_int(&words, -keep);
    bqi_words_int(&words, -1);
    bqi_pending_submit(pending, &words);
}
