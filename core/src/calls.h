/* The families of commands, and the functions of those that are more than one command of Redis. */
#ifndef BQI_CALLS_H
#define BQI_CALLS_H

#include "call.h"

extern const struct bqi_call_entry bqi_calls_adding[];
extern const struct bqi_call_entry bqi_calls_flows[];
extern const struct bqi_call_entry bqi_calls_queue[];
extern const struct bqi_call_entry bqi_calls_settings[];
extern const struct bqi_call_entry bqi_calls_cleaning[];
extern const struct bqi_call_entry bqi_calls_reading_queue[];
extern const struct bqi_call_entry bqi_calls_reading_jobs[];
extern const struct bqi_call_entry bqi_calls_changing_jobs[];
extern const struct bqi_call_entry bqi_calls_events[];
extern const struct bqi_call_entry bqi_calls_schedulers[];
extern const struct bqi_call_entry bqi_calls_worker[];

/* Each in the file call_<name>.c, or in the one named behind it. */
void bqi_call_add(const struct bqi_call *call);
void bqi_call_add_bulk(const struct bqi_call *call);
void bqi_call_add_flows(const struct bqi_call *call); /* flow_add.c */
void bqi_call_clean(const struct bqi_call *call);
void bqi_call_clear_job_logs(const struct bqi_call *call);             /* call_job_logs.c */
void bqi_call_get_dependencies(const struct bqi_call *call);           /* call_pages.c */
void bqi_call_get_flow(const struct bqi_call *call);                   /* flow_read.c */
void bqi_call_get_job_children_values(const struct bqi_call *call);    /* call_children.c */
void bqi_call_get_job_dependencies(const struct bqi_call *call);       /* call_children.c */
void bqi_call_get_job_dependencies_count(const struct bqi_call *call); /* call_children.c */
void bqi_call_get_job_logs(const struct bqi_call *call);               /* call_job_logs.c */
void bqi_call_get_job_scheduler(const struct bqi_call *call);          /* call_scheduler_read.c */
void bqi_call_get_job_schedulers(const struct bqi_call *call);         /* call_scheduler_read.c */
void bqi_call_get_queue_events(const struct bqi_call *call);           /* call_client_list.c */
void bqi_call_get_workers(const struct bqi_call *call);                /* call_client_list.c */
void bqi_call_get_workers_count(const struct bqi_call *call);          /* call_client_list.c */
void bqi_call_obliterate(const struct bqi_call *call);
void bqi_call_publish_event(const struct bqi_call *call); /* call_events.c */
void bqi_call_prometheus(const struct bqi_call *call);
void bqi_call_remove_orphaned_jobs(const struct bqi_call *call); /* call_orphans.c */
void bqi_call_wait_until_finished(const struct bqi_call *call);  /* wait_until_finished.c */
void bqi_call_upsert_job_scheduler(const struct bqi_call *call); /* call_scheduler.c */

/* In call_worker.c. */
void bqi_call_get_next_job(const struct bqi_call *call);
void bqi_call_move_job_to_completed(const struct bqi_call *call);
void bqi_call_move_job_to_failed(const struct bqi_call *call);
void bqi_call_start_stalled_check_timer(const struct bqi_call *call);

#endif
