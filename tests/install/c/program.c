/* A program of a user: adds a job to the Redis of a unix socket, runs it, prints its outcome. */
#include <bq/bq_easy.h>

static bq_client *connect_to(const char *path) {
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    bq_client *client;
    bq_conf_set(conf, "connection.path", path);
    client = bq_client_new(conf);
    bq_conf_free(conf);
    return client;
}

/* Runs jobs until the outcome of one is stored; 0 when that is known. */
static int run(bq_client *client) {
    while (bq_wait(client, 20000) == 1) {
        bq_batch *batch = bq_take(client, 0);
        bq_bytes rest = bq_batch_bytes(batch), outcome = {NULL, 0};
        bq_record event;
        while (outcome.ptr == NULL && bq_record_next(&rest, &event) == 1) {
            outcome = bq_record_bytes(&event, BQ_TAG_OUTCOME);
            if (event.type == BQ_EV_JOB) {
                bq_easy_done(client, event.id, NULL);
            }
        }
        if (outcome.ptr != NULL) {
            printf("%s %.*s\n", bq_version(), (int)outcome.len, outcome.ptr);
            bq_batch_free(batch);
            return 0;
        }
        bq_batch_free(batch);
    }
    return 1;
}

int main(int argc, char **argv) {
    bq_client *client = argc == 2 ? connect_to(argv[1]) : NULL;
    bq_id queue = bq_queue_open(client, "installed", NULL);
    int failed;
    bq_easy_add(client, queue, "n", "{}", NULL);
    bq_worker_credit(client, bq_worker_open(client, queue, NULL), 1);
    failed = run(client);
    bq_client_free(client);
    return failed;
}
