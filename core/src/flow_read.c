/* getFlow: a job, its children, their children. Each job and the keys of its children are read in
 * one transaction; the jobs of a level are asked for together. */
#include <string.h>

#include "alloc.h"
#include "calls.h"
#include "flow.h"
#include "job_fields.h"

struct tree;

struct tree_node {
    struct bqi_transaction transaction;
    struct tree *tree;
    struct tree_node *parent;
    struct tree_node *first_child;
    struct tree_node *last_child;
    struct tree_node *next;
    char *prefix;
    char *queue;
    char *id;
    int64_t depth; /* 0: the root */
    struct bqi_buffer record;
};

struct tree {
    bq_client *client;
    bq_id operation;
    int64_t depth;
    int64_t max_children;
    struct tree_node *root;
    size_t unanswered;
    struct bqi_error error; /* the first */
};

/* ---- the nodes ---- */

static void free_node(struct tree_node *node) {
    bqi_command_free_bytes(&node->transaction.base);
    bqi_buffer_free(&node->transaction.bytes);
    bqi_buffer_free(&node->record);
    bqi_free(node->prefix);
    bqi_free(node->queue);
    bqi_free(node->id);
    bqi_free(node);
}

static void append_child(struct tree_node *parent, struct tree_node *node) {
    node->parent = parent;
    node->depth = parent->depth + 1;
    if (parent->last_child)
        parent->last_child->next = node;
    else
        parent->first_child = node;
    parent->last_child = node;
}

/* NULL: out of memory. Copies the texts. */
static struct tree_node *node_new(struct tree *tree, const char *prefix, size_t prefix_len,
                                  const char *queue, size_t queue_len, const char *id,
                                  size_t id_len) {
    struct tree_node *node = bqi_calloc(sizeof *node);
    if (!node)
        return NULL;
    node->tree = tree;
    node->prefix = bqi_strndup(prefix, prefix_len);
    node->queue = bqi_strndup(queue, queue_len);
    node->id = bqi_strndup(id, id_len);
    if (node->prefix && node->queue && node->id)
        return node;
    free_node(node);
    return NULL;
}

/* The node after this one when parents come before their children; NULL at the end. */
static struct tree_node *next_in_order(struct tree_node *node) {
    if (node->first_child)
        return node->first_child;
    while (node && !node->next)
        node = node->parent;
    return node ? node->next : NULL;
}

static void free_tree(struct tree *tree) {
    struct tree_node *node = tree->root;
    while (node) { /* children first: a node is left only when it has none any more */
        if (node->first_child) {
            struct tree_node *child = node->first_child;
            node->first_child = child->next;
            node = child;
            continue;
        }
        struct tree_node *parent = node->parent;
        free_node(node);
        node = parent;
    }
    bqi_free(tree);
}

/* ---- the answer ---- */

static void answer(struct tree *tree) {
    struct bqi_buffer jobs = {0};
    for (struct tree_node *node = tree->root; node; node = next_in_order(node))
        bqi_buffer_append(&jobs, node->record.data, node->record.length);
    if (jobs.failed && tree->error.code == 0)
        bqi_error_set(&tree->error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    if (tree->error.code == 0)
        bqi_answer_text(tree->client, tree->operation, jobs.data, jobs.length);
    else
        bqi_answer_error(tree->client, tree->operation, &tree->error);
    bqi_buffer_free(&jobs);
    free_tree(tree);
}

static void failed(struct tree *tree, const struct bqi_error *error) {
    if (tree->error.code == 0)
        tree->error = *error;
}

static void out_of_memory(struct tree *tree) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    failed(tree, &error);
}

/* Its record: a child that is gone has its address alone, a root that is gone has no record. */
static void write_record(struct tree_node *node, const redisReply *hash) {
    if (hash->elements == 0 && !node->parent)
        return;
    struct bqi_record record = bqi_record_begin(&node->record, BQ_REC_JOB_FIELDS, 0);
    bqi_record_int(&record, BQ_TAG_DEPTH, node->depth);
    bqi_record_text(&record, BQ_TAG_QUEUE_NAME, node->queue);
    bqi_record_text(&record, BQ_TAG_PREFIX, node->prefix);
    if (hash->elements)
        bqi_job_fields_write_job(&record, node->id, strlen(node->id), hash);
    else
        bqi_record_text(&record, BQ_TAG_JOB_ID, node->id);
    if (bqi_record_end(&record) != 0)
        out_of_memory(node->tree);
}

/* ---- reading ---- */

static void read_node(struct tree_node *node);

static const char *colon_before(const char *start, const char *end) {
    while (end > start && end[-1] != ':')
        end--;
    return end > start ? end - 1 : NULL;
}

/* "<prefix>:<queue>:<id>", read from its end, as Node does: a prefix may have colons. */
static struct tree_node *node_of_key(struct tree *tree, const char *key, size_t len) {
    const char *end = key + len;
    const char *before_id = colon_before(key, end);
    const char *before_queue = before_id ? colon_before(key, before_id) : NULL;
    if (!before_queue)
        return node_new(tree, "", 0, "", 0, key, len);
    return node_new(tree, key, (size_t)(before_queue - key), before_queue + 1,
                    (size_t)(before_id - before_queue - 1), before_id + 1,
                    (size_t)(end - before_id - 1));
}

static void read_child(struct tree_node *parent, const redisReply *key) {
    struct tree_node *child = NULL;
    if (key->type == REDIS_REPLY_STRING)
        child = node_of_key(parent->tree, key->str, key->len);
    if (!child) {
        out_of_memory(parent->tree);
        return;
    }
    append_child(parent, child);
    read_node(child);
}

static void read_children(struct tree_node *node, const redisReply *keys, size_t step) {
    if (keys->type != REDIS_REPLY_ARRAY)
        return;
    for (size_t i = 0; i < keys->elements; i += step)
        read_child(node, keys->element[i]);
}

/* The page of a SCAN's answer, behind its cursor. */
static const redisReply *page(const redisReply *scan) {
    return scan->type == REDIS_REPLY_ARRAY && scan->elements == 2 ? scan->element[1] : scan;
}

static void on_replies(struct tree_node *node, redisReply **replies) {
    struct bqi_error error;
    for (unsigned i = 0; i < node->transaction.count; i++) {
        if (replies[i]->type != REDIS_REPLY_ARRAY) {
            bqi_error_set(&error, BQ_ERR_REDIS_ERROR, "Job %.200s of queue %.200s: %s", node->id,
                          node->queue,
                          replies[i]->type == REDIS_REPLY_ERROR ? replies[i]->str : "no job");
            failed(node->tree, &error);
            return;
        }
    }
    write_record(node, replies[0]);
    if (node->transaction.count == 1 || replies[0]->elements == 0)
        return;
    read_children(node, page(replies[1]), 2); /* processed */
    read_children(node, page(replies[2]), 1); /* pending */
    read_children(node, replies[4], 1);       /* failed */
    read_children(node, page(replies[3]), 2); /* ignored */
}

static void on_read(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct tree_node *node = (struct tree_node *)command;
    struct tree *tree = node->tree;
    struct bqi_error reason = error ? *error : (struct bqi_error){0};
    redisReply **replies = bqi_transaction_replies(&node->transaction, reply, &reason);
    if (!replies)
        failed(tree, &reason);
    else if (tree->error.code == 0)
        on_replies(node, replies);
    if (--tree->unanswered == 0)
        answer(tree);
}

static void add_read(struct tree_node *node, const struct bqi_keys *keys, const char *command,
                     const char *part) {
    char *key = bqi_job_key(keys, node->id, part);
    int is_range = strcmp(command, "ZRANGE") == 0;
    struct bqi_words words;
    bqi_words_init(&words);
    bqi_words_text(&words, command);
    bqi_words_text(&words, key ? key : "");
    if (*part) {
        bqi_words_text(&words, "0");
        if (!is_range)
            bqi_words_text(&words, "COUNT");
        bqi_words_int(&words, node->tree->max_children - is_range);
    }
    bqi_transaction_add(&node->transaction, &words);
    node->transaction.bytes.failed |= !key;
    bqi_free(key);
}

static int write_reads(struct tree_node *node) {
    struct bqi_keys keys;
    if (bqi_keys_init(&keys, node->prefix, node->queue) != 0)
        return -1;
    bqi_transaction_begin(&node->transaction);
    add_read(node, &keys, "HGETALL", "");
    if (node->depth + 1 < node->tree->depth) {
        add_read(node, &keys, "HSCAN", ":processed");
        add_read(node, &keys, "SSCAN", ":dependencies");
        add_read(node, &keys, "HSCAN", ":failed");
        add_read(node, &keys, "ZRANGE", ":unsuccessful");
    }
    bqi_keys_free(&keys);
    node->transaction.base.patience = BQI_COUNTS_RETRIES;
    node->transaction.base.done = on_read;
    return bqi_transaction_end(&node->transaction);
}

/* A refused command is answered before this returns, so it is counted first. */
static void read_node(struct tree_node *node) {
    if (write_reads(node) != 0) {
        out_of_memory(node->tree);
        return;
    }
    node->tree->unanswered++;
    bqi_connection_submit(node->tree->client->connection, &node->transaction.base);
}

/* ---- the call ---- */

static struct tree *tree_new(const struct bqi_call *call) {
    const char *prefix = bqi_call_text(call, "prefix");
    const char *queue = bqi_call_text(call, "queueName");
    const char *id = bqi_call_text(call, "id");
    struct tree *tree = bqi_calloc(sizeof *tree);
    if (!tree)
        return NULL;
    tree->client = call->client;
    tree->operation = call->operation;
    tree->depth = bqi_call_int(call, "depth", 0);
    tree->max_children = bqi_call_int(call, "maxChildren", 0);
    tree->root = node_new(tree, prefix, strlen(prefix), queue, strlen(queue), id, strlen(id));
    if (tree->root)
        return tree;
    bqi_free(tree);
    return NULL;
}

void bqi_call_get_flow(const struct bqi_call *call) {
    struct bqi_error error;
    if (bqi_queue_check_name(bqi_call_text(call, "queueName"), &error) != 0) {
        bqi_answer_error(call->client, call->operation, &error);
        return;
    }
    struct tree *tree = tree_new(call);
    if (!tree) {
        bqi_error_no_memory(&error);
        bqi_answer_error(call->client, call->operation, &error);
        return;
    }
    tree->unanswered = 1; /* until it is known that the root was sent, or could not be */
    read_node(tree->root);
    if (--tree->unanswered == 0)
        answer(tree);
}
