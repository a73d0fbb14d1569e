/* From a node of a flow to the script call that adds it. */
#include <string.h>

#include "add.h"
#include "alloc.h"
#include "clock.h"
#include "flow.h"
#include "random.h"

/* The compiled options of the last node: the children of a wide flow mostly share theirs. */
struct last_options {
    const struct bqi_flow_node *node; /* NULL: none yet */
    bq_bytes text;
    struct bqi_job_options options;
};

/* What the nodes of a batch are written with. */
struct writer {
    struct bqi_flow_batch *batch;
    struct last_options last;
    json_t *released; /* keys of the parents that have a release step */
};

/* ---- options ---- */

static int is_set(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return value && !json_is_null(value);
}

/* A node with children is checked for its own options only, as Node does. */
static int check_deduplication(const struct bqi_flow_node *node, const json_t *opts,
                               struct bqi_error *error) {
    const json_t *own = json_object_get(opts, "deduplication");
    const json_t *rule = own ? own : json_object_get(node->queue->defaults, "deduplication");
    if (node->has_children && is_set(opts, "deduplication"))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Deduplication options cannot be used on flow nodes with children");
    if (is_set(opts, "parent") && json_is_true(json_object_get(rule, "keepLastIfActive")))
        return bqi_error_set(
            error, BQ_ERR_INVALID_ARGUMENT,
            "keepLastIfActive deduplication cannot be used on flow nodes with a parent");
    return 0;
}

/* The node's own options, with the link to its parent in the flow. NULL with `error`. */
static json_t *own_options(const struct bqi_flow *flow, const struct bqi_flow_node *node,
                           struct bqi_error *error) {
    bq_bytes text = bq_record_bytes(&node->record, BQ_TAG_OPTS);
    json_t *opts;
    if (bqi_add_parse_options(text.ptr, text.len, &opts, error) != 0)
        return NULL;
    if (!opts)
        opts = json_object();
    if (node->parent != BQI_FLOW_NO_PARENT) {
        const struct bqi_flow_node *parent = &flow->nodes[node->parent];
        json_t *link = json_pack("{s:s, s:s}", "id", parent->id, "queue", parent->queue->address);
        if (json_object_set_new(opts, "parent", link) != 0) {
            json_decref(opts);
            opts = NULL;
        }
    }
    if (!opts)
        bqi_error_no_memory(error);
    return opts;
}

static int same_text(bq_bytes a, bq_bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static const struct bqi_job_options *
compile(struct writer *writer, const struct bqi_flow_node *node, struct bqi_error *error) {
    struct last_options *last = &writer->last;
    bq_bytes text = bq_record_bytes(&node->record, BQ_TAG_OPTS);
    if (last->node && last->node->parent == node->parent && last->node->queue == node->queue &&
        last->node->has_children == node->has_children && same_text(last->text, text))
        return &last->options;
    json_t *opts = own_options(writer->batch->flow, node, error);
    if (!opts)
        return NULL;
    bqi_job_options_free(&last->options);
    last->node = NULL;
    int status = check_deduplication(node, opts, error);
    if (status == 0)
        status = bqi_job_options_init(&last->options, node->queue->defaults, opts, error);
    json_decref(opts);
    if (status != 0)
        return NULL;
    last->node = node;
    last->text = text;
    return &last->options;
}

static int set_identity(struct bqi_flow_node *node, const struct bqi_job_options *options) {
    char uuid[37];
    const char *id = options->job_id;
    if (!*id) {
        bqi_random_uuid(uuid);
        id = uuid;
    }
    node->id = bqi_strndup(id, strlen(id));
    node->timestamp = options->timestamp != 0 ? options->timestamp : (double)bqi_now();
    if (node->parent == BQI_FLOW_NO_PARENT && options->parent)
        node->outer_parent = bqi_add_parent_key(options);
    return node->id &&
                   (node->parent != BQI_FLOW_NO_PARENT || !options->parent || node->outer_parent)
               ? 0
               : -1;
}

/* ---- steps ---- */

static void keep_step(struct bqi_flow_batch *batch, enum bqi_flow_step_kind kind, size_t node,
                      const struct bqi_command *command) {
    struct bqi_flow_step *step = &batch->steps[batch->step_count++];
    *step = (struct bqi_flow_step){kind, node, batch->body.length, command->length, 1};
    bqi_buffer_append(&batch->body, command->bytes, command->length);
}

static int write_add(struct writer *writer, size_t index, struct bqi_error *error) {
    struct bqi_flow_batch *batch = writer->batch;
    struct bqi_flow_node *node = &batch->flow->nodes[index];
    bq_bytes name = bq_record_bytes(&node->record, BQ_TAG_NAME);
    bq_bytes data = bq_record_bytes(&node->record, BQ_TAG_DATA);
    struct bqi_command command = {0};
    if (name.len == 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "A job needs a name.");
    const struct bqi_job_options *options = compile(writer, node, error);
    if (!options)
        return -1;
    if (set_identity(node, options) != 0)
        return bqi_error_no_memory(error);
    struct bqi_new_job job = {name.ptr, name.len,        data.ptr,           data.len,
                              node->id, node->timestamp, node->has_children, 1};
    if (bqi_add_format(&node->queue->keys, &job, options, &command, error) != 0)
        return -1;
    keep_step(batch, BQI_FLOW_ADD, index, &command);
    bqi_command_free_bytes(&command);
    return 0;
}

/* "<prefix>:<queue>" and the id of the node's parent. */
static void parent_address(const struct writer *writer, const struct bqi_flow_node *node,
                           const char **queue, const char **id) {
    if (node->parent == BQI_FLOW_NO_PARENT) {
        const json_t *parent = writer->last.options.parent;
        *queue = json_string_value(json_object_get(parent, "queue"));
        *id = json_string_value(json_object_get(parent, "id"));
    } else {
        const struct bqi_flow_node *parent = &writer->batch->flow->nodes[node->parent];
        *queue = parent->queue->address;
        *id = parent->id;
    }
}

static int format_release(const struct writer *writer, const struct bqi_flow_node *node,
                          const char *key, struct bqi_command *command) {
    const char *queue, *id;
    struct bqi_words words;
    char *dependencies = bqi_malloc(strlen(key) + sizeof ":dependencies");
    if (!dependencies)
        return -1;
    strcpy(dependencies, key);
    strcat(dependencies, ":dependencies");
    parent_address(writer, node, &queue, &id);
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("releaseParentIfNoPendingDependencies"));
    bqi_words_text(&words, key);
    bqi_words_text(&words, dependencies);
    bqi_words_text(&words, queue);
    bqi_words_text(&words, id);
    bqi_words_int(&words, bqi_now());
    int status = bqi_words_format(&words, command);
    bqi_free(dependencies);
    return status;
}

/* A node is the first to name its parent: after all adds the parent is released, if no child of it
 * is pending. The steps of releases are kept behind those of the adds. */
static int write_release(struct writer *writer, struct bqi_flow_batch *releases, size_t index,
                         struct bqi_error *error) {
    const struct bqi_flow *flow = writer->batch->flow;
    const struct bqi_flow_node *node = &flow->nodes[index];
    struct bqi_command command = {0};
    if (node->parent == BQI_FLOW_NO_PARENT && !node->outer_parent)
        return 0;
    char *key = bqi_flow_parent_key(flow, node);
    int status = key ? 0 : -1;
    if (key && !json_object_get(writer->released, key)) {
        status = json_object_set_new(writer->released, key, json_true());
        if (status == 0)
            status = format_release(writer, node, key, &command);
        if (status == 0)
            keep_step(releases, BQI_FLOW_RELEASE, index, &command);
        bqi_command_free_bytes(&command);
    }
    bqi_free(key);
    return status == 0 ? 0 : bqi_error_no_memory(error);
}

static int write_node(struct writer *writer, struct bqi_flow_batch *releases, size_t index,
                      struct bqi_error *error) {
    struct bqi_error reason;
    char path[300];
    if (write_add(writer, index, &reason) == 0 &&
        write_release(writer, releases, index, &reason) == 0)
        return 0;
    bqi_flow_path(writer->batch->flow, index, path, sizeof path);
    return bqi_error_set(error, reason.code, "%s of addFlows: %s", path, reason.message);
}

/* ---- a batch ---- */

/* Indices of the batch's nodes, level by level: within one level they stay in the order they came
 * in, which groups them by parent. NULL: out of memory. */
static size_t *by_level(const struct bqi_flow_batch *batch) {
    const struct bqi_flow_node *nodes = batch->flow->nodes + batch->first;
    size_t *order = bqi_malloc(batch->count * sizeof *order);
    size_t *starts = bqi_calloc((batch->count + 2) * sizeof *starts);
    if (order && starts) {
        for (size_t i = 0; i < batch->count; i++)
            starts[nodes[i].depth + 1]++;
        for (size_t depth = 1; depth <= batch->count; depth++)
            starts[depth] += starts[depth - 1];
        for (size_t i = 0; i < batch->count; i++)
            order[starts[nodes[i].depth]++] = batch->first + i;
    } else {
        bqi_free(order);
        order = NULL;
    }
    bqi_free(starts);
    return order;
}

static int append_releases(struct bqi_flow_batch *batch, struct bqi_flow_batch *releases) {
    size_t at = batch->body.length;
    bqi_buffer_append(&batch->body, releases->body.data, releases->body.length);
    for (size_t i = 0; i < releases->step_count; i++) {
        batch->steps[batch->step_count] = releases->steps[i];
        batch->steps[batch->step_count++].at += at;
    }
    return batch->body.failed || releases->body.failed ? -1 : 0;
}

static int check_bytes(const struct bqi_flow_batch *batch, struct bqi_error *error) {
    char path[300];
    if (batch->body.length <= BQI_FLOW_MOST_BYTES)
        return 0;
    bqi_flow_path(batch->flow, batch->first, path, sizeof path);
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "%s of addFlows: a flow takes at most %d bytes, not %zu, because Redis "
                         "must hold it in one transaction; split it, or keep data elsewhere.",
                         path, BQI_FLOW_MOST_BYTES, batch->body.length);
}

int bqi_flow_write(struct bqi_flow_batch *batch, struct bqi_error *error) {
    struct writer writer = {batch, {0}, json_object()};
    struct bqi_flow_batch releases = {.flow = batch->flow};
    size_t *order = by_level(batch);
    int status = -1;
    batch->steps = bqi_malloc(2 * batch->count * sizeof *batch->steps);
    releases.steps = bqi_malloc(batch->count * sizeof *releases.steps);
    if (!order || !batch->steps || !releases.steps || !writer.released) {
        bqi_error_no_memory(error);
        goto done;
    }
    for (size_t i = 0; i < batch->count; i++)
        if (write_node(&writer, &releases, order[i], error) != 0)
            goto done;
    if (append_releases(batch, &releases) != 0)
        bqi_error_no_memory(error);
    else
        status = check_bytes(batch, error);
done:
    bqi_job_options_free(&writer.last.options);
    json_decref(writer.released);
    bqi_buffer_free(&releases.body);
    bqi_free(releases.steps);
    bqi_free(order);
    return status;
}
