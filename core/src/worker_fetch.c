/* Fetching jobs, and what a fetched job goes through before the host sees it. */
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "job.h"
#include "job_fields.h"
#include "number.h"
#include "pack.h"

static const enum bqi_key fetch_keys[] = {BQI_KEY_WAIT,    BQI_KEY_ACTIVE,  BQI_KEY_PRIORITIZED,
                                          BQI_KEY_EVENTS,  BQI_KEY_STALLED, BQI_KEY_LIMITER,
                                          BQI_KEY_DELAYED, BQI_KEY_PAUSED,  BQI_KEY_META,
                                          BQI_KEY_PC,      BQI_KEY_MARKER};

enum { TOKEN_SIZE = 64, WIDEST_WINDOW = 64, BATCH = 16 };

struct fetch {
    struct bqi_worker_command base;
    size_t count;
    char tokens[][TOKEN_SIZE];
};

/* The packed {token, lockDuration, limiter?, name?} of every command that fetches. */
void bqi_worker_pack_fetch(const struct bqi_worker *worker, const char *token,
                           msgpack_sbuffer *out) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, 1 + bqi_worker_options_members(&worker->options));
    bqi_pack_text(&packer, "token");
    bqi_pack_text(&packer, token);
    bqi_worker_options_pack(&worker->options, &packer);
}

/* The packed {maxMetricsSize, lockDuration, limiter?, name?} of the commands for many jobs. */
void bqi_worker_pack_batch(const struct bqi_worker *worker, msgpack_sbuffer *out) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, 1 + bqi_worker_options_members(&worker->options));
    bqi_worker_options_pack_metrics(&worker->options, &packer);
    bqi_worker_options_pack(&worker->options, &packer);
}

/* ---- a fetched job ---- */

static int write_failed(struct bqi_buffer *into, const struct bqi_job *job, const redisReply *hash,
                        const char *why) {
    const redisReply *name = bqi_job_field(hash, "name");
    struct bqi_record event = bqi_record_begin(into, BQ_EV_FAILED, job->worker->id);
    bqi_record_text(&event, BQ_TAG_JOB_ID, job->job_id);
    if (name)
        bqi_record_bytes(&event, BQ_TAG_NAME, name->str, name->len);
    bqi_record_text(&event, BQ_TAG_MESSAGE, why);
    return bqi_record_end(&event);
}

static int write_job(struct bqi_buffer *into, const struct bqi_job *job, const redisReply *hash) {
    const char *opts = job->options->public_text;
    struct bqi_record event = bqi_record_begin(into, BQ_EV_JOB, job->id);
    bqi_record_int(&event, BQ_TAG_WORKER, job->worker->id);
    bqi_record_text(&event, BQ_TAG_JOB_ID, job->job_id);
    bqi_record_text(&event, BQ_TAG_TOKEN, job->token);
    bqi_job_fields_write(&event, hash, opts, opts ? strlen(opts) : 0);
    return bqi_record_end(&event);
}

int bqi_job_write_event(struct bqi_buffer *into, const struct bqi_job *job, const redisReply *hash,
                        const char *why) {
    struct bqi_error told; /* what other clients wrote need not be UTF-8 */
    if (!why)
        return write_job(into, job, hash);
    bqi_error_set(&told, BQ_ERR_UNREADABLE_JOB, "%s", why);
    return write_failed(into, job, hash, told.message);
}

static void fail_unseen(struct bqi_job *job, const redisReply *hash, const char *why) {
    const struct bqi_failure failure = {.kind = BQI_FAILURE_UNRECOVERABLE, .message = why};
    bqi_job_write_event(&job->worker->client->outbox.written, job, hash, why);
    bqi_job_fail(job, 0, &failure);
}

int bqi_job_read_options(struct bqi_job *job, const redisReply *hash, struct bqi_error *error) {
    struct bqi_worker *worker = job->worker;
    const redisReply *text = bqi_job_field(hash, "opts");
    struct bqi_run_options *last = worker->last_options;
    const char *stored = text ? text->str : "{}";
    size_t len = text ? text->len : 2;
    if (!last || last->text_len != len || memcmp(last->text, stored, len) != 0) {
        struct bqi_run_options *read = bqi_run_options_new(&worker->options, stored, len, error);
        if (!read)
            return -1;
        bqi_run_options_unref(last);
        worker->last_options = read;
    }
    job->options = bqi_run_options_ref(worker->last_options);
    return 0;
}

static void hand_over(struct bqi_job *job, const redisReply *hash) {
    struct bqi_worker *worker = job->worker;
    if (worker->options.max_job_duration)
        bqi_worker_watch_duration(job);
    if (bqi_job_write_event(&worker->client->outbox.written, job, hash, NULL) == 0)
        return;
    bqi_worker_out_of_memory(worker);
    bqi_job_give_back(job, 0);
}

/* An id whose hash is gone leaves a hash with nothing but what activation writes. */
static int is_ghost(const redisReply *hash) {
    return !bqi_job_field(hash, "name") && !bqi_job_field(hash, "data");
}

/* Why a job that can be read must not run all the same; NULL: it may. */
static const char *reason_to_fail(const struct bqi_job *job, const redisReply *hash) {
    const redisReply *deferred = bqi_job_field(hash, "defa");
    int64_t max_started = job->worker->options.max_started_attempts;
    if (deferred)
        return deferred->str;
    return max_started > 0 && max_started < job->attempts_started
               ? "job started more than allowable limit"
               : NULL;
}

static void admit_readable(struct bqi_job *job, const redisReply *hash) {
    const char *why = reason_to_fail(job, hash);
    if (bqi_job_is_scheduled(hash))
        bqi_job_schedule_next(job, hash, why);
    else if (why)
        fail_unseen(job, hash, why);
    else
        hand_over(job, hash);
}

static void admit(struct bqi_job *job, const redisReply *hash) {
    struct bqi_worker *worker = job->worker;
    struct bqi_error error;
    if (worker->state != BQI_WORKER_OPEN || worker->occupied > worker->credit) {
        bqi_job_give_back(job, 0);
    } else if (is_ghost(hash)) {
        bqi_error_set(&error, BQ_ERR_UNREADABLE_JOB,
                      "Missing key for job %s: it was removed while its id still waited.",
                      job->job_id);
        bqi_worker_error(worker, &error, job->job_id);
        fail_unseen(job, hash, error.message);
    } else if (bqi_job_read_options(job, hash, &error) != 0) {
        bqi_worker_error(worker, &error, job->job_id);
        fail_unseen(job, hash, error.message);
    } else {
        admit_readable(job, hash);
    }
}

/* ---- answers of fetching scripts ---- */

static int64_t whole_number(const redisReply *reply) {
    if (reply->type == REDIS_REPLY_INTEGER)
        return reply->integer;
    return reply->type == REDIS_REPLY_STRING ? bqi_number_parse_int(reply->str) : 0;
}

static void nothing_fetched(struct bqi_worker *worker) {
    int found = worker->found;
    worker->window = worker->drained = 1;
    worker->found = 0;
    if (!found || worker->limit_until || worker->block_until)
        return;
    struct bqi_record event = bqi_outbox_begin(&worker->client->outbox, BQ_EV_DRAINED, worker->id);
    bqi_record_end(&event);
}

/* The outcome was stored, but taking the next job along was not possible. */
static void fetch_failed(struct bqi_worker *worker, const struct bqi_error *error) {
    bqi_worker_error(worker, error, NULL);
    worker->window = worker->drained = 1;
}

/* The hash of the job that was taken, packed or as it is; NULL: none was. */
static const redisReply *hash_of(struct bqi_worker *worker, const redisReply *reply) {
    const redisReply *hash = reply->element[0];
    struct bqi_error error;
    if (reply->element[1]->type != REDIS_REPLY_STRING)
        return NULL;
    if (hash->type != REDIS_REPLY_STRING)
        return hash->type == REDIS_REPLY_ARRAY ? hash : NULL;
    if (bqi_packed_hash_read(&worker->fetched, hash->str, hash->len, &error) == 0)
        return &worker->fetched.reply;
    fetch_failed(worker, &error); /* the job's lock expires and it is recovered */
    return NULL;
}

void bqi_worker_limit(struct bqi_worker *worker, int64_t ttl) {
    worker->limit_until = ttl > 0 ? bqi_now() + ttl : 0;
    worker->drained = 0;
}

const redisReply *bqi_worker_note_fetched(struct bqi_worker *worker, const redisReply *reply) {
    if (reply && reply->type == REDIS_REPLY_ERROR) {
        struct bqi_error error;
        bqi_error_set(&error, BQ_ERR_REDIS_ERROR, "%s", reply->str);
        fetch_failed(worker, &error);
        return NULL;
    }
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements < 4) {
        worker->limit_until = worker->block_until = 0;
        nothing_fetched(worker);
        return NULL;
    }
    const redisReply *hash = hash_of(worker, reply);
    int64_t limit = whole_number(reply->element[2]), due = whole_number(reply->element[3]);
    worker->limit_until = limit > 0 ? bqi_now() + limit : 0;
    worker->block_until = due > 0 ? due : 0;
    if (!hash) {
        nothing_fetched(worker);
        return NULL;
    }
    worker->drained = 0;
    worker->found = 1;
    return hash;
}

void bqi_worker_take_fetched(struct bqi_worker *worker, const redisReply *reply,
                             const char *token) {
    const redisReply *hash = bqi_worker_note_fetched(worker, reply);
    if (!hash)
        return;
    if (worker->window < WIDEST_WINDOW) /* one more per job: twice as many per round trip */
        worker->window++;
    struct bqi_job *job = bqi_job_new(worker, reply->element[1]->str, token, hash, 0);
    if (job)
        admit(job, hash);
    else
        bqi_worker_out_of_memory(worker); /* the job's lock expires and it is recovered */
}

/* ---- moveToActive, and fetchJobs for several slots ---- */

static const enum bqi_key batch_keys[] = {BQI_KEY_WAIT,   BQI_KEY_ACTIVE,  BQI_KEY_PRIORITIZED,
                                          BQI_KEY_EVENTS, BQI_KEY_LIMITER, BQI_KEY_DELAYED,
                                          BQI_KEY_META,   BQI_KEY_PC,      BQI_KEY_MARKER};

static void take_answers(struct fetch *fetch, const redisReply *reply) {
    struct bqi_worker *worker = fetch->base.worker;
    if (fetch->count == 1) {
        bqi_worker_take_fetched(worker, reply, fetch->tokens[0]);
        return;
    }
    for (size_t i = 0; i < reply->elements && i < fetch->count; i++)
        bqi_worker_take_fetched(worker, reply->element[i], fetch->tokens[i]);
}

static void on_fetched(struct bqi_command *command, const redisReply *reply,
                       const struct bqi_error *error) {
    struct fetch *fetch = (struct fetch *)command;
    struct bqi_worker *worker = fetch->base.worker;
    worker->fetching -= (int32_t)fetch->count;
    bqi_worker_command_ended(worker);
    if (error) {
        if (error->code != BQ_ERR_CLOSED)
            bqi_worker_error(worker, error, NULL);
        worker->window = worker->drained = 1; /* try again when the marker says so, or in a while */
    } else {
        take_answers(fetch, reply);
    }
    bqi_free(fetch);
}

static void make_tokens(struct bqi_worker *worker, struct fetch *fetch) {
    for (size_t i = 0; i < fetch->count; i++)
        snprintf(fetch->tokens[i], TOKEN_SIZE, "%s:%llu", worker->uuid,
                 (unsigned long long)worker->last_token++);
}

void bqi_worker_submit_fetch(struct bqi_worker *worker, struct bqi_worker_command *command,
                             const char *token, bqi_command_done done) {
    struct bqi_words words;
    msgpack_sbuffer packed;
    command->base.droppable = worker;
    msgpack_sbuffer_init(&packed);
    bqi_worker_pack_fetch(worker, token, &packed);
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("moveToActive"));
    bqi_words_keys(&words, &worker->queue->keys, fetch_keys,
                   sizeof fetch_keys / sizeof *fetch_keys);
    bqi_words_key(&words, &worker->queue->keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, bqi_now());
    bqi_words_add(&words, packed.data, packed.size);
    bqi_worker_submit(worker, command, "moveToActive", &words, done);
    msgpack_sbuffer_destroy(&packed);
}

static void submit_batch(struct bqi_worker *worker, struct fetch *fetch) {
    struct bqi_words words;
    msgpack_sbuffer packed;
    fetch->base.base.droppable = worker;
    msgpack_sbuffer_init(&packed);
    bqi_worker_pack_batch(worker, &packed);
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("fetchJobs"));
    bqi_words_keys(&words, &worker->queue->keys, batch_keys,
                   sizeof batch_keys / sizeof *batch_keys);
    bqi_words_key(&words, &worker->queue->keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, bqi_now());
    bqi_words_add(&words, packed.data, packed.size);
    for (size_t i = 0; i < fetch->count; i++)
        bqi_words_text(&words, fetch->tokens[i]);
    bqi_worker_submit(worker, &fetch->base, "fetchJobs", &words, on_fetched);
    msgpack_sbuffer_destroy(&packed);
}

/* NULL: out of memory, which is told. */
static struct fetch *new_fetch(struct bqi_worker *worker, size_t count) {
    struct fetch *fetch = bqi_calloc(sizeof *fetch + count * sizeof *fetch->tokens);
    if (!fetch) {
        bqi_worker_out_of_memory(worker);
        return NULL;
    }
    fetch->count = count;
    worker->fetching += (int32_t)count;
    return fetch;
}

int bqi_worker_fetch(struct bqi_worker *worker, int slots) {
    size_t count = slots < BATCH ? (size_t)slots : BATCH;
    struct fetch *fetch = new_fetch(worker, count);
    if (!fetch)
        return 0;
    make_tokens(worker, fetch);
    if (count == 1)
        bqi_worker_submit_fetch(worker, &fetch->base, fetch->tokens[0], on_fetched);
    else
        submit_batch(worker, fetch);
    return (int)count;
}

void bqi_worker_fetch_under(struct bqi_worker *worker, const char *token) {
    struct fetch *fetch = new_fetch(worker, 1);
    if (!fetch)
        return;
    snprintf(fetch->tokens[0], TOKEN_SIZE, "%s", token);
    bqi_worker_submit_fetch(worker, &fetch->base, fetch->tokens[0], on_fetched);
}
