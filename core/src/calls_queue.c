/* Commands on the queue itself: its pause, its limits, its end. */
#include "call_rows.h"
#include "calls.h"

const struct bqi_call_entry bqi_calls_queue[] = {
    {"pause",
     {{0}},
     .plan = {.script = "pause",
              .words = WORDS(KEY(WAIT), KEY(PAUSED), KEY(META), KEY(PRIORITIZED), KEY(EVENTS),
                             KEY(DELAYED), KEY(MARKER), TEXT("paused"), TEXT("1"))}},
    /* A list of paused jobs that version 5 left behind is moved back piece by piece. */
    {"resume",
     {{0}},
     .plan = {.script = "pause",
              .words = WORDS(KEY(PAUSED), KEY(WAIT), KEY(META), KEY(PRIORITIZED), KEY(EVENTS),
                             KEY(DELAYED), KEY(MARKER), TEXT("resumed"), ONCE),
              .shape = BQI_SHAPE_REPEAT}},
    {"isPaused",
     {{0}},
     .plan = {.words = WORDS(TEXT("HEXISTS"), KEY(META), TEXT("paused")),
              .shape = BQI_SHAPE_TRUTH}},
    {"obliterate",
     {FLAG("force", "false"), {"count", BQI_ARG_INTEGER, OPTIONAL, "250", NULL, 1, MAX_SAFE}},
     bqi_call_obliterate},
    {0},
};
