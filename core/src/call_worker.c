/* Manual processing (protocol/5 section 1.23): calls that take one job under the caller's token and
 * end it, with a worker's options. Such a job takes no slot, and its lock is the caller's to keep.
 */
#include <string.h>

#include "alloc.h"
#include "calls.h"
#include "clock.h"
#include "job.h"
#include "job_fields.h"

/* One such call on its way. */
struct bqi_manual {
    struct bqi_worker_command base;
    bq_id operation;
    char *token;
    char *job_id;    /* of the job that is ended */
    int fetches;     /* and the next one taken */
    json_t *failure; /* NULL: it is completed */
    char *result;
    size_t result_len;
};

static void free_manual(struct bqi_manual *manual) {
    json_decref(manual->failure);
    bqi_free(manual->token);
    bqi_free(manual->job_id);
    bqi_free(manual->result);
    bqi_free(manual);
}

static struct bqi_worker *find_worker(const struct bqi_call *call) {
    bq_id id = bqi_call_int(call, "worker", 0);
    struct bqi_worker *worker = bqi_idmap_get(&call->client->workers, id);
    struct bqi_error error;
    if (worker && worker->state == BQI_WORKER_OPEN && worker->queue == call->queue)
        return worker;
    bqi_error_set(&error, BQ_ERR_INVALID_ARGUMENT,
                  "This queue has no open worker with handle %lld.", (long long)id);
    bqi_answer_error(call->client, call->operation, &error);
    return NULL;
}

/* NULL after having answered the call. */
static struct bqi_manual *new_manual(const struct bqi_call *call) {
    const char *token = bqi_call_text(call, "token"), *job_id = bqi_call_text(call, "id");
    struct bqi_worker *worker = find_worker(call);
    struct bqi_manual *manual = worker ? bqi_calloc(sizeof *manual) : NULL;
    if (!worker)
        return NULL;
    if (manual && (!(manual->token = bqi_strndup(token, strlen(token))) ||
                   (job_id && !(manual->job_id = bqi_strndup(job_id, strlen(job_id)))))) {
        free_manual(manual);
        manual = NULL;
    }
    if (!manual) {
        struct bqi_error error;
        bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; nothing was sent.");
        bqi_answer_error(call->client, call->operation, &error);
        return NULL;
    }
    manual->base.worker = worker;
    manual->operation = call->operation;
    worker->manual_calls++;
    return manual;
}

/* ---- answers ---- */

void bqi_manual_ended(struct bqi_worker *worker) {
    worker->manual_calls--;
    bqi_answer_written(worker->client);
}

/* What a command is answered with. */
struct answer {
    bq_id operation;
    const char *outcome; /* of the job that was ended; NULL: none was */
    double delay;
    const redisReply *id; /* of the next job; NULL: none */
    const redisReply *hash;
    const char *token;
};

static int write_answer(struct bqi_buffer *into, const struct bqi_worker *worker,
                        const struct answer *answer) {
    int64_t limit = worker->limit_until ? worker->limit_until - bqi_now() : 0;
    struct bqi_record event = bqi_record_begin(into, BQ_EV_REPLY, answer->operation);
    if (answer->outcome)
        bqi_record_text(&event, BQ_TAG_OUTCOME, answer->outcome);
    if (answer->delay != 0)
        bqi_record_float(&event, BQ_TAG_RETRY_DELAY, answer->delay);
    if (answer->hash) {
        bqi_job_fields_write_job(&event, answer->id->str, answer->id->len, answer->hash);
        bqi_record_text(&event, BQ_TAG_TOKEN, answer->token);
    }
    if (limit > 0)
        bqi_record_int(&event, BQ_TAG_RATE_LIMIT, limit);
    if (worker->block_until)
        bqi_record_int(&event, BQ_TAG_DELAY_UNTIL, worker->block_until);
    return bqi_record_end(&event);
}

/* The scheduler of the job goes on before the caller has it. -1: the answer is still to be given.
 */
static int schedule_first(struct bqi_worker *worker, const struct answer *full) {
    struct answer without = *full;
    struct bqi_buffer event = {0}, empty = {0};
    struct bqi_job *job;
    struct bqi_error error;
    int status = -1;
    without.id = without.hash = NULL;
    if (write_answer(&event, worker, full) != 0 || write_answer(&empty, worker, &without) != 0)
        goto done;
    job = bqi_job_new(worker, full->id->str, full->token, full->hash, 1);
    if (!job)
        goto done;
    if (bqi_job_read_options(job, full->hash, &error) == 0)
        status = bqi_job_schedule_manual(job, full->hash, full->operation, &event, &empty);
    if (status != 0)
        bqi_job_release(job);
done:
    bqi_buffer_free(&event);
    bqi_buffer_free(&empty);
    return status;
}

void bqi_manual_answer(struct bqi_worker *worker, bq_id operation, const char *outcome,
                       double delay, const redisReply *fetched, const char *token) {
    struct answer answer = {.operation = operation, .outcome = outcome, .delay = delay};
    answer.hash = fetched ? bqi_worker_note_fetched(worker, fetched) : NULL;
    answer.id = answer.hash ? fetched->element[1] : NULL;
    answer.token = token;
    if (answer.hash && bqi_job_is_scheduled(answer.hash) && schedule_first(worker, &answer) == 0)
        return;
    write_answer(&worker->client->outbox.written, worker, &answer);
    bqi_manual_ended(worker);
}

static void answer_error(struct bqi_manual *manual, const struct bqi_error *error) {
    bqi_client_error(manual->base.worker->client, manual->operation, error);
    bqi_manual_ended(manual->base.worker);
    free_manual(manual);
}

static void answer_nothing(struct bqi_manual *manual) {
    bqi_manual_answer(manual->base.worker, manual->operation, NULL, 0, NULL, NULL);
    free_manual(manual);
}

/* ---- getNextJob ---- */

/* A worker that has begun to close hands nothing over. */
static int gives_back(const struct bqi_manual *manual, const redisReply *reply) {
    struct bqi_worker *worker = manual->base.worker;
    struct bqi_job *job;
    if (worker->state == BQI_WORKER_OPEN || reply->type != REDIS_REPLY_ARRAY ||
        reply->elements < 4 || reply->element[0]->type != REDIS_REPLY_ARRAY)
        return 0;
    job = bqi_job_new(worker, reply->element[1]->str, manual->token, reply->element[0], 0);
    if (job)
        bqi_job_give_back(job, 0);
    return job != NULL;
}

static void on_fetched(struct bqi_command *command, const redisReply *reply,
                       const struct bqi_error *error) {
    struct bqi_manual *manual = (struct bqi_manual *)command;
    struct bqi_worker *worker = manual->base.worker;
    bqi_worker_command_ended(worker);
    if (error) {
        answer_error(manual, error);
    } else if (gives_back(manual, reply)) {
        answer_nothing(manual);
    } else {
        bqi_manual_answer(worker, manual->operation, NULL, 0, reply, manual->token);
        free_manual(manual);
    }
}

static void fetch(struct bqi_manual *manual) {
    struct bqi_worker *worker = manual->base.worker;
    bqi_worker_submit_fetch(worker, &manual->base, manual->token, on_fetched);
}

void bqi_manual_woken(struct bqi_worker *worker, int fetches) {
    struct bqi_manual *manual = worker->waiter;
    worker->waiter = NULL;
    if (fetches && worker->state == BQI_WORKER_OPEN && !worker->paused)
        fetch(manual);
    else
        answer_nothing(manual);
}

/* Without the blocking connection the wait is for that, whose return wakes the waiter. */
static int waits_for_marker(struct bqi_manual *manual) {
    struct bqi_worker *worker = manual->base.worker;
    if (!worker->drained || worker->blocking.waiting || worker->waiter)
        return 0;
    worker->waiter = manual; /* the wait may end before it has begun */
    if (!bqi_blocking_is_ready(&worker->blocking) || bqi_worker_begin_wait(worker))
        return 1;
    worker->waiter = NULL;
    return 0;
}

/* One fetch as the engine's own (protocol/5 section 1.6). */
void bqi_call_get_next_job(const struct bqi_call *call) {
    struct bqi_manual *manual = new_manual(call);
    if (!manual)
        return;
    struct bqi_worker *worker = manual->base.worker;
    if (worker->paused || bqi_worker_is_limited(worker))
        answer_nothing(manual);
    else if (!bqi_call_bool(call, "block", 0) || !waits_for_marker(manual))
        fetch(manual);
}

/* ---- moveJobToCompleted, moveJobToFailed ---- */

static const char *const read_fields[] = {"opts", "stacktrace", "atm", "attemptsMade", "ats"};

enum { READ_FIELDS = sizeof read_fields / sizeof *read_fields };

/* The hash that HGETALL would have answered, as far as the fields were asked for. */
struct partial_hash {
    redisReply hash;
    redisReply names[READ_FIELDS];
    redisReply *elements[2 * READ_FIELDS];
};

static void make_hash(struct partial_hash *partial, const redisReply *values) {
    partial->hash = (redisReply){.type = REDIS_REPLY_ARRAY, .element = partial->elements};
    for (size_t i = 0; i < READ_FIELDS && i < values->elements; i++) {
        if (values->element[i]->type != REDIS_REPLY_STRING)
            continue;
        partial->names[i] = (redisReply){.type = REDIS_REPLY_STRING, .str = (char *)read_fields[i]};
        partial->elements[partial->hash.elements++] = &partial->names[i];
        partial->elements[partial->hash.elements++] = values->element[i];
    }
}

/* From here on the job ends as one of a handler does. */
static void end_job(struct bqi_manual *manual, struct bqi_job *job, const redisReply *hash) {
    struct bqi_error error;
    int readable = bqi_job_read_options(job, hash, &error) == 0;
    job->fetches = manual->fetches;
    if (manual->failure) {
        struct bqi_failure failure = bqi_failure_of(manual->failure);
        if (failure.kind == BQI_FAILURE_RATE_LIMITED) /* only of a handler, as Node */
            failure.kind = BQI_FAILURE_ORDINARY;
        bqi_job_fail(job, manual->operation, &failure);
        free_manual(manual);
    } else if (readable) {
        bqi_job_complete(job, manual->operation, manual->result, manual->result_len);
        free_manual(manual);
    } else {
        bqi_job_release(job);
        answer_error(manual, &error);
    }
}

static void on_read(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct bqi_manual *manual = (struct bqi_manual *)command;
    struct bqi_worker *worker = manual->base.worker;
    struct partial_hash partial;
    struct bqi_error failed;
    struct bqi_job *job = NULL;
    bqi_worker_command_ended(worker);
    if (!error && reply->type == REDIS_REPLY_ARRAY) {
        make_hash(&partial, reply);
        job = bqi_job_new(worker, manual->job_id, manual->token, &partial.hash, 1);
    }
    if (job) {
        end_job(manual, job, &partial.hash);
        return;
    }
    bqi_error_set(&failed, BQ_ERR_OUT_OF_MEMORY, "Out of memory; the job was not moved.");
    answer_error(manual, error ? error : &failed);
}

/* A job is ended by what its hash says of attempts and retention. */
static void read_job(struct bqi_manual *manual) {
    struct bqi_worker *worker = manual->base.worker;
    char *key = bqi_job_key(&worker->queue->keys, manual->job_id, "");
    struct bqi_words words;
    bqi_words_init(&words);
    bqi_words_text(&words, "HMGET");
    bqi_words_text(&words, key ? key : "");
    for (size_t i = 0; i < READ_FIELDS; i++)
        bqi_words_text(&words, read_fields[i]);
    bqi_worker_submit(worker, &manual->base, NULL, &words, on_read);
    bqi_free(key);
}

void bqi_call_move_job_to_completed(const struct bqi_call *call) {
    if (call->payload_len &&
        bqi_call_check_json(call, "return value", call->payload, call->payload_len) != 0)
        return;
    struct bqi_manual *manual = new_manual(call);
    if (!manual)
        return;
    manual->fetches = bqi_call_bool(call, "fetchNext", 0);
    manual->result_len = call->payload_len;
    manual->result = bqi_strndup(call->payload, call->payload_len);
    if (manual->result) {
        read_job(manual);
        return;
    }
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; the job was not moved.");
    answer_error(manual, &error);
}

/* What only a handler's job may say is refused. */
static int is_plain(const json_t *failure) {
    return failure && !json_is_true(json_object_get(failure, "moved")) &&
           !json_is_true(json_object_get(failure, "giveBack"));
}

void bqi_call_move_job_to_failed(const struct bqi_call *call) {
    json_t *failure = bqi_failure_parse((bq_bytes){call->payload, call->payload_len});
    int plain = is_plain(failure);
    struct bqi_manual *manual = plain ? new_manual(call) : NULL;
    if (manual) {
        manual->failure = failure;
        manual->fetches = bqi_call_bool(call, "fetchNext", 0);
        read_job(manual);
        return;
    }
    json_decref(failure);
    if (plain)
        return;
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_INVALID_ARGUMENT,
                  "The payload of moveJobToFailed must be a JSON object of \"message\", \"name\", "
                  "\"stack\" and \"telemetryMetadata\" (texts) and \"backoffDelay\" (a number).");
    bqi_answer_error(call->client, call->operation, &error);
}

/* ---- startStalledCheckTimer ---- */

void bqi_call_start_stalled_check_timer(const struct bqi_call *call) {
    struct bqi_worker *worker = find_worker(call);
    if (!worker)
        return;
    bqi_worker_start_stalled_checks(worker);
    bqi_answer_done(call->client, call->operation);
}
