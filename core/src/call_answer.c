/* How a call ends: the record that answers it, made from what Redis replied. */
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "job_records.h"

void bqi_answer_written(bq_client *client) {
    atomic_fetch_sub(&client->pending, 1);
}

void bqi_answer_done(bq_client *client, bq_id operation) {
    bqi_client_reply(client, operation);
    bqi_answer_written(client);
}

void bqi_answer_text(bq_client *client, bq_id operation, const char *text, size_t len) {
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_REPLY, operation);
    bqi_record_bytes(&event, BQ_TAG_VALUE, text, len);
    bqi_record_end(&event);
    bqi_answer_written(client);
}

void bqi_answer_int(bq_client *client, bq_id operation, int64_t value) {
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_REPLY, operation);
    bqi_record_int(&event, BQ_TAG_VALUE, value);
    bqi_record_end(&event);
    bqi_answer_written(client);
}

void bqi_answer_error(bq_client *client, bq_id operation, const struct bqi_error *error) {
    bqi_client_error(client, operation, error);
    bqi_answer_written(client);
}

json_t *bqi_entry_error(const struct bqi_error *error) {
    return json_pack("{s:i, s:s, s:s}", "code", error->code, "name", bqi_error_name(error->code),
                     "message", error->message);
}

static void answer_no_memory(bq_client *client, bq_id operation) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory while the answer was written.");
    bqi_answer_error(client, operation, &error);
}

void bqi_answer_json(bq_client *client, bq_id operation, const json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text)
        bqi_answer_text(client, operation, text, strlen(text));
    else
        answer_no_memory(client, operation);
    free(text);
}

void bqi_answer_error_text(bq_client *client, bq_id operation, int code, const char *message,
                           size_t len, const char *job_id) {
    bqi_outbox_error_text(&client->outbox, operation, code, message, len, job_id);
    bqi_answer_written(client);
}

void bqi_answer_unexpected(const struct bqi_pending *pending, const char *command) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_UNEXPECTED_REPLY,
                  "The answer to %s has a shape that BullMQ's protocol does not have.", command);
    bqi_answer_error(pending->client, pending->operation, &error);
}

void bqi_answer_no_memory(const struct bqi_pending *pending) {
    answer_no_memory(pending->client, pending->operation);
}

json_t *bqi_reply_text(const redisReply *reply) {
    json_t *text = json_stringn(reply->str, reply->len);
    return text ? text : json_string("(a text that is not UTF-8)");
}

/* ---- by shape ---- */

static const char *command_of(const struct bqi_pending *pending) {
    const struct bqi_plan *plan = pending->plan;
    return plan->script ? plan->script : plan->words[0].text;
}

/* The sum of a list of numbers, -1 if it is none. */
static int64_t sum_of(const redisReply *reply) {
    int64_t sum = 0;
    if (reply->type != REDIS_REPLY_ARRAY)
        return -1;
    for (size_t i = 0; i < reply->elements; i++)
        sum += reply->element[i]->integer;
    return sum;
}

static void answer_read(struct bqi_pending *pending, const redisReply *reply) {
    json_t *value = pending->plan->read(pending, reply);
    if (value)
        bqi_answer_json(pending->client, pending->operation, value);
    else
        bqi_answer_unexpected(pending, command_of(pending));
    json_decref(value);
}

/* Shapes that are one number. */
static void answer_number(struct bqi_pending *pending, const redisReply *reply) {
    int64_t number = reply->integer;
    int is_number = reply->type == REDIS_REPLY_INTEGER || reply->type == REDIS_REPLY_NIL;
    switch (pending->plan->shape) {
    case BQI_SHAPE_FOUND:
        is_number = 1;
        number = reply->type != REDIS_REPLY_NIL;
        break;
    case BQI_SHAPE_EQUALS:
        is_number = reply->str != NULL;
        number = reply->str && strcmp(reply->str, pending->plan->equals) == 0;
        break;
    case BQI_SHAPE_SUM:
        number = sum_of(reply);
        is_number = number >= 0;
        break;
    case BQI_SHAPE_TRUTH:
        number = number != 0;
        break;
    case BQI_SHAPE_ZERO:
        number = number == 0;
        break;
    default:
        break;
    }
    if (is_number)
        bqi_answer_int(pending->client, pending->operation, number);
    else
        bqi_answer_unexpected(pending, command_of(pending));
}

void bqi_answer_shaped(struct bqi_pending *pending, const redisReply *reply) {
    switch (pending->plan->shape) {
    case BQI_SHAPE_NONE:
    case BQI_SHAPE_REPEAT:
        bqi_answer_done(pending->client, pending->operation);
        break;
    case BQI_SHAPE_TEXT:
        if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS)
            bqi_answer_text(pending->client, pending->operation, reply->str, reply->len);
        else
            bqi_answer_unexpected(pending, command_of(pending));
        break;
    case BQI_SHAPE_JSON:
        answer_read(pending, reply);
        break;
    case BQI_SHAPE_JOB:
        if (bqi_answer_job(pending, reply) != 0)
            bqi_answer_unexpected(pending, command_of(pending));
        break;
    case BQI_SHAPE_JOBS:
        if (bqi_answer_jobs(pending, reply) != 0)
            bqi_answer_unexpected(pending, command_of(pending));
        break;
    default:
        answer_number(pending, reply);
    }
}
