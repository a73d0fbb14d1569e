/* A job that a worker holds, from its activation until its outcome is stored. */
#ifndef BQI_JOB_H
#define BQI_JOB_H

#include "failure.h"
#include "run_options.h"
#include "worker.h"

struct bqi_scheduling;
struct bqi_finish; /* an outcome on its way, job_outcome.h */

struct bqi_job {
    bq_id id; /* the host's handle */
    struct bqi_worker *worker;
    struct bqi_job *newer;
    struct bqi_job *older;
    char *job_id;
    char *token;
    struct bqi_run_options *options; /* NULL: unreadable */
    char *stacktrace;                /* JSON array as stored; NULL: none */
    int64_t attempts_made;
    int64_t attempts_started;
    int64_t lock_stamp;                /* ms since epoch: start or last renewal */
    uint64_t deadline;                 /* loop time in ms: maxJobDuration is over; 0: none */
    int renewing;                      /* its lock is kept; off once its outcome is on its way */
    int finishing;                     /* its outcome is known and on its way */
    struct bqi_finish *repeating;      /* its outcome waits to be sent again */
    struct bqi_scheduling *scheduling; /* its scheduler's next iteration waits to be sent again */
    int untaken;                       /* its event was withdrawn before the host saw it */
    int manual;                        /* a command ends it: it holds no slot */
    int fetches;                       /* manual: the command asks for the next job */
};

/* Takes its place in the worker's list and in the client's map, and a slot unless it is manual.
 * NULL: out of memory. */
struct bqi_job *bqi_job_new(struct bqi_worker *worker, const char *job_id, const char *token,
                            const redisReply *hash, int manual);
/* Leaves both and frees it, and the slot that it holds. */
void bqi_job_release(struct bqi_job *job);

/* ---- worker_fetch.c ---- */

/* Options come from the hash; those of the worker's last job are shared if the text is the same. */
int bqi_job_read_options(struct bqi_job *job, const redisReply *hash, struct bqi_error *error);
/* What the host is told of a fetched job: the job or, with a reason, that it failed. -1: out of
 * memory. */
int bqi_job_write_event(struct bqi_buffer *into, const struct bqi_job *job, const redisReply *hash,
                        const char *why);

/* ---- worker_schedule.c ---- */

/* Make the next iteration of the job's scheduler, then tell the host of the job, or fail it with
 * `why`. */
void bqi_job_schedule_next(struct bqi_job *job, const redisReply *hash, const char *why);
/* Whether it was made by a scheduler. */
int bqi_job_is_scheduled(const redisReply *hash);
/* The same for a job of manual processing, which is released in the end: the operation is answered
 * with `event`, which shows the job, or with `empty`. Takes both over. -1: out of memory. */
int bqi_job_schedule_manual(struct bqi_job *job, const redisReply *hash, bq_id operation,
                            struct bqi_buffer *event, struct bqi_buffer *empty);
/* Forget the iteration that waits to be sent again. */
void bqi_job_drop_scheduling(struct bqi_job *job);

/* ---- job_failure.c ---- */

void bqi_job_fail(struct bqi_job *job, bq_id operation, const struct bqi_failure *failure);

/* ---- job_outcome.c ---- */

/* `operation` 0: nobody waits for the answer. The job is freed when its outcome is stored. `fields`
 * is the packed patch of the job's hash. */
void bqi_job_complete(struct bqi_job *job, bq_id operation, const char *result, size_t len);
void bqi_job_store_failed(struct bqi_job *job, bq_id operation, const char *message,
                          const msgpack_sbuffer *fields);
void bqi_job_store_delayed(struct bqi_job *job, bq_id operation, double delay,
                           const msgpack_sbuffer *fields);
void bqi_job_store_retried(struct bqi_job *job, bq_id operation, const msgpack_sbuffer *fields);

/* Put back to wait, its attempt uncounted. */
void bqi_job_give_back(struct bqi_job *job, bq_id operation);
/* The same, and nothing is fetched before the queue's rate limit has ended. */
void bqi_job_wait_for_limit(struct bqi_job *job, bq_id operation);
/* Its handler has moved it: only its slot is free again. */
void bqi_job_moved(struct bqi_job *job, bq_id operation);

/* Without memory for its outcome: the lock expires and the job is run again. */
void bqi_job_lose(struct bqi_job *job, bq_id operation);

/* Forget the outcome that waits to be sent again. */
void bqi_job_drop_repeating(struct bqi_job *job);

#endif
