/* upsertJobScheduler: a template and a rule by which jobs are made from it, one after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "calls.h"
#include "clock.h"
#include "job_fields.h"
#include "option.h"
#include "pack.h"
#include "scheduler.h"

/* All that the script is called with, and what the answer is made of. */
struct template {
    const char *scheduler;
    const char *name;
    size_t name_len;
    const char *data;
    size_t data_len;
    json_t *opts; /* stored form */
    struct bqi_iteration iteration;
    int64_t now;
};

/* ---- checks ---- */

/* What each iteration gets of its own. */
static int check_template(const json_t *opts, struct bqi_error *error) {
    static const char *const own[] = {"jobId", "delay", "timestamp", "parent"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const json_t *value = json_object_get(opts, own[i]);
        if (value && !json_is_null(value))
            return bqi_error_set(
                error, BQ_ERR_INVALID_ARGUMENT,
                "The jobs of a scheduler cannot have the option \"%s\": a scheduler "
                "decides on it for each of them. Leave it out.",
                own[i]);
    }
    return 0;
}

static int check_repeat(bq_client *client, const json_t *repeat, int64_t now,
                        struct bqi_error *error) {
    const char *zone = json_string_value(json_object_get(repeat, "tz"));
    int64_t end = bqi_repeat_number(repeat, "endDate");
    if (end && end < now)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "End date must be greater than current timestamp");
    if (zone && !bqi_zone_cache_get(&client->zones, zone, error))
        return -1;
    return 0;
}

/* Node's texts come first: an `every` of 0 alone counts as none. */
static int check_types(const json_t *repeat, struct bqi_error *error) {
    const json_t *every = json_object_get(repeat, "every");
    int is_zero = json_is_number(every) && json_number_value(every) == 0;
    if (is_zero && !json_is_string(json_object_get(repeat, "pattern")))
        return bqi_iteration_check(repeat, error);
    return bqi_option_check_object(&bqi_option_scopes[BQ_CONF_REPEAT], repeat, error);
}

/* ---- the answer ---- */

static void write_job(struct bqi_pending *pending, const char *id, int64_t delay) {
    json_t *opts = json_object_get(pending->json, "opts");
    json_t *data = json_object_get(pending->json, "data");
    json_t *name = json_object_get(pending->json, "name");
    const char *deduplication =
        json_string_value(json_object_get(json_object_get(opts, "de"), "id"));
    json_object_set_new(opts, "jobId", json_string(id));
    json_object_set_new(opts, "delay", json_integer(delay));
    json_t *expanded = bqi_job_options_expand(opts);
    char *text = expanded ? json_dumps(expanded, JSON_COMPACT) : NULL;
    struct bqi_record event =
        bqi_outbox_begin(&pending->client->outbox, BQ_EV_REPLY, pending->operation);
    bqi_record_text(&event, BQ_TAG_JOB_ID, id);
    bqi_record_bytes(&event, BQ_TAG_NAME, json_string_value(name), json_string_length(name));
    bqi_record_bytes(&event, BQ_TAG_DATA, json_string_value(data), json_string_length(data));
    bqi_record_text(&event, BQ_TAG_OPTS, text ? text : "{}");
    bqi_record_int(&event, BQ_TAG_TIMESTAMP, pending->number);
    bqi_record_float(&event, BQ_TAG_DELAY, (double)delay);
    bqi_record_int(&event, BQ_TAG_PRIORITY,
                   (int64_t)json_number_value(json_object_get(opts, "priority")));
    bqi_record_text(&event, BQ_TAG_REPEAT_JOB_KEY, pending->subject);
    if (deduplication)
        bqi_record_text(&event, BQ_TAG_DEDUPLICATION_ID, deduplication);
    bqi_record_end(&event);
    bqi_answer_written(pending->client);
    free(text);
    json_decref(expanded);
}

static int on_scheduled(struct bqi_pending *pending, const redisReply *reply) {
    struct bqi_error error;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[0]->type == REDIS_REPLY_STRING &&
        reply->element[1]->type == REDIS_REPLY_INTEGER) {
        write_job(pending, reply->element[0]->str, reply->element[1]->integer);
    } else if (reply->type == REDIS_REPLY_INTEGER) {
        bqi_error_set_script(&error, reply->integer, pending->subject, "addJobScheduler", "");
        bqi_answer_error(pending->client, pending->operation, &error);
    } else {
        bqi_answer_unexpected(pending, "addJobScheduler");
    }
    return 0;
}

/* ---- the call ---- */

static void pack_rule(msgpack_sbuffer *out, const struct template *template) {
    static const char *const members[] = {"startDate", "endDate", "tz",    "pattern",
                                          "every",     "limit",   "offset"};
    msgpack_packer packer;
    unsigned count = 0;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        count += json_object_get(template->iteration.repeat, members[i]) != NULL;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, count + 1);
    bqi_pack_text(&packer, "name");
    bqi_pack_bytes(&packer, template->name, template->name_len);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const json_t *value = json_object_get(template->iteration.repeat, members[i]);
        if (!value)
            continue;
        bqi_pack_text(&packer, members[i]);
        bqi_pack_json(&packer, value);
    }
}

static void submit(struct bqi_pending *pending, const struct template *template,
                   const msgpack_sbuffer packed[3]) {
    static const enum bqi_key names[] = {BQI_KEY_REPEAT, BQI_KEY_DELAYED, BQI_KEY_WAIT,
                                         BQI_KEY_PAUSED, BQI_KEY_META,    BQI_KEY_PRIORITIZED,
                                         BQI_KEY_MARKER, BQI_KEY_ID,      BQI_KEY_EVENTS,
                                         BQI_KEY_PC,     BQI_KEY_ACTIVE};
    const struct bqi_keys *keys = &pending->queue->keys;
    struct bqi_words words;
    bqi_pending_script(pending, &words, "addJobScheduler");
    bqi_words_keys(&words, keys, names, sizeof names / sizeof *names);
    if (template->iteration.next)
        bqi_words_int(&words, template->iteration.next);
    else
        bqi_words_text(&words, "");
    bqi_words_add(&words, packed[0].data, packed[0].size);
    bqi_words_text(&words, template->scheduler);
    bqi_words_add(&words, template->data, template->data_len);
    bqi_words_add(&words, packed[1].data, packed[1].size);
    bqi_words_add(&words, packed[2].data, packed[2].size);
    bqi_words_int(&words, template->now);
    bqi_words_key(&words, keys, BQI_KEY_PREFIX);
    bqi_words_text(&words, "");
    bqi_pending_submit(pending, &words);
}

static void send_template(const struct bqi_call *call, const struct template *template) {
    struct bqi_error error;
    msgpack_packer packer;
    msgpack_sbuffer packed[3]; /* rule, template, iteration */
    struct bqi_pending *pending = NULL;
    json_t *opts = json_copy(template->opts);
    for (int i = 0; i < 3; i++)
        msgpack_sbuffer_init(&packed[i]);
    pack_rule(&packed[0], template);
    msgpack_packer_init(&packer, &packed[1], msgpack_sbuffer_write);
    bqi_pack_json(&packer, template->opts);
    if (opts && bqi_iteration_pack_options(&template->iteration, opts, template->scheduler,
                                           template->now, &packed[2]) == 0)
        pending = bqi_pending_new(call, template->scheduler, on_scheduled);
    else
        bqi_answer_error(call->client, call->operation,
                         (bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory."), &error));
    if (pending) {
        pending->number = template->now;
        pending->json = json_pack(
            "{s:o, s:o, s:O}", "name", json_stringn_nocheck(template->name, template->name_len),
            "data", json_stringn_nocheck(template->data, template->data_len), "opts", opts);
        submit(pending, template, packed);
    }
    for (int i = 0; i < 3; i++)
        msgpack_sbuffer_destroy(&packed[i]);
    json_decref(opts);
}

/* All that can be refused is refused here, before anything is sent. */
static enum bqi_iteration_status prepare(const struct bqi_call *call, struct template *template,
                                         struct bqi_error *error) {
    const json_t *repeat = json_object_get(call->args, "repeat");
    const json_t *opts = json_object_get(call->args, "opts");
    if (check_types(repeat, error) != 0 || check_template(opts, error) != 0 ||
        check_repeat(call->client, repeat, template->now, error) != 0)
        return BQI_ITERATION_REFUSED;
    template->opts = bqi_job_options_template(call->queue->default_job_options, opts, error);
    if (!template->opts)
        return BQI_ITERATION_REFUSED;
    return bqi_iteration_next(&template->iteration, &call->client->zones, repeat, 0, template->now,
                              error);
}

void bqi_call_upsert_job_scheduler(const struct bqi_call *call) {
    const json_t *name = json_object_get(
        call->args, json_is_string(json_object_get(call->args, "name")) ? "name" : "id");
    struct bqi_error error;
    struct template template = {.scheduler = bqi_call_text(call, "id"),
                                .name = json_string_value(name),
                                .name_len = json_string_length(name),
                                .data = call->payload_len ? call->payload : "{}",
                                .data_len = call->payload_len ? call->payload_len : 2,
                                .now = bqi_now()};
    enum bqi_iteration_status status = prepare(call, &template, &error);
    if (status == BQI_ITERATION_REFUSED)
        bqi_answer_error(call->client, call->operation, &error);
    else if (status == BQI_ITERATION_OVER)
        bqi_answer_done(call->client, call->operation);
    else
        send_template(call, &template);
    json_decref(template.iteration.repeat);
    json_decref(template.opts);
}
