/* Flows: trees of jobs in which a parent waits for its children (protocol/4 part I).
 *
 * flow_tree.c reads the nodes of addFlows and flow_queue.c keeps their queues, flow_node.c turns
 * each node into the command that adds it, flow_add.c sends them, flow_lost.c finds out what became
 * of a flow whose connection broke, and flow_read.c reads a tree back (getFlow). */
#ifndef BQI_FLOW_H
#define BQI_FLOW_H

#include "bq/bq_record.h"
#include "call.h"
#include "keys.h"
#include "transaction.h"

enum {
    /* One flow is one transaction, and Redis does nothing else until all of it is done. */
    BQI_FLOW_MOST_NODES = 100000,
    BQI_FLOW_MOST_BYTES = 256 * 1024 * 1024,
    /* Up to this size the flows of a call share a transaction, as they do in Node. */
    BQI_FLOW_SHARED_NODES = 10000,
    BQI_FLOW_SHARED_BYTES = 16 * 1024 * 1024,
};

#define BQI_FLOW_NO_PARENT SIZE_MAX

struct bqi_flow_queue {
    char *name;
    char *address; /* "<prefix>:<name>" */
    struct bqi_keys keys;
    const json_t *defaults; /* borrowed from the arguments, while nodes are written */
};

struct bqi_flow_node {
    size_t parent; /* index of a node, or BQI_FLOW_NO_PARENT */
    size_t depth;
    int has_children;
    struct bqi_flow_queue *queue;
    bq_record record; /* borrowed from the payload, while nodes are written */
    char *id;
    double timestamp;
    char *outer_parent; /* key of the existing job that a root is a child of; NULL: none */
    json_t *result;     /* its id, or an error; NULL: not answered */
};

struct bqi_flow {
    bq_client *client;
    bq_id operation;
    const char *prefix; /* borrowed from the arguments, while nodes are written */
    const json_t *queues_options;
    size_t node_count;
    struct bqi_flow_node *nodes; /* pre-order, as they came */
    size_t queue_count;
    struct bqi_flow_queue **queues;
    json_t *queue_index; /* address -> place in `queues` */
    struct bqi_flow_batch *batches;
    size_t unanswered; /* batches */
    int any_ran;
    struct bqi_error failure; /* the first of a whole batch */
};

enum bqi_flow_step_kind { BQI_FLOW_ADD, BQI_FLOW_RELEASE };

/* One command of a batch, written out in `body`. */
struct bqi_flow_step {
    enum bqi_flow_step_kind kind;
    size_t node; /* of a release: the first child of the parent to release */
    size_t at;
    size_t length;
    int pending; /* has not run, as far as is known */
};

/* Whole trees that are added in one transaction. */
struct bqi_flow_batch {
    struct bqi_transaction transaction;
    struct bqi_flow_batch *next;
    struct bqi_flow *flow;
    size_t first; /* of its nodes */
    size_t count;
    struct bqi_flow_step *steps; /* adds level by level, then releases */
    size_t step_count;
    struct bqi_buffer body;
    unsigned loads; /* SCRIPT LOADs before the steps in what was last sent */
    unsigned reloads;
};

/* flow_tree.c: fill nodes and queues from the payload. -1 with `error`. */
int bqi_flow_read_nodes(struct bqi_flow *flow, const struct bqi_call *call,
                        struct bqi_error *error);
/* "flows[0].children[2]", for messages. */
void bqi_flow_path(const struct bqi_flow *flow, size_t node, char *out, size_t size);
/* The key of the node's parent, NULL without one or memory; bqi_free it. */
char *bqi_flow_parent_key(const struct bqi_flow *flow, const struct bqi_flow_node *node);
void bqi_flow_free_nodes(struct bqi_flow *flow);

/* flow_queue.c: the queue of that prefix and name; NULL: out of memory. */
struct bqi_flow_queue *bqi_flow_queue(struct bqi_flow *flow, const char *prefix, const char *name);
void bqi_flow_free_queues(struct bqi_flow *flow);
/* -1 with `error`: {queueName: {defaultJobOptions}} has something else. */
int bqi_flow_check_queues_options(const json_t *queues_options, struct bqi_error *error);

/* flow_node.c: check every node of the batch and write its commands into `body` and `steps`. */
int bqi_flow_write(struct bqi_flow_batch *batch, struct bqi_error *error);

/* flow_add.c: the batch is over, with an error of all its nodes that have no result, or NULL. */
void bqi_flow_batch_over(struct bqi_flow_batch *batch, const struct bqi_error *error);
/* Keep an error with one node. */
void bqi_flow_node_failed(struct bqi_flow_node *node, const struct bqi_error *error);

/* flow_lost.c: the connection broke while the batch was on its way. */
void bqi_flow_find_out(struct bqi_flow_batch *batch, const struct bqi_error *why);

#endif
