/* Entries of the event stream as the host gets them, among them shapes that no Redis sends. */
#include "support_cmocka.h"

#include <string.h>

#include "alloc.h"
#include "bq/bq_record.h"
#include "queue_events.h"

static bq_client *client;
static struct bqi_queue queue = {.name = (char *)"q"};
static struct bqi_queue_events events;

static int open_client(void **state) {
    (void)state;
    client = bq_client_new(NULL);
    memset(&events, 0, sizeof events);
    events.id = 7;
    events.client = client;
    events.queue = &queue;
    return client == NULL;
}

static int free_client(void **state) {
    (void)state;
    bqi_alloc_fail_at(0, 0);
    bq_client_free(client);
    return 0;
}

/* Hand over the fields that this RESP text stands for. */
static int deliver(const char *resp) {
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;
    redisReaderFeed(reader, resp, strlen(resp));
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    int status = bqi_queue_events_deliver(&events, "5-1", reply);
    freeReplyObject(reply);
    redisReaderFree(reader);
    return status;
}

/* The only event that waits; the batch is for the caller to free. */
static bq_batch *take(bq_record *record) {
    bqi_outbox_publish(bqi_client_outbox(client));
    bq_batch *batch = bq_take(client, 0);
    bq_bytes rest = bq_batch_bytes(batch);
    assert_int_equal(bq_record_next(&rest, record), 1);
    assert_int_equal(rest.len, 0);
    assert_int_equal(record->id, 7);
    return batch;
}

static void an_entry_becomes_one_event(void **state) {
    bq_record record;
    (void)state;
    assert_int_equal(deliver("*4\r\n$5\r\nevent\r\n$1\r\nx\r\n$1\r\na\r\n$1\r\n1\r\n"), 0);
    bq_batch *batch = take(&record);
    assert_int_equal(record.type, BQ_EV_QUEUE_EVENT);
    bq_bytes fields = bq_record_bytes(&record, BQ_TAG_FIELDS);
    assert_int_equal(fields.len, strlen("{\"a\":\"1\"}"));
    assert_memory_equal(fields.ptr, "{\"a\":\"1\"}", fields.len);
    bq_batch_free(batch);
}

static void an_entry_of_an_odd_shape_becomes_one_error(void **state) {
    static const char *const odd[] = {
        "*0\r\n",
        "*-1\r\n",
        "$5\r\nevent\r\n",
        ":5\r\n",
        "*1\r\n$5\r\nevent\r\n",
        "*3\r\n$5\r\nevent\r\n$1\r\nx\r\n$1\r\na\r\n",
        "*2\r\n$5\r\nevent\r\n:5\r\n",
        "*2\r\n$5\r\nevent\r\n$-1\r\n",
        "*2\r\n*0\r\n$1\r\nx\r\n",
        "*2\r\n$1\r\na\r\n$1\r\nx\r\n",
        "*2\r\n$5\r\nevent\r\n$3\r\n\xe2\x98x\r\n",
        "*2\r\n$5\r\nevent\r\n$2\r\n\xe2\x98\r\n",
        "*4\r\n$5\r\nevent\r\n$1\r\nx\r\n$1\r\n\x80\r\n$1\r\nv\r\n",
    };
    bq_record record;
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        assert_int_equal(deliver(odd[i]), 0);
        bq_batch *batch = take(&record);
        assert_int_equal(record.type, BQ_EV_ERROR);
        assert_int_equal(bq_record_integer(&record, BQ_TAG_CODE, 0), BQ_ERR_MALFORMED_EVENT);
        bq_bytes message = bq_record_bytes(&record, BQ_TAG_MESSAGE);
        assert_non_null(memmem(message.ptr, message.len, "entry 5-1 ", 10));
        bq_batch_free(batch);
    }
}

static void without_memory_nothing_is_handed_over_and_the_reader_is_told(void **state) {
    (void)state;
    bqi_alloc_fail_at(1, 1);
    assert_int_equal(deliver("*2\r\n$5\r\nevent\r\n$1\r\nx\r\n"), -1);
    bqi_alloc_fail_at(0, 0);
    assert_null(bq_take(client, 0));
}

#define WITH_CLIENT(test) cmocka_unit_test_setup_teardown(test, open_client, free_client)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_CLIENT(an_entry_becomes_one_event),
        WITH_CLIENT(an_entry_of_an_odd_shape_becomes_one_error),
        WITH_CLIENT(without_memory_nothing_is_handed_over_and_the_reader_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
