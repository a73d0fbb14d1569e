/* Jobs of a scheduler that the host takes one by one: their chains go on all the same. */
#include "support_proxied.h"
#include "support_schedulers.h"

#include <stdlib.h>
#include <string.h>

static bq_id worker;

static void schedule(void) {
    host_reply(host, upsert("s", "{\"every\":3600000}", NULL, NULL));
    worker = host_worker(host, queue, "{\"skipStalledCheck\":true}", 0);
}

static bq_id begin_to_take(void) {
    return bq_easy_get_next_job(host->client, queue, "t", worker, 0);
}

static void the_next_job_is_made_before_the_caller_has_this_one(void **state) {
    (void)state;
    schedule();
    const struct event *job = host_reply(host, begin_to_take());
    long long first = atoll(job_id_of(job) + strlen("repeat:s:"));
    assert_string_equal(event_text(host, job, BQ_TAG_TOKEN), "t");
    assert_int_equal(atoll(next_of("s")), first + 3600000);
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 1);
}

static void so_it_is_where_ending_another_job_takes_it_along(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    schedule();
    assert_string_equal(job_id_of(host_reply(host, begin_to_take())), "1");
    const struct event *reply = host_reply(
        host, bq_easy_move_job_to_completed(host->client, queue, "1", "t", "1", worker, 1));
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "completed");
    assert_int_equal(strncmp(job_id_of(reply), "repeat:s:", 9), 0);
    assert_string_equal(scheduler_field("s", "ic"), "2");
}

static void a_chain_that_cannot_go_on_leaves_the_job_and_tells_the_outcome(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    schedule();
    host_reply(host, begin_to_take());
    char id[64];
    snprintf(id, sizeof id, "repeat:s:%s", next_of("s"));
    server_do(server, "HSET bull:q:%s opts %s", id,
              "{\"repeat\":{\"pattern\":\"61 * * * *\",\"count\":1}}");
    const struct event *reply = host_reply(
        host, bq_easy_move_job_to_completed(host->client, queue, "1", "t", "1", worker, 1));
    assert_string_equal(event_text(host, reply, BQ_TAG_OUTCOME), "completed");
    assert_string_equal(job_id_of(reply), "");
    const struct event *error = host_error_event(host, BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(event_text(host, error, BQ_TAG_JOB_ID), id);
    assert_true(job_is_in(id, "active")); /* until its lock expires */
}

/* A test that failed may have left the server unable to write. */
static int close_writable(void **state) {
    server_do(server, "REPLICAOF NO ONE");
    return close_proxy(state);
}

#define THROUGH_PROXY_TO_REPLICA(test)                                                             \
    cmocka_unit_test_setup_teardown(test, open_through_proxy, close_writable)

/* The job is taken, and only then can the server not write: its answer is held back that long. */
static bq_id take_of_a_server_that_then_refuses_writes(void) {
    schedule();
    proxy_hold_replies(proxy, 1);
    bq_id operation = begin_to_take();
    UNTIL(server_integer(server, "LLEN bull:q:active") == 1);
    server_do(server, "REPLICAOF 127.0.0.1 %d", free_port());
    proxy_hold_replies(proxy, 0);
    host_error_event(host, BQ_ERR_REDIS_ERROR);
    return operation;
}

static void a_server_that_cannot_write_is_waited_for(void **state) {
    (void)state;
    bq_id operation = take_of_a_server_that_then_refuses_writes();
    server_do(server, "REPLICAOF NO ONE");
    assert_int_equal(strncmp(job_id_of(host_reply(host, operation)), "repeat:s:", 9), 0);
    assert_string_equal(scheduler_field("s", "ic"), "2");
}

static void a_client_that_closes_meanwhile_answers_that_it_is_closed(void **state) {
    (void)state;
    bq_id operation = take_of_a_server_that_then_refuses_writes();
    bq_id closing = bq_client_close(host->client, 50);
    host_error(host, operation, BQ_ERR_CLOSED);
    host_reply(host, closing);
}

static void a_client_may_be_freed_meanwhile(void **state) {
    (void)state;
    take_of_a_server_that_then_refuses_writes();
    host_free(host);
    host = NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(the_next_job_is_made_before_the_caller_has_this_one),
        WITH_QUEUE(so_it_is_where_ending_another_job_takes_it_along),
        WITH_QUEUE(a_chain_that_cannot_go_on_leaves_the_job_and_tells_the_outcome),
        THROUGH_PROXY_TO_REPLICA(a_server_that_cannot_write_is_waited_for),
        THROUGH_PROXY_TO_REPLICA(a_client_that_closes_meanwhile_answers_that_it_is_closed),
        THROUGH_PROXY_TO_REPLICA(a_client_may_be_freed_meanwhile),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
