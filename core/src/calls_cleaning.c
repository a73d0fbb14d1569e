/* Commands that remove, retry or promote many jobs. */
#include "call_rows.h"
#include "calls.h"

#define COUNT_PER_CALL                                                                             \
    { "count", BQI_ARG_INTEGER, OPTIONAL, "250", NULL, 1, MAX_SAFE }

const struct bqi_call_entry bqi_calls_cleaning[] = {
    {"drain",
     {FLAG("delayed", "false")},
     .plan = {.script = "drain",
              .words = WORDS(KEY(WAIT), KEY(PAUSED), KEY(DELAYED), KEY(PRIORITIZED), KEY(REPEAT),
                             KEY(PREFIX), ARG("delayed"), TEXT("250")),
              .shape = BQI_SHAPE_REPEAT}},
    {"clean",
     {{"grace", BQI_ARG_INTEGER, REQUIRED, NULL, NULL, 0, MAX_TIME},
      {"limit", BQI_ARG_INTEGER, REQUIRED, NULL, NULL, 0, MAX_SAFE},
      {"type", BQI_ARG_TEXT, OPTIONAL, "\"completed\"",
       " completed wait waiting active paused delayed failed prioritized "}},
     bqi_call_clean},
    {"retryJobs",
     {COUNT_PER_CALL,
      {"state", BQI_ARG_TEXT, OPTIONAL, "\"failed\"", " failed completed "},
      {"timestamp", BQI_ARG_INTEGER, OPTIONAL, NULL, NULL, 0, MAX_SAFE}},
     .plan = {.script = "moveJobsToWait",
              .words = WORDS(KEY(PREFIX), KEY(EVENTS), SUBKEY("", "state", ""), KEY(WAIT),
                             KEY(PAUSED), KEY(META), KEY(ACTIVE), KEY(MARKER), ARG("count"),
                             NOW_OR("timestamp"), ARG("state")),
              .shape = BQI_SHAPE_REPEAT}},
    {"promoteJobs",
     {COUNT_PER_CALL},
     .plan = {.script = "moveJobsToWait",
              .words =
                  WORDS(KEY(PREFIX), KEY(EVENTS), KEY(DELAYED), KEY(WAIT), KEY(PAUSED), KEY(META),
                        KEY(ACTIVE), KEY(MARKER), ARG("count"), TEXT("+inf"), TEXT("delayed")),
              .shape = BQI_SHAPE_REPEAT}},
    {"removeOrphanedJobs",
     {COUNT_PER_CALL, {"limit", BQI_ARG_INTEGER, OPTIONAL, "0", NULL, 0, MAX_SAFE}},
     bqi_call_remove_orphaned_jobs},
    {0},
};
