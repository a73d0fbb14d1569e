/* A queue that a client has opened: its keys and defaults. */
#ifndef BQI_QUEUE_H
#define BQI_QUEUE_H

#include <jansson.h>

#include "bq/bq.h"
#include "conf.h"
#include "job_options.h"
#include "keys.h"

struct bqi_queue {
    bq_id id;
    bq_client *client;
    char *name;
    char *prefix;
    struct bqi_keys keys;
    json_t *default_job_options;
    int64_t max_events;
    int skip_metas_update;
    int ready_told;
    /* Compiled from the last "opts" seen: producers tend to repeat themselves. */
    struct bqi_job_options last_options;
    char *last_opts;
    size_t last_opts_len;
};

/* -1 with `error`: no name for a queue. */
int bqi_queue_check_name(const char *name, struct bqi_error *error);

/* Any thread. NULL with `error` filled in. */
struct bqi_queue *bqi_queue_new(const char *name, const bq_conf *conf, struct bqi_error *error);
void bqi_queue_free(struct bqi_queue *queue);

/* I/O thread: the connection is usable. The first time, the queue's settings go to its meta hash,
 * unless that is switched off, and the host is told. */
void bqi_queue_connected(struct bqi_queue *queue);

/* CLIENT SETNAME of a blocking connection: "<prefix>:<base64 of the name><suffix>"; bqi_free it. */
char *bqi_queue_client_name(const struct bqi_queue *queue, const char *suffix);

#endif
