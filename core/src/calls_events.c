/* Commands about the event stream: publishing, and waiting for the end of a job. */
#include "call_rows.h"
#include "calls.h"

const struct bqi_call_entry bqi_calls_events[] = {
    {"publishEvent",
     {{"eventName", BQI_ARG_TEXT, REQUIRED},
      {"fields", BQI_ARG_LABELS, OPTIONAL},
      {"maxEvents", BQI_ARG_INTEGER, OPTIONAL}},
     bqi_call_publish_event},
    {"waitUntilFinished",
     {ID, {"events", BQI_ARG_INTEGER, REQUIRED}, {"ttl", BQI_ARG_INTEGER, OPTIONAL}},
     bqi_call_wait_until_finished},
    {0},
};
