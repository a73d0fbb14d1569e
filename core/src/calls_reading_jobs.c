/* Commands that read one job. */
#include "call_rows.h"
#include "calls.h"

#define IN_SET(which)                                                                              \
    { .words = WORDS(TEXT("ZSCORE"), KEY(which), ARG("id")), .shape = BQI_SHAPE_FOUND }
#define STATE_WORDS                                                                                \
    WORDS(KEY(COMPLETED), KEY(FAILED), KEY(DELAYED), KEY(ACTIVE), KEY(WAIT), KEY(PAUSED),          \
          KEY(WAITING_CHILDREN), KEY(PRIORITIZED), ARG("id"))
#define PAGE(argument)                                                                             \
    { argument, BQI_ARG_PAGE, OPTIONAL }

static json_t *read_texts(const struct bqi_pending *pending, const redisReply *reply) {
    (void)pending;
    if (reply->type != REDIS_REPLY_ARRAY)
        return NULL;
    json_t *texts = json_object();
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        json_object_set_new(texts, reply->element[i]->str, bqi_reply_text(reply->element[i + 1]));
    return texts;
}

const struct bqi_call_entry bqi_calls_reading_jobs[] = {
    {"getJob", {ID}, .plan = {.words = WORDS(TEXT("HGETALL"), JOB("")), .shape = BQI_SHAPE_JOB}},
    {"getJobState",
     {ID},
     .plan = {.script = "getStateV2", .words = STATE_WORDS, .shape = BQI_SHAPE_TEXT}},
    {"isJobCompleted", {ID}, .plan = IN_SET(COMPLETED)},
    {"isJobFailed", {ID}, .plan = IN_SET(FAILED)},
    {"isJobDelayed", {ID}, .plan = IN_SET(DELAYED)},
    {"isJobWaitingChildren", {ID}, .plan = IN_SET(WAITING_CHILDREN)},
    {"isJobActive",
     {ID},
     .plan = {.words = WORDS(TEXT("LPOS"), KEY(ACTIVE), ARG("id")), .shape = BQI_SHAPE_FOUND}},
    /* Not one that is prioritized. */
    {"isJobWaiting",
     {ID},
     .plan = {.script = "getStateV2",
              .words = STATE_WORDS,
              .shape = BQI_SHAPE_EQUALS,
              .equals = "waiting"}},
    {"getJobLogs",
     {ID,
      {"start", BQI_ARG_INTEGER, OPTIONAL, "0"},
      {"end", BQI_ARG_INTEGER, OPTIONAL, "-1"},
      FLAG("asc", "true")},
     bqi_call_get_job_logs},
    {"getJobChildrenValues", {ID}, bqi_call_get_job_children_values},
    {"getJobIgnoredChildrenFailures",
     {ID},
     .plan = {.words = WORDS(TEXT("HGETALL"), JOB(":failed")),
              .shape = BQI_SHAPE_JSON,
              .read = read_texts}},
    {"getJobDependencies",
     {ID, PAGE("processed"), PAGE("unprocessed"), PAGE("ignored"), PAGE("failed")},
     bqi_call_get_job_dependencies},
    {"getJobDependenciesCount",
     {ID, FLAG("processed", "false"), FLAG("unprocessed", "false"), FLAG("ignored", "false"),
      FLAG("failed", "false")},
     bqi_call_get_job_dependencies_count},
    {0},
};
