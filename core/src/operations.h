/* Operations that are answered together at a later time, such as every close of the same client. */
#ifndef BQI_OPERATIONS_H
#define BQI_OPERATIONS_H

#include "bq/bq.h"

struct bqi_operations {
    bq_id *ids;
    size_t count;
    size_t capacity;
};

/* Remember one; without memory for it, it is answered at once. 0 is ignored. */
void bqi_operations_add(struct bqi_operations *operations, bq_client *client, bq_id operation);

/* Reply to all and forget them. */
void bqi_operations_answer(struct bqi_operations *operations, bq_client *client);
void bqi_operations_free(struct bqi_operations *operations);

#endif
