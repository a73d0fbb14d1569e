/* bq_job_done and bq_job_fail: outcomes as the host tells them. */
#include "job.h"

static struct bqi_job *find_job(bq_client *client, const struct bqi_request *request) {
    struct bqi_job *job = bqi_idmap_get(&client->jobs, request->target);
    struct bqi_error error;
    if (job && !job->finishing)
        return job;
    bqi_error_set(&error, BQ_ERR_JOB_HANDLE_UNKNOWN,
                  "There is no running job with handle %lld: its outcome was told before, or its "
                  "worker was closed.",
                  (long long)request->target);
    bqi_client_error(client, request->operation, &error);
    return NULL;
}

static void run_done(bq_client *client, struct bqi_request *request) {
    struct bqi_job *job = find_job(client, request);
    if (job)
        bqi_job_complete(job, request->operation, request->payload, request->payload_len);
}

static void run_fail(bq_client *client, struct bqi_request *request) {
    struct bqi_job *job = find_job(client, request);
    struct bqi_failure failure = bqi_failure_of(request->object);
    if (job)
        bqi_job_fail(job, request->operation, &failure);
    json_decref(request->object);
}

static void drop_json(void *object) {
    json_decref(object);
}

static bq_id refusal(const bq_client *client, bq_id job, bq_bytes bytes) {
    if (!client || job <= 0 || (!bytes.ptr && bytes.len))
        return BQ_EINVAL;
    return bqi_client_is_forked(client) ? BQ_EFORKED : 0;
}

bq_id bq_job_done(bq_client *client, bq_id job, bq_bytes result) {
    const bq_bytes nothing = {NULL, 0};
    bq_id refused = refusal(client, job, result);
    if (refused != 0)
        return refused;
    struct bqi_request *request = bqi_request_new(run_done, nothing, result);
    if (request)
        request->target = job;
    return bqi_client_post(client, request, 1);
}

bq_id bq_job_fail(bq_client *client, bq_id job, bq_bytes failure) {
    const bq_bytes nothing = {NULL, 0};
    bq_id refused = refusal(client, job, failure);
    if (refused != 0)
        return refused;
    json_t *object = bqi_failure_parse(failure);
    if (!object)
        return BQ_EINVAL;
    struct bqi_request *request = bqi_request_new(run_fail, nothing, nothing);
    if (!request) {
        json_decref(object);
        return BQ_ENOMEM;
    }
    request->target = job;
    request->object = object;
    request->drop = drop_json;
    return bqi_client_post(client, request, 1);
}
