/* From the host's threads to the I/O thread. */
#include "client.h"

bq_id bqi_client_post(bq_client *client, struct bqi_request *request, int while_closing) {
    if (!request)
        return BQ_ENOMEM;
    if (!client->started || (atomic_load(&client->closing) && !while_closing)) {
        int refusal = client->started ? BQ_ECLOSED : BQ_EINVAL;
        bqi_request_drop(request);
        return refusal;
    }
    bq_id operation = bqi_client_next_id(client); /* the request may be gone once it is posted */
    request->operation = operation;
    bqi_inbox_post(&client->inbox, request);
    return operation;
}

bq_id bqi_client_hand_over(bq_client *client, bqi_request_run run, bq_id target, void *object,
                           void (*drop)(void *object)) {
    const bq_bytes nothing = {NULL, 0};
    struct bqi_request *request = bqi_request_new(run, nothing, nothing);
    if (!request) {
        drop(object);
        return BQ_ENOMEM;
    }
    request->target = target;
    request->object = object;
    request->drop = drop;
    return bqi_client_post(client, request, 0);
}

bq_id bqi_client_steer(bq_client *client, bq_id target, bqi_request_run run, int64_t number,
                       int while_closing) {
    const bq_bytes nothing = {NULL, 0};
    if (!client || target <= 0)
        return BQ_EINVAL;
    if (bqi_client_is_forked(client))
        return BQ_EFORKED;
    struct bqi_request *request = bqi_request_new(run, nothing, nothing);
    if (request) {
        request->target = target;
        request->number = number;
    }
    return bqi_client_post(client, request, while_closing);
}
