/* Commands that add jobs. */
#include "call_rows.h"
#include "calls.h"

const struct bqi_call_entry bqi_calls_adding[] = {
    {"add", {{"name", BQI_ARG_TEXT, REQUIRED}, {"opts", BQI_ARG_OBJECT, OPTIONAL}}, bqi_call_add},
    {"addBulk", {{0}}, bqi_call_add_bulk},
    {0},
};
