/* The options of a job to add: merged, checked, and packed as the add scripts want them
 * (protocol/1 section 2.3, protocol/5 section 3.2). */
#ifndef BQI_JOB_OPTIONS_H
#define BQI_JOB_OPTIONS_H

#include <jansson.h>
#include <msgpack.h>

#include "error.h"

struct bqi_job_options {
    json_t *values; /* what was merged; owns the texts below */
    msgpack_sbuffer packed;
    char *json; /* as stored, made when it is first asked for */
    double delay;
    double timestamp; /* 0: now */
    int64_t priority;
    int64_t size_limit; /* 0: none */
    const char *job_id; /* "": automatic */
    const char *deduplication_id;
    const json_t *parent;
};

/* `defaults` and `opts` are objects or NULL. On -1 nothing needs freeing. */
int bqi_job_options_init(struct bqi_job_options *options, const json_t *defaults,
                         const json_t *opts, struct bqi_error *error);
/* What a scheduler keeps for its jobs: merged and checked, in the stored form, but not normalised,
 * as Node keeps it. NULL with `error`. */
json_t *bqi_job_options_template(const json_t *defaults, const json_t *opts,
                                 struct bqi_error *error);
/* What every job's options have: attempts, and a backoff that is an object. -1: out of memory. */
int bqi_job_options_normalise(json_t *options);

/* The JSON text that is stored, short names; NULL: out of memory. */
const char *bqi_job_options_json(struct bqi_job_options *options);
void bqi_job_options_free(struct bqi_job_options *options);

/* Public name <-> short name of an option; NULL where they are the same. */
const char *bqi_job_option_short_name(const char *name);

/* The stored form with public names, as a new object; NULL: out of memory. */
json_t *bqi_job_options_expand(const json_t *stored);

#endif
