/*
 * libbullmq: BullMQ's Redis protocol for every language.
 *
 * One client owns one I/O thread, one event stream and one descriptor that is
 * readable while events wait. Every operation is a future: a call copies its
 * arguments and returns an operation id at once; the answer is an event with
 * that id. Nothing here blocks except bq_wait and bq_client_free.
 *
 * Handles may be used from any thread. Strings are UTF-8. Times are
 * milliseconds unless a name says otherwise. Event and request records are
 * fixed in bindings/records.md; bq_record.h reads and writes them.
 */
#ifndef BQ_H
#define BQ_H

#include <stddef.h>
#include <stdint.h>

#include "bq_codes.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BQ_API __attribute__((visibility("default")))
#else
#define BQ_API
#endif

typedef struct bq_conf bq_conf;     /* options of one scope                 */
typedef struct bq_client bq_client; /* one I/O thread, one event stream     */
typedef struct bq_batch bq_batch;   /* events taken together                */

/* Borrowed bytes: not terminated, `ptr` may be NULL when `len` is 0. */
typedef struct bq_bytes {
    const char *ptr;
    size_t len;
} bq_bytes;

/*
 * > 0: a queue, worker, job, reader of queue events or operation. < 0: a
 * refusal (BQ_E...).
 */
typedef int64_t bq_id;

/* ---- library ---------------------------------------------------------- */

/* Version of the library that runs, for example "0.1.0". Static. */
BQ_API const char *bq_version(void);

/* One sentence about a refusal code. Static, never NULL. */
BQ_API const char *bq_strerror(int code);

/* ---- cron ------------------------------------------------------------- */

/*
 * When a cron pattern runs, as the schedulers of BullMQ compute it: needs no
 * client and no Redis, and does not block. `args` is a JSON object: "pattern"
 * (text), "tz" (IANA name, unset: the host's zone), "start" (ms since epoch,
 * runs come after it, unset: now), "end" (ms since epoch, the last run may be
 * at it, unset: none), "count" (1 to 1000, unset: 1), "hashSeed" (text, decides
 * what "H" in the pattern stands for, unset: chance does). The batch holds one
 * record: BQ_EV_REPLY with VALUE, a JSON list of ms since epoch, and, where the
 * list is shorter than `count`, MESSAGE, which says why; or BQ_EV_ERROR for
 * what is no pattern, zone or number. NULL without memory. Free it with
 * bq_batch_free.
 */
BQ_API bq_batch *bq_cron_next(bq_bytes args);

/* ---- options ---------------------------------------------------------- */

/*
 * A set of options for one scope: BQ_CONF_CLIENT, BQ_CONF_QUEUE,
 * BQ_CONF_WORKER or BQ_CONF_EVENTS. NULL for an unknown scope or without
 * memory. The options of each scope, with types, units and defaults, are listed
 * in docs/options.md.
 */
BQ_API bq_conf *bq_conf_new(int scope);

/*
 * Set one option by its dotted name ("connection.host") from text. Returns 0,
 * or BQ_EINVAL for an unknown name or a value of the wrong type or range;
 * bq_conf_error then says which, and what would be right.
 */
BQ_API int bq_conf_set(bq_conf *conf, const char *name, const char *value);

/*
 * Set many options from one JSON object that uses Node's names and nesting,
 * for example {"connection": {"host": "10.0.0.1"}}. All or nothing. null means
 * the default or, where docs/options.md allows null, no limit. Returns as
 * bq_conf_set does.
 */
BQ_API int bq_conf_set_json(bq_conf *conf, bq_bytes json);

/*
 * Why the last use of this conf was refused, by a setter or by the function
 * that opened something with it. "" when it was not. Borrowed until the next
 * use of the conf.
 */
BQ_API const char *bq_conf_error(const bq_conf *conf);

BQ_API void bq_conf_free(bq_conf *conf);

/* ---- client ----------------------------------------------------------- */

/*
 * A client for the server named by a BQ_CONF_CLIENT conf (NULL: the defaults,
 * 127.0.0.1:6379). The conf is copied. No thread is started and no socket is
 * opened before the first queue is, or the first call of a command that
 * belongs to no queue. NULL when the conf is unusable
 * (bq_conf_error) or a resource is missing.
 */
BQ_API bq_client *bq_client_new(bq_conf *conf);

/*
 * A descriptor that is readable while events wait: level-triggered, owned by
 * the library, for poll, epoll, asyncio, IO.select or the Go poller. Never
 * read it.
 */
BQ_API int bq_client_fd(const bq_client *client);

/*
 * Close in order: workers stop fetching, jobs that run may finish for
 * `grace_ms` (negative: without limit; 0: at once), what is written is flushed,
 * connections end. Jobs that no host has taken are given back. Outcomes of jobs
 * still running after the grace time are discarded; those jobs are recovered by
 * a stalled check once their lock has expired. Queue events end at once, and
 * with them what waits for the end of a job. The reply to the returned
 * operation is the client's last event.
 */
BQ_API bq_id bq_client_close(bq_client *client, int64_t grace_ms);

/*
 * Release everything, in any state, waiting only for the I/O thread to stop.
 * NULL is allowed. In a forked child nothing of the parent is touched.
 */
BQ_API void bq_client_free(bq_client *client);

/* ---- queues ----------------------------------------------------------- */

/*
 * Open a queue by name with a BQ_CONF_QUEUE conf (NULL: the defaults). Opening
 * the first queue starts the thread and the connection. BQ_EINVAL for a bad
 * name (bq_conf_error tells, if a conf was given).
 */
BQ_API bq_id bq_queue_open(bq_client *client, const char *name, bq_conf *conf);

/*
 * Run a command of docs/commands.md on a queue, or with `queue` 0 one that
 * belongs to no queue (flows); like bq_queue_open that starts the thread and
 * the connection if it is the client's first use. `args` is a JSON object,
 * `payload` opaque bytes, as the command wants them; both are copied. The
 * answer is BQ_EV_REPLY or BQ_EV_ERROR with the returned id. Bad arguments are
 * reported by BQ_EV_ERROR before anything is written to Redis. While the
 * connection is down the command waits, as connection.maxRetriesPerRequest and
 * connection.enableOfflineQueue say; one that was sent when the connection
 * broke is sent again, but for addFlows (docs/commands.md).
 */
BQ_API bq_id bq_call(bq_client *client, bq_id queue, const char *command,
                     bq_bytes args, bq_bytes payload);

/* ---- workers ---------------------------------------------------------- */

/*
 * Open a worker on a queue with a BQ_CONF_WORKER conf (NULL: the defaults).
 * It holds no credit yet, so it takes no job; it renews locks and looks for
 * stalled jobs from its first credit on. Jobs arrive as BQ_EV_JOB. One that is
 * never given credit serves manual processing: see getNextJob.
 */
BQ_API bq_id bq_worker_open(bq_client *client, bq_id queue, bq_conf *conf);

/*
 * Add `slots` to the number of jobs that the host will hold at once (negative:
 * take back; jobs that run go on, and none is taken before fewer run). A slot
 * is used by a job from its BQ_EV_JOB until bq_job_done or bq_job_fail, and is
 * then free again by itself: a worker of concurrency n is given n once.
 * Returns 0 or a refusal.
 */
BQ_API int bq_worker_credit(bq_client *client, bq_id worker, int32_t slots);

/*
 * Stop taking jobs. The reply comes when no job of this worker runs any more
 * or, with `do_not_wait`, at once.
 */
BQ_API bq_id bq_worker_pause(bq_client *client, bq_id worker, int do_not_wait);

/* Take jobs again after bq_worker_pause. */
BQ_API bq_id bq_worker_resume(bq_client *client, bq_id worker);

/* As bq_client_close, for one worker of a client that goes on. */
BQ_API bq_id bq_worker_close(bq_client *client, bq_id worker, int64_t grace_ms);

/*
 * The job ended well; `result` is the JSON text of its return value (empty:
 * null). The reply comes when Redis has stored it. On connection loss it is
 * kept and sent until it is stored or the worker is closed by force. If the
 * lock was lost the answer is BQ_EV_ERROR with code BQ_ERR_JOB_LOCK_NOT_EXIST
 * or BQ_ERR_JOB_LOCK_MISMATCH.
 */
BQ_API bq_id bq_job_done(bq_client *client, bq_id job, bq_bytes result);

/*
 * The job failed. `failure` is a JSON object of, all optional:
 *   "message" (text)  the failed reason; a host whose language throws other
 *     values than errors makes a text of them
 *   "name" (text)  the error's class; "UnrecoverableError" forbids a retry
 *   "stack" (text)  one entry of the job's stack traces
 *   "backoffDelay" (number)  ms before a retry, by the host's own strategy; it
 *     counts where the job's backoff is of a type that the core does not know,
 *     which otherwise fails the job. -1: no retry; 0: at once
 *   "telemetryMetadata" (text)  kept with the job for its next attempt
 *   "moved" (true)  not a failure: the handler has moved the job itself, to
 *     delayed, wait or waiting-children; only its slot is free again
 *   "giveBack" (true)  not a failure: put the job back to wait
 * The message "bullmq:rateLimitExceeded" (or no message and the name
 * "RateLimitError") is no failure either: the job goes back to wait and the
 * worker takes none before the queue's rate limit has ended.
 * Whether and when it is retried is decided here from the job's attempts and
 * backoff; the reply's field "outcome" tells. BQ_EINVAL when `failure` is not
 * such an object. On connection loss as bq_job_done.
 */
BQ_API bq_id bq_job_fail(bq_client *client, bq_id job, bq_bytes failure);

/* ---- queue events ----------------------------------------------------- */

/*
 * Read the event stream of a queue with a BQ_CONF_EVENTS conf (NULL: the
 * defaults), on a connection of its own. Each entry is a BQ_EV_QUEUE_EVENT with
 * this handle; FIELDS has the texts as they are in the stream, so it is for the
 * host to parse the JSON of a completed job's returnvalue and of a progress
 * event's data. BQ_EV_READY is told once, when reading begins: whatever enters
 * the stream after it is delivered, in order, once.
 *
 * A lost connection comes back by itself, for ever, and reading goes on where
 * it was. What is wrong is told by BQ_EV_ERROR with this handle as id:
 * BQ_ERR_EVENTS_MISSED when the stream was trimmed, deleted or set back
 * beyond the place that was reached; BQ_ERR_MALFORMED_EVENT when an entry,
 * which the message names, is skipped because it has no name or is not UTF-8
 * text; what Redis answers when it refuses to be read, again every 5 s. A host
 * that does not take its events is not flooded: once 4 MiB of events of any
 * kind wait no more are read (beyond one answer of Redis, about 1 MiB, less if
 * 1000 entries are smaller, more if a single entry is larger) until half of
 * that is taken; the stream keeps them meanwhile.
 */
BQ_API bq_id bq_events_open(bq_client *client, bq_id queue, bq_conf *conf);

/*
 * Stop reading. Every waitUntilFinished that relies on this reader fails with
 * BQ_ERR_CLOSED. The reply follows the last event of the reader.
 */
BQ_API bq_id bq_events_close(bq_client *client, bq_id events);

/* ---- events ----------------------------------------------------------- */

/*
 * Take up to `max` waiting events (0: all). NULL when there are none. Never
 * blocks. The batch is the caller's and outlives the client.
 */
BQ_API bq_batch *bq_take(bq_client *client, int32_t max);

/*
 * Wait until events can be taken: 1 they can, 0 `timeout_ms` passed (negative:
 * no limit), < 0 refused. For programs that have no loop of their own.
 */
BQ_API int bq_wait(bq_client *client, int32_t timeout_ms);

/* The records of a batch, borrowed from it. */
BQ_API bq_bytes bq_batch_bytes(const bq_batch *batch);

BQ_API void bq_batch_free(bq_batch *batch);

#ifdef __cplusplus
}
#endif

#endif
