/* A flow was sent, and the connection broke before it was answered. To send it again could run jobs
 * twice: children that have finished and are gone would be made anew. But a transaction runs whole
 * or not at all, and the ids are known, so once the connection is back one look tells: if any of
 * the jobs is there as it was sent, the flow was added. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "flow.h"

struct look {
    struct bqi_transaction transaction;
    struct bqi_flow_batch *batch;
    struct bqi_error why;
};

static int is_sought(const struct bqi_flow_step *step) {
    return step->pending && step->kind == BQI_FLOW_ADD;
}

static int is_there(const struct bqi_flow_node *node, const redisReply *fields) {
    return fields->type == REDIS_REPLY_ARRAY && fields->elements == 2 &&
           fields->element[0]->type == REDIS_REPLY_STRING &&
           strtod(fields->element[0]->str, NULL) == node->timestamp;
}

static int any_is_there(const struct bqi_flow_batch *batch, redisReply **replies) {
    for (size_t i = 0; i < batch->step_count; i++)
        if (is_sought(&batch->steps[i]) &&
            is_there(&batch->flow->nodes[batch->steps[i].node], *replies++))
            return 1;
    return 0;
}

/* The id that the node was sent with, unless the job belongs to another parent. */
static void keep_found(struct bqi_flow *flow, struct bqi_flow_node *node,
                       const redisReply *fields) {
    char *parent_key = bqi_flow_parent_key(flow, node);
    const redisReply *found = fields->elements == 2 ? fields->element[1] : fields;
    struct bqi_error error;
    if (parent_key && found->type == REDIS_REPLY_STRING && strcmp(found->str, parent_key) != 0) {
        bqi_error_set_script(&error, -7, parent_key, "addJob", "");
        bqi_flow_node_failed(node, &error);
    } else {
        node->result = json_string(node->id);
    }
    bqi_free(parent_key);
}

static void keep_all(struct bqi_flow_batch *batch, redisReply **replies) {
    for (size_t i = 0; i < batch->step_count; i++)
        if (is_sought(&batch->steps[i]))
            keep_found(batch->flow, &batch->flow->nodes[batch->steps[i].node], *replies++);
}

static void not_found(const struct look *look) {
    const struct bqi_flow_node *root = &look->batch->flow->nodes[look->batch->first];
    struct bqi_error error;
    bqi_error_set(
        &error, BQ_ERR_CONNECTION_FAILED,
        "%.300s It broke after the flow of job %.100s in queue %.100s was sent and before "
        "it was answered. None of its jobs is there: it was not added, or they have all "
        "finished and been removed. It was not sent again, as that could run them twice.",
        look->why.message, root->id, root->queue->name);
    bqi_flow_batch_over(look->batch, &error);
}

static void unknown(const struct look *look, const struct bqi_error *reason) {
    const struct bqi_flow_node *root = &look->batch->flow->nodes[look->batch->first];
    struct bqi_error error;
    bqi_error_set(
        &error, reason->code,
        "%.300s It broke after the flow of job %.100s in queue %.100s was sent and before "
        "it was answered: it was added whole, or not at all, and which of them could not "
        "be found out (%s). It was not sent again, as that could run its jobs twice.",
        look->why.message, root->id, root->queue->name, bqi_error_name(reason->code));
    bqi_flow_batch_over(look->batch, &error);
}

static void on_looked(struct bqi_command *command, const redisReply *reply,
                      const struct bqi_error *error) {
    struct look *look = (struct look *)command;
    struct bqi_error reason = error ? *error : (struct bqi_error){0};
    redisReply **replies = bqi_transaction_replies(&look->transaction, reply, &reason);
    if (!replies) {
        unknown(look, &reason);
    } else if (any_is_there(look->batch, replies)) {
        keep_all(look->batch, replies);
        bqi_flow_batch_over(look->batch, NULL);
    } else {
        not_found(look);
    }
    bqi_free(look);
}

static int add_look(struct look *look, const struct bqi_flow_node *node) {
    struct bqi_words words;
    char *key = bqi_job_key(&node->queue->keys, node->id, "");
    if (!key)
        return -1;
    bqi_words_init(&words);
    bqi_words_text(&words, "HMGET");
    bqi_words_text(&words, key);
    bqi_words_text(&words, "timestamp");
    bqi_words_text(&words, "parentKey");
    bqi_transaction_add(&look->transaction, &words);
    bqi_free(key);
    return 0;
}

static struct look *look_new(struct bqi_flow_batch *batch, const struct bqi_error *why) {
    struct look *look = bqi_calloc(sizeof *look);
    int status = look ? 0 : -1;
    if (!look)
        return NULL;
    look->batch = batch;
    look->why = *why;
    bqi_transaction_begin(&look->transaction);
    for (size_t i = 0; i < batch->step_count && status == 0; i++)
        if (is_sought(&batch->steps[i]))
            status = add_look(look, &batch->flow->nodes[batch->steps[i].node]);
    if (bqi_transaction_end(&look->transaction) == 0 && status == 0) {
        look->transaction.base.patience = BQI_COUNTS_RETRIES;
        look->transaction.base.done = on_looked;
        return look;
    }
    bqi_command_free_bytes(&look->transaction.base);
    bqi_free(look);
    return NULL;
}

void bqi_flow_find_out(struct bqi_flow_batch *batch, const struct bqi_error *why) {
    struct look *look = look_new(batch, why);
    struct bqi_error error;
    if (look) {
        bqi_connection_submit(batch->flow->client->connection, &look->transaction.base);
        return;
    }
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY,
                  "Out of memory, and the connection broke after the flow was sent and before it "
                  "was answered: it was added whole, or not at all.");
    bqi_flow_batch_over(batch, &error);
}
