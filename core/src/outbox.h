/* The event stream from the I/O thread to the host: written by the one, taken by any of the other's
 * threads. Events become visible together, once per loop turn. */
#ifndef BQI_OUTBOX_H
#define BQI_OUTBOX_H

#include <pthread.h>

#include "buffer.h"
#include "error.h"
#include "record.h"

struct bqi_outbox {
    struct bqi_buffer written; /* I/O thread only: events of this turn */
    pthread_mutex_t lock;
    struct bqi_buffer visible; /* under the lock */
    int signalled;             /* under the lock: the descriptor is readable */
    int room_wanted;           /* under the lock: wake the loop when much of it is taken */
    int read_fd;
    int write_fd; /* the same as read_fd where the system has eventfd */
};

int bqi_outbox_init(struct bqi_outbox *outbox); /* -1: no descriptor to be had */
void bqi_outbox_destroy(struct bqi_outbox *outbox);

/* I/O thread: begin an event; ends with bqi_record_end. */
struct bqi_record bqi_outbox_begin(struct bqi_outbox *outbox, int type, bq_id id);

/* I/O thread: an ERROR event; `job_id` may be NULL. */
void bqi_outbox_error(struct bqi_outbox *outbox, bq_id id, const struct bqi_error *error,
                      const char *job_id);

/* I/O thread: an ERROR event with a message of any length, which is mended to UTF-8. */
void bqi_outbox_error_text(struct bqi_outbox *outbox, bq_id id, int code, const char *message,
                           size_t len, const char *job_id);

/* I/O thread: whether the host keeps up. If not, the loop is woken once it has taken at least half
 * of what waits. Only what may be asked for later waits for room: queue events. */
int bqi_outbox_has_room(struct bqi_outbox *outbox);

/* I/O thread: add whole events that were written elsewhere. -1: out of memory, nothing is added. */
int bqi_outbox_append(struct bqi_outbox *outbox, const struct bqi_buffer *events);

/* I/O thread: let the host see what was written. */
void bqi_outbox_publish(struct bqi_outbox *outbox);

/* I/O thread: take back the events that the host has not taken and that `choose` wants; it is
 * called with each one's type and id. */
void bqi_outbox_withdraw(struct bqi_outbox *outbox, int (*choose)(void *arg, int type, bq_id id),
                         void *arg);

/* A batch of the records in `bytes`, which it takes over. NULL: there are none, because memory ran
 * out, or there is none for the batch; `bytes` is freed. */
bq_batch *bqi_batch_new(struct bqi_buffer *bytes);

#endif
