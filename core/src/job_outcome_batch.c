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

/* How the job ends: the rule of its outcome, completed or failed, whether to take the next, fields.
 */
static void pack_way(msgpack_sbuffer *packed, const struct bqi_finish *finish) {
    int completed = finish->outcome == BQI_OUTCOME_COMPLETED;
    const msgpack_sbuffer *rule =
        &finish->job->options->rule[completed ? BQI_FINISH_COMPLETED : BQI_FINISH_FAILED];
    msgpack_packer packer;
    msgpack_packer_init(&packer, packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, finish->fields.size ? 4 : 3);
    msgpack_sbuffer_write(packed, rule->data, rule->size);
    completed ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer);
    finish->fetches ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer);
    if (finish->fields.size)
        msgpack_sbuffer_write(packed, finish->fields.data, finish->fields.size);
}

/* The words are not copied before they are sent, so all ways are packed before the first is added.
 */
static void add_jobs(struct bqi_words *words, struct batch *batch, msgpack_sbuffer *packed) {
    size_t ends[BQI_OUTCOME_BATCH];
    for (size_t i = 0; i < batch->count; i++) {
        struct bqi_finish *finish = batch->finishes[i];
        finish->fetches = bqi_outcome_wants_next(finish->job);
        pack_way(packed, finish);
        ends[i] = packed->size;
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct bqi_finish *finish = batch->finishes[i];
        size_t start = i ? ends[i - 1] : 0;
        bqi_words_text(words, finish->job->job_id);
        bqi_words_text(words, finish->job->token);
        bqi_words_add(words, finish->value, finish->value_len);
        bqi_words_add(words, packed->data + start, ends[i] - start);
    }
}

void bqi_outcome_send_batch(struct bqi_finish **finishes, size_t count) {
    struct bqi_worker *worker = finishes[0]->base.worker;
    struct batch *batch = bqi_calloc(sizeof *batch);
    struct bqi_words words;
    msgpack_sbuffer packed, ways;
    if (!batch) {
        for (size_t i = 0; i < count; i++)
            bqi_outcome_send(finishes[i]);
        return;
    }
    batch->count = count;
    memcpy(batch->finishes, finishes, count * sizeof *finishes);
    msgpack_sbuffer_init(&packed);
    msgpack_sbuffer_init(&ways);
    bqi_worker_pack_batch(worker, &packed);
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("finishJobs"));
    bqi_words_keys(&words, &worker->queue->keys, keys, sizeof keys / sizeof *keys);
    bqi_words_key(&words, &worker->queue->keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, bqi_now());
    bqi_words_add(&words, packed.data, packed.size);
    add_jobs(&words, batch, &ways);
    bqi_worker_submit(worker, &batch->base, "finishJobs", &words, on_answer);
    msgpack_sbuffer_destroy(&packed);
    msgpack_sbuffer_destroy(&ways);
}
