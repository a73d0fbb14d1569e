/* examples/c/add.c: adds jobs to the queue "emails", one by one and many in one call */
#include <bq/bq_easy.h>

static bq_client *connect_to_redis(void) {
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    const char *options = "{\"connection\": {\"host\": \"127.0.0.1\", \"port\": 6379,"
                          " \"maxRetriesPerRequest\": 2}}"; /* give up soon, wait for no Redis */
    bq_client *client;
    if (bq_conf_set_json(conf, bq_bytes_of(options)) < 0) {
        fprintf(stderr, "add: %s\n", bq_conf_error(conf));
    }
    client = bq_client_new(conf);
    bq_conf_free(conf);
    return client;
}

static bq_id add_bulk(bq_client *client, bq_id queue) {
    bq_buffer jobs = BQ_BUFFER_INIT;
    bq_put_add(&jobs, "welcome", "{\"user\": 8}", NULL);
    bq_put_add(&jobs, "welcome", "{\"user\": 9}", "{\"priority\": 1}");
    bq_put_add(&jobs, "goodbye", "{\"user\": 9}", "{\"delay\": 1000}"); /* ms */
    bq_id added = bq_easy_add_bulk(client, queue, bq_buffer_bytes(&jobs));
    bq_buffer_free(&jobs);
    return added;
}

/* Prints the id of each job added, or why it was not; answers how many were not. */
static int print_reply(bq_record reply) {
    bq_field field;
    int refused = 0;
    while (bq_field_next(&reply, &field) == 1) {
        int is_error = field.tag == BQ_TAG_ENTRY_ERROR;
        printf("%s %.*s\n", is_error ? "refused:" : "added job", (int)field.bytes.len,
               field.bytes.ptr);
        refused += is_error;
    }
    return refused;
}

/* Waits for the answers to two operations; 0 when every job was added. */
static int wait_for(bq_client *client, bq_id one, bq_id many) {
    int answers = 0, failures = 0;
    while (answers < 2 && bq_wait(client, -1) == 1) {
        bq_batch *batch = bq_take(client, 0);
        bq_bytes rest = bq_batch_bytes(batch);
        bq_record event;
        while (bq_record_next(&rest, &event) == 1) {
            int is_answer = event.id == one || event.id == many;
            if (event.type == BQ_EV_REPLY) {
                failures += print_reply(event);
            } else if (event.type == BQ_EV_ERROR) { /* no answer: one more failure to connect */
                bq_bytes message = bq_record_bytes(&event, BQ_TAG_MESSAGE);
                fprintf(stderr, "add: %.*s\n", (int)message.len, message.ptr);
                failures += is_answer;
            }
            answers += is_answer;
        }
        bq_batch_free(batch);
    }
    return failures;
}

int main(void) {
    bq_client *client = connect_to_redis();
    bq_id queue = bq_queue_open(client, "emails", NULL);
    bq_id one, many;
    int failures;
    if (queue < 0) {
        fprintf(stderr, "add: %s\n", bq_strerror((int)queue));
        return 1;
    }
    one = bq_easy_add(client, queue, "welcome", "{\"user\": 7}", "{\"attempts\": 3}");
    many = add_bulk(client, queue);
    failures = wait_for(client, one, many);
    bq_client_free(client);
    return failures ? 1 : 0;
}
