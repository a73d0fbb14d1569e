#include "operations.h"

#include <string.h>

#include "alloc.h"
#include "client.h"

void bqi_operations_add(struct bqi_operations *operations, bq_client *client, bq_id operation) {
    if (operation == 0)
        return;
    if (operations->count == operations->capacity) {
        size_t capacity = operations->capacity ? operations->capacity * 2 : 4;
        bq_id *ids = bqi_realloc(operations->ids, capacity * sizeof *ids);
        if (!ids) {
            bqi_client_reply(client, operation);
            return;
        }
        operations->ids = ids;
        operations->capacity = capacity;
    }
    operations->ids[operations->count++] = operation;
}

void bqi_operations_answer(struct bqi_operations *operations, bq_client *client) {
    for (size_t i = 0; i < operations->count; i++)
        bqi_client_reply(client, operations->ids[i]);
    operations->count = 0;
}

void bqi_operations_free(struct bqi_operations *operations) {
    bqi_free(operations->ids);
    memset(operations, 0, sizeof *operations);
}
