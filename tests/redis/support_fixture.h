/* What most programs here begin with: one server for all tests, and for each test an empty
 * database, a host and its open queue "q". */
#ifndef SUPPORT_FIXTURE_H
#define SUPPORT_FIXTURE_H

#include "support_cmocka.h"
#include "support_host.h"

extern struct server *server;
extern struct host *host;
extern bq_id queue;

int start_server(void **state); /* of a group */
int stop_server(void **state);
int open_queue(void **state); /* of a test */
int close_queue(void **state);

#define WITH_QUEUE(test) cmocka_unit_test_setup_teardown(test, open_queue, close_queue)

/* A field of a job of that queue; "" when it is absent. Borrowed until the next look at Redis. */
const char *job_field(const char *id, const char *name);

/* Whether the job's id is in this list or sorted set of the queue. */
int job_is_in(const char *id, const char *place);

/* Looks again and again until it is true, for at most ten seconds; takes no event meanwhile. */
#define UNTIL(condition)                                                                           \
    for (int64_t until_end = clock_ms() + 10000; !(condition); wait_a_moment())                    \
        if (clock_ms() > until_end)                                                                \
    fail_msg("it did not come to %s", #condition)
void wait_a_moment(void);

/* Every script is loaded, so that nothing has to be sent twice. */
void load_scripts(void);

/* The next job that a worker hands over. */
const struct event *next_job(void);
const char *job_id_of(const struct event *job);

#endif
