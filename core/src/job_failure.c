/* What a failure means for a job: a retry at once, a retry after a delay, or the end
 * (protocol/5 sections 1.13 and 2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backoff.h"
#include "job.h"
#include "pack.h"
#include "random.h"

/* The stored stack traces and one more, cut to the newest n. */
static char *append_stack(const struct bqi_job *job, const char *stack) {
    json_t *stacks = job->stacktrace ? json_loads(job->stacktrace, 0, NULL) : NULL;
    int64_t limit = job->options->stack_trace_limit;
    if (!json_is_array(stacks)) {
        json_decref(stacks);
        stacks = json_array();
    }
    json_array_append_new(stacks, json_string(stack));
    while (limit >= 0 && (int64_t)json_array_size(stacks) > limit)
        json_array_remove(stacks, 0);
    char *text = json_dumps(stacks, JSON_COMPACT);
    json_decref(stacks);
    return text;
}

static void pack_field(msgpack_packer *packer, const char *name, const char *text) {
    if (!text)
        return;
    bqi_pack_text(packer, name);
    bqi_pack_text(packer, text);
}

static void pack_fields(msgpack_sbuffer *out, const struct bqi_job *job, const char *message,
                        const char *stack, const char *telemetry) {
    msgpack_packer packer;
    char *stacks = append_stack(job, stack);
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, 2 + 2 * (stacks != NULL) + 2 * (telemetry != NULL));
    pack_field(&packer, "failedReason", message);
    pack_field(&packer, "stacktrace", stacks);
    pack_field(&packer, "tm", telemetry);
    free(stacks);
}

static int may_retry(const struct bqi_job *job, const struct bqi_failure *failure) {
    int64_t max_started = job->worker->options.max_started_attempts;
    return failure->kind != BQI_FAILURE_UNRECOVERABLE &&
           job->attempts_made + 1 < job->options->attempts &&
           !(max_started > 0 && max_started <= job->attempts_started);
}

/* A job whose hash or options could not be read still needs options to be failed with. */
static int ensure_options(struct bqi_job *job) {
    struct bqi_error error;
    if (!job->options)
        job->options = bqi_run_options_new(&job->worker->options, "{}", 2, &error);
    return job->options ? 0 : -1;
}

/* The delay before the next attempt; -1: there is none, and `unknown` is set if only because nobody
 * knows the job's kind of backoff. A strategy of the host's may answer any other negative number:
 * the job is then delayed until now. */
static double retry_delay(const struct bqi_job *job, const struct bqi_failure *failure,
                          struct bqi_error *unknown) {
    const struct bqi_run_options *options = job->options;
    if (!may_retry(job, failure))
        return -1;
    double delay =
        bqi_backoff_delay(options->backoff_type, options->backoff_delay, options->backoff_jitter,
                          job->attempts_made + 1, bqi_random_fraction());
    if (delay >= 0)
        return delay;
    if (failure->has_backoff_delay)
        return failure->backoff_delay;
    bqi_error_set(unknown, BQ_ERR_INVALID_ARGUMENT,
                  "Unknown backoff strategy %.200s.\n"
                  "      If a custom backoff strategy is used, specify it when the queue is "
                  "created.",
                  options->backoff_type);
    return -1;
}

static void store_failure(struct bqi_job *job, bq_id operation, const struct bqi_failure *failure,
                          const char *stack) {
    struct bqi_error unknown;
    msgpack_sbuffer fields;
    unknown.code = 0;
    double delay = retry_delay(job, failure, &unknown);
    const char *message = unknown.code ? unknown.message : failure->message;
    msgpack_sbuffer_init(&fields);
    pack_fields(&fields, job, message, stack, failure->telemetry);
    if (delay == -1)
        bqi_job_store_failed(job, operation, message, &fields);
    else if (delay != 0)
        bqi_job_store_delayed(job, operation, delay, &fields);
    else
        bqi_job_store_retried(job, operation, &fields);
    msgpack_sbuffer_destroy(&fields);
}

static void fail(struct bqi_job *job, bq_id operation, const struct bqi_failure *failure) {
    char *stack = NULL;
    if (ensure_options(job) == 0 && !failure->stack) {
        size_t size = strlen(failure->message) + sizeof "Error: ";
        stack = bqi_malloc(size);
        if (stack)
            snprintf(stack, size, "Error: %s", failure->message);
    }
    if (!job->options || (!failure->stack && !stack))
        bqi_job_lose(job, operation);
    else
        store_failure(job, operation, failure, failure->stack ? failure->stack : stack);
    bqi_free(stack);
}

void bqi_job_fail(struct bqi_job *job, bq_id operation, const struct bqi_failure *failure) {
    switch (failure->kind) {
    case BQI_FAILURE_GIVEN_BACK:
        bqi_job_give_back(job, operation);
        break;
    case BQI_FAILURE_MOVED:
        bqi_job_moved(job, operation);
        break;
    case BQI_FAILURE_RATE_LIMITED:
        bqi_job_wait_for_limit(job, operation);
        break;
    default:
        fail(job, operation, failure);
    }
}
