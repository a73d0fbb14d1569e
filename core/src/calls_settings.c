/* Commands on the queue's limits and what else its meta hash holds. */
#include <string.h>

#include "call_rows.h"
#include "calls.h"
#include "number.h"

#define COUNTED(argument)                                                                          \
    { argument, BQI_ARG_INTEGER, REQUIRED, NULL, NULL, 1, MAX_SAFE }

static json_t *number_of(const redisReply *reply) {
    return json_integer(bqi_number_parse_int(reply->str));
}

static json_t *read_number(const struct bqi_pending *pending, const redisReply *reply) {
    (void)pending;
    return reply->type == REDIS_REPLY_STRING ? number_of(reply) : json_null();
}

static json_t *read_text(const struct bqi_pending *pending, const redisReply *reply) {
    (void)pending;
    return reply->type == REDIS_REPLY_STRING ? bqi_reply_text(reply) : json_null();
}

static json_t *read_rate_limit(const struct bqi_pending *pending, const redisReply *reply) {
    (void)pending;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return NULL;
    if (reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_STRING)
        return json_null();
    return json_pack("{s:o, s:o}", "max", number_of(reply->element[0]), "duration",
                     number_of(reply->element[1]));
}

/* One field of the meta hash under the name and in the form that Node gives it. */
static void put_setting(json_t *meta, const redisReply *name, const redisReply *value) {
    static const char *const numbers[][2] = {{"opts.maxLenEvents", "maxLenEvents"},
                                             {"concurrency", "concurrency"},
                                             {"max", "max"},
                                             {"duration", "duration"}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(name->str, numbers[i][0]) == 0) {
            json_object_set_new(meta, numbers[i][1], number_of(value));
            return;
        }
    if (strcmp(name->str, "paused") == 0)
        json_object_set_new(meta, "paused", json_boolean(strcmp(value->str, "1") == 0));
    else
        json_object_set_new(meta, name->str, bqi_reply_text(value));
}

static json_t *read_meta(const struct bqi_pending *pending, const redisReply *reply) {
    (void)pending;
    if (reply->type != REDIS_REPLY_ARRAY)
        return NULL;
    json_t *meta = json_pack("{s:b}", "paused", 0);
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        put_setting(meta, reply->element[i], reply->element[i + 1]);
    return meta;
}

const struct bqi_call_entry bqi_calls_settings[] = {
    {"getMeta",
     {{0}},
     .plan = {.words = WORDS(TEXT("HGETALL"), KEY(META)),
              .shape = BQI_SHAPE_JSON,
              .read = read_meta}},
    {"getVersion",
     {{0}},
     .plan = {.words = WORDS(TEXT("HGET"), KEY(META), TEXT("version")),
              .shape = BQI_SHAPE_JSON,
              .read = read_text}},
    {"isMaxed",
     {{0}},
     .plan = {.script = "isMaxed",
              .words = WORDS(KEY(META), KEY(ACTIVE)),
              .shape = BQI_SHAPE_TRUTH}},
    {"setGlobalConcurrency",
     {COUNTED("concurrency")},
     .plan = {.words = WORDS(TEXT("HSET"), KEY(META), TEXT("concurrency"), ARG("concurrency"))}},
    {"getGlobalConcurrency",
     {{0}},
     .plan = {.words = WORDS(TEXT("HGET"), KEY(META), TEXT("concurrency")),
              .shape = BQI_SHAPE_JSON,
              .read = read_number}},
    {"removeGlobalConcurrency",
     {{0}},
     .plan = {.words = WORDS(TEXT("HDEL"), KEY(META), TEXT("concurrency")),
              .shape = BQI_SHAPE_INTEGER}},
    {"setGlobalRateLimit",
     {COUNTED("max"), COUNTED("duration")},
     .plan = {.words = WORDS(TEXT("HSET"), KEY(META), TEXT("max"), ARG("max"), TEXT("duration"),
                             ARG("duration"))}},
    {"getGlobalRateLimit",
     {{0}},
     .plan = {.words = WORDS(TEXT("HMGET"), KEY(META), TEXT("max"), TEXT("duration")),
              .shape = BQI_SHAPE_JSON,
              .read = read_rate_limit}},
    {"removeGlobalRateLimit",
     {{0}},
     .plan = {.words = WORDS(TEXT("HDEL"), KEY(META), TEXT("max"), TEXT("duration")),
              .shape = BQI_SHAPE_INTEGER}},
    {"rateLimit",
     {{"expireTimeMs", BQI_ARG_INTEGER, REQUIRED, NULL, NULL, 1, MAX_TIME}},
     /* More jobs than any limit allows. */
     .plan = {.words = WORDS(TEXT("SET"), KEY(LIMITER), TEXT("9007199254740991"), TEXT("PX"),
                             ARG("expireTimeMs"))}},
    {"removeRateLimitKey",
     {{0}},
     .plan = {.words = WORDS(TEXT("DEL"), KEY(LIMITER)), .shape = BQI_SHAPE_INTEGER}},
    {"getRateLimitTtl",
     {{"maxJobs", BQI_ARG_INTEGER, OPTIONAL, "0", NULL, 0, MAX_SAFE}},
     .plan = {.script = "getRateLimitTtl",
              .words = WORDS(KEY(LIMITER), KEY(META), ARG("maxJobs")),
              .shape = BQI_SHAPE_INTEGER}},
    {"getDeduplicationJobId",
     {ID},
     .plan = {.words = WORDS(TEXT("GET"), SUBKEY("de:", "id", "")),
              .shape = BQI_SHAPE_JSON,
              .read = read_text}},
    {"removeDeduplicationKey",
     {ID},
     .plan = {.words = WORDS(TEXT("DEL"), SUBKEY("de:", "id", "")), .shape = BQI_SHAPE_INTEGER}},
    {"removeDeprecatedPriorityKey",
     {{0}},
     .plan = {.words = WORDS(TEXT("DEL"), SUBKEY("priority", NULL, "")),
              .shape = BQI_SHAPE_INTEGER}},
    {"trimEvents",
     {{"maxLength", BQI_ARG_INTEGER, REQUIRED, NULL, NULL, 0, MAX_SAFE}},
     .plan = {.words =
                  WORDS(TEXT("XTRIM"), KEY(EVENTS), TEXT("MAXLEN"), TEXT("~"), ARG("maxLength")),
              .shape = BQI_SHAPE_INTEGER}},
    {0},
};
