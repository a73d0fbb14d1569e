/* The next iteration of a scheduler is made by the worker that takes the one before, ahead of the
 * host's first sight of that job (protocol/4 section 7, protocol/5 section 1.18). Jobs of no
 * scheduler never come here. */
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "job.h"
#include "job_fields.h"
#include "job_options.h"
#include "scheduler.h"

enum { REPEAT_MS = 1000 };

/* One job on its way through. The job may be gone before an answer comes: it is looked up by its
 * handle. */
struct bqi_scheduling {
    struct bqi_worker_command base;
    bq_id job;
    char *job_id;
    char *scheduler;
    json_t *opts; /* of the job, then of the next one */
    int64_t next; /* ms since the epoch; 0: the script finds it */
    msgpack_sbuffer packed;
    struct bqi_buffer event; /* what the host is told of the job in the end */
    bq_id operation;         /* that it answers; 0: none, the job is the engine's own */
    struct bqi_buffer empty; /* the answer without the job */
    char *why;               /* the job is to fail with this; NULL: it runs */
    struct bqi_timer repeat_timer;
};

static void free_scheduling(struct bqi_scheduling *scheduling) {
    bqi_timer_close(&scheduling->repeat_timer);
    bqi_worker_command_ended(scheduling->base.worker);
    msgpack_sbuffer_destroy(&scheduling->packed);
    bqi_buffer_free(&scheduling->event);
    bqi_buffer_free(&scheduling->empty);
    json_decref(scheduling->opts);
    bqi_free(scheduling->job_id);
    bqi_free(scheduling->scheduler);
    bqi_free(scheduling->why);
    bqi_free(scheduling);
}

/* The worker closes. */
static void drop(struct bqi_scheduling *scheduling) {
    struct bqi_worker *worker = scheduling->base.worker;
    struct bqi_error error;
    if (scheduling->operation) {
        bqi_error_set(&error, BQ_ERR_CLOSED,
                      "The worker was closed before the next iteration of job scheduler %s could "
                      "be stored.",
                      scheduling->scheduler);
        bqi_client_error(worker->client, scheduling->operation, &error);
        bqi_manual_ended(worker);
    }
    free_scheduling(scheduling);
}

void bqi_job_drop_scheduling(struct bqi_job *job) {
    struct bqi_scheduling *scheduling = job->scheduling;
    job->scheduling = NULL;
    drop(scheduling);
}

static struct bqi_job *find_job(const struct bqi_scheduling *scheduling) {
    return bqi_idmap_get(&scheduling->base.worker->client->jobs, scheduling->job);
}

/* ---- ends ---- */

/* The command of manual processing that took the job is answered, and the job the caller's. */
static void answer(struct bqi_scheduling *scheduling, struct bqi_job *job,
                   const struct bqi_buffer *event) {
    struct bqi_worker *worker = scheduling->base.worker;
    if (bqi_outbox_append(&worker->client->outbox, event) != 0)
        bqi_worker_out_of_memory(worker);
    bqi_manual_ended(worker);
    if (job)
        bqi_job_release(job);
}

static void hand_over(struct bqi_scheduling *scheduling, struct bqi_job *job) {
    struct bqi_worker *worker = scheduling->base.worker;
    if (worker->state != BQI_WORKER_OPEN) {
        bqi_job_give_back(job, 0);
    } else if (bqi_outbox_append(&worker->client->outbox, &scheduling->event) != 0) {
        bqi_worker_out_of_memory(worker);
        bqi_job_give_back(job, 0);
    } else if (scheduling->why) {
        const struct bqi_failure failure = {.kind = BQI_FAILURE_UNRECOVERABLE,
                                            .message = scheduling->why};
        bqi_job_fail(job, 0, &failure);
    } else if (worker->options.max_job_duration) {
        bqi_worker_watch_duration(job);
    }
}

/* On to the host, or to where it was going without a scheduler. */
static void go_on(struct bqi_scheduling *scheduling) {
    struct bqi_job *job = find_job(scheduling);
    if (scheduling->operation)
        answer(scheduling, job, &scheduling->event);
    else if (job)
        hand_over(scheduling, job);
    free_scheduling(scheduling);
}

static void tell(const struct bqi_scheduling *scheduling, const struct bqi_error *error) {
    struct bqi_error told;
    bqi_error_set(&told, error->code, "Failed to add repeatable job for next iteration: %s",
                  error->message);
    bqi_worker_error(scheduling->base.worker, &told, scheduling->job_id);
}

/* As in Node, the job stays active and is not run: its lock expires, and a stalled check gives it
 * to whoever can do better. */
static void leave_active(struct bqi_scheduling *scheduling, const struct bqi_error *error) {
    struct bqi_job *job = find_job(scheduling);
    if (job)
        tell(scheduling, error);
    if (scheduling->operation)
        answer(scheduling, job, &scheduling->empty);
    else if (job)
        bqi_job_release(job);
    free_scheduling(scheduling);
}

static void leave_for_memory(struct bqi_scheduling *scheduling) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    leave_active(scheduling, &error);
}

/* ---- updateJobScheduler ---- */

static void submit_update(struct bqi_scheduling *scheduling);

static void repeat(void *arg) {
    struct bqi_scheduling *scheduling = arg;
    struct bqi_job *job = find_job(scheduling);
    job->scheduling = NULL;
    submit_update(scheduling);
}

/* A server that cannot write now will be able to; until then nobody else may take the job. */
static void try_again(struct bqi_scheduling *scheduling, const struct bqi_error *error) {
    struct bqi_worker *worker = scheduling->base.worker;
    struct bqi_job *job = find_job(scheduling);
    if (!job || worker->state != BQI_WORKER_OPEN) {
        go_on(scheduling);
    } else if (bqi_timer_start(&scheduling->repeat_timer, &worker->client->loop, REPEAT_MS, repeat,
                               scheduling) == 0) {
        tell(scheduling, error);
        job->scheduling = scheduling;
    } else {
        leave_for_memory(scheduling);
    }
}

static void on_updated(struct bqi_command *command, const redisReply *reply,
                       const struct bqi_error *error) {
    struct bqi_scheduling *scheduling = (struct bqi_scheduling *)command;
    (void)reply; /* nil: the scheduler is gone, or has gone on without this job */
    if (!error)
        go_on(scheduling);
    else if (bqi_error_is_passing(error))
        try_again(scheduling, error);
    else if (error->code == BQ_ERR_CLOSED)
        drop(scheduling);
    else
        leave_active(scheduling, error);
}

static void submit(struct bqi_scheduling *scheduling, const char *script, struct bqi_words *words,
                   bqi_command_done done) {
    struct bqi_worker *worker = scheduling->base.worker;
    memset(&scheduling->base.base, 0, sizeof scheduling->base.base); /* it may be sent again */
    bqi_worker_submit(worker, &scheduling->base, script, words, done);
    bqi_worker_command_ended(worker); /* it counts once, from its start to its end */
}

static void submit_update(struct bqi_scheduling *scheduling) {
    static const enum bqi_key names[] = {
        BQI_KEY_REPEAT,      BQI_KEY_DELAYED, BQI_KEY_WAIT, BQI_KEY_PAUSED, BQI_KEY_META,
        BQI_KEY_PRIORITIZED, BQI_KEY_MARKER,  BQI_KEY_ID,   BQI_KEY_EVENTS, BQI_KEY_PC};
    const struct bqi_keys *keys = &scheduling->base.worker->queue->keys;
    char *job_key = bqi_job_key(keys, scheduling->job_id, "");
    struct bqi_words words;
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("updateJobScheduler"));
    bqi_words_keys(&words, keys, names, sizeof names / sizeof *names);
    bqi_words_text(&words, job_key ? job_key : "");
    bqi_words_key(&words, keys, BQI_KEY_ACTIVE);
    if (scheduling->next)
        bqi_words_int(&words, scheduling->next);
    else
        bqi_words_text(&words, "");
    bqi_words_text(&words, scheduling->scheduler);
    bqi_words_text(&words, ""); /* the next job's data is the scheduler's, not this job's */
    bqi_words_add(&words, scheduling->packed.data, scheduling->packed.size);
    bqi_words_int(&words, bqi_now());
    bqi_words_key(&words, keys, BQI_KEY_PREFIX);
    bqi_words_text(&words, scheduling->job_id);
    submit(scheduling, "updateJobScheduler", &words, on_updated);
    bqi_free(job_key);
}

/* ---- the iteration ---- */

static void iteration(struct bqi_scheduling *scheduling) {
    struct bqi_iteration iteration;
    struct bqi_error error;
    int64_t now = bqi_now();
    enum bqi_iteration_status status =
        bqi_iteration_next(&iteration, &scheduling->base.worker->client->zones,
                           json_object_get(scheduling->opts, "repeat"),
                           bqi_repeat_number(scheduling->opts, "prevMillis"), now, &error);
    if (status == BQI_ITERATION_REFUSED) {
        leave_active(scheduling, &error);
        return;
    }
    if (status == BQI_ITERATION_OVER) {
        go_on(scheduling);
        return;
    }
    scheduling->next = iteration.next;
    int packed = bqi_job_options_normalise(scheduling->opts) == 0 &&
                 bqi_iteration_pack_options(&iteration, scheduling->opts, scheduling->scheduler,
                                            now, &scheduling->packed) == 0;
    json_decref(iteration.repeat);
    if (packed)
        submit_update(scheduling);
    else
        leave_for_memory(scheduling);
}

/* ---- jobs of BullMQ 5's repeatables, whose ids look different ---- */

static void on_probed(struct bqi_command *command, const redisReply *reply,
                      const struct bqi_error *error) {
    struct bqi_scheduling *scheduling = (struct bqi_scheduling *)command;
    struct bqi_error legacy;
    if (error && error->code == BQ_ERR_CLOSED) {
        drop(scheduling);
    } else if (error) {
        leave_active(scheduling, error);
    } else if (reply->integer) {
        iteration(scheduling);
    } else {
        bqi_scheduler_refuse_legacy(scheduling->scheduler, "", &legacy);
        tell(scheduling, &legacy);
        go_on(scheduling);
    }
}

static void probe(struct bqi_scheduling *scheduling) {
    struct bqi_buffer key = {0};
    struct bqi_words words;
    const struct bqi_keys *keys = &scheduling->base.worker->queue->keys;
    bqi_buffer_text(&key, keys->key[BQI_KEY_REPEAT].ptr);
    bqi_buffer_text(&key, ":");
    bqi_buffer_text(&key, scheduling->scheduler);
    if (key.failed) {
        leave_for_memory(scheduling);
    } else {
        bqi_words_init(&words);
        bqi_words_text(&words, "HEXISTS");
        bqi_words_add(&words, key.data, key.length);
        bqi_words_text(&words, "ic");
        submit(scheduling, NULL, &words, on_probed);
    }
    bqi_buffer_free(&key);
}

/* ---- start ---- */

static int fill_in(struct bqi_scheduling *scheduling, const struct bqi_job *job,
                   const redisReply *hash) {
    const redisReply *key = bqi_job_field(hash, "rjk");
    scheduling->job = job->id;
    scheduling->job_id = bqi_strndup(job->job_id, strlen(job->job_id));
    scheduling->scheduler = bqi_strndup(key->str, key->len);
    scheduling->opts = json_loadb(job->options->text, job->options->text_len, 0, NULL);
    return scheduling->job_id && scheduling->scheduler && scheduling->opts ? 0 : -1;
}

static struct bqi_scheduling *new_scheduling(struct bqi_worker *worker) {
    struct bqi_scheduling *scheduling = bqi_calloc(sizeof *scheduling);
    if (!scheduling)
        return NULL;
    msgpack_sbuffer_init(&scheduling->packed);
    scheduling->base.worker = worker;
    worker->commands++;
    return scheduling;
}

static void start(struct bqi_scheduling *scheduling, int status) {
    if (status != 0)
        leave_for_memory(scheduling);
    else if (bqi_scheduler_is_legacy(scheduling->scheduler))
        probe(scheduling);
    else
        iteration(scheduling);
}

int bqi_job_is_scheduled(const redisReply *hash) {
    const redisReply *scheduler = bqi_job_field(hash, "rjk");
    return scheduler && scheduler->len;
}

void bqi_job_schedule_next(struct bqi_job *job, const redisReply *hash, const char *why) {
    struct bqi_scheduling *scheduling = new_scheduling(job->worker);
    if (!scheduling) { /* the lock expires and the job is taken again */
        bqi_worker_out_of_memory(job->worker);
        bqi_job_release(job);
        return;
    }
    scheduling->why = why ? bqi_strndup(why, strlen(why)) : NULL;
    int failed = fill_in(scheduling, job, hash) != 0 || (why && !scheduling->why) ||
                 bqi_job_write_event(&scheduling->event, job, hash, why) != 0;
    start(scheduling, failed);
}

int bqi_job_schedule_manual(struct bqi_job *job, const redisReply *hash, bq_id operation,
                            struct bqi_buffer *event, struct bqi_buffer *empty) {
    struct bqi_scheduling *scheduling = new_scheduling(job->worker);
    if (!scheduling)
        return -1;
    scheduling->operation = operation;
    scheduling->event = *event;
    scheduling->empty = *empty;
    *event = *empty = (struct bqi_buffer){0};
    start(scheduling, fill_in(scheduling, job, hash));
    return 0;
}
