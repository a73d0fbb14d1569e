/* Flows: what addFlows writes and refuses, and what getFlow reads back. */
#include "support_fixture.h"
#include "support_proxy.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the test's side ---- */

static bq_buffer nodes;

static void put(int depth, const char *queue_name, const char *name, const char *opts) {
    bq_put_flow_node(&nodes, depth, queue_name, NULL, name, "{\"n\":1}", opts);
}

static bq_id add_put_with(const char *queues_options) {
    assert_int_equal(nodes.failed, 0);
    bq_id operation =
        bq_easy_add_flows(host->client, NULL, bq_buffer_bytes(&nodes), queues_options);
    bq_buffer_free(&nodes);
    return operation;
}

static bq_id add_put(void) {
    return add_put_with(NULL);
}

/* The reply's list; json_decref it. */
static json_t *results_of(bq_id operation) {
    bq_bytes value = bq_record_bytes(&host_reply(host, operation)->record, BQ_TAG_VALUE);
    json_t *list = json_loadb(value.ptr, value.len, 0, NULL);
    assert_true(json_is_array(list));
    return list;
}

/* All nodes were added, and their ids are these; "*" stands for any. */
static void added(bq_id operation, const char *const *ids) {
    json_t *list = results_of(operation);
    size_t count = 0;
    for (; ids[count]; count++) {
        const char *id = json_string_value(json_array_get(list, count));
        assert_non_null(id);
        if (strcmp(ids[count], "*") != 0)
            assert_string_equal(id, ids[count]);
    }
    assert_int_equal(json_array_size(list), count);
    json_decref(list);
}

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

static const char *text_at(const char *command) {
    const char *text = server_text(server, command, NULL);
    return text ? text : "";
}

static int open_client(void **state) {
    (void)state;
    server_flush(server);
    host = host_open(server, NULL);
    return 0;
}

#define WITH_CLIENT(test) cmocka_unit_test_setup_teardown(test, open_client, close_queue)

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

static struct proxy *proxy;

static int open_through_proxy(void **state) {
    char options[256];
    (void)state;
    server_flush(server);
    proxy = proxy_start(server);
    snprintf(options, sizeof options, "{\"connection.path\":\"%s\"}", proxy_path(proxy));
    host = host_open_with(options);
    queue = host_queue(host, "q", "{\"skipMetasUpdate\":true}");
    return 0;
}

static int close_proxy(void **state) {
    close_queue(state);
    proxy_stop(proxy);
    return 0;
}

#define THROUGH_PROXY(test) cmocka_unit_test_setup_teardown(test, open_through_proxy, close_proxy)

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
    refused("flows[1] of addFlows: a flow has at most 100000 nodes, not 100001, because Redis does "
            "nothing else while it is added; add a part of the children from the parent's "
            "handler.");
}

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
        WITH_CLIENT(a_flow_needs_no_script_to_be_there),
        WITH_CLIENT(steps_that_ran_are_not_repeated_for_those_whose_script_was_gone),
        THROUGH_PROXY(a_flow_whose_answer_was_lost_is_found_and_not_added_twice),
        THROUGH_PROXY(a_flow_that_was_lost_on_its_way_is_told_of),
        WITH_QUEUE(a_flow_that_waits_for_a_connection_is_sent_when_there_is_one),
        WITH_CLIENT(a_wide_flow_is_added),
        WITH_CLIENT(many_flows_of_one_call_share_few_transactions),
        WITH_CLIENT(a_flow_that_is_too_large_is_refused),
        WITH_CLIENT(a_flow_is_read_parents_first_down_to_its_depth),
        WITH_CLIENT(children_that_are_gone_are_told_by_their_address),
        WITH_CLIENT(children_come_in_order_of_their_kind),
        WITH_CLIENT(only_so_many_failed_children_are_read),
        WITH_CLIENT(getting_a_flow_checks_its_arguments),
        WITH_CLIENT(a_key_of_another_type_is_an_error),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
