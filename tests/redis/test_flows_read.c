/* getFlow: a tree is read back, parents first. */
#include "support_flows.h"

#include <stdio.h>

/* ---- reading ---- */

/* "DEPTH QUEUE ID NAME" of the records of a getFlow reply, each after a "/". */
static void read_back(const char *id, int64_t depth, int64_t max_children, char *out, size_t size) {
    bq_id operation = bq_easy_get_flow(host->client, id, "a", NULL, depth, max_children);
    bq_bytes rest = bq_record_bytes(&host_reply(host, operation)->record, BQ_TAG_VALUE);
    bq_record record;
    size_t at = 0;
    out[0] = '\0';
    while (bq_record_next(&rest, &record) == 1) {
        struct event event = {record.type, 0, 0, record};
        assert_int_equal(record.type, BQ_REC_JOB_FIELDS);
        at += (size_t)snprintf(
            out + at, size - at, "/%d %s %s:%s %s", (int)event_integer(&event, BQ_TAG_DEPTH),
            event_text(host, &event, BQ_TAG_PREFIX), event_text(host, &event, BQ_TAG_QUEUE_NAME),
            event_text(host, &event, BQ_TAG_JOB_ID), event_text(host, &event, BQ_TAG_NAME));
    }
}

static void assert_reads(const char *id, int64_t depth, const char *expected) {
    char found[1024];
    read_back(id, depth, BQ_EASY_UNSET, found, sizeof found);
    assert_string_equal(found, expected);
}

static void add_three_levels(void) {
    put(0, "a", "root", "{\"jobId\":\"R\"}");
    put(1, "b", "mid", "{\"jobId\":\"M\"}");
    bq_put_flow_node(&nodes, 2, "c", "my:alt", "leaf", NULL, "{\"jobId\":\"L\"}");
    added(add_put(), (const char *const[]){"R", "M", "L", NULL});
}

static void a_flow_is_read_parents_first_down_to_its_depth(void **state) {
    (void)state;
    add_three_levels();
    assert_reads("R", BQ_EASY_UNSET, "/0 bull a:R root/1 bull b:M mid/2 my:alt c:L leaf");
    assert_reads("R", 2, "/0 bull a:R root/1 bull b:M mid");
    assert_reads("R", 1, "/0 bull a:R root");
    assert_reads("none", BQ_EASY_UNSET, "");
}

static void children_that_are_gone_are_told_by_their_address(void **state) {
    (void)state;
    add_three_levels();
    server_do(server, "DEL bull:b:M");
    assert_reads("R", BQ_EASY_UNSET, "/0 bull a:R root/1 bull b:M ");
}

static void children_come_in_order_of_their_kind(void **state) {
    (void)state;
    put(0, "a", "root", "{\"jobId\":\"R\"}");
    added(add_put(), (const char *const[]){"R", NULL});
    server_do(server, "HSET bull:a:R:processed bull:k:1 null");
    server_do(server, "SADD bull:a:R:dependencies bull:k:2");
    server_do(server, "ZADD bull:a:R:unsuccessful 1 bull:k:3");
    server_do(server, "HSET bull:a:R:failed bull:k:4 why");
    assert_reads("R", BQ_EASY_UNSET,
                 "/0 bull a:R root/1 bull k:1 /1 bull k:2 /1 bull k:3 /1 bull k:4 ");
}

static void only_so_many_failed_children_are_read(void **state) {
    char found[1024];
    (void)state;
    put(0, "a", "root", "{\"jobId\":\"R\"}");
    added(add_put(), (const char *const[]){"R", NULL});
    server_do(server, "ZADD bull:a:R:unsuccessful 1 bull:k:1 2 bull:k:2 3 bull:k:3");
    read_back("R", BQ_EASY_UNSET, 2, found, sizeof found);
    assert_string_equal(found, "/0 bull a:R root/1 bull k:1 /1 bull k:2 ");
}

static void getting_a_flow_checks_its_arguments(void **state) {
    (void)state;
    host_error(host, bq_easy_get_flow(host->client, "R", "a", NULL, 0, 1), BQ_ERR_INVALID_ARGUMENT);
    host_error(host, bq_easy_get_flow(host->client, "R", "a", NULL, 1, 0), BQ_ERR_INVALID_ARGUMENT);
    host_error(host, bq_easy_get_flow(host->client, "R", "a:b", NULL, 1, 1),
               BQ_ERR_INVALID_ARGUMENT);
}

static void a_key_of_another_type_is_an_error(void **state) {
    (void)state;
    server_do(server, "SET bull:a:R text");
    const struct event *error = host_error(
        host, bq_easy_get_flow(host->client, "R", "a", NULL, BQ_EASY_UNSET, BQ_EASY_UNSET),
        BQ_ERR_REDIS_ERROR);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE), "Job R of queue a: WRONGTYPE"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_CLIENT(a_flow_is_read_parents_first_down_to_its_depth),
        WITH_CLIENT(children_that_are_gone_are_told_by_their_address),
        WITH_CLIENT(children_come_in_order_of_their_kind),
        WITH_CLIENT(only_so_many_failed_children_are_read),
        WITH_CLIENT(getting_a_flow_checks_its_arguments),
        WITH_CLIENT(a_key_of_another_type_is_an_error),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
