/* Commands of flows. They belong to no queue. */
#include "call_rows.h"
#include "calls.h"

#define AT_LEAST_ONE(argument, unset)                                                              \
    { argument, BQI_ARG_INTEGER, OPTIONAL, unset, NULL, 1, MAX_SAFE }

const struct bqi_call_entry bqi_calls_flows[] = {
    {"addFlows",
     {{"prefix", BQI_ARG_TEXT, OPTIONAL}, {"queuesOptions", BQI_ARG_OBJECT, OPTIONAL}},
     bqi_call_add_flows,
     .on_client = 1},
    {"getFlow",
     {ID,
      {"queueName", BQI_ARG_TEXT, REQUIRED},
      {"prefix", BQI_ARG_TEXT, OPTIONAL, "\"bull\""},
      AT_LEAST_ONE("depth", "10"),
      AT_LEAST_ONE("maxChildren", "20")},
     bqi_call_get_flow,
     .on_client = 1},
    {0},
};
