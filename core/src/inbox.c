#include "inbox.h"

#include <string.h>

#include "alloc.h"

void bqi_inbox_init(struct bqi_inbox *inbox) {
    pthread_mutex_init(&inbox->lock, NULL);
    inbox->first = NULL;
    inbox->end = &inbox->first;
}

void bqi_inbox_destroy(struct bqi_inbox *inbox) {
    pthread_mutex_destroy(&inbox->lock);
}

struct bqi_request *bqi_request_new(bqi_request_run run, bq_bytes args, bq_bytes payload) {
    struct bqi_request *request = bqi_malloc(sizeof *request + args.len + payload.len);
    if (!request)
        return NULL;
    memset(request, 0, sizeof *request);
    request->run = run;
    request->args = (char *)(request + 1);
    request->args_len = args.len;
    request->payload = request->args + args.len;
    request->payload_len = payload.len;
    if (args.len)
        memcpy(request->args, args.ptr, args.len);
    if (payload.len)
        memcpy(request->payload, payload.ptr, payload.len);
    return request;
}

void bqi_request_drop(struct bqi_request *request) {
    if (request->drop && request->object)
        request->drop(request->object);
    bqi_free(request);
}

void bqi_inbox_post(struct bqi_inbox *inbox, struct bqi_request *request) {
    request->next = NULL;
    pthread_mutex_lock(&inbox->lock);
    int was_empty = inbox->first == NULL;
    *inbox->end = request;
    inbox->end = &request->next;
    /* Under the lock, so that the I/O thread cannot end and close the handle in between. */
    if (was_empty)
        uv_async_send(&inbox->wake);
    pthread_mutex_unlock(&inbox->lock);
}

void bqi_inbox_wake(struct bqi_inbox *inbox) {
    pthread_mutex_lock(&inbox->lock);
    uv_async_send(&inbox->wake);
    pthread_mutex_unlock(&inbox->lock);
}

struct bqi_request *bqi_inbox_take(struct bqi_inbox *inbox) {
    pthread_mutex_lock(&inbox->lock);
    struct bqi_request *first = inbox->first;
    inbox->first = NULL;
    inbox->end = &inbox->first;
    pthread_mutex_unlock(&inbox->lock);
    return first;
}
