/* Calls of the public API on a queue: what a command of the table is, and one call while it runs.
 * Most rows are carried out by call_plan.c as they stand; the others name a function. */
#ifndef BQI_CALL_H
#define BQI_CALL_H

#include <jansson.h>

#include "client.h"
#include "queue.h"

struct bqi_call;
struct bqi_pending;

enum bqi_argument_type {
    BQI_ARG_TEXT = 1,
    BQI_ARG_INTEGER,
    BQI_ARG_BOOLEAN,
    BQI_ARG_TEXTS,
    BQI_ARG_OBJECT,
    BQI_ARG_INTEGERS,
    BQI_ARG_TYPES,  /* a list of job types; none: the default ones */
    BQI_ARG_LABELS, /* an object of texts */
    BQI_ARG_PAGE,   /* {cursor, count} */
    BQI_ARG_JOB     /* {id, queue}, the queue with its prefix */
};

struct bqi_argument {
    const char *name;
    enum bqi_argument_type type;
    int required;
    const char *unset;   /* the value of one that was left out, as JSON; NULL: it stays out */
    const char *choices; /* words that a text may be, with spaces around each; NULL: any */
    int64_t min, max;    /* of integers; both 0: any */
};

/* ---- plans: one script or Redis command, and what its reply means ---- */

enum bqi_word_kind {
    BQI_WORD_END,
    BQI_WORD_TEXT,     /* `text` */
    BQI_WORD_KEY,      /* `key` of the queue */
    BQI_WORD_SUBKEY,   /* the queue's key of `text`, the argument `name` and `suffix` together */
    BQI_WORD_ARGUMENT, /* the argument `name`, each member of a list; left out when unset */
    BQI_WORD_POSITIVE, /* the same, "" when it is unset or 0 */
    BQI_WORD_CHOICE,   /* `text` if the argument `name` is the word `suffix`, else `other` */
    BQI_WORD_TYPES,    /* the key names of the argument "types" */
    BQI_WORD_CHILD, /* the key of the job that the argument `name` {id, queue} refers to, or "" */
    BQI_WORD_PAYLOAD,
    BQI_WORD_NOW,   /* ms, or the argument `name` when it is given */
    BQI_WORD_UNTIL, /* ms from now to the argument `name`, at least 0 */
    BQI_WORD_ONCE,  /* "1" the first time, "0" when the command is repeated */
    /* Of the field that was read first: */
    BQI_WORD_FIELD,     /* its text */
    BQI_WORD_FIELD_KEY, /* the queue's key of `text` and it */
    BQI_WORD_PUSH       /* it is options: "RPUSH" if they say lifo, else "LPUSH" */
};

struct bqi_word {
    enum bqi_word_kind kind;
    const char *text;
    const char *name;
    const char *suffix;
    const char *other;
    enum bqi_key key;
};

enum bqi_shape {
    BQI_SHAPE_NONE,    /* whatever it is, the call is done */
    BQI_SHAPE_REPEAT,  /* the same, but above 0 the command is sent once more */
    BQI_SHAPE_INTEGER, /* as it is; nil is 0 */
    BQI_SHAPE_TRUTH,   /* whether it is a number other than 0 */
    BQI_SHAPE_ZERO,    /* whether it is 0 */
    BQI_SHAPE_FOUND,   /* whether it is not nil */
    BQI_SHAPE_EQUALS,  /* whether it is the text `equals` */
    BQI_SHAPE_SUM,     /* of a list of numbers */
    BQI_SHAPE_TEXT,
    BQI_SHAPE_JSON, /* what `read` makes of it */
    BQI_SHAPE_JOB,  /* HGETALL of the job `id` */
    BQI_SHAPE_JOBS  /* getJobs */
};

struct bqi_plan {
    const char *script;           /* NULL: the words begin with a command of Redis */
    const struct bqi_word *words; /* KEYS, then ARGV */
    enum bqi_shape shape;
    /* A new reference; NULL: the reply is none that the command can have. */
    json_t *(*read)(const struct bqi_pending *pending, const redisReply *reply);
    const char *equals;
    /* The operation's name in error texts; then a negative reply is a code (protocol/5 6.8). */
    const char *operation;
    const char *state;          /* the state in error texts, or */
    const char *state_argument; /* the argument that holds it */
    const char *field;          /* of the job `id`, to be read first; without it the answer is 0 */
    const char *json_payload;   /* what to call the payload, which must be JSON text; NULL: any */
};

struct bqi_call_entry {
    const char *name;
    struct bqi_argument arguments[8];         /* ends with a NULL name */
    void (*run)(const struct bqi_call *call); /* NULL: as the plan says */
    struct bqi_plan plan;
    int on_client; /* belongs to no queue: called with queue handle 0 */
};

/* Rows by family, each family ending with a NULL name; the list of them ends with NULL. */
extern const struct bqi_call_entry *const bqi_call_families[];

/* ---- one call while it runs ---- */

struct bqi_call {
    bq_client *client;
    struct bqi_queue *queue; /* NULL where the command belongs to none */
    bq_id operation;
    const json_t *args; /* checked, with defaults; borrowed, during `run` only */
    const char *payload;
    size_t payload_len;
    const struct bqi_call_entry *entry;
};

/* call_arguments.c: check the arguments of a call and put in what was left out. -1 with `error`. */
int bqi_call_check(const struct bqi_call_entry *entry, json_t *args, struct bqi_error *error);

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
    json_t *json; /* what the reply is read with, or what was collected */
    json_t *args;
    const struct bqi_plan *plan;
    char *field;       /* what was read first */
    unsigned rounds;   /* how often the plan was sent */
    const char *bytes; /* the payload; during `run` only */
    size_t bytes_len;
    /* 1: it was submitted again and must not be touched; 0: it is over. */
    int (*on_reply)(struct bqi_pending *pending, const redisReply *reply);
    /* What else an error may mean; NULL: nothing. 1: it has answered. */
    int (*on_error)(struct bqi_pending *pending, const struct bqi_error *error);
    void (*drop)(struct bqi_pending *pending); /* frees what was added to it; NULL: nothing was */
};

/* NULL after having answered the call with "out of memory". `subject` may be NULL. `size` is that
 * of a structure that begins with a bqi_pending. */
struct bqi_pending *bqi_pending_new_sized(const struct bqi_call *call, const char *subject,
                                          int (*on_reply)(struct bqi_pending *, const redisReply *),
                                          size_t size);
struct bqi_pending *bqi_pending_new(const struct bqi_call *call, const char *subject,
                                    int (*on_reply)(struct bqi_pending *, const redisReply *));
/* Begin the words of a script call. */
void bqi_pending_script(struct bqi_pending *pending, struct bqi_words *words, const char *script);
void bqi_pending_submit(struct bqi_pending *pending, struct bqi_words *words);

/* ---- call_plan.c ---- */

/* Carry a plan out for this call. */
void bqi_plan_run(const struct bqi_call *call, const struct bqi_plan *plan);
/* Send the plan's command for a call of your own; its `on_reply` is yours. */
void bqi_plan_submit(struct bqi_pending *pending, const struct bqi_plan *plan);

/* ---- call_answer.c: each ends the operation ---- */

void bqi_answer_done(bq_client *client, bq_id operation);
void bqi_answer_text(bq_client *client, bq_id operation, const char *text, size_t len);
void bqi_answer_int(bq_client *client, bq_id operation, int64_t value);
void bqi_answer_json(bq_client *client, bq_id operation, const json_t *value);
void bqi_answer_error(bq_client *client, bq_id operation, const struct bqi_error *error);
/* An error with a message of any length. */
void bqi_answer_error_text(bq_client *client, bq_id operation, int code, const char *message,
                           size_t len, const char *job_id);
/* An error with one entry of a call: {code, name, message}. NULL: out of memory. */
json_t *bqi_entry_error(const struct bqi_error *error);
void bqi_answer_unexpected(const struct bqi_pending *pending, const char *command);
void bqi_answer_no_memory(const struct bqi_pending *pending);
/* Answer a reply as the plan's shape says; the plan is not repeated. */
void bqi_answer_shaped(struct bqi_pending *pending, const redisReply *reply);
/* End an operation whose REPLY record was written elsewhere. */
void bqi_answer_written(bq_client *client);

/* A text must be JSON; -1 after having answered with an error about its `what`. */
int bqi_call_check_json(const struct bqi_call *call, const char *what, const char *text,
                        size_t len);

/* Text of Redis as a JSON text; what is not UTF-8 becomes a remark in brackets. */
json_t *bqi_reply_text(const redisReply *reply);

#endif
