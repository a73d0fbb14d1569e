/* Asking the host to cancel a running job. Its outcome stays the host's to tell. */
#include <stdio.h>

#include "job.h"

void bqi_worker_cancel(struct bqi_job *job, const char *why) {
    struct bqi_worker *worker = job->worker;
    struct bqi_record event = bqi_outbox_begin(&worker->client->outbox, BQ_EV_CANCEL, job->id);
    bqi_record_int(&event, BQ_TAG_WORKER, worker->id);
    bqi_record_text(&event, BQ_TAG_JOB_ID, job->job_id);
    bqi_record_text(&event, BQ_TAG_MESSAGE, why);
    bqi_record_end(&event);
}

/* ---- maxJobDuration ---- */

/* Its lock is left to expire, so that a stalled check may give the job to another worker. */
static void end_duration(struct bqi_job *job) {
    char why[100];
    snprintf(why, sizeof why, "it runs longer than maxJobDuration, %lld ms",
             (long long)job->worker->options.max_job_duration);
    job->deadline = 0;
    if (job->finishing)
        return;
    job->renewing = 0;
    bqi_worker_cancel(job, why);
}

static void on_deadline(void *arg) {
    struct bqi_worker *worker = arg;
    uint64_t now = uv_now(&worker->client->loop), next = 0;
    for (struct bqi_job *job = worker->jobs; job; job = job->older) {
        if (job->deadline && job->deadline <= now)
            end_duration(job);
        else if (job->deadline)
            next = job->deadline; /* newest first: the last one is the next */
    }
    if (next)
        bqi_timer_start(&worker->duration_timer, &worker->client->loop, (int64_t)(next - now),
                        on_deadline, worker);
}

void bqi_worker_watch_duration(struct bqi_job *job) {
    struct bqi_worker *worker = job->worker;
    int64_t limit = worker->options.max_job_duration;
    job->deadline = uv_now(&worker->client->loop) + (uint64_t)limit;
    if (!bqi_timer_is_active(&worker->duration_timer))
        bqi_timer_start(&worker->duration_timer, &worker->client->loop, limit, on_deadline, worker);
}
