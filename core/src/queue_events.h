/* A reader of a queue's event stream (protocol/5 section 5): what other clients' QueueEvents are.
 * It keeps its place over lost connections, tells when the stream was trimmed beyond it, and stops
 * asking while the host does not take what was read. */
#ifndef BQI_QUEUE_EVENTS_H
#define BQI_QUEUE_EVENTS_H

#include "blocking.h"
#include "job_waiters.h"
#include "queue.h"
#include "stream_id.h"

struct bqi_queue_events;

struct bqi_reader_command {
    struct bqi_command base;
    struct bqi_queue_events *events;
};

struct bqi_queue_events {
    bq_id id;
    bq_client *client;
    struct bqi_queue *queue;
    struct bqi_blocking blocking;
    int64_t blocking_timeout;
    int closed;
    int ready_told;

    struct bqi_stream_id place; /* of the last entry that was read */
    int placed;                 /* the place is known; until then: after what the stream holds */
    int given;                  /* the place is still the one that the host asked for */
    int unsure;                 /* entries may have come and gone unseen */
    long long per_read;         /* entries asked for in one read */

    struct bqi_reader_command look; /* XINFO STREAM */
    struct bqi_reader_command read; /* XREAD */
    int looking;                    /* `look` is on its way; for `read` see `blocking` */
    struct bqi_timer pause;         /* after an error */

    struct bqi_job_waiters waiters;
};

/* ---- queue_events.c ---- */

/* The open reader with that handle, or NULL. */
struct bqi_queue_events *bqi_queue_events_find(bq_client *client, bq_id id);
void bqi_queue_events_close(struct bqi_queue_events *events);
int bqi_queue_events_is_over(const struct bqi_queue_events *events);
void bqi_queue_events_free(struct bqi_queue_events *events);
void bqi_queue_events_error(struct bqi_queue_events *events, const struct bqi_error *error);

/* ---- queue_events_read.c ---- */

/* Once per turn: ask for more, if nothing speaks against it. */
void bqi_queue_events_turn(struct bqi_queue_events *events);

/* ---- queue_events_place.c ---- */

/* Compare the place with what XINFO STREAM tells (NULL: there is no stream). What is missing is
 * told. */
void bqi_queue_events_check_place(struct bqi_queue_events *events, const redisReply *info);

/* ---- queue_event.c ---- */

/* Hand an entry to the host and to those who wait for its job; what cannot be read is told, and
 * skipped. -1: no memory for it, try again later. */
int bqi_queue_events_deliver(struct bqi_queue_events *events, const char *entry_id,
                             const redisReply *fields);

/* ---- wait_until_finished.c ---- */

/* An entry of the stream tells how that job ended. `value` NULL: it does not say. */
void bqi_waits_settle(struct bqi_queue_events *events, const redisReply *job_id, int failed,
                      const redisReply *value);
/* Ask Redis about every job that is waited for: the reader is ready, or has missed events. */
void bqi_waits_ask(struct bqi_queue_events *events);
void bqi_waits_end(struct bqi_queue_events *events);

#endif
