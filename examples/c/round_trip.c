/* examples/c/round_trip.c: adds one job, runs it, closes in order */
#include <bq/bq_easy.h>

static void print(const char *what, bq_bytes text) {
    printf("%s %.*s\n", what, (int)text.len, text.ptr);
}

int main(void) {
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    bq_conf_set(conf, "connection.host", "127.0.0.1");
    bq_conf_set(conf, "connection.port", "6379");
    bq_client *client = bq_client_new(conf);
    bq_conf_free(conf);

    bq_id queue = bq_queue_open(client, "reports", NULL);
    bq_id worker = bq_worker_open(client, queue, NULL);
    bq_worker_credit(client, worker, 10); /* up to 10 jobs at once */
    bq_easy_add(client, queue, "monthly", "{\"month\": 7}", "{\"attempts\": 3}");

    bq_id stored = 0, closed = 0; /* operations: their replies have the same id */
    int running = 1;
    while (running && bq_wait(client, -1) == 1) {
        bq_batch *batch = bq_take(client, 0);
        bq_bytes rest = bq_batch_bytes(batch);
        bq_record event;
        while (bq_record_next(&rest, &event) == 1) {
            if (event.type == BQ_EV_JOB) {
                print("running", bq_record_bytes(&event, BQ_TAG_DATA));
                stored = bq_easy_done(client, event.id, "{\"pages\": 12}");
            } else if (event.type == BQ_EV_REPLY && event.id == stored) {
                print("stored as", bq_record_bytes(&event, BQ_TAG_OUTCOME));
                closed = bq_client_close(client, -1); /* jobs may take their time */
            } else if (event.type == BQ_EV_REPLY && event.id == closed) {
                running = 0;
            } else if (event.type == BQ_EV_ERROR) {
                print("error:", bq_record_bytes(&event, BQ_TAG_MESSAGE));
                running = 0;
            }
        }
        bq_batch_free(batch);
    }
    bq_client_free(client);
    return closed > 0 ? 0 : 1;
}
