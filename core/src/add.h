/* From a job's name, data and options to the script call that adds it (protocol/2 section 2). */
#ifndef BQI_ADD_H
#define BQI_ADD_H

#include "command.h"
#include "queue.h"

struct bqi_new_job {
    const char *name;
    size_t name_len;
    const char *data; /* JSON text */
    size_t data_len;
    /* Of a node of a flow; 0 in other jobs. */
    const char *id;   /* in place of the options' */
    double timestamp; /* the same */
    int has_children;
    int in_flow; /* its parent is released later */
};

/* The options of a job as they came, NULL for an empty text. -1 with `error`: no JSON object. */
int bqi_add_parse_options(const char *text, size_t len, json_t **opts, struct bqi_error *error);

/* The compiled form of an options text; that of the last text is kept in the queue, until the next.
 * NULL with `error`. */
struct bqi_job_options *bqi_add_options(struct bqi_queue *queue, const char *text, size_t len,
                                        struct bqi_error *error);

/* Refuse data that is larger than the options allow. */
int bqi_add_check_size(const struct bqi_new_job *job, const struct bqi_job_options *options,
                       struct bqi_error *error);

/* Write the call into `command`. -1 with `error`: refused, nothing was allocated. */
int bqi_add_format(const struct bqi_keys *keys, const struct bqi_new_job *job,
                   const struct bqi_job_options *options, struct bqi_command *command,
                   struct bqi_error *error);

/* The full key of the parent that the options name, "" without one; bqi_free it. */
char *bqi_add_parent_key(const struct bqi_job_options *options);

/* Read the answer: the id, borrowed, or NULL with `error`. */
const char *bqi_add_reply(const redisReply *reply, const char *parent_key, struct bqi_error *error);

#endif
