#include "job.h"

#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "job_fields.h"

static void link_job(struct bqi_job *job) {
    struct bqi_worker *worker = job->worker;
    job->older = worker->jobs;
    if (worker->jobs)
        worker->jobs->newer = job;
    worker->jobs = job;
}

static void unlink_job(struct bqi_job *job) {
    if (job->newer)
        job->newer->older = job->older;
    else if (job->worker->jobs == job)
        job->worker->jobs = job->older;
    if (job->older)
        job->older->newer = job->newer;
}

void bqi_job_release(struct bqi_job *job) {
    if (job->repeating)
        bqi_job_drop_repeating(job);
    if (job->scheduling)
        bqi_job_drop_scheduling(job);
    unlink_job(job);
    job->worker->occupied -= !job->manual;
    bqi_idmap_remove(&job->worker->client->jobs, job->id);
    bqi_run_options_unref(job->options);
    bqi_free(job->job_id);
    bqi_free(job->token);
    bqi_free(job->stacktrace);
    bqi_free(job);
}

static void read_attempts(struct bqi_job *job, const redisReply *hash) {
    int64_t made = bqi_job_field_int(hash, "atm", 0);
    job->attempts_made = bqi_job_field_int(hash, "attemptsMade", made);
    job->attempts_started = bqi_job_field_int(hash, "ats", 0);
    job->lock_stamp = bqi_job_field_int(hash, "processedOn", bqi_now());
}

struct bqi_job *bqi_job_new(struct bqi_worker *worker, const char *job_id, const char *token,
                            const redisReply *hash, int manual) {
    const redisReply *stacktrace = bqi_job_field(hash, "stacktrace");
    struct bqi_job *job = bqi_calloc(sizeof *job);
    if (!job)
        return NULL;
    job->worker = worker;
    job->id = bqi_client_next_id(worker->client);
    job->job_id = bqi_strndup(job_id, strlen(job_id));
    job->token = bqi_strndup(token, strlen(token));
    if (stacktrace)
        job->stacktrace = bqi_strndup(stacktrace->str, stacktrace->len);
    job->manual = manual;
    job->renewing = !manual;
    read_attempts(job, hash);
    link_job(job);
    worker->occupied += !manual;
    if (!job->job_id || !job->token || (stacktrace && !job->stacktrace) ||
        bqi_idmap_put(&worker->client->jobs, job->id, job) != 0) {
        bqi_job_release(job);
        return NULL;
    }
    return job;
}
