/* The job schedulers of the fixture's queue. */
#ifndef SUPPORT_SCHEDULERS_H
#define SUPPORT_SCHEDULERS_H

#include "support_fixture.h"

/* A scheduler whose jobs are named "tick". */
bq_id upsert(const char *id, const char *repeat, const char *data, const char *opts);

/* "" when absent. Borrowed until the next look at Redis. */
const char *scheduler_field(const char *id, const char *field);
const char *next_of(const char *id); /* time of its next job, ms */

#endif
