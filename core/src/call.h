/* Calls of the public API on a queue: a table of commands, their arguments, and the ways in which
 * their replies reach the host. */
#ifndef BQI_CALL_H
#define BQI_CALL_H

#include <jansson.h>

#include "client.h"
#include "queue.h"

enum bqi_argument_type {
    BQI_ARG_TEXT = 1,
    BQI_ARG_INTEGER,
    BQI_ARG_BOOLEAN,
    BQI_ARG_TEXTS,
    BQI_ARG_OBJECT
};

struct bqi_argument {
    const char *name;
    enum bqi_argument_type type;
    int required;
};

/* One call while it runs. */
struct bqi_call {
    bq_client *client;
    struct bqi_queue *queue; /* NULL where the command belongs to none */
    bq_id operation;
    const json_t *args; /* borrowed, during `run` only */
    const char *payload;
    size_t payload_len;
};

struct bqi_call_entry {
    const char *name;
    struct bqi_argument arguments[6]; /* ends with a NULL name */
    void (*run)(const struct bqi_call *call);
    int on_client; /* belongs to no queue: called with queue handle 0 */
};

extern const struct bqi_call_entry bqi_calls[];
extern const size_t bqi_call_count;

const char *bqi_call_text(const struct bqi_call *call, const char *name);
int64_t bqi_call_int(const struct bqi_call *call, const char *name, int64_t unset);
int bqi_call_bool(const struct bqi_call *call, const char *name, int unset);

/* A call that waits for one Redis command. */
struct bqi_pending {
    struct bqi_command base;
    bq_client *client;
    struct bqi_queue *queue;
    bq_id operation;
    char *subject; /* job id in error texts */
    int64_t number;
    json_t *json; /* what the reply is read with */
    /* 1: it was submitted again and must not be touched; 0: it is over. */
    int (*on_reply)(struct bqi_pending *pending, const redisReply *reply);
};

/* NULL after having answered the call with "out of memory". `subject` may be NULL. */
struct bqi_pending *bqi_pending_new(const struct bqi_call *call, const char *subject,
                                    int (*on_reply)(struct bqi_pending *, const redisReply *));
/* Begin the words of a script call. */
void bqi_pending_script(struct bqi_pending *pending, struct bqi_words *words, const char *script);
void bqi_pending_submit(struct bqi_pending *pending, struct bqi_words *words);

/* Answers; each ends the operation. */
void bqi_answer_done(bq_client *client, bq_id operation);
void bqi_answer_text(bq_client *client, bq_id operation, const char *text, size_t len);
void bqi_answer_int(bq_client *client, bq_id operation, int64_t value);
void bqi_answer_json(bq_client *client, bq_id operation, const json_t *value);
void bqi_answer_error(bq_client *client, bq_id operation, const struct bqi_error *error);
/* An error with one entry of a call: {code, name, message}. NULL: out of memory. */
json_t *bqi_entry_error(const struct bqi_error *error);
void bqi_answer_unexpected(const struct bqi_pending *pending, const char *command);

/* call_add.c, call_read.c, call_write.c, call_admin.c */
void bqi_call_add(const struct bqi_call *call);
void bqi_call_add_bulk(const struct bqi_call *call);
void bqi_call_get_job(const struct bqi_call *call);
void bqi_call_get_job_state(const struct bqi_call *call);
void bqi_call_get_job_counts(const struct bqi_call *call);
void bqi_call_get_job_logs(const struct bqi_call *call);
void bqi_call_update_job_progress(const struct bqi_call *call);
void bqi_call_add_job_log(const struct bqi_call *call);
void bqi_call_update_job_data(const struct bqi_call *call);
void bqi_call_pause(const struct bqi_call *call);
void bqi_call_resume(const struct bqi_call *call);
void bqi_call_is_paused(const struct bqi_call *call);
void bqi_call_obliterate(const struct bqi_call *call);

#endif
