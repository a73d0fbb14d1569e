#include <string.h>

#include "add.h"
#include "alloc.h"
#include "calls.h"

/* ---- options ---- */

int bqi_add_parse_options(const char *text, size_t len, json_t **opts, struct bqi_error *error) {
    json_error_t where;
    *opts = NULL;
    if (len == 0)
        return 0;
    *opts = json_loadb(text, len, JSON_ALLOW_NUL, &where);
    if (json_is_object(*opts))
        return 0;
    bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Job options must be one JSON object: %s.",
                  *opts ? "they are something else" : where.text);
    json_decref(*opts);
    return -1;
}

struct bqi_job_options *bqi_add_options(struct bqi_queue *queue, const char *text, size_t len,
                                        struct bqi_error *error) {
    json_t *opts;
    if (queue->last_options.values && len == queue->last_opts_len &&
        memcmp(queue->last_opts, text, len) == 0)
        return &queue->last_options;
    if (bqi_add_parse_options(text, len, &opts, error) != 0)
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
    if (bqi_add_format(&call->queue->keys, &job, options, &pending->base, &error) == 0)
        bqi_connection_submit(call->client->connection, &pending->base);
    else
        pending->base.done(&pending->base, NULL, &error);
}

void bqi_call_add(const struct bqi_call *call) {
    const json_t *opts = json_object_get(call->args, "opts");
    struct bqi_job_options own = {0};
    struct bqi_error error;
    if (json_object_size(opts) == 0) {
        const struct bqi_job_options *options = bqi_add_options(call->queue, "", 0, &error);
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
