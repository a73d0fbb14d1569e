/* Waiting for work on a connection of its own (protocol/5 section 1.7). */
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "number.h"
#include "worker.h"

enum { LONGEST_WAIT_MS = 10000, PAUSE_AFTER_ERROR_MS = 1000 };

/* Redis has a limit, and an hour is no different from for ever. */
#define LONGEST_DRAIN_DELAY 3600.0

/* The shortest block that every supported server honours, in seconds. */
#define SHORTEST_WAIT 0.002

struct wait {
    struct bqi_worker_command base;
    int64_t known_due; /* the delayed job known when the wait began; 0: none */
};

static void look_now(struct bqi_worker *worker) {
    worker->drained = 0;
}

static void take_marker(struct bqi_worker *worker, const redisReply *reply, int64_t known_due) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) {
        look_now(worker); /* the time is over */
        return;
    }
    int64_t due = bqi_number_parse_int(reply->element[2]->str);
    if (known_due && due > known_due)
        due = known_due;
    if (due <= bqi_now() + 1)
        look_now(worker);
    else
        worker->block_until = due;
}

static void note_wait_over(struct bqi_worker *worker, const redisReply *reply,
                           const struct bqi_error *error, int64_t known_due) {
    if (!error) {
        take_marker(worker, reply, known_due);
    } else if (error->code == BQ_ERR_REDIS_ERROR) {
        bqi_worker_error(worker, error, NULL);
        worker->limit_until =
            bqi_now() + PAUSE_AFTER_ERROR_MS; /* what is refused now may be later */
    } else {
        look_now(worker); /* a marker may have been popped and lost on the way */
    }
}

static void on_marker(struct bqi_command *command, const redisReply *reply,
                      const struct bqi_error *error) {
    struct wait *wait = (struct wait *)command;
    struct bqi_worker *worker = wait->base.worker;
    int64_t known_due = wait->known_due;
    bqi_free(wait);
    bqi_blocking_ended(&worker->blocking);
    bqi_worker_command_ended(worker);
    note_wait_over(worker, reply, error, known_due);
    if (worker->waiter)
        bqi_manual_woken(worker, !error && !worker->drained);
}

/* Seconds to block; 0: do not. */
static double wait_seconds(struct bqi_worker *worker) {
    double delay = worker->options.drain_delay;
    if (worker->block_until) {
        int64_t left = worker->block_until - bqi_now();
        if (left <= 0)
            return 0;
        delay = (double)(left < LONGEST_WAIT_MS ? left : LONGEST_WAIT_MS) / 1000;
    }
    if (delay > LONGEST_DRAIN_DELAY)
        return LONGEST_DRAIN_DELAY;
    return delay > SHORTEST_WAIT ? delay : SHORTEST_WAIT;
}

static void submit_wait(struct bqi_worker *worker, struct wait *wait, double seconds) {
    char timeout[32];
    struct bqi_words words;
    long long ms = (long long)(seconds * 1000 + 0.5);
    snprintf(timeout, sizeof timeout, "%lld.%03lld", ms / 1000, ms % 1000);
    bqi_words_init(&words);
    bqi_words_text(&words, "BZPOPMIN");
    bqi_words_key(&words, &worker->queue->keys, BQI_KEY_MARKER);
    bqi_words_text(&words, timeout);
    wait->base.base.done = on_marker;
    wait->base.worker = worker;
    worker->commands++;
    bqi_blocking_submit(&worker->blocking, &words, &wait->base.base, ms);
}

int bqi_worker_begin_wait(struct bqi_worker *worker) {
    double seconds = wait_seconds(worker);
    struct wait *wait = seconds > 0 ? bqi_calloc(sizeof *wait) : NULL;
    if (!wait) {
        look_now(worker);
        return 0;
    }
    wait->known_due = worker->block_until;
    worker->block_until = 0;
    submit_wait(worker, wait, seconds);
    return 1;
}

void bqi_worker_wait_for_marker(struct bqi_worker *worker) {
    if (bqi_blocking_is_ready(&worker->blocking) && !bqi_worker_begin_wait(worker))
        bqi_worker_fetch(worker, 1);
}

void bqi_worker_interrupt_wait(struct bqi_worker *worker) {
    if (worker->blocking.waiting)
        bqi_blocking_interrupt(&worker->blocking, "the worker stops waiting");
    else if (worker->waiter)
        bqi_manual_woken(worker, 0);
}

/* ---- the blocking connection ---- */

static void on_ready(void *arg) {
    struct bqi_worker *worker = arg;
    worker->drained = 0;
    if (worker->waiter)
        bqi_manual_woken(worker, 1);
    if (bqi_connection_is_ready(worker->client->connection))
        bqi_worker_connected(worker);
}

int bqi_worker_open_blocking(struct bqi_worker *worker) {
    char *suffix = NULL;
    const char *name = worker->options.name;
    if (name) {
        size_t size = strlen(name) + 4;
        suffix = bqi_malloc(size);
        if (!suffix)
            return -1;
        snprintf(suffix, size, ":w:%s", name);
    }
    char *client_name = bqi_queue_client_name(worker->queue, suffix ? suffix : "");
    bqi_free(suffix);
    int status =
        bqi_blocking_open(&worker->blocking, worker->client, client_name, on_ready, worker);
    bqi_free(client_name);
    return status;
}
