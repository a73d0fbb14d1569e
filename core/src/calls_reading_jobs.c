/* Commands that read one job. */
#include "call_rows.h"
#include "calls.h"

const struct bqi_call_entry bqi_calls_reading_jobs[] = {
    {"getJob", {ID}, .plan = {.words = WORDS(TEXT("HGETALL"), JOB("")), .shape = BQI_SHAPE_JOB}},
    {"getJobState",
     {ID},
     .plan = {.script = "getStateV2",
              .words = WORDS(KEY(COMPLETED), KEY(FAILED), KEY(DELAYED), KEY(ACTIVE), KEY(WAIT),
                             KEY(PAUSED), KEY(WAITING_CHILDREN), KEY(PRIORITIZED), ARG("id")),
              .shape = BQI_SHAPE_TEXT}},
    {"getJobLogs",
     {ID,
      {"start", BQI_ARG_INTEGER, OPTIONAL, "0"},
      {"end", BQI_ARG_INTEGER, OPTIONAL, "-1"},
      FLAG("asc", "true")},
     bqi_call_get_job_logs},
    {0},
};
