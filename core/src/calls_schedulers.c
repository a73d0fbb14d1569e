/* Commands on job schedulers. */
#include "call_rows.h"
#include "calls.h"

const struct bqi_call_entry bqi_calls_schedulers[] = {
    {"upsertJobScheduler",
     {ID,
      {"repeat", BQI_ARG_OBJECT, REQUIRED},
      {"name", BQI_ARG_TEXT, OPTIONAL},
      {"opts", BQI_ARG_OBJECT, OPTIONAL}},
     bqi_call_upsert_job_scheduler},
    {"getJobScheduler", {ID}, bqi_call_get_job_scheduler},
    {"getJobSchedulers",
     {INDEX("start", "0"), INDEX("end", "-1"), FLAG("asc", "false")},
     bqi_call_get_job_schedulers},
    {"getJobSchedulersCount",
     {{0}},
     .plan = {.words = WORDS(TEXT("ZCARD"), KEY(REPEAT)), .shape = BQI_SHAPE_INTEGER}},
    {"removeJobScheduler",
     {ID},
     .plan = {.script = "removeJobScheduler",
              .words = WORDS(KEY(REPEAT), KEY(DELAYED), KEY(EVENTS), ARG("id"), KEY(PREFIX)),
              .shape = BQI_SHAPE_ZERO}},
    {0},
};
