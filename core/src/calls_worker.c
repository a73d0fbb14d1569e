/* Commands that take a job by hand and end it, under the options of a worker. */
#include "call_rows.h"
#include "calls.h"

#define WORKER                                                                                     \
    { "worker", BQI_ARG_INTEGER, REQUIRED }

const struct bqi_call_entry bqi_calls_worker[] = {
    {"getNextJob",
     {WORKER, {"token", BQI_ARG_TEXT, REQUIRED}, FLAG("block", "true")},
     bqi_call_get_next_job},
    {"moveJobToCompleted",
     {WORKER, ID, TOKEN, FLAG("fetchNext", "true")},
     bqi_call_move_job_to_completed},
    {"moveJobToFailed",
     {WORKER, ID, TOKEN, FLAG("fetchNext", "false")},
     bqi_call_move_job_to_failed},
    {"startStalledCheckTimer", {WORKER}, bqi_call_start_stalled_check_timer},
    {0},
};
