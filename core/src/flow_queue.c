/* The queues of a flow: each one's keys, and the default options that the call gives it. Settings
 * in Redis are not read. */
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "flow.h"
#include "option.h"

static void free_queue(struct bqi_flow_queue *queue) {
    if (!queue)
        return;
    bqi_keys_free(&queue->keys);
    bqi_free(queue->name);
    bqi_free(queue->address);
    bqi_free(queue);
}

static struct bqi_flow_queue *queue_new(const char *prefix, const char *name, char *address,
                                        const json_t *queues_options) {
    struct bqi_flow_queue *queue = bqi_calloc(sizeof *queue);
    if (!queue) {
        bqi_free(address);
        return NULL;
    }
    queue->address = address;
    queue->name = bqi_strndup(name, strlen(name));
    queue->defaults = json_object_get(json_object_get(queues_options, name), "defaultJobOptions");
    if (json_is_null(queue->defaults))
        queue->defaults = NULL;
    if (queue->name && bqi_keys_init(&queue->keys, prefix, name) == 0)
        return queue;
    free_queue(queue);
    return NULL;
}

static struct bqi_flow_queue *keep_queue(struct bqi_flow *flow, struct bqi_flow_queue *queue) {
    size_t count = flow->queue_count;
    struct bqi_flow_queue **grown = flow->queues;
    if ((count & (count - 1)) == 0) /* room for the next power of two */
        grown = bqi_realloc(flow->queues, (count ? count * 2 : 1) * sizeof *grown);
    if (grown)
        flow->queues = grown;
    if (!grown ||
        json_object_set_new(flow->queue_index, queue->address, json_integer((json_int_t)count))) {
        free_queue(queue);
        return NULL;
    }
    flow->queues[flow->queue_count++] = queue;
    return queue;
}

struct bqi_flow_queue *bqi_flow_queue(struct bqi_flow *flow, const char *prefix, const char *name) {
    if (!flow->queue_index && !(flow->queue_index = json_object()))
        return NULL;
    size_t size = strlen(prefix) + 1 + strlen(name) + 1;
    char *address = bqi_malloc(size);
    if (!address)
        return NULL;
    snprintf(address, size, "%s:%s", prefix, name);
    json_t *known = json_object_get(flow->queue_index, address);
    if (known) {
        bqi_free(address);
        return flow->queues[json_integer_value(known)];
    }
    struct bqi_flow_queue *queue = queue_new(prefix, name, address, flow->queues_options);
    return queue ? keep_queue(flow, queue) : NULL;
}

void bqi_flow_free_queues(struct bqi_flow *flow) {
    for (size_t i = 0; i < flow->queue_count; i++)
        free_queue(flow->queues[i]);
    bqi_free(flow->queues);
    json_decref(flow->queue_index);
}

/* ---- queuesOptions ---- */

static int check_defaults(const char *queue, const json_t *settings, struct bqi_error *error) {
    struct bqi_error reason;
    const char *key;
    json_t *value;
    if (!json_is_object(settings))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "queuesOptions of queue \"%.100s\" must be an object.", queue);
    json_object_foreach((json_t *)settings, key, value) {
        if (strcmp(key, "defaultJobOptions") != 0)
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "queuesOptions of queue \"%.100s\" has the unknown member "
                                 "\"%.100s\"; it may have defaultJobOptions.",
                                 queue, key);
        if (json_is_null(value))
            continue;
        if (!json_is_object(value))
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "defaultJobOptions of queue \"%.100s\" must be an object.", queue);
        if (bqi_option_check_object(&bqi_option_scopes[BQ_CONF_JOB], value, &reason) != 0)
            return bqi_error_set(error, reason.code, "defaultJobOptions of queue \"%.100s\": %s",
                                 queue, reason.message);
    }
    return 0;
}

int bqi_flow_check_queues_options(const json_t *queues_options, struct bqi_error *error) {
    const char *queue;
    json_t *settings;
    json_object_foreach((json_t *)queues_options, queue, settings) {
        if (!json_is_null(settings) && check_defaults(queue, settings, error) != 0)
            return -1;
    }
    return 0;
}
