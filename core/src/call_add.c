#include <string.h>

#include "add.h"
#include "alloc.h"
#include "bq/bq_record.h"
#include "call.h"

/* ---- options ---- */

static int parse_opts(const char *text, size_t len, json_t **opts, struct bqi_error *error) {
    json_error_t where;
    *opts = NULL;
    if (len == 0)
        return 0;
    *opts = json_loadb(text, len, 0, &where);
    if (json_is_object(*opts))
        return 0;
    bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Job options must be one JSON object: %s.",
                  *opts ? "they are something else" : where.text);
    json_decref(*opts);
    return -1;
}

/* The compiled form of an options text; that of the last text is kept in the queue. */
static const struct bqi_job_options *options_of(struct bqi_queue *queue, const char *text,
                                                size_t len, struct bqi_error *error) {
    json_t *opts;
    if (queue->last_options.values && len == queue->last_opts_len &&
        memcmp(queue->last_opts, text, len) == 0)
        return &queue->last_options;
    if (parse_opts(text, len, &opts, error) != 0)
        return NULL;
    bqi_job_options_free(&queue->last_options);
    bqi_free(queue->last_opts);
    queue->last_opts = bqi_strndup(text, len);
    queue->last_opts_len = len;
    int status = queue->last_opts ? bqi_job_options_init(&queue->last_options,
                                                         queue->default_job_options, opts, error)
                                  : bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    json_decref(opts);
    return status == 0 ? &queue->last_options : NULL;
}

/* ---- add ---- */

static int on_added(struct bqi_pending *pending, const redisReply *reply) {
    struct bqi_error error;
    const char *id = bqi_add_reply(reply, pending->subject, &error);
    if (id)
        bqi_answer_text(pending->client, pending->operation, id, reply->len);
    else
        bqi_answer_error(pending->client, pending->operation, &error);
    return 0;
}

static void submit_add(const struct bqi_call *call, const struct bqi_job_options *options) {
    struct bqi_error error;
    const char *name = bqi_call_text(call, "name");
    struct bqi_new_job job = {name, json_string_length(json_object_get(call->args, "name")),
                              call->payload, call->payload_len};
    char *parent = bqi_add_parent_key(options);
    struct bqi_pending *pending = bqi_pending_new(call, parent ? parent : "", on_added);
    bqi_free(parent);
    if (!pending)
        return;
    if (bqi_add_format(call->queue, &job, options, &pending->base, &error) == 0)
        bqi_connection_submit(call->client->connection, &pending->base);
    else
        pending->base.done(&pending->base, NULL, &error);
}

void bqi_call_add(const struct bqi_call *call) {
    const json_t *opts = json_object_get(call->args, "opts");
    struct bqi_job_options own = {0};
    struct bqi_error error;
    if (json_object_size(opts) == 0) {
        const struct bqi_job_options *options = options_of(call->queue, "", 0, &error);
        if (options)
            submit_add(call, options);
        else
            bqi_answer_error(call->client, call->operation, &error);
    } else if (bqi_job_options_init(&own, call->queue->default_job_options, opts, &error) == 0) {
        submit_add(call, &own);
        bqi_job_options_free(&own);
    } else {
        bqi_answer_error(call->client, call->operation, &error);
    }
}

/* ---- addBulk ---- */

/* The reply has a field per entry, and a record counts its fields in 16 bits. */
enum { MOST_ENTRIES = 65535 };

struct bulk;

struct bulk_entry {
    struct bqi_command base;
    struct bulk *bulk;
    char *parent_key;
    char *id; /* the result, or */
    struct bqi_error *error;
};

struct bulk {
    bq_client *client;
    bq_id operation;
    size_t count;
    size_t unanswered;
    struct bulk_entry entries[];
};

static void free_bulk(struct bulk *bulk) {
    for (size_t i = 0; i < bulk->count; i++) {
        bqi_command_free_bytes(&bulk->entries[i].base);
        bqi_free(bulk->entries[i].parent_key);
        bqi_free(bulk->entries[i].id);
        bqi_free(bulk->entries[i].error);
    }
    bqi_free(bulk);
}

static void write_entry_error(struct bqi_record *event, const struct bqi_error *error) {
    struct bqi_error unknown;
    if (!error) {
        bqi_error_set(&unknown, BQ_ERR_OUT_OF_MEMORY,
                      "Out of memory; the job may or may not have been added.");
        error = &unknown;
    }
    json_t *object = json_pack("{s:i, s:s, s:s}", "code", error->code, "name",
                               bqi_error_name(error->code), "message", error->message);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    bqi_record_text(event, BQ_TAG_ENTRY_ERROR, text ? text : "{}");
    free(text);
    json_decref(object);
}

static void answer_bulk(struct bulk *bulk) {
    struct bqi_record event = bqi_outbox_begin(&bulk->client->outbox, BQ_EV_REPLY, bulk->operation);
    for (size_t i = 0; i < bulk->count; i++) {
        const struct bulk_entry *entry = &bulk->entries[i];
        if (entry->id)
            bqi_record_text(&event, BQ_TAG_JOB_ID, entry->id);
        else
            write_entry_error(&event, entry->error);
    }
    bqi_record_end(&event);
    atomic_fetch_sub(&bulk->client->pending, 1);
    free_bulk(bulk);
}

static void on_entry_done(struct bqi_command *command, const redisReply *reply,
                          const struct bqi_error *error) {
    struct bulk_entry *entry = (struct bulk_entry *)command;
    struct bqi_error refused;
    if (!error) {
        const char *id = bqi_add_reply(reply, entry->parent_key, &refused);
        if (id)
            entry->id = bqi_strndup(id, reply->len);
        else
            error = &refused;
    }
    if (error && (entry->error = bqi_malloc(sizeof *error)) != NULL)
        *entry->error = *error;
    if (--entry->bulk->unanswered == 0)
        answer_bulk(entry->bulk);
}

/* Walk the ADD records of the payload; -1 when it is not a run of them. */
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

static int format_entry(const struct bqi_call *call, const bq_record *record,
                        struct bulk_entry *entry, struct bqi_error *error) {
    bq_bytes name = bq_record_bytes(record, BQ_TAG_NAME);
    bq_bytes data = bq_record_bytes(record, BQ_TAG_DATA);
    bq_bytes opts = bq_record_bytes(record, BQ_TAG_OPTS);
    struct bqi_new_job job = {name.ptr, name.len, data.ptr, data.len};
    if (name.len == 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "A job needs a name.");
    const struct bqi_job_options *options =
        options_of(call->queue, opts.ptr ? opts.ptr : "", opts.len, error);
    if (!options)
        return -1;
    entry->parent_key = bqi_add_parent_key(options);
    entry->base.patience = BQI_COUNTS_RETRIES;
    entry->base.done = on_entry_done;
    return bqi_add_format(call->queue, &job, options, &entry->base, error);
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

/* Everything is checked and written out before the first byte is sent. */
static struct bulk *format_bulk(const struct bqi_call *call, struct bqi_error *error) {
    size_t count;
    if (count_entries(call, &count, error) != 0)
        return NULL;
    struct bulk *bulk = bqi_calloc(sizeof *bulk + count * sizeof *bulk->entries);
    if (!bulk) {
        bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; nothing was sent.");
        return NULL;
    }
    bulk->client = call->client;
    bulk->operation = call->operation;
    bulk->count = bulk->unanswered = count;
    bq_bytes rest = {call->payload, call->payload_len};
    bq_record record;
    for (size_t i = 0; i < count; i++) {
        struct bqi_error reason;
        bulk->entries[i].bulk = bulk;
        bq_record_next(&rest, &record);
        if (format_entry(call, &record, &bulk->entries[i], &reason) == 0)
            continue;
        bqi_error_set(error, reason.code, "Job %zu of addBulk: %s", i, reason.message);
        free_bulk(bulk);
        return NULL;
    }
    return bulk;
}

void bqi_call_add_bulk(const struct bqi_call *call) {
    struct bqi_error error;
    struct bulk *bulk = format_bulk(call, &error);
    if (!bulk) {
        bqi_answer_error(call->client, call->operation, &error);
        return;
    }
    size_t count = bulk->count; /* the bulk may be gone before the loop ends */
    if (count == 0)
        answer_bulk(bulk);
    for (size_t i = 0; i < count; i++)
        bqi_connection_submit(call->client->connection, &bulk->entries[i].base);
}
