/* What becomes of an outcome: it is queued for the end of the turn, sent, and answered; or it is
 * refused, and then repeated, checked or given up (protocol/5 sections 1.12 to 1.15). */
#include "job_outcome.h"

#include <string.h>

#include "alloc.h"

enum { REPEAT_MS = 1000 };

static const char *const outcome_names[] = {"completed", "failed",  "retried",
                                            "delayed",   "waiting", "waiting"};

/* ---- life ---- */

static void tell_error(const struct bqi_job *job, bq_id operation, const struct bqi_error *error) {
    struct bqi_worker *worker = job->worker;
    bqi_outbox_error(&worker->client->outbox, operation ? operation : worker->id, error,
                     job->job_id);
    if (job->manual)
        bqi_manual_ended(worker);
}

void bqi_job_lose(struct bqi_job *job, bq_id operation) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; the job will be run again.");
    tell_error(job, operation, &error);
    bqi_job_release(job);
}

static struct bqi_finish *finish_new(struct bqi_job *job, bq_id operation,
                                     enum bqi_outcome outcome) {
    struct bqi_finish *finish = bqi_calloc(sizeof *finish);
    if (!finish) {
        bqi_job_lose(job, operation);
        return NULL;
    }
    finish->base.worker = job->worker;
    finish->job = job;
    finish->operation = operation;
    finish->outcome = outcome;
    msgpack_sbuffer_init(&finish->fields);
    job->worker->commands++;
    job->finishing = 1;
    job->renewing = 0;
    return finish;
}

static void free_finish(struct bqi_finish *finish) {
    bqi_timer_close(&finish->repeat_timer);
    msgpack_sbuffer_destroy(&finish->fields);
    bqi_free(finish->value);
    bqi_worker_command_ended(finish->base.worker);
    bqi_free(finish);
}

static void give_up(struct bqi_finish *finish, const struct bqi_error *error) {
    tell_error(finish->job, finish->operation, error);
    bqi_job_release(finish->job);
    free_finish(finish);
}

/* ---- stored ---- */

static void tell_outcome(bq_client *client, bq_id operation, const char *name, double delay) {
    if (operation == 0)
        return;
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_REPLY, operation);
    bqi_record_text(&event, BQ_TAG_OUTCOME, name);
    if (delay != 0)
        bqi_record_float(&event, BQ_TAG_DELAY, delay);
    bqi_record_end(&event);
}

/* `reply` is that of the command that stored it, or, of many in one command, the next job's. */
static void on_stored(struct bqi_finish *finish, const redisReply *reply) {
    struct bqi_worker *worker = finish->base.worker;
    struct bqi_job *job = finish->job;
    char *token = job->token;
    const redisReply *next = finish->fetches ? reply : NULL;
    const char *name = outcome_names[finish->outcome];
    job->token = NULL; /* a job that was fetched along goes on under it */
    if (finish->outcome == BQI_OUTCOME_RATE_LIMITED && reply)
        bqi_worker_limit(worker, reply->integer);
    if (job->manual)
        bqi_manual_answer(worker, finish->operation, name, finish->delay, next, token);
    else
        tell_outcome(worker->client, finish->operation, name, finish->delay);
    int fetched = finish->fetches && !job->manual;
    bqi_job_release(job);
    free_finish(finish);
    if (fetched)
        bqi_worker_take_fetched(worker, next, token);
    bqi_free(token);
}

/* ---- refused ---- */

/* A handler's job that cannot complete ends as failed instead; a command is only told. */
static int becomes_failure(const struct bqi_finish *finish) {
    return finish->outcome == BQI_OUTCOME_COMPLETED && !finish->job->manual;
}

static void fail_instead(struct bqi_finish *finish, const char *message, int unrecoverable) {
    struct bqi_failure failure = {.message = message};
    struct bqi_job *job = finish->job;
    bq_id operation = finish->operation;
    if (unrecoverable)
        failure.kind = BQI_FAILURE_UNRECOVERABLE;
    free_finish(finish);
    job->finishing = 0;
    bqi_job_fail(job, operation, &failure);
}

struct check {
    struct bqi_worker_command base;
    struct bqi_finish *finish;
    struct bqi_error error;
};

/* The outcome had been sent before its connection broke. If the job turns out to be finished, the
 * first sending did it and only its answer was lost. */
static void on_checked(struct bqi_command *command, const redisReply *reply,
                       const struct bqi_error *error) {
    struct check *check = (struct check *)command;
    struct bqi_finish *finish = check->finish;
    int wanted = finish->outcome == BQI_OUTCOME_COMPLETED ? 1 : 2;
    int stored = !error && reply->type == REDIS_REPLY_INTEGER && reply->integer == wanted;
    bqi_worker_command_ended(check->base.worker);
    if (stored) {
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
    if (finish->sends < 2 || finish->outcome > BQI_OUTCOME_FAILED ||
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
    bqi_error_set_script(&error, code, finish->job->job_id, bqi_outcome_script(finish->outcome),
                         "active");
    int by_children = code == -4 || code == -9;
    if (by_children && becomes_failure(finish))
        fail_instead(finish, error.message, code == -9);
    else if (!check_first_sending(finish, &error))
        give_up(finish, &error);
}

void bqi_outcome_answered(struct bqi_finish *finish, long long code, const redisReply *next) {
    if (code < 0)
        on_code(finish, code);
    else
        on_stored(finish, next);
}

void bqi_job_drop_repeating(struct bqi_job *job) {
    struct bqi_finish *finish = job->repeating;
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_CLOSED,
                  "The worker was closed before Redis could store what became of job %s.",
                  job->job_id);
    tell_error(job, finish->operation, &error);
    job->repeating = NULL;
    finish->job = NULL;
    free_finish(finish);
}

static void repeat(void *arg) {
    struct bqi_finish *finish = arg;
    finish->job->repeating = NULL;
    finish->job->renewing = 0;
    bqi_outcome_queue(finish);
}

void bqi_outcome_refused(struct bqi_finish *finish, const struct bqi_error *error) {
    struct bqi_worker *worker = finish->base.worker;
    if (bqi_error_is_passing(error) && !worker->abandoned && !finish->job->manual) {
        bqi_worker_error(worker, error, finish->job->job_id);
        finish->job->renewing = 1; /* until it can be stored, nobody else may take it */
        finish->job->repeating = finish;
        bqi_timer_start(&finish->repeat_timer, &worker->client->loop, REPEAT_MS, repeat, finish);
    } else if (becomes_failure(finish) && error->code != BQ_ERR_CLOSED) {
        bqi_worker_error(worker, error, finish->job->job_id); /* the cause, whatever follows */
        fail_instead(finish, error->message, 0);
    } else {
        give_up(finish, error);
    }
}

/* ---- queued ---- */

void bqi_outcome_queue(struct bqi_finish *finish) {
    struct bqi_worker *worker = finish->base.worker;
    finish->next = NULL;
    *worker->outcomes_end = finish;
    worker->outcomes_end = &finish->next;
}

static int may_share(const struct bqi_finish *finish) {
    return finish && finish->outcome <= BQI_OUTCOME_FAILED;
}

/* Send the first of the list, with as many of its followers as one command may carry. */
static struct bqi_finish *send_first(struct bqi_finish *first) {
    struct bqi_finish *group[BQI_OUTCOME_BATCH];
    struct bqi_finish *rest = first;
    size_t count = 0, bytes = 0;
    do {
        group[count++] = rest;
        bytes += rest->value_len + rest->fields.size;
        rest = rest->next;
    } while (may_share(first) && may_share(rest) && count < BQI_OUTCOME_BATCH &&
             bytes < BQI_OUTCOME_BATCH_BYTES);
    if (count == 1)
        bqi_outcome_send(first);
    else
        bqi_outcome_send_batch(group, count);
    return rest;
}

void bqi_worker_send_outcomes(struct bqi_worker *worker) {
    struct bqi_finish *finish = worker->outcomes;
    worker->outcomes = NULL;
    worker->outcomes_end = &worker->outcomes;
    while (finish)
        finish = send_first(finish);
}

/* ---- what becomes of a job ---- */

static void queue_finished(struct bqi_job *job, bq_id operation, enum bqi_outcome outcome,
                           const char *value, size_t len, const msgpack_sbuffer *fields) {
    struct bqi_finish *finish = finish_new(job, operation, outcome);
    if (!finish)
        return;
    finish->value = bqi_strndup(value, len);
    finish->value_len = len;
    if (fields)
        msgpack_sbuffer_write(&finish->fields, fields->data, fields->size);
    if (finish->value) {
        bqi_outcome_queue(finish);
        return;
    }
    free_finish(finish);
    bqi_job_lose(job, operation);
}

void bqi_job_complete(struct bqi_job *job, bq_id operation, const char *result, size_t len) {
    queue_finished(job, operation, BQI_OUTCOME_COMPLETED, len ? result : "null", len ? len : 4,
                   NULL);
}

void bqi_job_store_failed(struct bqi_job *job, bq_id operation, const char *message,
                          const msgpack_sbuffer *fields) {
    queue_finished(job, operation, BQI_OUTCOME_FAILED, message, strlen(message), fields);
}

/* A move back into the queue. */
static void queue_move(struct bqi_job *job, bq_id operation, enum bqi_outcome outcome, double delay,
                       const msgpack_sbuffer *fields) {
    struct bqi_finish *finish = finish_new(job, operation, outcome);
    if (!finish)
        return;
    finish->delay = delay;
    if (fields)
        msgpack_sbuffer_write(&finish->fields, fields->data, fields->size);
    bqi_outcome_queue(finish);
}

void bqi_job_store_delayed(struct bqi_job *job, bq_id operation, double delay,
                           const msgpack_sbuffer *fields) {
    queue_move(job, operation, BQI_OUTCOME_DELAYED, delay, fields);
}

void bqi_job_store_retried(struct bqi_job *job, bq_id operation, const msgpack_sbuffer *fields) {
    queue_move(job, operation, BQI_OUTCOME_RETRIED, 0, fields);
}

void bqi_job_give_back(struct bqi_job *job, bq_id operation) {
    queue_move(job, operation, BQI_OUTCOME_WAITING, 0, NULL);
}

void bqi_job_wait_for_limit(struct bqi_job *job, bq_id operation) {
    queue_move(job, operation, BQI_OUTCOME_RATE_LIMITED, 0, NULL);
}

void bqi_job_moved(struct bqi_job *job, bq_id operation) {
    struct bqi_worker *worker = job->worker;
    int fetches = bqi_outcome_wants_next(job);
    char *token = job->token;
    job->token = NULL;
    tell_outcome(worker->client, operation, "moved", 0);
    bqi_job_release(job);
    if (fetches)
        bqi_worker_fetch_under(worker, token);
    bqi_free(token);
}
