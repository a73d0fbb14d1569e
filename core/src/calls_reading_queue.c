/* Commands that count and list. */
#include "call_rows.h"
#include "calls.h"

/* Numbers, in the order of the list that was asked with, as an object. */
static json_t *read_counts(const struct bqi_pending *pending, const redisReply *reply) {
    const json_t *types = json_object_get(pending->args, "types");
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != json_array_size(types))
        return NULL;
    json_t *counts = json_object();
    for (size_t i = 0; i < reply->elements; i++)
        json_object_set_new(counts, json_string_value(json_array_get(types, i)),
                            json_integer(reply->element[i]->integer));
    return counts;
}

const struct bqi_call_entry bqi_calls_reading_queue[] = {
    {"getJobCounts",
     {TYPES},
     .plan = {.script = "getCounts",
              .words = WORDS(KEY(PREFIX), TYPE_KEYS),
              .shape = BQI_SHAPE_JSON,
              .read = read_counts}},
    {0},
};
