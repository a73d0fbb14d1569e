#include <string.h>

#include "alloc.h"
#include "pack.h"
#include "worker.h"

static int copy_of(const bq_conf *conf, const char *name, json_t **copy) {
    const json_t *value = bqi_conf_json(conf, name);
    *copy = json_deep_copy(value);
    return value && !*copy ? -1 : 0;
}

int bqi_worker_options_read(struct bqi_worker_options *options, const bq_conf *conf,
                            struct bqi_error *error) {
    const int scope = BQ_CONF_WORKER;
    memset(options, 0, sizeof *options);
    int status = bqi_conf_text(conf, scope, "name", &options->name);
    options->lock_duration = bqi_conf_int(conf, scope, "lockDuration", 30000);
    options->lock_renew_time =
        bqi_conf_int(conf, scope, "lockRenewTime", options->lock_duration / 2);
    options->skip_lock_renewal = bqi_conf_bool(conf, scope, "skipLockRenewal");
    options->max_job_duration = bqi_conf_int(conf, scope, "maxJobDuration", 0);
    options->cancel_on_lock_lost = bqi_conf_bool(conf, scope, "cancelOnLockLost");
    options->stalled_interval = bqi_conf_int(conf, scope, "stalledInterval", 30000);
    options->max_stalled_count = bqi_conf_int(conf, scope, "maxStalledCount", 1);
    options->skip_stalled_check = bqi_conf_bool(conf, scope, "skipStalledCheck");
    options->max_started_attempts = bqi_conf_int(conf, scope, "maxStartedAttempts", 0);
    options->drain_delay = bqi_conf_number(conf, scope, "drainDelay", 5);
    options->limiter_max = bqi_conf_int(conf, scope, "limiter.max", -1);
    options->limiter_duration = bqi_conf_int(conf, scope, "limiter.duration", -1);
    options->maximum_rate_limit_delay = bqi_conf_int(conf, scope, "maximumRateLimitDelay", 30000);
    options->metrics_points = bqi_conf_int(conf, scope, "metrics.maxDataPoints", -1);
    status |= copy_of(conf, "removeOnComplete", &options->remove_on_complete);
    status |= copy_of(conf, "removeOnFail", &options->remove_on_fail);
    if (status != 0) {
        bqi_worker_options_free(options);
        return bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    }
    if ((options->limiter_max < 0) == (options->limiter_duration < 0))
        return 0;
    bqi_worker_options_free(options);
    return bqi_error_set(
        error, BQ_ERR_INVALID_ARGUMENT,
        "The worker options \"limiter.max\" and \"limiter.duration\" must be given "
        "together.");
}

void bqi_worker_options_free(struct bqi_worker_options *options) {
    bqi_free(options->name);
    json_decref(options->remove_on_complete);
    json_decref(options->remove_on_fail);
    memset(options, 0, sizeof *options);
}

/* ---- what commands are told of them ---- */

unsigned bqi_worker_options_members(const struct bqi_worker_options *options) {
    return 1u + (options->limiter_max > 0) + (options->name != NULL);
}

void bqi_worker_options_pack(const struct bqi_worker_options *options, msgpack_packer *packer) {
    bqi_pack_text(packer, "lockDuration");
    bqi_pack_number(packer, (double)options->lock_duration);
    if (options->limiter_max > 0) {
        bqi_pack_text(packer, "limiter");
        msgpack_pack_map(packer, 2);
        bqi_pack_text(packer, "max");
        bqi_pack_number(packer, (double)options->limiter_max);
        bqi_pack_text(packer, "duration");
        bqi_pack_number(packer, (double)options->limiter_duration);
    }
    if (options->name) {
        bqi_pack_text(packer, "name");
        bqi_pack_text(packer, options->name);
    }
}

void bqi_worker_options_pack_metrics(const struct bqi_worker_options *options,
                                     msgpack_packer *packer) {
    bqi_pack_text(packer, "maxMetricsSize");
    if (options->metrics_points >= 0)
        bqi_pack_number(packer, (double)options->metrics_points);
    else
        bqi_pack_text(packer, "");
}
