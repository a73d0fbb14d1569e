/* One entry of the event stream on its way to the host. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "queue_events.h"
#include "utf8.h"

static int is_text(const redisReply *reply, const char *text) {
    return reply && reply->len == strlen(text) && memcmp(reply->str, text, reply->len) == 0;
}

/* Names and values in turn. */
static int has_pairs(const redisReply *fields) {
    if (fields->type != REDIS_REPLY_ARRAY || fields->elements == 0 || fields->elements % 2 != 0)
        return 0;
    for (size_t i = 0; i < fields->elements; i++)
        if (fields->element[i]->type != REDIS_REPLY_STRING)
            return 0;
    return 1;
}

/* The last one of that name counts, as in Node. */
static const redisReply *find(const redisReply *fields, const char *name) {
    const redisReply *value = NULL;
    for (size_t i = 0; i + 1 < fields->elements; i += 2)
        if (is_text(fields->element[i], name))
            value = fields->element[i + 1];
    return value;
}

/* The end of a job reaches those who wait for it as it is, even if the host cannot be told. */
static void settle(struct bqi_queue_events *events, const redisReply *fields) {
    const redisReply *name = find(fields, "event"), *job_id = find(fields, "jobId");
    if (!job_id)
        return;
    if (is_text(name, "completed"))
        bqi_waits_settle(events, job_id, 0, find(fields, "returnvalue"));
    else if (is_text(name, "failed"))
        bqi_waits_settle(events, job_id, 1, find(fields, "failedReason"));
}

/* NULL, or why an entry cannot be handed over. */
static const char *complaint(const redisReply *fields) {
    if (!find(fields, "event"))
        return "it has no field \"event\"";
    for (size_t i = 0; i < fields->elements; i++) {
        const redisReply *text = fields->element[i];
        if (!bqi_utf8_is_valid(text->str, text->len))
            return "a name or value in it is not UTF-8 text";
        if (i % 2 == 0 && strlen(text->str) != text->len)
            return "the name of a field has a NUL";
    }
    return NULL;
}

/* NULL: no memory. */
static json_t *object_of(const redisReply *fields) {
    json_t *object = json_object();
    for (size_t i = 0; object && i < fields->elements; i += 2) {
        const redisReply *name = fields->element[i], *value = fields->element[i + 1];
        if (json_object_set_new(object, name->str, json_stringn(value->str, value->len)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

static int write_event(struct bqi_queue_events *events, const char *entry_id, json_t *object) {
    const json_t *name = json_object_get(object, "event"),
                 *job_id = json_object_get(object, "jobId");
    struct bqi_record event =
        bqi_outbox_begin(&events->client->outbox, BQ_EV_QUEUE_EVENT, events->id);
    bqi_record_int(&event, BQ_TAG_EVENTS, events->id);
    bqi_record_bytes(&event, BQ_TAG_EVENT_NAME, json_string_value(name), json_string_length(name));
    bqi_record_text(&event, BQ_TAG_STREAM_ID, entry_id);
    if (job_id)
        bqi_record_bytes(&event, BQ_TAG_JOB_ID, json_string_value(job_id),
                         json_string_length(job_id));
    json_object_del(object, "event");
    char *text = json_dumps(object, JSON_COMPACT);
    if (text)
        bqi_record_text(&event, BQ_TAG_FIELDS, text);
    else
        event.buffer->failed = 1;
    free(text);
    return bqi_record_end(&event);
}

static void tell_malformed(struct bqi_queue_events *events, const char *entry_id, const char *why) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_MALFORMED_EVENT,
                  "The entry %s of the event stream of the queue \"%.200s\" was skipped: %s.",
                  entry_id, events->queue->name, why);
    bqi_queue_events_error(events, &error);
}

int bqi_queue_events_deliver(struct bqi_queue_events *events, const char *entry_id,
                             const redisReply *fields) {
    if (!has_pairs(fields)) {
        tell_malformed(events, entry_id, "it has no pairs of names and values");
        return 0;
    }
    settle(events, fields);
    const char *why = complaint(fields);
    if (why) {
        tell_malformed(events, entry_id, why);
        return 0;
    }
    json_t *object = object_of(fields);
    int status = object ? write_event(events, entry_id, object) : -1;
    json_decref(object);
    return status;
}
