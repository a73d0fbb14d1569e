/* All commands, by family: the rows of a family are in calls_<family>.c. */
#include "calls.h"

const struct bqi_call_entry *const bqi_call_families[] = {
    bqi_calls_adding,        bqi_calls_queue,        bqi_calls_settings,      bqi_calls_cleaning,
    bqi_calls_reading_queue, bqi_calls_reading_jobs, bqi_calls_changing_jobs, bqi_calls_events,
    bqi_calls_schedulers,    bqi_calls_flows,        bqi_calls_worker,        NULL,
};
