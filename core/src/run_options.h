/* What running and finishing a job needs to know of its stored options. Shared by all jobs with the
 * same options text, so that it is parsed and packed once. */
#ifndef BQI_RUN_OPTIONS_H
#define BQI_RUN_OPTIONS_H

#include <jansson.h>
#include <msgpack.h>
#include <stdint.h>

#include "error.h"

struct bqi_worker_options;

struct bqi_run_options {
    int references;
    char *text; /* as stored */
    size_t text_len;
    char *public_text; /* with public names; NULL: the same */
    int64_t attempts;
    int lifo;
    int64_t stack_trace_limit; /* -1: none */
    char *backoff_type;        /* NULL: no backoff */
    double backoff_delay;
    double backoff_jitter;
    /* The members of moveToFinished's packed options, without the token; by outcome. */
    msgpack_sbuffer finish[2];
    unsigned finish_members;
    msgpack_sbuffer rule[2]; /* {keepJobs, attempts} of finishJobs; by outcome */
};

enum { BQI_FINISH_COMPLETED, BQI_FINISH_FAILED };

/* One reference for the caller; NULL with `error` when the text is not an object of options. */
struct bqi_run_options *bqi_run_options_new(const struct bqi_worker_options *worker,
                                            const char *text, size_t len, struct bqi_error *error);
struct bqi_run_options *bqi_run_options_ref(struct bqi_run_options *options);
void bqi_run_options_unref(struct bqi_run_options *options);

#endif
