/* The worker engine (protocol/5 section 1): it fetches, keeps locks, finishes, and looks after
 * stalled jobs. All of it runs on the I/O thread; the host only sees jobs and sends outcomes. */
#ifndef BQI_WORKER_H
#define BQI_WORKER_H

#include "blocking.h"
#include "client.h"
#include "packed_hash.h"
#include "queue.h"
#include "run_options.h"
#include "timer.h"

enum bqi_worker_state { BQI_WORKER_OPEN, BQI_WORKER_CLOSING, BQI_WORKER_CLOSED };

/* Options that do not change, read once. */
struct bqi_worker_options {
    char *name;
    int64_t lock_duration;
    int64_t lock_renew_time;
    int skip_lock_renewal;
    int64_t max_job_duration; /* 0: no limit */
    int cancel_on_lock_lost;
    int64_t stalled_interval;
    int64_t max_stalled_count;
    int skip_stalled_check;
    int64_t max_started_attempts; /* 0: no limit */
    double drain_delay;           /* seconds */
    int64_t limiter_max;          /* -1: no limiter */
    int64_t limiter_duration;
    int64_t maximum_rate_limit_delay;
    int64_t metrics_points; /* -1: off */
    json_t *remove_on_complete;
    json_t *remove_on_fail;
};

struct bqi_job;
struct bqi_finish;
struct bqi_manual;

struct bqi_worker {
    bq_id id;
    bq_client *client;
    struct bqi_queue *queue;
    struct bqi_worker_options options;
    struct bqi_blocking blocking; /* for markers */
    enum bqi_worker_state state;
    int abandoned; /* outcomes are discarded */
    char uuid[37];
    uint64_t last_token;
    int ready_told;

    int32_t credit;      /* slots that the host granted */
    int32_t occupied;    /* jobs that the host holds or that are being finished */
    int32_t fetching;    /* moveToActive calls on their way */
    int32_t window;      /* how many of them may be: it opens while they bring jobs */
    int drained;         /* the last fetch brought nothing: wait for a marker first */
    int found;           /* a job since DRAINED was told */
    int64_t block_until; /* ms since epoch: the next delayed job that is known; 0: none */
    int64_t limit_until; /* ms since epoch: nothing is fetched before; 0: no rate limit */

    int paused;
    struct bqi_operations pause_operations;
    struct bqi_operations close_operations;

    struct bqi_job *jobs;        /* newest first */
    struct bqi_finish *outcomes; /* of this turn, not yet sent */
    struct bqi_finish **outcomes_end;
    struct bqi_run_options *last_options;
    struct bqi_packed_hash fetched; /* the job that is being looked at */
    int32_t manual_calls;           /* commands of manual processing that are not answered */
    struct bqi_manual *waiter; /* the getNextJob that waits for the marker; NULL: the engine does */
    int renewing;
    int checking_stalled;
    int32_t commands; /* on their way, holding a pointer to the worker */

    struct bqi_timer limit_timer;
    struct bqi_timer lock_timer;
    struct bqi_timer duration_timer;
    struct bqi_timer stalled_timer;
    struct bqi_timer grace_timer;
};

/* A command of the engine. */
struct bqi_worker_command {
    struct bqi_command base;
    struct bqi_worker *worker;
};

/* ---- worker.c ---- */

void bqi_worker_connected(struct bqi_worker *worker); /* the shared connection is usable */
void bqi_worker_turn(struct bqi_worker *worker);      /* decide what to do next */
void bqi_worker_free(struct bqi_worker *worker);
/* Whether a rate limit is in force; its end is then being waited for. */
int bqi_worker_is_limited(struct bqi_worker *worker);

/* Submit on the shared connection; `script` NULL: a command that is none. `command` is zeroed but
 * for its embedding struct, and counts as on its way until bqi_worker_command_ended. */
void bqi_worker_submit(struct bqi_worker *worker, struct bqi_worker_command *command,
                       const char *script, struct bqi_words *words, bqi_command_done done);
void bqi_worker_command_ended(struct bqi_worker *worker);

/* An error that belongs to no operation. */
void bqi_worker_error(struct bqi_worker *worker, const struct bqi_error *error, const char *job_id);
void bqi_worker_out_of_memory(struct bqi_worker *worker);

/* ---- worker_options.c ---- */

int bqi_worker_options_read(struct bqi_worker_options *options, const bq_conf *conf,
                            struct bqi_error *error);
void bqi_worker_options_free(struct bqi_worker_options *options);
/* The entries lockDuration, limiter? and name? of a packed map; and how many these are. */
unsigned bqi_worker_options_members(const struct bqi_worker_options *options);
void bqi_worker_options_pack(const struct bqi_worker_options *options, msgpack_packer *packer);
/* The entry maxMetricsSize. */
void bqi_worker_options_pack_metrics(const struct bqi_worker_options *options,
                                     msgpack_packer *packer);

/* ---- worker_close.c ---- */

void bqi_worker_begin_close(struct bqi_worker *worker, bq_id operation, int64_t grace_ms);
void bqi_worker_abandon(struct bqi_worker *worker);
int bqi_worker_is_closed(const struct bqi_worker *worker);
/* Closed, and no command on its way points to it: it may be freed. */
int bqi_worker_is_over(const struct bqi_worker *worker);
/* Once per turn: whether a pause or close is complete. */
void bqi_worker_check_ends(struct bqi_worker *worker);

/* ---- worker_fetch.c ---- */

/* Fetch for up to `slots` slots; returns for how many. */
int bqi_worker_fetch(struct bqi_worker *worker, int slots);
/* Fetch one job under this token. */
void bqi_worker_fetch_under(struct bqi_worker *worker, const char *token);
/* The moveToActive of any fetch of one job. */
void bqi_worker_submit_fetch(struct bqi_worker *worker, struct bqi_worker_command *command,
                             const char *token, bqi_command_done done);

void bqi_worker_pack_fetch(const struct bqi_worker *worker, const char *token,
                           msgpack_sbuffer *out);
void bqi_worker_pack_batch(const struct bqi_worker *worker, msgpack_sbuffer *out);

/* Read the four-element answer of a fetching script, NULL for none: what it says of the queue is
 * noted, and the job's hash returned if it brings one. */
const redisReply *bqi_worker_note_fetched(struct bqi_worker *worker, const redisReply *reply);
/* The same, and the job becomes the worker's; `token` is the one that the script was called with.
 */
void bqi_worker_take_fetched(struct bqi_worker *worker, const redisReply *reply, const char *token);
/* Nothing is fetched for so many ms; 0: fetch now. */
void bqi_worker_limit(struct bqi_worker *worker, int64_t ttl);

/* ---- job_outcome.c ---- */

/* Send the outcomes that were queued in this turn. */
void bqi_worker_send_outcomes(struct bqi_worker *worker);

/* ---- worker_marker.c ---- */

void bqi_worker_wait_for_marker(struct bqi_worker *worker);
/* Wait on the blocking connection, which is ready. 0: something is due, fetch. */
int bqi_worker_begin_wait(struct bqi_worker *worker);
int bqi_worker_open_blocking(struct bqi_worker *worker);
void bqi_worker_interrupt_wait(struct bqi_worker *worker);

/* ---- worker_locks.c, worker_stalled.c ---- */

void bqi_worker_start_lock_timer(struct bqi_worker *worker);
void bqi_worker_renew_locks(struct bqi_worker *worker, int all);
void bqi_worker_check_stalled(struct bqi_worker *worker);
/* Once, unless they are switched off. */
void bqi_worker_start_stalled_checks(struct bqi_worker *worker);

/* ---- worker_cancel.c ---- */

/* Ask the host to cancel a running job. */
void bqi_worker_cancel(struct bqi_job *job, const char *why);
/* The time of maxJobDuration begins. */
void bqi_worker_watch_duration(struct bqi_job *job);

/* ---- call_worker.c ---- */

/* The wait of the getNextJob `waiter` is over: fetch, or answer that there is no job. */
void bqi_manual_woken(struct bqi_worker *worker, int fetches);
/* Answer a command of manual processing: the outcome (NULL: none), and what `fetched`, NULL for
 * nothing, brings. */
void bqi_manual_answer(struct bqi_worker *worker, bq_id operation, const char *outcome,
                       double delay, const redisReply *fetched, const char *token);
/* Another answer was given. */
void bqi_manual_ended(struct bqi_worker *worker);

#endif
