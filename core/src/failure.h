/* What the host, or the engine itself, says of a job that did not end well. */
#ifndef BQI_FAILURE_H
#define BQI_FAILURE_H

#include <jansson.h>

#include "bq/bq.h"

enum bqi_failure_kind {
    BQI_FAILURE_ORDINARY,
    BQI_FAILURE_UNRECOVERABLE,
    BQI_FAILURE_RATE_LIMITED, /* back to wait, and nothing is fetched while the limit holds */
    BQI_FAILURE_MOVED,        /* the handler has moved the job itself */
    BQI_FAILURE_GIVEN_BACK    /* back to wait */
};

struct bqi_failure {
    enum bqi_failure_kind kind;
    const char *message;
    const char *stack;     /* NULL: "Error: <message>" */
    const char *telemetry; /* metadata of the trace that goes on; NULL: none */
    int has_backoff_delay; /* the host's own strategy has spoken */
    double backoff_delay;  /* ms; -1: no retry */
};

/* The object of bq_job_fail. NULL if it is none, or a member has the wrong type. */
json_t *bqi_failure_parse(bq_bytes text);

/* Borrows from `object`, which bqi_failure_parse has made. */
struct bqi_failure bqi_failure_of(const json_t *object);

#endif
