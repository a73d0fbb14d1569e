/* finishJobs: many outcomes in one call (lua/batch). */
#include "job_outcome.h"

#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "pack.h"

static const enum bqi_key keys[] = {BQI_KEY_WAIT,
                                    BQI_KEY_ACTIVE,
                                    BQI_KEY_PRIORITIZED,
                                    BQI_KEY_EVENTS,
                                    BQI_KEY_STALLED,
                                    BQI_KEY_LIMITER,
                                    BQI_KEY_DELAYED,
                                    BQI_KEY_META,
                                    BQI_KEY_PC,
                                    BQI_KEY_MARKER,
                                    BQI_KEY_COMPLETED,
                                    BQI_KEY_FAILED,
                                    BQI_KEY_METRICS_COMPLETED,
                                    BQI_KEY_METRICS_FAILED};

struct batch {
    struct bqi_worker_command base;
    size_t count;
    struct bqi_finish *finishes[BQI_OUTCOME_BATCH];
};

static void answer_all(struct batch *batch, const redisReply *reply) {
    for (size_t i = 0; i < batch->count; i++) {
        const redisReply *code = reply->element[2 * i];
        struct bqi_error error;
        if (code->type != REDIS_REPLY_ERROR) {
            bqi_outcome_answered(batch->finishes[i], code->integer, reply->element[2 * i + 1]);
            continue;
        }
        bqi_error_set(&error, BQ_ERR_REDIS_ERROR, "%s", code->str);
        bqi_outcome_refused(batch->finishes[i], &error);
    }
}

static void refuse_all(struct batch *batch, const struct bqi_error *error) {
    struct bqi_error told = *error;
    for (size_t i = 0; i < batch->count; i++)
        bqi_outcome_refused(batch->finishes[i], &told);
}

static void on_answer(struct bqi_command *command, const redisReply *reply,
                      const struct bqi_error *error) {
    struct batch *batch = (struct batch *)command;
    struct bqi_error unexpected;
    for (size_t i = 0; i < batch->count; i++)
        batch->finishes[i]->sends += command->sends;
    bqi_worker_command_ended(batch->base.worker);
    if (!error && (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 * batch->count)) {
        bqi_error_set(&unexpected, BQ_ERR_UNEXPECTED_REPLY,
                      "finishJobs did not answer with two values for each job.");
        error = &unexpected;
    }
    if (error)
        refuse_all(batch, error);
    else
        answer_all(batch, reply);
    bqi_free(batch);
}

static void add_job(struct bqi_words *words, struct bqi_finish *finish) {
    const struct bqi_job *job = finish->job;
    int completed = finish->outcome == BQI_OUTCOME_COMPLETED;
    const msgpack_sbuffer *rule =
        &job->options->rule[completed ? BQI_FINISH_COMPLETED : BQI_FINISH_FAILED];
    finish->fetches = bqi_outcome_wants_next(job);
    bqi_words_text(words, job->job_id);
    bqi_words_text(words, job->token);
    bqi_words_text(words, completed ? "completed" : "failed");
    bqi_words_add(words, finish->value, finish->value_len);
    bqi_words_add(words, rule->data, rule->size);
    bqi_words_add(words, finish->fields.data, finish->fields.size);
    bqi_words_text(words, finish->fetches ? "1" : "0");
}

void bqi_outcome_send_batch(struct bqi_finish **finishes, size_t count) {
    struct bqi_worker *worker = finishes[0]->base.worker;
    struct batch *batch = bqi_calloc(sizeof *batch);
    struct bqi_words words;
    msgpack_sbuffer packed;
    if (!batch) {
        for (size_t i = 0; i < count; i++)
            bqi_outcome_send(finishes[i]);
        return;
    }
    batch->count = count;
    memcpy(batch->finishes, finishes, count * sizeof *finishes);
    msgpack_sbuffer_init(&packed);
    bqi_worker_pack_batch(worker, &packed);
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("finishJobs"));
    bqi_words_keys(&words, &worker->queue->keys, keys, sizeof keys / sizeof *keys);
    bqi_words_key(&words, &worker->queue->keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, bqi_now());
    bqi_words_add(&words, packed.data, packed.size);
    for (size_t i = 0; i < count; i++)
        add_job(&words, finishes[i]);
    bqi_worker_submit(worker, &batch->base, "finishJobs", &words, on_answer);
    msgpack_sbuffer_destroy(&packed);
}
