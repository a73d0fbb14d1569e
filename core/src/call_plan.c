/* Carries out the rows that are one command: its words from the call's arguments, and the answer as
 * the row says. */
#include <string.h>

#include "alloc.h"
#include "call.h"
#include "clock.h"
#include "json_text.h"

/* ---- words ---- */

static const json_t *argument(const struct bqi_pending *pending, const char *name) {
    return name ? json_object_get(pending->args, name) : NULL;
}

static void add_value(struct bqi_words *words, const json_t *value) {
    if (json_is_string(value))
        bqi_words_add(words, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        bqi_words_int(words, json_integer_value(value));
    else if (json_is_boolean(value))
        bqi_words_text(words, json_is_true(value) ? "1" : "0");
    for (size_t i = 0; i < json_array_size(value); i++)
        add_value(words, json_array_get(value, i));
}

static void add_types(struct bqi_words *words, const json_t *types) {
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *type = json_string_value(json_array_get(types, i));
        bqi_words_text(words, strcmp(type, "waiting") == 0 ? "wait" : type);
    }
}

static void add_child(struct bqi_words *words, const json_t *child) {
    const char *parts[] = {json_string_value(json_object_get(child, "queue")), child ? ":" : "",
                           json_string_value(json_object_get(child, "id"))};
    bqi_words_join(words, parts, sizeof parts / sizeof *parts);
}

static void add_until(struct bqi_words *words, const json_t *time) {
    int64_t ms = json_integer_value(time) - bqi_now();
    bqi_words_int(words, ms > 0 ? ms : 0);
}

static const char *push_of(const char *opts) {
    json_t *parsed = opts ? json_loads(opts, 0, NULL) : NULL;
    int lifo = json_is_true(json_object_get(parsed, "lifo"));
    json_decref(parsed);
    return lifo ? "RPUSH" : "LPUSH";
}

static const char *choose(const struct bqi_word *word, const json_t *value) {
    const char *text = json_string_value(value);
    return text && strcmp(text, word->suffix) == 0 ? word->text : word->other;
}

static void add_word(const struct bqi_pending *pending, struct bqi_words *words,
                     const struct bqi_word *word) {
    const struct bqi_keys *keys = &pending->queue->keys;
    const json_t *value = argument(pending, word->name);
    switch (word->kind) {
    case BQI_WORD_KEY:
        bqi_words_key(words, keys, word->key);
        break;
    case BQI_WORD_SUBKEY:
        bqi_words_subkey(words, keys, word->text, json_string_value(value), word->suffix);
        break;
    case BQI_WORD_ARGUMENT:
        add_value(words, value);
        break;
    case BQI_WORD_POSITIVE:
        add_value(words, json_integer_value(value) > 0 ? value : NULL);
        if (json_integer_value(value) <= 0)
            bqi_words_text(words, "");
        break;
    case BQI_WORD_CHOICE:
        bqi_words_text(words, choose(word, value));
        break;
    case BQI_WORD_TYPES:
        add_types(words, argument(pending, "types"));
        break;
    case BQI_WORD_CHILD:
        add_child(words, json_is_object(value) ? value : NULL);
        break;
    case BQI_WORD_PAYLOAD:
        bqi_words_add(words, pending->bytes, pending->bytes_len);
        break;
    case BQI_WORD_NOW:
        bqi_words_int(words, json_is_integer(value) ? json_integer_value(value) : bqi_now());
        break;
    case BQI_WORD_UNTIL:
        add_until(words, value);
        break;
    case BQI_WORD_ONCE:
        bqi_words_text(words, pending->rounds == 0 ? "1" : "0");
        break;
    case BQI_WORD_FIELD:
        bqi_words_text(words, pending->field);
        break;
    case BQI_WORD_FIELD_KEY:
        bqi_words_subkey(words, keys, word->text, pending->field, NULL);
        break;
    case BQI_WORD_PUSH:
        bqi_words_text(words, push_of(pending->field));
        break;
    default:
        bqi_words_text(words, word->text);
    }
}

void bqi_plan_submit(struct bqi_pending *pending, const struct bqi_plan *plan) {
    struct bqi_words words;
    pending->plan = plan;
    bqi_words_init(&words);
    pending->base.script = plan->script ? bqi_script_find(plan->script) : NULL;
    if (plan->script)
        bqi_words_script(&words, pending->base.script);
    for (const struct bqi_word *word = plan->words; word->kind != BQI_WORD_END; word++)
        add_word(pending, &words, word);
    pending->rounds++;
    bqi_pending_submit(pending, &words);
}

/* ---- replies ---- */

static void answer_code(struct bqi_pending *pending, long long code) {
    const struct bqi_plan *plan = pending->plan;
    const char *state = json_string_value(argument(pending, plan->state_argument));
    struct bqi_error error;
    const char *subject = code == -5 && pending->field ? pending->field : pending->subject;
    bqi_error_set_script(&error, code, subject ? subject : "", plan->operation,
                         state         ? state
                         : plan->state ? plan->state
                                       : "");
    bqi_answer_error(pending->client, pending->operation, &error);
}

static int on_reply(struct bqi_pending *pending, const redisReply *reply) {
    const struct bqi_plan *plan = pending->plan;
    int64_t number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    if (plan->operation && number < 0) {
        answer_code(pending, number);
    } else if (plan->shape == BQI_SHAPE_REPEAT && number > 0) {
        bqi_plan_submit(pending, plan);
        return 1;
    } else {
        bqi_answer_shaped(pending, reply);
    }
    return 0;
}

/* ---- a field of the job first ---- */

static int on_field(struct bqi_pending *pending, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        bqi_answer_unexpected(pending, "HMGET");
        return 0;
    }
    const redisReply *name = reply->element[0], *field = reply->element[1];
    if (name->type != REDIS_REPLY_STRING) {
        answer_code(pending, -1);
    } else if (field->type != REDIS_REPLY_STRING || field->len == 0) {
        bqi_answer_int(pending->client, pending->operation, 0);
    } else if (!(pending->field = bqi_strndup(field->str, field->len))) {
        bqi_answer_no_memory(pending);
    } else {
        pending->on_reply = on_reply;
        bqi_plan_submit(pending, pending->plan);
        return 1;
    }
    return 0;
}

static void submit_field(struct bqi_pending *pending, const struct bqi_plan *plan) {
    struct bqi_words words;
    pending->plan = plan;
    bqi_words_init(&words);
    bqi_words_text(&words, "HMGET");
    bqi_words_subkey(&words, &pending->queue->keys, pending->subject, NULL, NULL);
    bqi_words_text(&words, "name");
    bqi_words_text(&words, plan->field);
    bqi_pending_submit(pending, &words);
}

/* ---- */

static int check_payload(const struct bqi_call *call, const char *what) {
    struct bqi_error error;
    json_error_t where;
    if (!what || bqi_json_is_valid(call->payload, call->payload_len, &where))
        return 0;
    /* Node's readers parse it, and a QueueEvents of Node's ends for good on text that is none. */
    bqi_error_set(&error, BQ_ERR_INVALID_ARGUMENT, "The %s must be JSON text: %s.", what,
                  where.text);
    bqi_answer_error(call->client, call->operation, &error);
    return -1;
}

void bqi_plan_run(const struct bqi_call *call, const struct bqi_plan *plan) {
    if (check_payload(call, plan->json_payload) != 0)
        return;
    struct bqi_pending *pending =
        bqi_pending_new(call, bqi_call_text(call, "id"), plan->field ? on_field : on_reply);
    if (!pending)
        return;
    pending->bytes = call->payload;
    pending->bytes_len = call->payload_len;
    if (plan->field)
        submit_field(pending, plan);
    else
        bqi_plan_submit(pending, plan);
}
