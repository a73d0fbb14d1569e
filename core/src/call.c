/* bq_call: finds the command, checks the call and runs it; and calls while they wait. */
#include "call.h"

#include <string.h>

#include "alloc.h"
#include "nearest.h"

static const struct bqi_call_entry *find_entry(const char *name) {
    for (const struct bqi_call_entry *const *family = bqi_call_families; *family; family++)
        for (const struct bqi_call_entry *entry = *family; entry->name; entry++)
            if (strcmp(entry->name, name) == 0)
                return entry;
    return NULL;
}

static const char *nearest_name(const char *name, unsigned *least) {
    const char *nearest = NULL;
    *least = ~0u;
    for (const struct bqi_call_entry *const *family = bqi_call_families; *family; family++)
        for (const struct bqi_call_entry *entry = *family; entry->name; entry++) {
            unsigned distance = bqi_name_distance(name, entry->name);
            if (distance < *least) {
                *least = distance;
                nearest = entry->name;
            }
        }
    return nearest;
}

static void refuse_unknown(bq_client *client, struct bqi_request *request) {
    struct bqi_error error;
    unsigned least;
    const char *nearest = nearest_name(request->args, &least);
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
                            request->payload_len,
                            entry};
    bqi_connection_start(client->connection);
    if (check_target(entry, &call, request->target, &error) != 0) {
        bqi_answer_error(client, request->operation, &error);
        return;
    }
    json_t *args = parse_args(request, &error);
    if (!args || bqi_call_check(entry, args, &error) != 0) {
        bqi_answer_error(client, request->operation, &error);
    } else {
        call.args = args;
        if (entry->run)
            entry->run(&call);
        else
            bqi_plan_run(&call, &entry->plan);
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
    if (pending->drop)
        pending->drop(pending);
    json_decref(pending->json);
    json_decref(pending->args);
    bqi_free(pending->subject);
    bqi_free(pending->field);
    bqi_free(pending);
}

static void on_done(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct bqi_pending *pending = (struct bqi_pending *)command;
    if (!error) {
        if (pending->on_reply(pending, reply))
            return;
    } else if (!pending->on_error || !pending->on_error(pending, error)) {
        bqi_answer_error(pending->client, pending->operation, error);
    }
    free_pending(pending);
}

struct bqi_pending *bqi_pending_new_sized(const struct bqi_call *call, const char *subject,
                                          int (*on_reply)(struct bqi_pending *, const redisReply *),
                                          size_t size) {
    struct bqi_pending *pending = bqi_calloc(size);
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
    pending->args = json_incref((json_t *)call->args);
    pending->on_reply = on_reply;
    return pending;
}

struct bqi_pending *bqi_pending_new(const struct bqi_call *call, const char *subject,
                                    int (*on_reply)(struct bqi_pending *, const redisReply *)) {
    return bqi_pending_new_sized(call, subject, on_reply, sizeof(struct bqi_pending));
}

void bqi_pending_script(struct bqi_pending *pending, struct bqi_words *words, const char *script) {
    pending->base.script = bqi_script_find(script);
    bqi_words_init(words);
    bqi_words_script(words, pending->base.script);
}

void bqi_pending_submit(struct bqi_pending *pending, struct bqi_words *words) {
    pending->base.reloads = 0;
    pending->base.failures = 0;
    pending->base.deadline = 0; /* each command of a call has its own */
    bqi_connection_submit_words(pending->client->connection, words, &pending->base);
}
