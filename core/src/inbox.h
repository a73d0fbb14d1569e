/* Requests from the host's threads to the I/O thread, in order. */
#ifndef BQI_INBOX_H
#define BQI_INBOX_H

#include <pthread.h>
#include <uv.h>

#include "bq/bq.h"

struct bqi_request;
typedef void (*bqi_request_run)(bq_client *client, struct bqi_request *request);

/* One allocation: the copied bytes follow the struct. */
struct bqi_request {
    struct bqi_request *next;
    bqi_request_run run; /* on the I/O thread; the request is freed after it */
    bq_id operation;
    bq_id target; /* queue, worker or job */
    int64_t number;
    void *object;               /* what `run` takes over, for example a queue to add */
    void (*drop)(void *object); /* frees it if the request is never run; NULL: nothing to free */
    char *args;
    size_t args_len;
    char *payload;
    size_t payload_len;
};

struct bqi_inbox {
    pthread_mutex_t lock;
    struct bqi_request *first;
    struct bqi_request **end;
    uv_async_t wake;
};

void bqi_inbox_init(struct bqi_inbox *inbox);
void bqi_inbox_destroy(struct bqi_inbox *inbox);

/* A request with its own copies; NULL: out of memory. */
struct bqi_request *bqi_request_new(bqi_request_run run, bq_bytes args, bq_bytes payload);

void bqi_request_drop(struct bqi_request *request); /* one that was not run */

/* Any thread. */
void bqi_inbox_post(struct bqi_inbox *inbox, struct bqi_request *request);

/* Any thread: let the loop turn, without a request. */
void bqi_inbox_wake(struct bqi_inbox *inbox);

/* I/O thread: all requests, in order; the list is the caller's. */
struct bqi_request *bqi_inbox_take(struct bqi_inbox *inbox);

#endif
