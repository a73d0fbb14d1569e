/* Storing what became of a job: completed, failed, retried now or later, or given back
 * (protocol/5 sections 1.12 to 1.15). */
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "job.h"
#include "number.h"
#include "pack.h"

enum outcome { COMPLETED, FAILED, RETRIED, DELAYED, WAITING };

static const char *const outcome_names[] = {"completed", "failed", "retried", "delayed", "waiting"};
static const char *const script_names[] = {"moveToFinished", "moveToFinished", "retryJob",
                                           "moveToDelayed", "moveJobFromActiveToWait"};

enum { REPEAT_MS = 1000 };

/* One outcome on its way. The command's bytes are kept, because a server that is momentarily unable
 * to write (loading, out of memory, a replica) gets them again. */
struct bqi_finish {
    struct bqi_worker_command base;
    struct bqi_job *job;
    bq_id operation;
    enum outcome outcome;
    double delay;
    int fetches; /* the script was asked for a next job */
    struct bqi_timer repeat_timer;
};

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

/* ---- the end of an outcome ---- */

static void release_job(struct bqi_finish *finish) {
    struct bqi_worker *worker = finish->base.worker;
    if (!finish->job)
        return;
    bqi_job_free(finish->job);
    finish->job = NULL;
    worker->occupied--;
}

static void free_finish(struct bqi_finish *finish) {
    bqi_timer_close(&finish->repeat_timer);
    bqi_command_free_bytes(&finish->base.base);
    bqi_worker_command_ended(finish->base.worker);
    bqi_free(finish);
}

static void tell_outcome(const struct bqi_finish *finish) {
    bq_client *client = finish->base.worker->client;
    if (finish->operation == 0)
        return;
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_REPLY, finish->operation);
    bqi_record_text(&event, BQ_TAG_OUTCOME, outcome_names[finish->outcome]);
    if (finish->outcome == DELAYED)
        bqi_record_float(&event, BQ_TAG_DELAY, finish->delay);
    bqi_record_end(&event);
}

static void tell_error(const struct bqi_finish *finish, const struct bqi_error *error) {
    struct bqi_worker *worker = finish->base.worker;
    bqi_outbox_error(&worker->client->outbox, finish->operation ? finish->operation : worker->id,
                     error, finish->job ? finish->job->job_id : NULL);
}

static void on_stored(struct bqi_finish *finish, const redisReply *reply) {
    struct bqi_worker *worker = finish->base.worker;
    char *token = finish->job ? finish->job->token : NULL;
    tell_outcome(finish);
    if (finish->job) {
        finish->job->token = NULL; /* a job that was fetched along goes on under it */
        release_job(finish);
    }
    if (finish->fetches && token)
        bqi_worker_take_fetched(worker, reply, token);
    bqi_free(token);
    free_finish(finish);
}

/* ---- refusals ---- */

static void fail_with(struct bqi_job *job, bq_id operation, const char *message,
                      int unrecoverable) {
    struct bqi_failure failure = {message, NULL, unrecoverable, 0};
    job->finishing = 0;
    bqi_job_fail(job, operation, &failure);
}

struct check {
    struct bqi_worker_command base;
    struct bqi_finish *finish;
    struct bqi_error error;
};

static void give_up(struct bqi_finish *finish, const struct bqi_error *error) {
    tell_error(finish, error);
    release_job(finish);
    free_finish(finish);
}

/* The command had been sent before its connection broke. If the job turns out to be finished, the
 * first sending did it and only its answer was lost. */
static void on_checked(struct bqi_command *command, const redisReply *reply,
                       const struct bqi_error *error) {
    struct check *check = (struct check *)command;
    struct bqi_finish *finish = check->finish;
    int finished = !error && reply->type == REDIS_REPLY_INTEGER &&
                   reply->integer == (finish->outcome == COMPLETED ? 1 : 2);
    bqi_worker_command_ended(check->base.worker);
    if (finished) {
        finish->fetches = 0;
        on_stored(finish, NULL);
    } else {
        give_up(finish, &check->error);
    }
    bqi_free(check);
}

static int check_first_sending(struct bqi_finish *finish, const struct bqi_error *error) {
    struct bqi_worker *worker = finish->base.worker;
    const struct bqi_keys *keys = &worker->queue->keys;
    struct bqi_words words;
    struct check *check;
    if (finish->base.base.sends < 2 || finish->outcome > FAILED || !finish->job ||
        !(check = bqi_calloc(sizeof *check)))
        return 0;
    char *key = bqi_job_key(keys, finish->job->job_id, "");
    check->finish = finish;
    check->error = *error;
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("isFinished"));
    bqi_words_key(&words, keys, BQI_KEY_COMPLETED);
    bqi_words_key(&words, keys, BQI_KEY_FAILED);
    bqi_words_text(&words, key ? key : "");
    bqi_words_text(&words, finish->job->job_id);
    bqi_words_text(&words, "");
    bqi_worker_submit(worker, &check->base, "isFinished", &words, on_checked);
    bqi_free(key);
    return 1;
}

static void on_code(struct bqi_finish *finish, long long code) {
    struct bqi_error error;
    bqi_error_set_script(&error, code, finish->job ? finish->job->job_id : "",
                         script_names[finish->outcome], "active");
    int by_children = code == -4 || code == -9;
    if (finish->outcome == COMPLETED && by_children && finish->job) {
        struct bqi_job *job = finish->job;
        bq_id operation = finish->operation;
        finish->job = NULL;
        free_finish(finish);
        fail_with(job, operation, error.message, code == -9);
    } else if (!check_first_sending(finish, &error)) {
        give_up(finish, &error);
    }
}

static int is_passing(const char *message) {
    static const char *const starts[] = {"LOADING",     "OOM",      "READONLY",
                                         "BUSY",        "MISCONF",  "MASTERDOWN",
                                         "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS"};
    for (size_t i = 0; i < COUNT(starts); i++)
        if (strncmp(message, starts[i], strlen(starts[i])) == 0)
            return 1;
    return 0;
}

void bqi_job_drop_repeating(struct bqi_job *job) {
    struct bqi_finish *finish = job->repeating;
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_CLOSED,
                  "The worker was closed before Redis could store what became of job %s.",
                  job->job_id);
    tell_error(finish, &error);
    job->repeating = NULL;
    finish->job = NULL;
    free_finish(finish);
}

static void repeat(void *arg) {
    struct bqi_finish *finish = arg;
    finish->job->repeating = NULL;
    finish->job->renewing = 0;
    finish->base.base.reloads = 0;
    bqi_connection_submit(finish->base.worker->client->connection, &finish->base.base);
}

static void on_redis_error(struct bqi_finish *finish, const struct bqi_error *error) {
    struct bqi_worker *worker = finish->base.worker;
    if (is_passing(error->message) && !worker->abandoned && finish->job) {
        bqi_worker_error(worker, error, finish->job->job_id);
        finish->job->renewing = 1; /* until it can be stored, nobody else may take it */
        finish->job->repeating = finish;
        bqi_timer_start(&finish->repeat_timer, &worker->client->loop, REPEAT_MS, repeat, finish);
    } else if (finish->outcome == COMPLETED && finish->job && error->code != BQ_ERR_CLOSED) {
        struct bqi_job *job = finish->job;
        bq_id operation = finish->operation;
        finish->job = NULL;
        free_finish(finish);
        fail_with(job, operation, error->message, 0);
    } else {
        give_up(finish, error);
    }
}

static void on_answer(struct bqi_command *command, const redisReply *reply,
                      const struct bqi_error *error) {
    struct bqi_finish *finish = (struct bqi_finish *)command;
    if (error)
        on_redis_error(finish, error);
    else if (reply->type == REDIS_REPLY_INTEGER && reply->integer < 0)
        on_code(finish, reply->integer);
    else
        on_stored(finish, reply);
}

/* ---- sending ---- */

static struct bqi_finish *finish_new(struct bqi_job *job, bq_id operation, enum outcome outcome) {
    struct bqi_finish *finish = bqi_calloc(sizeof *finish);
    if (!finish) { /* the lock expires and the job is run again */
        bqi_worker_out_of_memory(job->worker);
        job->worker->occupied--;
        bqi_job_free(job);
        return NULL;
    }
    finish->job = job;
    finish->operation = operation;
    finish->outcome = outcome;
    finish->base.base.keeps_bytes = 1;
    job->finishing = 1;
    job->renewing = 0;
    return finish;
}

/* A finished job's slot takes the next one along, unless slots were taken back or nothing more is
 * wanted. */
static int wants_next(const struct bqi_worker *worker) {
    return worker->state == BQI_WORKER_OPEN && !worker->paused &&
           worker->occupied + worker->fetching <= worker->credit;
}

static void begin(struct bqi_words *words, enum outcome outcome) {
    bqi_words_init(words);
    bqi_words_script(words, bqi_script_find(script_names[outcome]));
}

static void submit(struct bqi_finish *finish, struct bqi_worker *worker, struct bqi_words *words) {
    bqi_worker_submit(worker, &finish->base, script_names[finish->outcome], words, on_answer);
}

static void pack_finish(msgpack_sbuffer *out, const struct bqi_job *job, int target) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, job->options->finish_members + 1);
    bqi_pack_text(&packer, "token");
    bqi_pack_text(&packer, job->token);
    msgpack_sbuffer_write(out, job->options->finish[target].data,
                          job->options->finish[target].size);
}

/* moveToFinished for both of its targets; `fields` is the packed patch of the hash or empty. */
static void store_finished(struct bqi_job *job, bq_id operation, enum outcome outcome,
                           const char *value, size_t len, const msgpack_sbuffer *fields) {
    struct bqi_worker *worker = job->worker;
    const struct bqi_keys *keys = &worker->queue->keys;
    struct bqi_finish *finish = finish_new(job, operation, outcome);
    char *key = bqi_job_key(keys, job->job_id, "");
    msgpack_sbuffer packed;
    struct bqi_words words;
    int completed = outcome == COMPLETED;
    if (finish) {
        finish->fetches = wants_next(worker);
        msgpack_sbuffer_init(&packed);
        pack_finish(&packed, job, completed ? BQI_FINISH_COMPLETED : BQI_FINISH_FAILED);
        begin(&words, outcome);
        bqi_words_keys(&words, keys, finish_keys, COUNT(finish_keys));
        bqi_words_key(&words, keys, completed ? BQI_KEY_COMPLETED : BQI_KEY_FAILED);
        bqi_words_text(&words, key ? key : "");
        bqi_words_key(&words, keys, completed ? BQI_KEY_METRICS_COMPLETED : BQI_KEY_METRICS_FAILED);
        bqi_words_key(&words, keys, BQI_KEY_MARKER);
        bqi_words_text(&words, job->job_id);
        bqi_words_int(&words, bqi_now());
        bqi_words_text(&words, completed ? "returnvalue" : "failedReason");
        bqi_words_add(&words, value, len);
        bqi_words_text(&words, completed ? "completed" : "failed");
        bqi_words_text(&words, finish->fetches ? "1" : "0");
        bqi_words_key(&words, keys, BQI_KEY_PREFIX);
        bqi_words_add(&words, packed.data, packed.size);
        bqi_words_add(&words, fields ? fields->data : "", fields ? fields->size : 0);
        submit(finish, worker, &words);
        msgpack_sbuffer_destroy(&packed);
    }
    bqi_free(key);
}

void bqi_job_complete(struct bqi_job *job, bq_id operation, const char *result, size_t len) {
    store_finished(job, operation, COMPLETED, len ? result : "null", len ? len : 4, NULL);
}

void bqi_job_store_failed(struct bqi_job *job, bq_id operation, const char *message,
                          const msgpack_sbuffer *fields) {
    store_finished(job, operation, FAILED, message, strlen(message), fields);
}

void bqi_job_store_delayed(struct bqi_job *job, bq_id operation, double delay,
                           const msgpack_sbuffer *fields) {
    struct bqi_worker *worker = job->worker;
    const struct bqi_keys *keys = &worker->queue->keys;
    struct bqi_finish *finish = finish_new(job, operation, DELAYED);
    char *key = bqi_job_key(keys, job->job_id, "");
    msgpack_sbuffer packed;
    struct bqi_words words;
    char delay_text[40];
    if (finish) {
        finish->delay = delay;
        finish->fetches = wants_next(worker);
        bqi_number_format(delay, delay_text, sizeof delay_text);
        msgpack_sbuffer_init(&packed);
        bqi_worker_pack_fetch(worker, job->token, &packed);
        begin(&words, DELAYED);
        bqi_words_keys(&words, keys, delay_keys, COUNT(delay_keys));
        bqi_words_text(&words, key ? key : "");
        bqi_words_keys(&words, keys, delay_keys_after, COUNT(delay_keys_after));
        bqi_words_key(&words, keys, BQI_KEY_PREFIX);
        bqi_words_int(&words, bqi_now());
        bqi_words_text(&words, job->job_id);
        bqi_words_text(&words, job->token);
        bqi_words_text(&words, delay_text);
        bqi_words_text(&words, "0");
        bqi_words_add(&words, fields->data, fields->size);
        bqi_words_text(&words, finish->fetches ? "1" : "0");
        bqi_words_add(&words, packed.data, packed.size);
        submit(finish, worker, &words);
        msgpack_sbuffer_destroy(&packed);
    }
    bqi_free(key);
}

void bqi_job_store_retried(struct bqi_job *job, bq_id operation, const msgpack_sbuffer *fields) {
    struct bqi_worker *worker = job->worker;
    const struct bqi_keys *keys = &worker->queue->keys;
    struct bqi_finish *finish = finish_new(job, operation, RETRIED);
    char *key = bqi_job_key(keys, job->job_id, "");
    struct bqi_words words;
    if (finish) {
        begin(&words, RETRIED);
        bqi_words_keys(&words, keys, retry_keys, COUNT(retry_keys));
        bqi_words_text(&words, key ? key : "");
        bqi_words_keys(&words, keys, retry_keys_after, COUNT(retry_keys_after));
        bqi_words_key(&words, keys, BQI_KEY_PREFIX);
        bqi_words_int(&words, bqi_now());
        bqi_words_text(&words, job->options->lifo ? "RPUSH" : "LPUSH");
        bqi_words_text(&words, job->job_id);
        bqi_words_text(&words, job->token);
        bqi_words_add(&words, fields->data, fields->size);
        submit(finish, worker, &words);
    }
    bqi_free(key);
}

void bqi_job_give_back(struct bqi_job *job, bq_id operation) {
    struct bqi_worker *worker = job->worker;
    struct bqi_finish *finish = finish_new(job, operation, WAITING);
    char *key = bqi_job_key(&worker->queue->keys, job->job_id, "");
    struct bqi_words words;
    if (finish) {
        begin(&words, WAITING);
        bqi_words_keys(&words, &worker->queue->keys, wait_keys, COUNT(wait_keys));
        bqi_words_text(&words, job->job_id);
        bqi_words_text(&words, job->token);
        bqi_words_text(&words, key ? key : "");
        submit(finish, worker, &words);
    }
    bqi_free(key);
}
