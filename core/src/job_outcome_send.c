/* The single commands that store an outcome: their keys and arguments (protocol/2). */
#include "job_outcome.h"

#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "number.h"
#include "pack.h"

static const char *const script_names[] = {
    "moveToFinished", "moveToFinished",          "retryJob",
    "moveToDelayed",  "moveJobFromActiveToWait", "moveJobFromActiveToWait"};

static const enum bqi_key finish_keys[] = {
    BQI_KEY_WAIT,    BQI_KEY_ACTIVE,  BQI_KEY_PRIORITIZED, BQI_KEY_EVENTS, BQI_KEY_STALLED,
    BQI_KEY_LIMITER, BQI_KEY_DELAYED, BQI_KEY_PAUSED,      BQI_KEY_META,   BQI_KEY_PC};
static const enum bqi_key delay_keys[] = {BQI_KEY_MARKER, BQI_KEY_ACTIVE, BQI_KEY_PRIORITIZED,
                                          BQI_KEY_DELAYED};
static const enum bqi_key delay_keys_after[] = {BQI_KEY_EVENTS, BQI_KEY_META,    BQI_KEY_STALLED,
                                                BQI_KEY_WAIT,   BQI_KEY_LIMITER, BQI_KEY_PC};
static const enum bqi_key retry_keys[] = {BQI_KEY_ACTIVE, BQI_KEY_WAIT, BQI_KEY_PAUSED};
static const enum bqi_key retry_keys_after[] = {
    BQI_KEY_META, BQI_KEY_EVENTS, BQI_KEY_DELAYED, BQI_KEY_PRIORITIZED,
    BQI_KEY_PC,   BQI_KEY_MARKER, BQI_KEY_STALLED};
static const enum bqi_key wait_keys[] = {BQI_KEY_ACTIVE,      BQI_KEY_WAIT,   BQI_KEY_STALLED,
                                         BQI_KEY_PAUSED,      BQI_KEY_META,   BQI_KEY_LIMITER,
                                         BQI_KEY_PRIORITIZED, BQI_KEY_MARKER, BQI_KEY_EVENTS};

#define COUNT(list) (sizeof(list) / sizeof *(list))

const char *bqi_outcome_script(enum bqi_outcome outcome) {
    return script_names[outcome];
}

int bqi_outcome_wants_next(const struct bqi_job *job) {
    const struct bqi_worker *worker = job->worker;
    int may = job->manual ? job->fetches : worker->occupied + worker->fetching <= worker->credit;
    return may && worker->state == BQI_WORKER_OPEN && !worker->paused;
}

static void pack_options(msgpack_sbuffer *out, const struct bqi_job *job, int target) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, job->options->finish_members + 1);
    bqi_pack_text(&packer, "token");
    bqi_pack_text(&packer, job->token);
    msgpack_sbuffer_write(out, job->options->finish[target].data,
                          job->options->finish[target].size);
}

static void finished_words(struct bqi_words *words, const struct bqi_finish *finish,
                           const char *job_key, msgpack_sbuffer *packed) {
    const struct bqi_job *job = finish->job;
    const struct bqi_keys *keys = &job->worker->queue->keys;
    int completed = finish->outcome == BQI_OUTCOME_COMPLETED;
    pack_options(packed, job, completed ? BQI_FINISH_COMPLETED : BQI_FINISH_FAILED);
    bqi_words_keys(words, keys, finish_keys, COUNT(finish_keys));
    bqi_words_key(words, keys, completed ? BQI_KEY_COMPLETED : BQI_KEY_FAILED);
    bqi_words_text(words, job_key);
    bqi_words_key(words, keys, completed ? BQI_KEY_METRICS_COMPLETED : BQI_KEY_METRICS_FAILED);
    bqi_words_key(words, keys, BQI_KEY_MARKER);
    bqi_words_text(words, job->job_id);
    bqi_words_int(words, bqi_now());
    bqi_words_text(words, completed ? "returnvalue" : "failedReason");
    bqi_words_add(words, finish->value, finish->value_len);
    bqi_words_text(words, completed ? "completed" : "failed");
    bqi_words_text(words, finish->fetches ? "1" : "0");
    bqi_words_key(words, keys, BQI_KEY_PREFIX);
    bqi_words_add(words, packed->data, packed->size);
    bqi_words_add(words, finish->fields.data, finish->fields.size);
}

/* `delay` is room for the text of the delay. */
static void delayed_words(struct bqi_words *words, const struct bqi_finish *finish,
                          const char *job_key, msgpack_sbuffer *packed, char delay[40]) {
    const struct bqi_job *job = finish->job;
    const struct bqi_keys *keys = &job->worker->queue->keys;
    bqi_number_format(finish->delay, delay, 40);
    bqi_worker_pack_fetch(job->worker, job->token, packed);
    bqi_words_keys(words, keys, delay_keys, COUNT(delay_keys));
    bqi_words_text(words, job_key);
    bqi_words_keys(words, keys, delay_keys_after, COUNT(delay_keys_after));
    bqi_words_key(words, keys, BQI_KEY_PREFIX);
    bqi_words_int(words, bqi_now());
    bqi_words_text(words, job->job_id);
    bqi_words_text(words, job->token);
    bqi_words_text(words, delay);
    bqi_words_text(words, "0");
    bqi_words_add(words, finish->fields.data, finish->fields.size);
    bqi_words_text(words, finish->fetches ? "1" : "0");
    bqi_words_add(words, packed->data, packed->size);
}

static void retried_words(struct bqi_words *words, const struct bqi_finish *finish,
                          const char *job_key) {
    const struct bqi_job *job = finish->job;
    const struct bqi_keys *keys = &job->worker->queue->keys;
    bqi_words_keys(words, keys, retry_keys, COUNT(retry_keys));
    bqi_words_text(words, job_key);
    bqi_words_keys(words, keys, retry_keys_after, COUNT(retry_keys_after));
    bqi_words_key(words, keys, BQI_KEY_PREFIX);
    bqi_words_int(words, bqi_now());
    bqi_words_text(words, job->options->lifo ? "RPUSH" : "LPUSH");
    bqi_words_text(words, job->job_id);
    bqi_words_text(words, job->token);
    bqi_words_add(words, finish->fields.data, finish->fields.size);
}

static void waiting_words(struct bqi_words *words, const struct bqi_finish *finish,
                          const char *job_key) {
    const struct bqi_job *job = finish->job;
    bqi_words_keys(words, &job->worker->queue->keys, wait_keys, COUNT(wait_keys));
    bqi_words_text(words, job->job_id);
    bqi_words_text(words, job->token);
    bqi_words_text(words, job_key);
}

static void on_answer(struct bqi_command *command, const redisReply *reply,
                      const struct bqi_error *error) {
    struct bqi_finish *finish = (struct bqi_finish *)command;
    finish->sends += command->sends;
    bqi_worker_command_ended(finish->base.worker);
    if (error)
        bqi_outcome_refused(finish, error);
    else
        bqi_outcome_answered(finish, reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0,
                             reply);
}

void bqi_outcome_send(struct bqi_finish *finish) {
    struct bqi_worker *worker = finish->base.worker;
    const char *script = script_names[finish->outcome];
    char *key = bqi_job_key(&worker->queue->keys, finish->job->job_id, "");
    const char *job_key = key ? key : "";
    char delay[40];
    msgpack_sbuffer packed;
    struct bqi_words words;
    finish->fetches =
        (finish->outcome <= BQI_OUTCOME_FAILED || finish->outcome == BQI_OUTCOME_DELAYED) &&
        bqi_outcome_wants_next(finish->job);
    memset(&finish->base.base, 0, sizeof finish->base.base); /* it may be sent again */
    msgpack_sbuffer_init(&packed);
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find(script));
    if (finish->outcome <= BQI_OUTCOME_FAILED)
        finished_words(&words, finish, job_key, &packed);
    else if (finish->outcome == BQI_OUTCOME_DELAYED)
        delayed_words(&words, finish, job_key, &packed, delay);
    else if (finish->outcome == BQI_OUTCOME_RETRIED)
        retried_words(&words, finish, job_key);
    else
        waiting_words(&words, finish, job_key);
    bqi_worker_submit(worker, &finish->base, script, &words, on_answer);
    msgpack_sbuffer_destroy(&packed);
    bqi_free(key);
}
