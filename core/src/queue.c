#include "queue.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "client.h"
#include "connection.h"

/* The release of BullMQ whose protocol is spoken; dashboards read it from the meta hash. */
#define PROTOCOL_VERSION "bullmq:6.7.0"

int bqi_queue_check_name(const char *name, struct bqi_error *error) {
    if (!name || !*name)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Queue name must be provided");
    if (strchr(name, ':'))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Queue name cannot contain :");
    return 0;
}

struct bqi_queue *bqi_queue_new(const char *name, const bq_conf *conf, struct bqi_error *error) {
    if (bqi_queue_check_name(name, error) != 0)
        return NULL;
    struct bqi_queue *queue = bqi_calloc(sizeof *queue);
    const json_t *defaults = bqi_conf_json(conf, "defaultJobOptions");
    int status = queue ? 0 : -1;
    if (queue) {
        queue->name = bqi_strndup(name, strlen(name));
        status = bqi_conf_text(conf, BQ_CONF_QUEUE, "prefix", &queue->prefix);
        queue->max_events = bqi_conf_int(conf, BQ_CONF_QUEUE, "streams.events.maxLen", 10000);
        queue->skip_metas_update = bqi_conf_bool(conf, BQ_CONF_QUEUE, "skipMetasUpdate");
        queue->default_job_options = json_deep_copy(defaults);
    }
    if (status != 0 || !queue->name || (defaults && !queue->default_job_options) ||
        bqi_keys_init(&queue->keys, queue->prefix, queue->name) != 0) {
        bqi_queue_free(queue);
        bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
        return NULL;
    }
    return queue;
}

void bqi_queue_free(struct bqi_queue *queue) {
    if (!queue)
        return;
    bqi_job_options_free(&queue->last_options);
    bqi_free(queue->last_opts);
    json_decref(queue->default_job_options);
    bqi_keys_free(&queue->keys);
    bqi_free(queue->prefix);
    bqi_free(queue->name);
    bqi_free(queue);
}

static void on_meta_written(struct bqi_command *command, const redisReply *reply,
                            const struct bqi_error *error) {
    (void)reply;
    (void)error; /* a queue works without them, and scripts write what they need */
    bqi_free(command);
}

static void write_meta(struct bqi_queue *queue, const char *write, const char *field,
                       const char *value) {
    struct bqi_command *command = bqi_calloc(sizeof *command);
    if (!command)
        return;
    struct bqi_words words;
    bqi_words_init(&words);
    bqi_words_text(&words, write);
    bqi_words_key(&words, &queue->keys, BQI_KEY_META);
    bqi_words_text(&words, field);
    bqi_words_text(&words, value);
    command->patience = BQI_COUNTS_RETRIES;
    command->done = on_meta_written;
    bqi_connection_submit_words(bqi_client_connection(queue->client), &words, command);
}

/* A version that is there stays: scripts tell by it that BullMQ 5 takes part (lua/README.md). */
static void write_metas(struct bqi_queue *queue) {
    char max_events[24];
    snprintf(max_events, sizeof max_events, "%lld", (long long)queue->max_events);
    write_meta(queue, "HSET", "opts.maxLenEvents", max_events);
    write_meta(queue, "HSETNX", "version", PROTOCOL_VERSION);
}

void bqi_queue_connected(struct bqi_queue *queue) {
    if (queue->ready_told)
        return;
    queue->ready_told = 1;
    if (!queue->skip_metas_update)
        write_metas(queue);
    struct bqi_record event =
        bqi_outbox_begin(bqi_client_outbox(queue->client), BQ_EV_READY, queue->id);
    bqi_record_end(&event);
}

static size_t base64(const char *in, size_t len, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *start = out;
    for (size_t i = 0; i < len; i += 3) {
        unsigned triple = (unsigned)(unsigned char)in[i] << 16;
        if (i + 1 < len)
            triple |= (unsigned)(unsigned char)in[i + 1] << 8;
        if (i + 2 < len)
            triple |= (unsigned char)in[i + 2];
        *out++ = digits[triple >> 18];
        *out++ = digits[triple >> 12 & 63];
        *out++ = i + 1 < len ? digits[triple >> 6 & 63] : '=';
        *out++ = i + 2 < len ? digits[triple & 63] : '=';
    }
    return (size_t)(out - start);
}

char *bqi_queue_client_name(const struct bqi_queue *queue, const char *suffix) {
    size_t prefix = strlen(queue->prefix), name = strlen(queue->name), end = strlen(suffix);
    char *text = bqi_malloc(prefix + 1 + (name + 2) / 3 * 4 + end + 1);
    if (!text)
        return NULL;
    memcpy(text, queue->prefix, prefix);
    text[prefix] = ':';
    size_t len = prefix + 1 + base64(queue->name, name, text + prefix + 1);
    memcpy(text + len, suffix, end + 1);
    return text;
}
