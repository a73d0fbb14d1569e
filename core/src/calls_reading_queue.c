/* Commands that count and list jobs. */
#include <stdio.h>
#include <string.h>

#include "call_rows.h"
#include "calls.h"
#include "number.h"

/* The numbers of a list, in the order in which they were asked for by `names`, as an object. */
static json_t *counts_by(const json_t *names, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != json_array_size(names))
        return NULL;
    json_t *counts = json_object();
    for (size_t i = 0; i < reply->elements; i++) {
        const json_t *name = json_array_get(names, i);
        char digits[24];
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(name));
        json_object_set_new(counts, json_is_string(name) ? json_string_value(name) : digits,
                            json_integer(reply->element[i]->integer));
    }
    return counts;
}

static json_t *read_counts(const struct bqi_pending *pending, const redisReply *reply) {
    return counts_by(json_object_get(pending->args, "types"), reply);
}

static json_t *read_priorities(const struct bqi_pending *pending, const redisReply *reply) {
    return counts_by(json_object_get(pending->args, "priorities"), reply);
}

static int is_list(const char *type) {
    return strcmp(type, "wait") == 0 || strcmp(type, "waiting") == 0 ||
           strcmp(type, "active") == 0 || strcmp(type, "paused") == 0;
}

static void append_once(json_t *ids, json_t *seen, const redisReply *id) {
    if (id->type != REDIS_REPLY_STRING || json_object_get(seen, id->str))
        return;
    json_object_set_new(seen, id->str, json_true());
    json_array_append_new(ids, bqi_reply_text(id));
}

/* The ids of lists come newest first, even where they are counted from the oldest. */
static json_t *read_ranges(const struct bqi_pending *pending, const redisReply *reply) {
    const json_t *types = json_object_get(pending->args, "types");
    int ascending = json_is_true(json_object_get(pending->args, "asc"));
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != json_array_size(types))
        return NULL;
    json_t *ids = json_array(), *seen = json_object();
    for (size_t type = 0; type < reply->elements; type++) {
        const redisReply *range = reply->element[type];
        int reversed = ascending && is_list(json_string_value(json_array_get(types, type)));
        for (size_t i = 0; i < range->elements; i++)
            append_once(ids, seen, range->element[reversed ? range->elements - 1 - i : i]);
    }
    json_decref(seen);
    return ids;
}

static json_t *number_of(const redisReply *reply) {
    return json_integer(reply->str ? bqi_number_parse_int(reply->str) : 0);
}

static json_t *read_metrics(const struct bqi_pending *pending, const redisReply *reply) {
    (void)pending;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
        reply->element[0]->elements != 3 || reply->element[1]->type != REDIS_REPLY_ARRAY)
        return NULL;
    redisReply *const *meta = reply->element[0]->element;
    const redisReply *points = reply->element[1];
    json_t *data = json_array();
    for (size_t i = 0; i < points->elements; i++)
        json_array_append_new(data, number_of(points->element[i]));
    return json_pack("{s:{s:o, s:o, s:o}, s:o, s:I}", "meta", "count", number_of(meta[0]), "prevTS",
                     number_of(meta[1]), "prevCount", number_of(meta[2]), "data", data, "count",
                     (json_int_t)reply->element[2]->integer);
}

const struct bqi_call_entry bqi_calls_reading_queue[] = {
    {"getJobCounts",
     {TYPES},
     .plan = {.script = "getCounts",
              .words = WORDS(KEY(PREFIX), TYPE_KEYS),
              .shape = BQI_SHAPE_JSON,
              .read = read_counts}},
    {"getJobCountByTypes",
     {TYPES},
     .plan = {.script = "getCounts",
              .words = WORDS(KEY(PREFIX), TYPE_KEYS),
              .shape = BQI_SHAPE_SUM}},
    {"count",
     {{0}},
     .plan = {.script = "getCounts",
              .words = WORDS(KEY(PREFIX), TEXT("wait"), TEXT("delayed"), TEXT("prioritized"),
                             TEXT("waiting-children")),
              .shape = BQI_SHAPE_SUM}},
    {"getDelayedCount",
     {{"timestamp", BQI_ARG_INTEGER, OPTIONAL, NULL, NULL, -MAX_SAFE, MAX_SAFE}},
     .plan = {.script = "getCounts",
              .words = WORDS(KEY(PREFIX), ARG("timestamp"), TEXT("delayed")),
              .shape = BQI_SHAPE_SUM}},
    {"getCountsPerPriority",
     {{"priorities", BQI_ARG_INTEGERS, REQUIRED, NULL, NULL, 0, MAX_PRIORITY}},
     .plan = {.script = "getCountsPerPriority",
              .words = WORDS(KEY(WAIT), KEY(PRIORITIZED), ARG("priorities")),
              .shape = BQI_SHAPE_JSON,
              .read = read_priorities}},
    {"getJobs",
     {TYPES, INDEX("start", "0"), INDEX("end", "-1"), FLAG("asc", "false")},
     .plan = {.script = "getJobs",
              .words =
                  WORDS(KEY(PREFIX), ARG("start"), ARG("end"), ARG("asc"), TEXT("5"), TYPE_KEYS),
              .shape = BQI_SHAPE_JOBS}},
    {"getRanges",
     {TYPES, INDEX("start", "0"), INDEX("end", "1"), FLAG("asc", "false")},
     .plan = {.script = "getRanges",
              .words = WORDS(KEY(PREFIX), ARG("start"), ARG("end"), ARG("asc"), TYPE_KEYS),
              .shape = BQI_SHAPE_JSON,
              .read = read_ranges}},
    {"getMetrics",
     {{"type", BQI_ARG_TEXT, REQUIRED, NULL, " completed failed "},
      INDEX("start", "0"),
      INDEX("end", "-1")},
     .plan = {.script = "getMetrics",
              .words = WORDS(SUBKEY("metrics:", "type", ""), SUBKEY("metrics:", "type", ":data"),
                             ARG("start"), ARG("end")),
              .shape = BQI_SHAPE_JSON,
              .read = read_metrics}},
    {"exportPrometheusMetrics",
     {{"globalVariables", BQI_ARG_LABELS, OPTIONAL, "{}"}},
     bqi_call_prometheus},
    {"getDependencies",
     {{"parentId", BQI_ARG_TEXT, REQUIRED},
      {"type", BQI_ARG_TEXT, REQUIRED, NULL, " processed pending "},
      {"start", BQI_ARG_INTEGER, OPTIONAL, "0", NULL, 0, MAX_SAFE},
      {"end", BQI_ARG_INTEGER, OPTIONAL, "-1", NULL, -1, MAX_SAFE}},
     bqi_call_get_dependencies},
    {"getWorkers", {{0}}, bqi_call_get_workers},
    {"getWorkersCount", {{0}}, bqi_call_get_workers_count},
    {"getQueueEvents", {{0}}, bqi_call_get_queue_events},
    {0},
};
