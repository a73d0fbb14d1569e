/* A connection of its own for commands that block in Redis, one at a time: a worker's wait for a
 * marker, a reader's wait for queue events. It comes back by itself. A watchdog replaces it when an
 * answer is overdue, because a black hole in the network ends no socket (protocol/5 section 1.7).
 */
#ifndef BQI_BLOCKING_H
#define BQI_BLOCKING_H

#include "client.h"

struct bqi_blocking {
    bq_client *client;
    struct bqi_connection *connection; /* NULL: not open */
    struct bqi_timer watchdog;
    int waiting; /* a command is on its way */
    void (*ready)(void *owner);
    void *owner;
};

/* Connect under that CLIENT SETNAME; `ready` is called each time the connection is usable. NULL
 * `client_name` or no memory: -1. */
int bqi_blocking_open(struct bqi_blocking *blocking, bq_client *client, const char *client_name,
                      void (*ready)(void *owner), void *owner);

/* Send a command that blocks for up to `block_ms`; 0: for ever, and without a watchdog. Its `done`
 * begins with bqi_blocking_ended. It is never sent twice: its owner asks anew. */
void bqi_blocking_submit(struct bqi_blocking *blocking, struct bqi_words *words,
                         struct bqi_command *command, int64_t block_ms);
void bqi_blocking_ended(struct bqi_blocking *blocking);

int bqi_blocking_is_ready(const struct bqi_blocking *blocking);

/* End the command on its way, if there is one. */
void bqi_blocking_interrupt(struct bqi_blocking *blocking, const char *why);

void bqi_blocking_close(struct bqi_blocking *blocking);
void bqi_blocking_free(struct bqi_blocking *blocking);

#endif
