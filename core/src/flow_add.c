/* addFlows: every node is checked and written out before the first byte is sent; then each batch of
 * whole trees goes in one transaction, adds first and releases of parents after them. */
#include <string.h>

#include "add.h"
#include "alloc.h"
#include "calls.h"
#include "flow.h"

enum { RELOADS_AT_MOST = 3 };

/* All that a flow may need, always loaded together: a server that knows the script of one step of a
 * transaction then knows those of the others, whoever loaded them. */
static const char *const scripts[] = {"addParentJob", "addStandardJob", "addDelayedJob",
                                      "addPrioritizedJob", "releaseParentIfNoPendingDependencies"};

enum { SCRIPTS = sizeof scripts / sizeof *scripts };

/* ---- the answer ---- */

static void free_batches(struct bqi_flow_batch *batch) {
    while (batch) {
        struct bqi_flow_batch *next = batch->next;
        bqi_command_free_bytes(&batch->transaction.base);
        bqi_buffer_free(&batch->transaction.bytes);
        bqi_buffer_free(&batch->body);
        bqi_free(batch->steps);
        bqi_free(batch);
        batch = next;
    }
}

static void free_flow(struct bqi_flow *flow) {
    free_batches(flow->batches);
    bqi_flow_free_nodes(flow);
    bqi_flow_free_queues(flow);
    bqi_free(flow);
}

static void answer(struct bqi_flow *flow) {
    json_t *results = json_array();
    int status = results ? 0 : -1;
    for (size_t i = 0; i < flow->node_count && status == 0; i++) {
        json_t *result = flow->nodes[i].result;
        status = json_array_append(results, result ? result : json_null());
    }
    if (flow->node_count && !flow->any_ran) {
        bqi_answer_error(flow->client, flow->operation, &flow->failure);
    } else if (status != 0) {
        bqi_error_set(
            &flow->failure, BQ_ERR_OUT_OF_MEMORY,
            "Out of memory; the flows were added, but what their ids are cannot be told.");
        bqi_answer_error(flow->client, flow->operation, &flow->failure);
    } else {
        bqi_answer_json(flow->client, flow->operation, results);
    }
    json_decref(results);
    free_flow(flow);
}

void bqi_flow_node_failed(struct bqi_flow_node *node, const struct bqi_error *error) {
    json_decref(node->result);
    node->result = bqi_entry_error(error);
}

void bqi_flow_batch_over(struct bqi_flow_batch *batch, const struct bqi_error *error) {
    struct bqi_flow *flow = batch->flow;
    if (!error)
        flow->any_ran = 1;
    else if (flow->failure.code == 0)
        flow->failure = *error;
    for (size_t i = 0; i < batch->count; i++) {
        struct bqi_flow_node *node = &flow->nodes[batch->first + i];
        if (error && !node->result)
            bqi_flow_node_failed(node, error);
    }
    if (--flow->unanswered == 0)
        answer(flow);
}

/* ---- what EXEC answered ---- */

static int is_noscript(const redisReply *reply) {
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0;
}

/* A child whose parent's script was missing found no parent. It has changed nothing. */
static int follows_pending_parent(const struct bqi_flow_batch *batch,
                                  const struct bqi_flow_step *step, const redisReply *reply) {
    size_t parent = batch->flow->nodes[step->node].parent;
    if (step->kind != BQI_FLOW_ADD || parent == BQI_FLOW_NO_PARENT ||
        reply->type != REDIS_REPLY_INTEGER || reply->integer != -5)
        return 0;
    return batch->flow->nodes[parent].result == NULL;
}

static void keep_added(struct bqi_flow *flow, struct bqi_flow_node *node, const redisReply *reply) {
    struct bqi_error error;
    char *parent_key = reply->type == REDIS_REPLY_INTEGER ? bqi_flow_parent_key(flow, node) : NULL;
    const char *id = NULL;
    if (reply->type == REDIS_REPLY_ERROR)
        bqi_error_set(&error, BQ_ERR_REDIS_ERROR, "%s", reply->str);
    else
        id = bqi_add_reply(reply, parent_key ? parent_key : "", &error);
    if (id)
        node->result = json_stringn(id, reply->len);
    else
        node->result = bqi_entry_error(&error);
    bqi_free(parent_key);
}

static void keep_released(struct bqi_flow *flow, struct bqi_flow_node *node,
                          const redisReply *reply) {
    struct bqi_error error;
    if (reply->type != REDIS_REPLY_ERROR)
        return;
    char *parent_key = bqi_flow_parent_key(flow, node);
    bqi_error_set(&error, BQ_ERR_REDIS_ERROR,
                  "%s (job %.200s was added; whether its parent %.200s may run could not be "
                  "decided)",
                  reply->str, node->id, parent_key ? parent_key : "");
    bqi_flow_node_failed(node, &error);
    bqi_free(parent_key);
}

/* Keep what became of each step; returns how many could not run for want of a script. */
static size_t keep_results(struct bqi_flow_batch *batch, redisReply **replies) {
    size_t pending = 0, at = batch->loads;
    for (size_t i = 0; i < batch->step_count; i++) {
        struct bqi_flow_step *step = &batch->steps[i];
        struct bqi_flow_node *node = &batch->flow->nodes[step->node];
        if (!step->pending)
            continue;
        const redisReply *reply = replies[at++];
        if (is_noscript(reply) || follows_pending_parent(batch, step, reply)) {
            pending++;
            continue;
        }
        step->pending = 0;
        if (step->kind == BQI_FLOW_ADD)
            keep_added(batch->flow, node, reply);
        else
            keep_released(batch->flow, node, reply);
    }
    return pending;
}

static int send_batch(struct bqi_flow_batch *batch);

static void on_answered(struct bqi_flow_batch *batch, redisReply **replies) {
    struct bqi_error error;
    if (keep_results(batch, replies) == 0) {
        if (batch->loads)
            batch->flow->client->flow_scripts_loaded = 1;
        bqi_flow_batch_over(batch, NULL);
        return;
    }
    /* The server has forgotten its scripts; none of these steps has run. */
    batch->flow->client->flow_scripts_loaded = 0;
    bqi_error_set(
        &error, BQ_ERR_REDIS_ERROR,
        "Redis does not keep the scripts that are loaded into it; the job was not added.");
    if (batch->reloads++ < RELOADS_AT_MOST) {
        if (send_batch(batch) == 0)
            return;
        bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; the job was not added.");
    }
    batch->flow->any_ran = 1; /* perhaps; each node has its own result */
    bqi_flow_batch_over(batch, &error);
}

static void on_done(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct bqi_flow_batch *batch = (struct bqi_flow_batch *)command;
    struct bqi_error reason = error ? *error : (struct bqi_error){0};
    redisReply **replies = bqi_transaction_replies(&batch->transaction, reply, &reason);
    if (replies)
        on_answered(batch, replies);
    else if (reason.code == BQ_ERR_CONNECTION_FAILED && command->sends > 0)
        bqi_flow_find_out(batch, &reason);
    else
        bqi_flow_batch_over(batch, &reason);
}

/* ---- sending ---- */

static void add_loads(struct bqi_flow_batch *batch) {
    for (size_t i = 0; i < SCRIPTS; i++) {
        const struct bqi_script_source *source = bqi_script_find(scripts[i]);
        struct bqi_words words;
        bqi_words_init(&words);
        bqi_words_text(&words, "SCRIPT");
        bqi_words_text(&words, "LOAD");
        bqi_words_add(&words, source->text, source->length);
        bqi_transaction_add(&batch->transaction, &words);
    }
    batch->loads = SCRIPTS;
}

/* Write out the steps that are pending. -1: out of memory. */
static int write_transaction(struct bqi_flow_batch *batch) {
    bqi_transaction_begin(&batch->transaction);
    batch->loads = 0;
    if (!batch->flow->client->flow_scripts_loaded)
        add_loads(batch);
    for (size_t i = 0; i < batch->step_count; i++) {
        const struct bqi_flow_step *step = &batch->steps[i];
        if (step->pending)
            bqi_transaction_append(&batch->transaction, batch->body.data + step->at, step->length);
    }
    batch->transaction.base.patience = BQI_COUNTS_RETRIES;
    batch->transaction.base.sent_once = 1;
    batch->transaction.base.done = on_done;
    return bqi_transaction_end(&batch->transaction);
}

static int send_batch(struct bqi_flow_batch *batch) {
    if (write_transaction(batch) != 0)
        return -1;
    bqi_connection_submit(batch->flow->client->connection, &batch->transaction.base);
    return 0;
}

/* ---- batches ---- */

struct tree {
    size_t first;
    size_t count;
    size_t bytes; /* of names, data and options */
};

static void measure_tree(const struct bqi_flow *flow, size_t first, struct tree *tree) {
    *tree = (struct tree){first, 0, 0};
    do {
        const bq_record *record = &flow->nodes[first + tree->count++].record;
        tree->bytes += bq_record_bytes(record, BQ_TAG_NAME).len +
                       bq_record_bytes(record, BQ_TAG_DATA).len +
                       bq_record_bytes(record, BQ_TAG_OPTS).len;
    } while (first + tree->count < flow->node_count && flow->nodes[first + tree->count].depth > 0);
}

static int check_tree(const struct bqi_flow *flow, const struct tree *tree,
                      struct bqi_error *error) {
    char path[300];
    if (tree->count <= BQI_FLOW_MOST_NODES)
        return 0;
    bqi_flow_path(flow, tree->first, path, sizeof path);
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "%s of addFlows: a flow has at most %d nodes, not %zu, because Redis does "
                         "nothing else while it is added; add a part of the children from the "
                         "parent's handler.",
                         path, BQI_FLOW_MOST_NODES, tree->count);
}

static struct bqi_flow_batch *batch_new(struct bqi_flow *flow, size_t first) {
    struct bqi_flow_batch *batch = bqi_calloc(sizeof *batch);
    if (!batch)
        return NULL;
    batch->flow = flow;
    batch->first = first;
    flow->unanswered++;
    return batch;
}

/* Whole trees, in order, into batches. */
static int make_batches(struct bqi_flow *flow, struct bqi_error *error) {
    struct bqi_flow_batch **end = &flow->batches, *batch = NULL;
    size_t bytes = 0;
    struct tree tree;
    for (size_t first = 0; first < flow->node_count; first += tree.count) {
        measure_tree(flow, first, &tree);
        if (check_tree(flow, &tree, error) != 0)
            return -1;
        if (!batch || batch->count + tree.count > BQI_FLOW_SHARED_NODES ||
            bytes + tree.bytes > BQI_FLOW_SHARED_BYTES) {
            if (!(batch = batch_new(flow, first)))
                return bqi_error_no_memory(error);
            *end = batch;
            end = &batch->next;
            bytes = 0;
        }
        batch->count += tree.count;
        bytes += tree.bytes;
    }
    return 0;
}

static int write_batches(struct bqi_flow *flow, struct bqi_error *error) {
    for (struct bqi_flow_batch *batch = flow->batches; batch; batch = batch->next) {
        if (bqi_flow_write(batch, error) != 0)
            return -1;
        if (write_transaction(batch) != 0)
            return bqi_error_no_memory(error);
    }
    return 0;
}

/* ---- the call ---- */

static struct bqi_flow *flow_new(const struct bqi_call *call, struct bqi_error *error) {
    const char *prefix = bqi_call_text(call, "prefix");
    const json_t *queues_options = json_object_get(call->args, "queuesOptions");
    if (bqi_flow_check_queues_options(queues_options, error) != 0)
        return NULL;
    struct bqi_flow *flow = bqi_calloc(sizeof *flow);
    if (!flow) {
        bqi_error_no_memory(error);
        return NULL;
    }
    flow->client = call->client;
    flow->operation = call->operation;
    flow->prefix = prefix ? prefix : "bull";
    flow->queues_options = queues_options;
    if (bqi_flow_read_nodes(flow, call, error) == 0 && make_batches(flow, error) == 0 &&
        write_batches(flow, error) == 0)
        return flow;
    free_flow(flow);
    return NULL;
}

void bqi_call_add_flows(const struct bqi_call *call) {
    struct bqi_error error;
    struct bqi_flow *flow = flow_new(call, &error);
    if (!flow) {
        bqi_answer_error(call->client, call->operation, &error);
        return;
    }
    struct bqi_flow_batch *batch = flow->batches;
    if (!batch)
        answer(flow);
    while (batch) {
        struct bqi_flow_batch *next = batch->next; /* after the last answer the flow is gone */
        bqi_connection_submit(call->client->connection, &batch->transaction.base);
        batch = next;
    }
}
