/* One outcome on its way to Redis; private to the job_outcome*.c files. Outcomes of one loop turn
 * wait in their worker's list and leave together: a single one as BullMQ's own command, several
 * completed or failed ones as one finishJobs. */
#ifndef BQI_JOB_OUTCOME_H
#define BQI_JOB_OUTCOME_H

#include "job.h"

enum bqi_outcome {
    BQI_OUTCOME_COMPLETED,
    BQI_OUTCOME_FAILED,
    BQI_OUTCOME_RETRIED,
    BQI_OUTCOME_DELAYED,
    BQI_OUTCOME_WAITING,
    BQI_OUTCOME_RATE_LIMITED
};

struct bqi_finish {
    struct bqi_worker_command base; /* of a command of its own */
    struct bqi_finish *next;        /* in the worker's list */
    struct bqi_job *job;
    bq_id operation; /* 0: nobody waits for the answer */
    enum bqi_outcome outcome;
    char *value; /* return value or failed reason */
    size_t value_len;
    msgpack_sbuffer fields; /* packed patch of the hash, or empty */
    double delay;
    int fetches;    /* the script was asked for a next job */
    unsigned sends; /* of the commands that carried it */
    struct bqi_timer repeat_timer;
};

/* ---- job_outcome_send.c ---- */

/* The name of the single command, for scripts and error texts. */
const char *bqi_outcome_script(enum bqi_outcome outcome);
void bqi_outcome_send(struct bqi_finish *finish);
/* Whether the job's end shall take the next one along. */
int bqi_outcome_wants_next(const struct bqi_job *job);

/* ---- job_outcome_batch.c ---- */

/* Send `count` completed or failed ones of the same worker together. */
enum { BQI_OUTCOME_BATCH = 16, BQI_OUTCOME_BATCH_BYTES = 256 * 1024 };
void bqi_outcome_send_batch(struct bqi_finish **finishes, size_t count);

/* ---- job_outcome.c ---- */

/* Later in this turn. */
void bqi_outcome_queue(struct bqi_finish *finish);
/* The answer to one outcome: `code` 0 and the next job's reply (or NULL), or a script's error code.
 */
void bqi_outcome_answered(struct bqi_finish *finish, long long code, const redisReply *next);
void bqi_outcome_refused(struct bqi_finish *finish, const struct bqi_error *error);

#endif
