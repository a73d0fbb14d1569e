#include "call.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "flow.h"
#include "nearest.h"

const struct bqi_call_entry bqi_calls[] = {
    {"add", {{"name", BQI_ARG_TEXT, 1}, {"opts", BQI_ARG_OBJECT, 0}}, bqi_call_add},
    {"addBulk", {{0}}, bqi_call_add_bulk},
    {"addFlows",
     {{"prefix", BQI_ARG_TEXT, 0}, {"queuesOptions", BQI_ARG_OBJECT, 0}},
     bqi_call_add_flows,
     1},
    {"addJobLog",
     {{"id", BQI_ARG_TEXT, 1}, {"keepLogs", BQI_ARG_INTEGER, 0}},
     bqi_call_add_job_log},
    {"getFlow",
     {{"id", BQI_ARG_TEXT, 1},
      {"queueName", BQI_ARG_TEXT, 1},
      {"prefix", BQI_ARG_TEXT, 0},
      {"depth", BQI_ARG_INTEGER, 0},
      {"maxChildren", BQI_ARG_INTEGER, 0}},
     bqi_call_get_flow,
     1},
    {"getJob", {{"id", BQI_ARG_TEXT, 1}}, bqi_call_get_job},
    {"getJobCounts", {{"types", BQI_ARG_TEXTS, 0}}, bqi_call_get_job_counts},
    {"getJobLogs",
     {{"id", BQI_ARG_TEXT, 1},
      {"start", BQI_ARG_INTEGER, 0},
      {"end", BQI_ARG_INTEGER, 0},
      {"asc", BQI_ARG_BOOLEAN, 0}},
     bqi_call_get_job_logs},
    {"getJobState", {{"id", BQI_ARG_TEXT, 1}}, bqi_call_get_job_state},
    {"isPaused", {{0}}, bqi_call_is_paused},
    {"obliterate",
     {{"force", BQI_ARG_BOOLEAN, 0}, {"count", BQI_ARG_INTEGER, 0}},
     bqi_call_obliterate},
    {"pause", {{0}}, bqi_call_pause},
    {"resume", {{0}}, bqi_call_resume},
    {"updateJobData", {{"id", BQI_ARG_TEXT, 1}}, bqi_call_update_job_data},
    {"updateJobProgress", {{"id", BQI_ARG_TEXT, 1}}, bqi_call_update_job_progress},
};

const size_t bqi_call_count = sizeof bqi_calls / sizeof *bqi_calls;

/* ---- arguments ---- */

static const char *const type_names[] = {
    "", "text", "an integer", "true or false", "a list of texts", "an object"};

static int is_texts(const json_t *value) {
    if (!json_is_array(value))
        return 0;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)))
            return 0;
    return 1;
}

/* A job's name may be any text; other texts become parts of keys, where a NUL would end them. */
static int fits(const char *name, enum bqi_argument_type type, const json_t *value) {
    switch (type) {
    case BQI_ARG_TEXT:
        return json_is_string(value) && json_string_length(value) > 0 &&
               (strcmp(name, "name") == 0 ||
                strlen(json_string_value(value)) == json_string_length(value));
    case BQI_ARG_INTEGER:
        return json_is_integer(value);
    case BQI_ARG_BOOLEAN:
        return json_is_boolean(value);
    case BQI_ARG_TEXTS:
        return is_texts(value);
    default:
        return json_is_object(value);
    }
}

static int check_known(const struct bqi_call_entry *entry, const json_t *args,
                       struct bqi_error *error) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)args, key, value) {
        const struct bqi_argument *argument = entry->arguments;
        while (argument->name && strcmp(argument->name, key) != 0)
            argument++;
        if (!argument->name)
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "%s has no argument \"%s\".",
                                 entry->name, key);
    }
    return 0;
}

static int check_arguments(const struct bqi_call_entry *entry, const json_t *args,
                           struct bqi_error *error) {
    for (const struct bqi_argument *argument = entry->arguments; argument->name; argument++) {
        const json_t *value = json_object_get(args, argument->name);
        if ((!value || json_is_null(value)) && !argument->required)
            continue;
        if (!value || !fits(argument->name, argument->type, value))
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "%s needs the argument \"%s\": %s%s.", entry->name, argument->name,
                                 type_names[argument->type],
                                 argument->type == BQI_ARG_TEXT ? " that is not empty" : "");
    }
    return check_known(entry, args, error);
}

const char *bqi_call_text(const struct bqi_call *call, const char *name) {
    return json_string_value(json_object_get(call->args, name));
}

int64_t bqi_call_int(const struct bqi_call *call, const char *name, int64_t unset) {
    const json_t *value = json_object_get(call->args, name);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : unset;
}

int bqi_call_bool(const struct bqi_call *call, const char *name, int unset) {
    const json_t *value = json_object_get(call->args, name);
    return json_is_boolean(value) ? json_is_true(value) : unset;
}

/* ---- running ---- */

static const struct bqi_call_entry *find_entry(const char *name) {
    for (size_t i = 0; i < bqi_call_count; i++)
        if (strcmp(bqi_calls[i].name, name) == 0)
            return &bqi_calls[i];
    return NULL;
}

static void refuse_unknown(bq_client *client, struct bqi_request *request) {
    struct bqi_error error;
    const char *nearest = NULL;
    unsigned least = ~0u;
    for (size_t i = 0; i < bqi_call_count; i++) {
        unsigned distance = bqi_name_distance(request->args, bqi_calls[i].name);
        if (distance < least) {
            least = distance;
            nearest = bqi_calls[i].name;
        }
    }
    int near = nearest && bqi_name_is_near(least, request->args);
    bqi_error_set(&error, BQ_ERR_UNKNOWN_COMMAND, "There is no command \"%.100s\".%s%s%s",
                  request->args, near ? " Did you mean \"" : "", near ? nearest : "",
                  near ? "\"?" : "");
    bqi_answer_error(client, request->operation, &error);
}

static json_t *parse_args(const struct bqi_request *request, struct bqi_error *error) {
    json_error_t where;
    if (request->args_len == 0)
        return json_object();
    json_t *args = json_loadb(request->args, request->args_len, JSON_ALLOW_NUL, &where);
    if (json_is_object(args))
        return args;
    bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                  "The arguments of a command must be one JSON object: %s (at byte %d).",
                  args ? "they are something else" : where.text, args ? 0 : where.position);
    json_decref(args);
    return NULL;
}

/* A command runs on an open queue or, if it belongs to none, on handle 0. */
static int check_target(const struct bqi_call_entry *entry, const struct bqi_call *call,
                        bq_id target, struct bqi_error *error) {
    if (entry->on_client ? target == 0 : call->queue != NULL)
        return 0;
    if (entry->on_client)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "%s belongs to no queue: call it with queue handle 0, not %lld.",
                             entry->name, (long long)target);
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "There is no open queue with handle %lld.",
                         (long long)target);
}

static void run_call(bq_client *client, struct bqi_request *request) {
    const struct bqi_call_entry *entry = request->object;
    struct bqi_error error;
    struct bqi_call call = {client,
                            bqi_idmap_get(&client->queues, request->target),
                            request->operation,
                            NULL,
                            request->payload,
                            request->payload_len};
    bqi_connection_start(client->connection);
    if (check_target(entry, &call, request->target, &error) != 0) {
        bqi_answer_error(client, request->operation, &error);
        return;
    }
    json_t *args = parse_args(request, &error);
    if (!args || check_arguments(entry, args, &error) != 0) {
        bqi_answer_error(client, request->operation, &error);
    } else {
        call.args = args;
        entry->run(&call);
    }
    json_decref(args);
}

/* A command of no queue may be the first use of a client. */
static int start_for_call(bq_client *client) {
    return atomic_load(&client->closing) ? BQ_ECLOSED : bqi_client_start(client);
}

bq_id bq_call(bq_client *client, bq_id queue, const char *command, bq_bytes args,
              bq_bytes payload) {
    if (!client || !command || (!args.ptr && args.len) || (!payload.ptr && payload.len))
        return BQ_EINVAL;
    if (bqi_client_is_forked(client))
        return BQ_EFORKED;
    bq_id status = 0;
    if (atomic_fetch_add(&client->pending, 1) >= client->max_pending) {
        atomic_fetch_sub(&client->pending, 1);
        return BQ_EFULL;
    }
    const struct bqi_call_entry *entry = find_entry(command);
    if (queue == 0 && (status = start_for_call(client)) < 0) {
        atomic_fetch_sub(&client->pending, 1);
        return status;
    }
    bq_bytes name = {command, strlen(command) + 1};
    struct bqi_request *request = entry ? bqi_request_new(run_call, args, payload)
                                        : bqi_request_new(refuse_unknown, name, payload);
    if (request) {
        request->target = queue;
        request->object = (void *)entry;
    }
    bq_id operation = bqi_client_post(client, request, 0);
    if (operation < 0)
        atomic_fetch_sub(&client->pending, 1);
    return operation;
}

/* ---- one Redis command ---- */

static void free_pending(struct bqi_pending *pending) {
    json_decref(pending->json);
    bqi_free(pending->subject);
    bqi_free(pending);
}

static void on_done(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct bqi_pending *pending = (struct bqi_pending *)command;
    if (error)
        bqi_answer_error(pending->client, pending->operation, error);
    else if (pending->on_reply(pending, reply))
        return;
    free_pending(pending);
}

struct bqi_pending *bqi_pending_new(const struct bqi_call *call, const char *subject,
                                    int (*on_reply)(struct bqi_pending *, const redisReply *)) {
    struct bqi_pending *pending = bqi_calloc(sizeof *pending);
    if (pending && subject && !(pending->subject = bqi_strndup(subject, strlen(subject)))) {
        bqi_free(pending);
        pending = NULL;
    }
    if (!pending) {
        struct bqi_error error;
        bqi_error_no_memory(&error);
        bqi_answer_error(call->client, call->operation, &error);
        return NULL;
    }
    pending->base.patience = BQI_COUNTS_RETRIES;
    pending->base.done = on_done;
    pending->client = call->client;
    pending->queue = call->queue;
    pending->operation = call->operation;
    pending->on_reply = on_reply;
    return pending;
}

void bqi_pending_script(struct bqi_pending *pending, struct bqi_words *words, const char *script) {
    pending->base.script = bqi_script_find(script);
    bqi_words_init(words);
    bqi_words_script(words, pending->base.script);
}

void bqi_pending_submit(struct bqi_pending *pending, struct bqi_words *words) {
    pending->base.reloads = 0;
    bqi_connection_submit_words(pending->client->connection, words, &pending->base);
}

/* ---- answers ---- */

static void ended(bq_client *client) {
    atomic_fetch_sub(&client->pending, 1);
}

void bqi_answer_done(bq_client *client, bq_id operation) {
    bqi_client_reply(client, operation);
    ended(client);
}

void bqi_answer_text(bq_client *client, bq_id operation, const char *text, size_t len) {
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_REPLY, operation);
    bqi_record_bytes(&event, BQ_TAG_VALUE, text, len);
    bqi_record_end(&event);
    ended(client);
}

void bqi_answer_int(bq_client *client, bq_id operation, int64_t value) {
    struct bqi_record event = bqi_outbox_begin(&client->outbox, BQ_EV_REPLY, operation);
    bqi_record_int(&event, BQ_TAG_VALUE, value);
    bqi_record_end(&event);
    ended(client);
}

void bqi_answer_json(bq_client *client, bq_id operation, const json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    bqi_answer_text(client, operation, text ? text : "null", text ? strlen(text) : 4);
    free(text);
}

void bqi_answer_error(bq_client *client, bq_id operation, const struct bqi_error *error) {
    bqi_client_error(client, operation, error);
    ended(client);
}

json_t *bqi_entry_error(const struct bqi_error *error) {
    return json_pack("{s:i, s:s, s:s}", "code", error->code, "name", bqi_error_name(error->code),
                     "message", error->message);
}

void bqi_answer_unexpected(const struct bqi_pending *pending, const char *command) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_UNEXPECTED_REPLY,
                  "The answer to %s has a shape that BullMQ's protocol does not have.", command);
    bqi_answer_error(pending->client, pending->operation, &error);
}
