/* addBulk: everything is checked and written out before the first byte is sent. Jobs without parent
 * and deduplication share addJobs calls (lua/batch); each other one is a call of its own. */
#include <stdlib.h>
#include <string.h>

#include "add.h"
#include "alloc.h"
#include "bq/bq_record.h"
#include "calls.h"
#include "clock.h"
#include "number.h"

enum {
    MOST_ENTRIES = 65535, /* the reply has a field per entry, counted in 16 bits */
    SHARED_JOBS = 100,    /* keeps one call well below a millisecond of Redis' time */
    SHARED_BYTES = 256 * 1024
};

struct bulk;

/* One command on its way, for `count` entries from `first` on. */
struct part {
    struct bqi_command base;
    struct part *next;
    struct bulk *bulk;
    size_t first;
    size_t count;
    char *parent_key; /* of a single one */
    int shared;       /* it is an addJobs */
};

struct result {
    char *id; /* or */
    struct bqi_error *error;
};

struct bulk {
    bq_client *client;
    bq_id operation;
    size_t count;
    size_t unanswered; /* parts */
    struct part *parts;
    struct part **parts_end;
    struct result results[];
};

/* The addJobs call that is being put together; its words point into it. */
struct shared {
    struct bqi_words words;
    size_t first;
    size_t count;
    size_t bytes;
    struct shared_job {
        char *opts;
        char *id;
        char timestamp[40];
        char delay[40];
        char priority[24];
    } jobs[SHARED_JOBS];
};

static const enum bqi_key shared_keys[] = {BQI_KEY_WAIT,    BQI_KEY_ACTIVE, BQI_KEY_PRIORITIZED,
                                           BQI_KEY_DELAYED, BQI_KEY_EVENTS, BQI_KEY_META,
                                           BQI_KEY_ID,      BQI_KEY_PC,     BQI_KEY_MARKER};

static void free_part(struct part *part) {
    bqi_command_free_bytes(&part->base);
    bqi_free(part->parent_key);
    bqi_free(part);
}

static void free_bulk(struct bulk *bulk) {
    for (struct part *part = bulk->parts, *next; part; part = next) {
        next = part->next;
        free_part(part);
    }
    for (size_t i = 0; i < bulk->count; i++) {
        bqi_free(bulk->results[i].id);
        bqi_free(bulk->results[i].error);
    }
    bqi_free(bulk);
}

/* ---- the answer ---- */

static void write_entry_error(struct bqi_record *event, const struct bqi_error *error) {
    struct bqi_error unknown;
    if (!error) {
        bqi_error_set(&unknown, BQ_ERR_OUT_OF_MEMORY,
                      "Out of memory; the job may or may not have been added.");
        error = &unknown;
    }
    json_t *object = bqi_entry_error(error);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    bqi_record_text(event, BQ_TAG_ENTRY_ERROR, text ? text : "{}");
    free(text);
    json_decref(object);
}

static void answer_bulk(struct bulk *bulk) {
    struct bqi_record event = bqi_outbox_begin(&bulk->client->outbox, BQ_EV_REPLY, bulk->operation);
    for (size_t i = 0; i < bulk->count; i++) {
        if (bulk->results[i].id)
            bqi_record_text(&event, BQ_TAG_JOB_ID, bulk->results[i].id);
        else
            write_entry_error(&event, bulk->results[i].error);
    }
    bqi_record_end(&event);
    atomic_fetch_sub(&bulk->client->pending, 1);
    free_bulk(bulk);
}

static void keep_error(struct result *result, const struct bqi_error *error) {
    result->error = bqi_malloc(sizeof *error);
    if (result->error)
        *result->error = *error;
}

static void keep_result(struct result *result, const redisReply *reply, const char *parent_key) {
    struct bqi_error error;
    const char *id = bqi_add_reply(reply, parent_key, &error);
    if (id)
        result->id = bqi_strndup(id, reply->len);
    else
        keep_error(result, &error);
}

static const redisReply *entry_of(const struct part *part, const redisReply *reply, size_t i) {
    if (!part->shared)
        return reply;
    if (reply->type == REDIS_REPLY_ARRAY && i < reply->elements)
        return reply->element[i];
    return reply; /* no array: not what addJobs answers, which bqi_add_reply then says */
}

static void on_part_done(struct bqi_command *command, const redisReply *reply,
                         const struct bqi_error *error) {
    struct part *part = (struct part *)command;
    struct bulk *bulk = part->bulk;
    const char *parent_key = part->parent_key ? part->parent_key : "";
    for (size_t i = 0; i < part->count; i++) {
        struct result *result = &bulk->results[part->first + i];
        if (error)
            keep_error(result, error);
        else
            keep_result(result, entry_of(part, reply, i), parent_key);
    }
    if (--bulk->unanswered == 0)
        answer_bulk(bulk);
}

/* ---- writing the parts ---- */

static struct part *part_new(struct bulk *bulk, size_t first, size_t count) {
    struct part *part = bqi_calloc(sizeof *part);
    if (!part)
        return NULL;
    part->base.patience = BQI_COUNTS_RETRIES;
    part->base.done = on_part_done;
    part->bulk = bulk;
    part->first = first;
    part->count = count;
    *bulk->parts_end = part;
    bulk->parts_end = &part->next;
    bulk->unanswered++;
    return part;
}

static void forget_shared(struct shared *shared) {
    for (size_t i = 0; i < shared->count; i++) {
        bqi_free(shared->jobs[i].opts);
        bqi_free(shared->jobs[i].id);
    }
    shared->count = shared->bytes = 0;
}

/* Turn the open addJobs, if there is one, into a part. */
static int close_shared(struct bulk *bulk, struct shared *shared, struct bqi_error *error) {
    if (shared->count == 0)
        return 0;
    struct part *part = part_new(bulk, shared->first, shared->count);
    struct bqi_command unused;
    int status = bqi_words_format(&shared->words, part ? &part->base : &unused);
    if (!part && status == 0)
        bqi_command_free_bytes(&unused);
    forget_shared(shared);
    if (!part || status != 0)
        return bqi_error_no_memory(error);
    part->shared = 1;
    part->base.script = bqi_script_find("addJobs");
    return 0;
}

static void open_shared(const struct bqi_call *call, struct shared *shared, size_t first) {
    shared->first = first;
    bqi_words_init(&shared->words);
    bqi_words_script(&shared->words, bqi_script_find("addJobs"));
    bqi_words_keys(&shared->words, &call->queue->keys, shared_keys,
                   sizeof shared_keys / sizeof *shared_keys);
    bqi_words_key(&shared->words, &call->queue->keys, BQI_KEY_PREFIX);
}

static void add_shared_words(struct shared *shared, const struct shared_job *job,
                             const struct bqi_new_job *added) {
    struct bqi_words *words = &shared->words;
    bqi_words_text(words, job->id);
    bqi_words_add(words, added->name, added->name_len);
    bqi_words_add(words, added->data_len ? added->data : "{}",
                  added->data_len ? added->data_len : 2);
    bqi_words_text(words, job->opts);
    bqi_words_text(words, job->timestamp);
    bqi_words_text(words, job->delay);
    bqi_words_text(words, job->priority);
}

static int add_shared(const struct bqi_call *call, struct bulk *bulk, struct shared *shared,
                      size_t index, const struct bqi_new_job *added,
                      struct bqi_job_options *options, struct bqi_error *error) {
    const char *opts = bqi_job_options_json(options);
    if (shared->count == 0)
        open_shared(call, shared, index);
    struct shared_job *job = &shared->jobs[shared->count++];
    job->opts = opts ? bqi_strndup(opts, strlen(opts)) : NULL;
    job->id = bqi_strndup(options->job_id, strlen(options->job_id));
    if (!job->opts || !job->id)
        return bqi_error_no_memory(error);
    bqi_number_format(options->timestamp != 0 ? options->timestamp : (double)bqi_now(),
                      job->timestamp, sizeof job->timestamp);
    bqi_number_format(options->delay, job->delay, sizeof job->delay);
    bqi_number_format((double)options->priority, job->priority, sizeof job->priority);
    if (json_is_true(json_object_get(options->values, "lifo")) && options->priority == 0)
        strcpy(job->priority, "lifo");
    add_shared_words(shared, job, added);
    shared->bytes += added->data_len + added->name_len;
    if (shared->count == SHARED_JOBS || shared->bytes > SHARED_BYTES)
        return close_shared(bulk, shared, error);
    return 0;
}

static int add_single(const struct bqi_call *call, struct bulk *bulk, size_t index,
                      const struct bqi_new_job *job, const struct bqi_job_options *options,
                      struct bqi_error *error) {
    struct part *part = part_new(bulk, index, 1);
    if (!part)
        return bqi_error_no_memory(error);
    part->parent_key = bqi_add_parent_key(options);
    return bqi_add_format(&call->queue->keys, job, options, &part->base, error);
}

/* Walk the ADD records of the payload: 1 one was read, 0 the end, -1 it is not a run of them. */
static int next_add(bq_bytes *rest, bq_record *record, struct bqi_error *error) {
    int status = bq_record_next(rest, record);
    if (status == 0)
        return 0;
    if (status > 0 && record->type == BQ_REC_ADD)
        return 1;
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "The payload of addBulk must be a run of ADD records (see "
                         "bindings/records.md).");
}

static int add_entry(const struct bqi_call *call, struct bulk *bulk, struct shared *shared,
                     size_t index, const bq_record *record, struct bqi_error *error) {
    bq_bytes name = bq_record_bytes(record, BQ_TAG_NAME);
    bq_bytes data = bq_record_bytes(record, BQ_TAG_DATA);
    bq_bytes opts = bq_record_bytes(record, BQ_TAG_OPTS);
    struct bqi_new_job job = {name.ptr, name.len, data.ptr, data.len};
    if (name.len == 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "A job needs a name.");
    struct bqi_job_options *options =
        bqi_add_options(call->queue, opts.ptr ? opts.ptr : "", opts.len, error);
    if (!options || bqi_add_check_size(&job, options, error) != 0)
        return -1;
    if (!options->parent && !options->deduplication_id)
        return add_shared(call, bulk, shared, index, &job, options, error);
    if (close_shared(bulk, shared, error) != 0)
        return -1;
    return add_single(call, bulk, index, &job, options, error);
}

static int count_entries(const struct bqi_call *call, size_t *count, struct bqi_error *error) {
    bq_bytes rest = {call->payload, call->payload_len};
    bq_record record;
    int status;
    *count = 0;
    while ((status = next_add(&rest, &record, error)) > 0)
        ++*count;
    if (status == 0 && *count > MOST_ENTRIES)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "addBulk takes at most %d jobs in one call, not %zu; split it.",
                             MOST_ENTRIES, *count);
    return status;
}

static int write_parts(const struct bqi_call *call, struct bulk *bulk, struct shared *shared,
                       struct bqi_error *error) {
    bq_bytes rest = {call->payload, call->payload_len};
    bq_record record;
    for (size_t i = 0; i < bulk->count; i++) {
        struct bqi_error reason;
        bq_record_next(&rest, &record);
        if (add_entry(call, bulk, shared, i, &record, &reason) != 0)
            return bqi_error_set(error, reason.code, "Job %zu of addBulk: %s", i, reason.message);
    }
    return close_shared(bulk, shared, error);
}

static struct bulk *bulk_new(const struct bqi_call *call, struct bqi_error *error) {
    size_t count;
    if (count_entries(call, &count, error) != 0)
        return NULL;
    struct bulk *bulk = bqi_calloc(sizeof *bulk + count * sizeof *bulk->results);
    struct shared *shared = bqi_calloc(sizeof *shared);
    if (!bulk || !shared) {
        bqi_free(bulk);
        bqi_free(shared);
        bqi_error_no_memory(error);
        return NULL;
    }
    bulk->client = call->client;
    bulk->operation = call->operation;
    bulk->count = count;
    bulk->parts_end = &bulk->parts;
    if (write_parts(call, bulk, shared, error) != 0) {
        if (shared->count)
            bqi_words_drop(&shared->words);
        forget_shared(shared);
        free_bulk(bulk);
        bulk = NULL;
    }
    bqi_free(shared);
    return bulk;
}

void bqi_call_add_bulk(const struct bqi_call *call) {
    struct bqi_error error;
    struct bulk *bulk = bulk_new(call, &error);
    if (!bulk) {
        bqi_answer_error(call->client, call->operation, &error);
        return;
    }
    struct part *part = bulk->parts;
    if (!part)
        answer_bulk(bulk);
    while (part) {
        struct part *next = part->next; /* after the last answer the bulk is gone */
        bqi_connection_submit(call->client->connection, &part->base);
        part = next;
    }
}
