/* Who waits for the end of which job: a map from job ids, any number of waiters for each. */
#ifndef BQI_JOB_WAITERS_H
#define BQI_JOB_WAITERS_H

#include <stddef.h>

/* First member of what waits. */
struct bqi_job_waiter {
    struct bqi_job_waiter *next;
    const char *job_id; /* the waiter's own */
    size_t job_id_len;
};

struct bqi_job_waiters {
    struct bqi_job_waiter **buckets;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

int bqi_job_waiters_add(struct bqi_job_waiters *waiters,
                        struct bqi_job_waiter *waiter); /* -1: no memory */
void bqi_job_waiters_remove(struct bqi_job_waiters *waiters, struct bqi_job_waiter *waiter);

/* All that wait for the job, out of the map and linked by `next`; NULL: nobody. */
struct bqi_job_waiter *bqi_job_waiters_take(struct bqi_job_waiters *waiters, const char *job_id,
                                            size_t len);
/* All there are, likewise. To add them again needs no memory. */
struct bqi_job_waiter *bqi_job_waiters_take_all(struct bqi_job_waiters *waiters);

void bqi_job_waiters_free(struct bqi_job_waiters *waiters);

#endif
