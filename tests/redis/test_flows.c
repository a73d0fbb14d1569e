/* Flows: what addFlows writes, and what it and Redis refuse. */
#include "support_flows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refused(const char *why) {
    const struct event *error = host_error(host, add_put(), BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), why);
    assert_int_equal(server_integer(server, "DBSIZE"), 0);
}

/* The message of a node's error, with its code. */
static void assert_entry(json_t *list, size_t index, int code, const char *message) {
    json_t *entry = json_array_get(list, index);
    assert_int_equal(json_integer_value(json_object_get(entry, "code")), code);
    assert_string_equal(json_string_value(json_object_get(entry, "message")), message);
}

/* ---- adding ---- */

static void a_client_without_a_queue_adds_a_flow(void **state) {
    (void)state;
    put(0, "parents", "root", "{\"jobId\":\"R\",\"priority\":2,\"delay\":500}");
    put(1, "kids", "c1", "{\"jobId\":\"K1\",\"failParentOnFailure\":true,\"attempts\":2}");
    bq_put_flow_node(&nodes, 1, "kids", "alt", "c2", NULL,
                     "{\"jobId\":\"K2\",\"delay\":1000,\"ignoreDependencyOnFailure\":true}");
    put(1, "kids", "c3", "{\"jobId\":\"K3\",\"removeDependencyOnFailure\":true,\"priority\":7}");
    added(add_put(), (const char *const[]){"R", "K1", "K2", "K3", NULL});
    assert_true(atof(text_at("ZSCORE bull:parents:waiting-children R")) > 0);
    assert_int_equal(server_integer(server, "SCARD bull:parents:R:dependencies"), 3);
    assert_int_equal(server_integer(server, "SISMEMBER bull:parents:R:dependencies alt:kids:K2"),
                     1);
    assert_string_equal(text_at("HGET bull:kids:K1 parent"),
                        "{\"id\":\"R\",\"queueKey\":\"bull:parents\",\"fpof\":true}");
    assert_string_equal(text_at("HGET alt:kids:K2 parentKey"), "bull:parents:R");
    assert_string_equal(text_at("HGET alt:kids:K2 data"), "{}");
    assert_string_equal(text_at("LINDEX bull:kids:wait 0"), "K1");
    assert_int_equal(server_integer(server, "ZCARD alt:kids:delayed"), 1);
    assert_int_equal(server_integer(server, "ZCARD bull:kids:prioritized"), 1);
    assert_int_equal(server_integer(server, "EXISTS bull:parents:delayed bull:parents:prioritized"),
                     0);
}

static void nodes_without_an_id_get_uuids_that_link_them(void **state) {
    (void)state;
    put(0, "a", "root", NULL);
    put(1, "b", "child", NULL);
    json_t *list = results_of(add_put());
    const char *root = json_string_value(json_array_get(list, 0));
    const char *child = json_string_value(json_array_get(list, 1));
    assert_int_equal(strlen(root), 36);
    assert_int_equal(root[14], '4');
    char parent[80];
    snprintf(parent, sizeof parent, "bull:a:%s", root);
    assert_string_equal(server_text(server, "HGET bull:b:%s parentKey", child), parent);
    json_decref(list);
}

static void options_of_a_queue_are_those_of_the_call(void **state) {
    (void)state;
    host_queue(host, "a", "{\"defaultJobOptions\":{\"attempts\":9}}");
    put(0, "a", "one", "{\"jobId\":\"x\"}");
    put(0, "b", "two", "{\"jobId\":\"y\",\"attempts\":1}");
    added(add_put_with("{\"b\":{\"defaultJobOptions\":{\"attempts\":4,\"keepLogs\":2}}}"),
          (const char *const[]){"x", "y", NULL});
    assert_non_null(strstr(text_at("HGET bull:a:x opts"), "\"attempts\":0"));
    assert_non_null(strstr(text_at("HGET bull:b:y opts"), "\"attempts\":1"));
    assert_non_null(strstr(text_at("HGET bull:b:y opts"), "\"kl\":2"));
}

static void an_empty_call_is_answered(void **state) {
    (void)state;
    added(add_put(), (const char *const[]){NULL});
}

/* ---- refusing ---- */

static void a_bad_node_refuses_the_call_and_is_named(void **state) {
    (void)state;
    put(0, "a", "good", NULL);
    put(0, "a", "root", NULL);
    put(1, "b", "child", NULL);
    put(1, "b", "child", NULL);
    put(2, "b", "leaf", "{\"priority\":-1}");
    refused("flows[1].children[1].children[0] of addFlows: Priority should be between 0 and "
            "2097151");
    put(0, "a", "root", "{\"jobId\":\"12\"}");
    refused("flows[0] of addFlows: Custom Id cannot be integers");
    put(0, "a", "root", NULL);
    put(1, "a:b", "child", NULL);
    refused("flows[0].children[0] of addFlows: Queue name cannot contain :");
    put(0, "", "root", NULL);
    refused("flows[0] of addFlows: Queue name must be provided");
    put(0, "a", "", NULL);
    refused("flows[0] of addFlows: A job needs a name.");
    put(0, "a", "root", NULL);
    put(1, "b", "big", "{\"sizeLimit\":3}");
    refused("flows[0].children[0] of addFlows: The size of job big exceeds the limit 3 bytes");
    put(0, "a", "root", NULL);
    put(1, "b", "child", "{\"failParentOnFailure\":true,\"ignoreDependencyOnFailure\":true}");
    refused("flows[0].children[0] of addFlows: The following options cannot be used together: "
            "failParentOnFailure, ignoreDependencyOnFailure");
}

static void deduplication_is_for_nodes_without_family(void **state) {
    (void)state;
    put(0, "a", "root", "{\"deduplication\":{\"id\":\"d\"}}");
    put(1, "b", "child", NULL);
    refused("flows[0] of addFlows: Deduplication options cannot be used on flow nodes with "
            "children");
    put(0, "a", "root", NULL);
    put(1, "b", "child", "{\"deduplication\":{\"id\":\"d\",\"keepLastIfActive\":true}}");
    refused("flows[0].children[0] of addFlows: keepLastIfActive deduplication cannot be used on "
            "flow nodes with a parent");
    put(0, "a", "root", NULL);
    put(1, "b", "child", "{\"deduplication\":{\"id\":\"d\"}}");
    refused("flows[0].children[0] of addFlows: Deduplication and parent options cannot be used "
            "together");
    put(0, "a", "leaf", "{\"deduplication\":{\"id\":\"d\"},\"jobId\":\"first\"}");
    put(0, "a", "leaf", "{\"deduplication\":{\"id\":\"d\"},\"jobId\":\"second\"}");
    added(add_put(), (const char *const[]){"first", "first", NULL});
}

static void a_payload_that_is_no_tree_is_refused(void **state) {
    static const char wanted[] =
        "The payload of addFlows must be a run of FLOW_NODE records (see bindings/records.md).";
    (void)state;
    bq_buffer_append(&nodes, "nonsense", 8);
    refused(wanted);
    bq_put_add(&nodes, "a", NULL, NULL);
    refused(wanted);
    put(1, "a", "root", NULL);
    refused(
        "Node 0 of addFlows has the depth 1; after the node before it from 0 to 0 is possible.");
    put(0, "a", "root", NULL);
    put(2, "a", "leaf", NULL);
    refused(
        "Node 1 of addFlows has the depth 2; after the node before it from 0 to 1 is possible.");
    put(0, "a\xff", "root", NULL);
    refused("flows[0] of addFlows: The name of a queue must be UTF-8 text without NUL.");
}

static void options_of_queues_are_checked(void **state) {
    static const char *const bad[][2] = {
        {"{\"a\":{\"defaultOptions\":{}}}",
         "queuesOptions of queue \"a\" has the unknown member \"defaultOptions\"; it may have "
         "defaultJobOptions."},
        {"{\"a\":1}", "queuesOptions of queue \"a\" must be an object."},
        {"{\"a\":{\"defaultJobOptions\":{\"attempts\":-1}}}",
         "defaultJobOptions of queue \"a\": The job option \"attempts\" must be an integer of at "
         "least 0, not -1."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(0, "b", "root", NULL);
        const struct event *error =
            host_error(host, add_put_with(bad[i][0]), BQ_ERR_INVALID_ARGUMENT);
        assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), bad[i][1]);
    }
    assert_int_equal(server_integer(server, "DBSIZE"), 0);
}

static void a_command_without_a_queue_takes_handle_0_and_no_other(void **state) {
    bq_id opened = host_queue(host, "q", "{\"skipMetasUpdate\":true}");
    (void)state;
    const struct event *error = host_error(
        host, bq_call(host->client, opened, "getFlow", bq_bytes_of(NULL), bq_bytes_of(NULL)),
        BQ_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE), "queue handle 0"));
    host_error(host, bq_call(host->client, 0, "pause", bq_bytes_of(NULL), bq_bytes_of(NULL)),
               BQ_ERR_INVALID_ARGUMENT);
    assert_int_equal(server_integer(server, "DBSIZE"), 0);
}

static void a_closed_client_takes_no_flow(void **state) {
    (void)state;
    host_reply(host, bq_client_close(host->client, 0));
    put(0, "a", "root", NULL);
    assert_int_equal(add_put(), BQ_ECLOSED);
}

/* ---- what Redis refuses ---- */

static void a_missing_parent_refuses_the_whole_tree_and_no_other(void **state) {
    (void)state;
    put(0, "a", "root", "{\"jobId\":\"R\",\"parent\":{\"id\":\"no\",\"queue\":\"bull:p\"}}");
    put(1, "b", "child", "{\"jobId\":\"C\"}");
    put(0, "a", "other", "{\"jobId\":\"O\"}");
    json_t *list = results_of(add_put());
    assert_entry(list, 0, -5, "Missing key for parent job bull:p:no. addJob");
    assert_entry(list, 1, -5, "Missing key for parent job bull:a:R. addJob");
    assert_string_equal(json_string_value(json_array_get(list, 2)), "O");
    assert_int_equal(server_integer(server, "EXISTS bull:a:R bull:b:C"), 0);
    json_decref(list);
}

static void a_child_of_another_parent_is_told_at_its_place(void **state) {
    (void)state;
    put(0, "a", "root", "{\"jobId\":\"R1\"}");
    put(1, "b", "child", "{\"jobId\":\"C\"}");
    added(add_put(), (const char *const[]){"R1", "C", NULL});
    put(0, "a", "root", "{\"jobId\":\"R2\"}");
    put(1, "b", "child", "{\"jobId\":\"C\"}");
    json_t *list = results_of(add_put());
    assert_string_equal(json_string_value(json_array_get(list, 0)), "R2");
    assert_entry(list, 1, -7, "The parent job bull:a:R2 cannot be replaced. addJob");
    json_decref(list);
}

static void a_server_without_memory_refuses_a_flow_whole(void **state) {
    (void)state;
    server_do(server, "CONFIG SET maxmemory 1");
    put(0, "a", "root", NULL);
    put(1, "b", "child", NULL);
    const struct event *error = host_error(host, add_put(), BQ_ERR_REDIS_ERROR);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE), "OOM"));
    server_do(server, "CONFIG SET maxmemory 0");
    assert_int_equal(server_integer(server, "DBSIZE"), 0);
    put(0, "a", "root", NULL);
    added(add_put(), (const char *const[]){"*", NULL});
}

/* ---- release of parents ---- */

static void a_parent_whose_children_are_done_already_is_released(void **state) {
    (void)state;
    bq_id kids = host_queue(host, "kids", NULL);
    bq_id worker = host_worker(host, kids, NULL, 1);
    host_add(host, kids, "{}", "{\"jobId\":\"done\"}");
    host_done(host, next_job(), "42");
    host_reply(host, bq_worker_close(host->client, worker, 0));
    put(0, "parents", "root", "{\"jobId\":\"R\"}");
    put(1, "kids", "done", "{\"jobId\":\"done\"}");
    added(add_put(), (const char *const[]){"R", "done", NULL});
    assert_string_equal(text_at("HGET bull:parents:R:processed bull:kids:done"), "42");
    assert_string_equal(text_at("LINDEX bull:parents:wait 0"), "R");
    /* With a second child that is not done it waits. */
    put(0, "parents", "root", "{\"jobId\":\"S\"}");
    put(1, "kids", "done", "{\"jobId\":\"done2\"}");
    added(add_put(), (const char *const[]){"S", "done2", NULL});
    assert_int_equal(server_integer(server, "LLEN bull:parents:wait"), 1);
}

static void a_root_may_be_a_child_of_a_job_that_exists(void **state) {
    (void)state;
    put(0, "top", "top", "{\"jobId\":\"T\"}");
    put(1, "a", "first", "{\"jobId\":\"F\"}");
    added(add_put(), (const char *const[]){"T", "F", NULL});
    put(0, "a", "root", "{\"jobId\":\"R\",\"parent\":{\"id\":\"T\",\"queue\":\"bull:top\"}}");
    put(1, "b", "child", "{\"jobId\":\"C\"}");
    added(add_put(), (const char *const[]){"R", "C", NULL});
    assert_int_equal(server_integer(server, "SCARD bull:top:T:dependencies"), 2);
    assert_int_equal(server_integer(server, "ZCARD bull:top:waiting-children"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_CLIENT(a_client_without_a_queue_adds_a_flow),
        WITH_CLIENT(nodes_without_an_id_get_uuids_that_link_them),
        WITH_CLIENT(options_of_a_queue_are_those_of_the_call),
        WITH_CLIENT(an_empty_call_is_answered),
        WITH_CLIENT(a_bad_node_refuses_the_call_and_is_named),
        WITH_CLIENT(deduplication_is_for_nodes_without_family),
        WITH_CLIENT(a_payload_that_is_no_tree_is_refused),
        WITH_CLIENT(options_of_queues_are_checked),
        WITH_CLIENT(a_command_without_a_queue_takes_handle_0_and_no_other),
        WITH_CLIENT(a_closed_client_takes_no_flow),
        WITH_CLIENT(a_missing_parent_refuses_the_whole_tree_and_no_other),
        WITH_CLIENT(a_child_of_another_parent_is_told_at_its_place),
        WITH_CLIENT(a_server_without_memory_refuses_a_flow_whole),
        WITH_CLIENT(a_parent_whose_children_are_done_already_is_released),
        WITH_CLIENT(a_root_may_be_a_child_of_a_job_that_exists),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
