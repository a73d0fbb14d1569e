/* The families of commands, and the functions of those that are more than one command of Redis. */
#ifndef BQI_CALLS_H
#define BQI_CALLS_H

#include "call.h"

extern const struct bqi_call_entry bqi_calls_adding[];
extern const struct bqi_call_entry bqi_calls_queue[];
extern const struct bqi_call_entry bqi_calls_reading_queue[];
extern const struct bqi_call_entry bqi_calls_reading_jobs[];
extern const struct bqi_call_entry bqi_calls_changing_jobs[];

/* call_add.c, call_add_bulk.c */
void bqi_call_add(const struct bqi_call *call);
void bqi_call_add_bulk(const struct bqi_call *call);

void bqi_call_get_job_logs(const struct bqi_call *call); /* call_job_logs.c */
void bqi_call_obliterate(const struct bqi_call *call);   /* call_obliterate.c */

#endif
