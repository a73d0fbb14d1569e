/* publishEvent: custom events in the stream of the queue (protocol/5 section 5.3). */
#include <stdio.h>
#include <string.h>

#include "calls.h"

static int on_published(struct bqi_pending *pending, const redisReply *reply) {
    if (reply->type == REDIS_REPLY_STRING)
        bqi_answer_text(pending->client, pending->operation, reply->str, reply->len);
    else
        bqi_answer_unexpected(pending, "XADD");
    return 0;
}

static int check_fields(const json_t *fields, struct bqi_error *error) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)fields, key, value) {
        if (strcmp(key, "event") == 0)
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "The field name \"event\" is reserved for the name of the event; "
                                 "give it as eventName.");
        if (!json_is_string(value))
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "The field \"%.100s\" of an event must be a text; serialise it "
                                 "first.",
                                 key);
    }
    return 0;
}

static int check(const struct bqi_call *call, const json_t *fields, int64_t max_events) {
    struct bqi_error error;
    int status = check_fields(fields, &error);
    if (status == 0 && max_events < 0)
        status = bqi_error_set(&error, BQ_ERR_INVALID_ARGUMENT,
                               "publishEvent needs a \"maxEvents\" of at least 0, not %lld.",
                               (long long)max_events);
    if (status != 0)
        bqi_answer_error(call->client, call->operation, &error);
    return status;
}

/* Node's readers parse one field of these events, and end for good if it is missing or no JSON. */
static int check_parsed_field(const struct bqi_call *call, const json_t *fields) {
    const char *event = bqi_call_text(call, "eventName");
    const char *name = strcmp(event, "completed") == 0  ? "returnvalue"
                       : strcmp(event, "progress") == 0 ? "data"
                                                        : NULL;
    char what[64];
    if (!name)
        return 0;
    const json_t *value = json_object_get(fields, name);
    snprintf(what, sizeof what, "field \"%s\" of an event \"%s\"", name, event);
    return bqi_call_check_json(call, what, value ? json_string_value(value) : "",
                               json_string_length(value));
}

void bqi_call_publish_event(const struct bqi_call *call) {
    const json_t *fields = json_object_get(call->args, "fields");
    int64_t max_events = bqi_call_int(call, "maxEvents", call->queue->max_events);
    const char *key;
    json_t *value;
    struct bqi_words words;
    if (check(call, fields, max_events) != 0 || check_parsed_field(call, fields) != 0)
        return;
    struct bqi_pending *pending = bqi_pending_new(call, NULL, on_published);
    if (!pending)
        return;
    bqi_words_init(&words);
    bqi_words_text(&words, "XADD");
    bqi_words_key(&words, &call->queue->keys, BQI_KEY_EVENTS);
    bqi_words_text(&words, "MAXLEN");
    bqi_words_text(&words, "~");
    bqi_words_int(&words, max_events);
    bqi_words_text(&words, "*");
    bqi_words_text(&words, "event");
    bqi_words_text(&words, bqi_call_text(call, "eventName"));
    json_object_foreach((json_t *)fields, key, value) {
        bqi_words_text(&words, key);
        bqi_words_add(&words, json_string_value(value), json_string_length(value));
    }
    bqi_pending_submit(pending, &words);
}
