/* What tests of flows have in common: a client that opens no queue, and flows put together node by
 * node. */
#ifndef SUPPORT_FLOWS_H
#define SUPPORT_FLOWS_H

#include <jansson.h>

#include "support_fixture.h"

extern bq_buffer nodes; /* of the flows that are sent next */

void put(int depth, const char *queue_name, const char *name, const char *opts);

/* Send what was put. */
bq_id add_put(void);
bq_id add_put_with(const char *queues_options);

/* The reply's list; json_decref it. */
json_t *results_of(bq_id operation);

/* All nodes were added, and their ids are these, ended by NULL; "*" stands for any. */
void added(bq_id operation, const char *const *ids);

/* What a Redis command without arguments of ours answers; "" for nil. */
const char *text_at(const char *command);

int open_client(void **state);

#define WITH_CLIENT(test) cmocka_unit_test_setup_teardown(test, open_client, close_queue)

#endif
