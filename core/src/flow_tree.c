/* The nodes of addFlows: their order, their parents and their queues. */
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "flow.h"

/* ---- paths ---- */

/* The place of a node among its siblings. */
static size_t place_of(const struct bqi_flow *flow, size_t index) {
    const struct bqi_flow_node *node = &flow->nodes[index];
    size_t place = 0;
    while (index-- > 0 && flow->nodes[index].depth >= node->depth)
        place += flow->nodes[index].depth == node->depth;
    return place;
}

void bqi_flow_path(const struct bqi_flow *flow, size_t index, char *out, size_t size) {
    char rest[200], step[40];
    size_t at = sizeof rest - 1; /* written from its end */
    rest[at] = '\0';
    while (flow->nodes[index].parent != BQI_FLOW_NO_PARENT) {
        size_t len = (size_t)snprintf(step, sizeof step, ".children[%zu]", place_of(flow, index));
        if (len > at)
            break;
        at -= len;
        memcpy(rest + at, step, len);
        index = flow->nodes[index].parent;
    }
    if (flow->nodes[index].parent == BQI_FLOW_NO_PARENT)
        snprintf(out, size, "flows[%zu]%s", place_of(flow, index), rest + at);
    else
        snprintf(out, size, "flows[...]%s", rest + at);
}

/* ---- queues ---- */

/* A text of a record that becomes part of keys: terminated, for bqi_free. NULL with `error`. */
static char *key_text(bq_bytes bytes, const char *what, struct bqi_error *error) {
    char *text = bqi_strndup(bytes.ptr, bytes.len);
    json_t *utf8 = json_stringn(bytes.ptr ? bytes.ptr : "", bytes.len);
    if (!text) {
        bqi_error_no_memory(error);
    } else if (!utf8 || strlen(text) != bytes.len) {
        bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "The %s must be UTF-8 text without NUL.",
                      what);
        bqi_free(text);
        text = NULL;
    }
    json_decref(utf8);
    return text;
}

static int set_queue(struct bqi_flow *flow, struct bqi_flow_node *node, struct bqi_error *error) {
    bq_bytes given = bq_record_bytes(&node->record, BQ_TAG_PREFIX);
    char *prefix = given.len ? key_text(given, "prefix", error)
                             : bqi_strndup(flow->prefix, strlen(flow->prefix));
    char *name =
        key_text(bq_record_bytes(&node->record, BQ_TAG_QUEUE_NAME), "name of a queue", error);
    int status = -1;
    if (!prefix && !given.len)
        bqi_error_no_memory(error);
    else if (prefix && name && bqi_queue_check_name(name, error) == 0)
        status =
            (node->queue = bqi_flow_queue(flow, prefix, name)) ? 0 : bqi_error_no_memory(error);
    bqi_free(prefix);
    bqi_free(name);
    return status;
}

/* ---- nodes ---- */

static int count_nodes(const struct bqi_call *call, size_t *count, struct bqi_error *error) {
    bq_bytes rest = {call->payload, call->payload_len};
    bq_record record;
    int status;
    *count = 0;
    while ((status = bq_record_next(&rest, &record)) > 0 && record.type == BQ_REC_FLOW_NODE)
        ++*count;
    if (status == 0)
        return 0;
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "The payload of addFlows must be a run of FLOW_NODE records (see "
                         "bindings/records.md).");
}

/* Its parent is the last node before it that is one less deep. */
static int set_parent(struct bqi_flow *flow, size_t index, struct bqi_error *error) {
    struct bqi_flow_node *node = &flow->nodes[index];
    int64_t depth = bq_record_integer(&node->record, BQ_TAG_DEPTH, 0);
    int64_t most = index == 0 ? 0 : (int64_t)node[-1].depth + 1;
    node->parent = BQI_FLOW_NO_PARENT;
    if (depth < 0 || depth > most)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Node %zu of addFlows has the depth %lld; after the node before it "
                             "from 0 to %lld is possible.",
                             index, (long long)depth, (long long)most);
    node->depth = (size_t)depth;
    if (depth == 0)
        return 0;
    size_t parent = index - 1;
    while (flow->nodes[parent].depth >= node->depth)
        parent = flow->nodes[parent].parent;
    node->parent = parent;
    flow->nodes[parent].has_children = 1;
    return 0;
}

static int read_node(struct bqi_flow *flow, size_t index, struct bqi_error *error) {
    struct bqi_error reason;
    char path[300];
    if (set_parent(flow, index, error) != 0)
        return -1;
    if (set_queue(flow, &flow->nodes[index], &reason) == 0)
        return 0;
    bqi_flow_path(flow, index, path, sizeof path);
    return bqi_error_set(error, reason.code, "%s of addFlows: %s", path, reason.message);
}

int bqi_flow_read_nodes(struct bqi_flow *flow, const struct bqi_call *call,
                        struct bqi_error *error) {
    bq_bytes rest = {call->payload, call->payload_len};
    size_t count;
    if (count_nodes(call, &count, error) != 0)
        return -1;
    flow->nodes = bqi_calloc((count + 1) * sizeof *flow->nodes);
    if (!flow->nodes)
        return bqi_error_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        flow->node_count = i + 1;
        bq_record_next(&rest, &flow->nodes[i].record);
        if (read_node(flow, i, error) != 0)
            return -1;
    }
    return 0;
}

char *bqi_flow_parent_key(const struct bqi_flow *flow, const struct bqi_flow_node *node) {
    if (node->parent != BQI_FLOW_NO_PARENT) {
        const struct bqi_flow_node *parent = &flow->nodes[node->parent];
        return bqi_job_key(&parent->queue->keys, parent->id, "");
    }
    return node->outer_parent ? bqi_strndup(node->outer_parent, strlen(node->outer_parent)) : NULL;
}

void bqi_flow_free_nodes(struct bqi_flow *flow) {
    for (size_t i = 0; i < flow->node_count; i++) {
        bqi_free(flow->nodes[i].id);
        bqi_free(flow->nodes[i].outer_parent);
        json_decref(flow->nodes[i].result);
    }
    bqi_free(flow->nodes);
}
