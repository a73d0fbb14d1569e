/* Flows on their way: scripts that the server has forgotten, connections that break, size. */
#include "support_flows.h"
#include "support_proxied.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- scripts that are gone ---- */

static void a_flow_needs_no_script_to_be_there(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        server_do(server, "SCRIPT FLUSH");
        put(0, "a", "root", NULL);
        put(1, "b", "child", NULL);
        added(add_put(), (const char *const[]){"*", "*", NULL});
    }
    assert_int_equal(server_integer(server, "ZCARD bull:a:waiting-children"), 3);
    assert_int_equal(server_integer(server, "LLEN bull:b:wait"), 3);
}

static void steps_that_ran_are_not_repeated_for_those_whose_script_was_gone(void **state) {
    (void)state;
    bq_id other = host_queue(host, "a", NULL);
    put(0, "a", "first", NULL);
    added(add_put(), (const char *const[]){"*", NULL});
    server_do(server, "SCRIPT FLUSH");
    host_add(host, other, "{}", NULL); /* loads addStandardJob alone */
    put(0, "a", "leaf", "{\"jobId\":\"x\"}");
    put(0, "a", "later", "{\"jobId\":\"y\",\"delay\":5000}");
    put(0, "a", "root", "{\"jobId\":\"z\"}");
    put(1, "a", "child", "{\"jobId\":\"w\"}");
    added(add_put(), (const char *const[]){"x", "y", "z", "w", NULL});
    assert_int_equal(server_integer(server, "LLEN bull:a:wait"), 4);
    assert_int_equal(server_integer(server, "ZCARD bull:a:delayed"), 1);
    redisReply *events = server_reply(server, "XRANGE bull:a:events - +");
    for (size_t i = 0; i < events->elements; i++)
        assert_string_not_equal(events->element[i]->element[1]->element[1]->str, "duplicated");
}

/* ---- lost connections ---- */

/* No script is loaded. */
static int open_flows_through_proxy(void **state) {
    (void)state;
    server_flush(server);
    return open_proxied("{\"skipMetasUpdate\":true}");
}

#define FLOWS_THROUGH_PROXY(test)                                                                  \
    cmocka_unit_test_setup_teardown(test, open_flows_through_proxy, close_proxy)

static void a_flow_whose_answer_was_lost_is_found_and_not_added_twice(void **state) {
    (void)state;
    proxy_hold_replies(proxy, 1);
    put(0, "a", "root", "{\"jobId\":\"R\"}");
    put(1, "b", "child", NULL);
    bq_id operation = add_put();
    UNTIL(server_integer(server, "LLEN bull:b:wait") == 1);
    proxy_cut(proxy);
    proxy_hold_replies(proxy, 0);
    added(operation, (const char *const[]){"R", "*", NULL});
    assert_int_equal(server_integer(server, "LLEN bull:b:wait"), 1);
    assert_string_equal(text_at("GET bull:a:id"), "1");
}

static void a_flow_that_was_lost_on_its_way_is_told_of(void **state) {
    (void)state;
    proxy_silence(proxy, 0);
    put(0, "a", "root", "{\"jobId\":\"R\"}");
    put(1, "b", "child", NULL);
    bq_id operation = add_put();
    /* A second client of the same loop turn shows that the first request is out. */
    bq_id probe = bq_easy_is_paused(host->client, queue);
    assert_null(host_try(host, BQ_EV_REPLY, probe, 50));
    proxy_cut(proxy);
    const struct event *error = host_error(host, operation, BQ_ERR_CONNECTION_FAILED);
    const char *message = event_text(host, error, BQ_TAG_MESSAGE);
    assert_non_null(strstr(message, "the flow of job R in queue a"));
    assert_non_null(strstr(message, "It was not sent again"));
    host_reply(host, probe);
    assert_int_equal(server_integer(server, "DBSIZE"), 0);
    put(0, "a", "root", "{\"jobId\":\"R\"}");
    added(add_put(), (const char *const[]){"R", NULL});
}

static void a_flow_that_waits_for_a_connection_is_sent_when_there_is_one(void **state) {
    (void)state;
    server_crash(server);
    host_error_event(host, BQ_ERR_CONNECTION_FAILED);
    put(0, "a", "root", NULL);
    put(1, "b", "child", NULL);
    bq_id operation = add_put();
    server_restart(server);
    added(operation, (const char *const[]){"*", "*", NULL});
}

/* ---- size ---- */

static void put_tree(int children) {
    put(0, "wide", "root", NULL);
    for (int i = 0; i < children; i++)
        put(1, "wide", "child", "{\"attempts\":3}");
}

static void a_wide_flow_is_added(void **state) {
    enum { CHILDREN = 20000 };
    (void)state;
    put_tree(CHILDREN);
    json_t *list = results_of(add_put());
    assert_int_equal(json_array_size(list), CHILDREN + 1);
    json_decref(list);
    assert_int_equal(server_integer(server, "LLEN bull:wide:wait"), CHILDREN);
    assert_int_equal(server_integer(server, "ZCARD bull:wide:waiting-children"), 1);
}

static void many_flows_of_one_call_share_few_transactions(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++)
        put_tree(4000);
    json_t *list = results_of(add_put());
    assert_int_equal(json_array_size(list), 5 * 4001);
    for (size_t i = 0; i < json_array_size(list); i++)
        assert_true(json_is_string(json_array_get(list, i)));
    json_decref(list);
    assert_int_equal(server_integer(server, "LLEN bull:wide:wait"), 20000);
    assert_int_equal(server_calls(server, "exec"), 3);
}

static void a_flow_that_is_too_large_is_refused(void **state) {
    (void)state;
    put_tree(10);
    put_tree(100000);
    const struct event *error = host_error(host, add_put(), BQ_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE),
                           "flows[1] of addFlows: a flow has at most 100000 nodes, not 100001"));
    assert_int_equal(server_integer(server, "DBSIZE"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_CLIENT(a_flow_needs_no_script_to_be_there),
        WITH_CLIENT(steps_that_ran_are_not_repeated_for_those_whose_script_was_gone),
        FLOWS_THROUGH_PROXY(a_flow_whose_answer_was_lost_is_found_and_not_added_twice),
        FLOWS_THROUGH_PROXY(a_flow_that_was_lost_on_its_way_is_told_of),
        WITH_QUEUE(a_flow_that_waits_for_a_connection_is_sent_when_there_is_one),
        WITH_CLIENT(a_wide_flow_is_added),
        WITH_CLIENT(many_flows_of_one_call_share_few_transactions),
        WITH_CLIENT(a_flow_that_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
