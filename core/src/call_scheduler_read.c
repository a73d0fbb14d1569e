/* Reading job schedulers. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "calls.h"
#include "job_fields.h"
#include "job_options.h"
#include "json_text.h"
#include "number.h"
#include "scheduler.h"

/* ---- a scheduler as JSON ---- */

static void set_field(json_t *scheduler, const char *name, const redisReply *hash,
                      const char *field, int is_number) {
    const redisReply *value = bqi_job_field(hash, field);
    if (value)
        json_object_set_new(scheduler, name,
                            is_number ? json_integer(bqi_number_parse_int(value->str))
                                      : json_stringn(value->str, value->len));
}

static json_t *settings_of(const char *id, const redisReply *hash, const char *next) {
    static const struct {
        const char *name;
        const char *field;
        int is_number;
    } fields[] = {
        {"name", "name", 0},           {"iterationCount", "ic", 1}, {"limit", "limit", 1},
        {"startDate", "startDate", 1}, {"endDate", "endDate", 1},   {"tz", "tz", 0},
        {"pattern", "pattern", 0},     {"every", "every", 1},       {"offset", "offset", 1}};
    json_t *scheduler = json_object();
    json_object_set_new(scheduler, "key", json_string(id));
    json_object_set_new(scheduler, "next", json_integer(bqi_number_parse_int(next)));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        set_field(scheduler, fields[i].name, hash, fields[i].field, fields[i].is_number);
    return scheduler;
}

static void append_json(struct bqi_buffer *out, const json_t *value, const char *unset) {
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    bqi_buffer_text(out, text ? text : unset);
    free(text);
}

/* Byte for byte, as all data; what is no JSON is shown as a string. */
static void append_data(struct bqi_buffer *out, const redisReply *data) {
    json_error_t where;
    if (bqi_json_is_valid(data->str, data->len, &where))
        bqi_buffer_append(out, data->str, data->len);
    else
        bqi_json_append_text(out, data->str, data->len);
}

static void append_opts(struct bqi_buffer *out, const redisReply *opts) {
    json_t *stored = json_loadb(opts->str, opts->len, JSON_ALLOW_NUL, NULL);
    json_t *expanded = json_is_object(stored) ? bqi_job_options_expand(stored) : NULL;
    append_json(out, expanded, "{}");
    json_decref(expanded);
    json_decref(stored);
}

static void append_scheduler(struct bqi_buffer *out, const char *id, const redisReply *hash,
                             const char *next) {
    const redisReply *data = bqi_job_field(hash, "data"), *opts = bqi_job_field(hash, "opts");
    json_t *settings = settings_of(id, hash, next);
    append_json(out, settings, "{}");
    json_decref(settings);
    if (!data && !opts)
        return;
    out->length--; /* the closing bracket */
    bqi_buffer_text(out, ",\"template\":{");
    if (data) {
        bqi_buffer_text(out, "\"data\":");
        append_data(out, data);
    }
    if (opts) {
        bqi_buffer_text(out, data ? ",\"opts\":" : "\"opts\":");
        append_opts(out, opts);
    }
    bqi_buffer_text(out, "}}");
}

static void answer(struct bqi_pending *pending, struct bqi_buffer *text) {
    if (text->failed)
        bqi_answer_no_memory(pending);
    else
        bqi_answer_text(pending->client, pending->operation, text->data, text->length);
    bqi_buffer_free(text);
}

/* ---- getJobScheduler ---- */

static int answer_legacy(struct bqi_pending *pending, const char *id) {
    struct bqi_error error;
    if (!bqi_scheduler_is_legacy(id))
        return 0;
    bqi_scheduler_refuse_legacy(id, "", &error);
    bqi_answer_error(pending->client, pending->operation, &error);
    return 1;
}

static int on_scheduler(struct bqi_pending *pending, const redisReply *reply) {
    struct bqi_buffer text = {0};
    int exists = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                 reply->element[0]->type == REDIS_REPLY_ARRAY &&
                 reply->element[1]->type == REDIS_REPLY_STRING;
    if (exists && reply->element[0]->elements == 0 && answer_legacy(pending, pending->subject))
        return 0;
    if (exists && reply->element[0]->elements > 0)
        append_scheduler(&text, pending->subject, reply->element[0], reply->element[1]->str);
    else
        bqi_buffer_text(&text, "null");
    answer(pending, &text);
    return 0;
}

void bqi_call_get_job_scheduler(const struct bqi_call *call) {
    const char *id = bqi_call_text(call, "id");
    struct bqi_pending *pending = bqi_pending_new(call, id, on_scheduler);
    struct bqi_words words;
    if (!pending)
        return;
    bqi_pending_script(pending, &words, "getJobScheduler");
    bqi_words_key(&words, &call->queue->keys, BQI_KEY_REPEAT);
    bqi_words_text(&words, id);
    bqi_pending_submit(pending, &words);
}

/* ---- getJobSchedulers ---- */

static void remove_words(struct bqi_words *words, const struct bqi_queue *queue, const char *id) {
    static const enum bqi_key keys[] = {BQI_KEY_REPEAT, BQI_KEY_DELAYED, BQI_KEY_EVENTS};
    bqi_words_init(words);
    bqi_words_script(words, bqi_script_find("removeJobScheduler"));
    bqi_words_keys(words, &queue->keys, keys, sizeof keys / sizeof *keys);
    bqi_words_text(words, id);
    bqi_words_key(words, &queue->keys, BQI_KEY_PREFIX);
}

static void on_ghost_removed(struct bqi_command *command, const redisReply *reply,
                             const struct bqi_error *error) {
    (void)reply;
    (void)error; /* the next reader finds it again */
    bqi_free(command);
}

/* An entry without its hash is no scheduler any more. */
static void remove_ghost(const struct bqi_pending *pending, const char *id) {
    struct bqi_command *command = bqi_calloc(sizeof *command);
    struct bqi_words words;
    if (!command)
        return;
    remove_words(&words, pending->queue, id);
    command->script = bqi_script_find("removeJobScheduler");
    command->patience = BQI_COUNTS_RETRIES;
    command->done = on_ghost_removed;
    bqi_connection_submit_words(pending->client->connection, &words, command);
}

static int on_schedulers(struct bqi_pending *pending, const redisReply *reply) {
    struct bqi_buffer text = {0};
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 3 != 0) {
        bqi_answer_unexpected(pending, "getJobSchedulers");
        return 0;
    }
    bqi_buffer_text(&text, "[");
    for (size_t i = 0; i < reply->elements; i += 3) {
        const char *id = reply->element[i]->str;
        const redisReply *hash = reply->element[i + 2];
        if (hash->elements == 0) {
            if (answer_legacy(pending, id)) {
                bqi_buffer_free(&text);
                return 0;
            }
            remove_ghost(pending, id);
            continue;
        }
        if (text.length > 1)
            bqi_buffer_text(&text, ",");
        append_scheduler(&text, id, hash, reply->element[i + 1]->str);
    }
    bqi_buffer_text(&text, "]");
    answer(pending, &text);
    return 0;
}

void bqi_call_get_job_schedulers(const struct bqi_call *call) {
    struct bqi_pending *pending = bqi_pending_new(call, NULL, on_schedulers);
    struct bqi_words words;
    if (!pending)
        return;
    bqi_pending_script(pending, &words, "getJobSchedulers");
    bqi_words_key(&words, &call->queue->keys, BQI_KEY_REPEAT);
    bqi_words_int(&words, bqi_call_int(call, "start", 0));
    bqi_words_int(&words, bqi_call_int(call, "end", -1));
    bqi_words_text(&words, bqi_call_bool(call, "asc", 0) ? "asc" : "desc");
    bqi_pending_submit(pending, &words);
}
