/* Commands that change one job. */
#include "call_rows.h"
#include "calls.h"

const struct bqi_call_entry bqi_calls_changing_jobs[] = {
    {"updateJobData",
     {ID},
     .plan = {.script = "updateData",
              .words = WORDS(JOB(""), PAYLOAD),
              .operation = "updateData",
              .json_payload = "data"}},
    {"updateJobProgress",
     {ID},
     .plan = {.script = "updateProgress",
              .words = WORDS(JOB(""), KEY(EVENTS), KEY(META), ARG("id"), PAYLOAD),
              .operation = "updateProgress",
              .json_payload = "progress"}},
    {"addJobLog",
     {ID, {"keepLogs", BQI_ARG_INTEGER, OPTIONAL, NULL, NULL, 0, MAX_SAFE}},
     .plan = {.script = "addLog",
              .words = WORDS(JOB(""), JOB(":logs"), ARG("id"), PAYLOAD, POSITIVE("keepLogs")),
              .shape = BQI_SHAPE_INTEGER,
              .operation = "addLog"}},
    {0},
};
