/* getWorkers, getWorkersCount, getQueueEvents: who reads the queue, by the names of the server's
 * connections (protocol/5 section 3.6). */
#include <string.h>
#include <strings.h>

#include "alloc.h"
#include "call_rows.h"
#include "calls.h"

static const struct bqi_plan list_plan = {.words = WORDS(TEXT("CLIENT"), TEXT("LIST"))};

struct listing {
    struct bqi_pending base;
    char *name;       /* that connections have, or */
    char *name_start; /* that their names begin with; NULL: no others */
    int counts;       /* the answer is how many there are */
};

static void drop_listing(struct bqi_pending *pending) {
    struct listing *listing = (struct listing *)pending;
    bqi_free(listing->name);
    bqi_free(listing->name_start);
}

/* "a=1 b=2" as an object. */
static json_t *parse_line(const char *line, size_t len) {
    json_t *client = json_object();
    for (const char *at = line, *end = line + len; at < end;) {
        const char *stop = memchr(at, ' ', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        json_t *key = equals ? json_stringn(at, (size_t)(equals - at)) : NULL;
        if (key)
            json_object_set_new(client, json_string_value(key),
                                json_stringn(equals + 1, (size_t)(stop - equals - 1)));
        json_decref(key);
        at = stop + 1;
    }
    return client;
}

static int is_wanted(const struct listing *listing, const char *name) {
    return name && (strcmp(name, listing->name) == 0 ||
                    (listing->name_start &&
                     strncmp(name, listing->name_start, strlen(listing->name_start)) == 0));
}

static void take_line(const struct listing *listing, json_t *clients, const char *line,
                      size_t len) {
    json_t *client = parse_line(line, len);
    json_t *name = json_object_get(client, "name");
    if (is_wanted(listing, json_string_value(name))) {
        json_object_set(client, "rawname", name);
        json_object_set_new(client, "name", json_string(listing->base.queue->name));
        json_array_append(clients, client);
    }
    json_decref(client);
}

static void answer_clients(struct listing *listing, const json_t *clients) {
    struct bqi_pending *pending = &listing->base;
    if (listing->counts)
        bqi_answer_int(pending->client, pending->operation, (int64_t)json_array_size(clients));
    else
        bqi_answer_json(pending->client, pending->operation, clients);
}

static int on_list(struct bqi_pending *pending, const redisReply *reply) {
    struct listing *listing = (struct listing *)pending;
    if (!reply->str) {
        bqi_answer_unexpected(pending, "CLIENT LIST");
        return 0;
    }
    json_t *clients = json_array();
    for (const char *line = reply->str, *end; *line; line = *end ? end + 1 : end) {
        end = strchrnul(line, '\n');
        take_line(listing, clients, line, (size_t)(end - line));
    }
    answer_clients(listing, clients);
    json_decref(clients);
    return 0;
}

/* Some hosted servers have no such command; Node then answers this. */
static int on_refused(struct bqi_pending *pending, const struct bqi_error *error) {
    if (!strcasestr(error->message, "unknown command 'client'") &&
        !strcasestr(error->message, "unknown command `client`"))
        return 0;
    json_t *clients = json_pack("[{s:s}]", "name", "GCP does not support client list");
    answer_clients((struct listing *)pending, clients);
    json_decref(clients);
    return 1;
}

static void list(const struct bqi_call *call, const char *suffix, const char *start, int counts) {
    struct listing *listing =
        (struct listing *)bqi_pending_new_sized(call, NULL, on_list, sizeof *listing);
    struct bqi_error error;
    if (!listing)
        return;
    listing->base.drop = drop_listing;
    listing->base.on_error = on_refused;
    listing->counts = counts;
    listing->name = bqi_queue_client_name(call->queue, suffix);
    listing->name_start = start ? bqi_queue_client_name(call->queue, start) : NULL;
    if (listing->name && (listing->name_start || !start)) {
        bqi_plan_submit(&listing->base, &list_plan);
        return;
    }
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; nothing was sent.");
    listing->base.base.done(&listing->base.base, NULL, &error);
}

void bqi_call_get_workers(const struct bqi_call *call) {
    list(call, "", ":w:", 0);
}

void bqi_call_get_workers_count(const struct bqi_call *call) {
    list(call, "", ":w:", 1);
}

void bqi_call_get_queue_events(const struct bqi_call *call) {
    list(call, ":qe", NULL, 0);
}
