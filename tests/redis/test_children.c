/* Commands that read what a job knows of its children, and where a job is. */
#include "support_commands.h"

#include <stdio.h>
#include <string.h>

static void some_children(void) {
    server_do(server, "HSET bull:q:p:processed bull:k:1 {\"big\":12345678901234567890.10}");
    server_do(server, "SADD bull:q:p:dependencies bull:k:2");
    server_do(server, "HSET bull:q:p:failed bull:k:3 %s", "it \"broke\"");
    server_do(server, "ZADD bull:q:p:unsuccessful 1 bull:k:4 2 bull:k:5 3 bull:k:6");
}

static void values_of_children_are_passed_on_as_they_are(void **state) {
    (void)state;
    some_children();
    says("getJobChildrenValues", "{\"id\":\"p\"}",
         "{\"bull:k:1\":{\"big\":12345678901234567890.10}}");
    says("getJobChildrenValues", "{\"id\":\"x\"}", "{}");
    says("getJobIgnoredChildrenFailures", "{\"id\":\"p\"}", "{\"bull:k:3\":\"it \\\"broke\\\"\"}");
}

static void a_value_that_is_not_json_is_an_error_that_names_the_child(void **state) {
    (void)state;
    server_do(server, "HSET bull:q:p:processed bull:k:1 nonsense");
    const struct event *error = host_error(host, command("getJobChildrenValues", "{\"id\":\"p\"}"),
                                           BQ_ERR_UNEXPECTED_REPLY);
    assert_non_null(
        strstr(event_text(host, error, BQ_TAG_MESSAGE), "The value of child bull:k:1 is not JSON"));
    host_error(host, command("getJobDependencies", "{\"id\":\"p\"}"), BQ_ERR_UNEXPECTED_REPLY);
}

static void dependencies_come_whole_by_kind(void **state) {
    (void)state;
    some_children();
    says("getJobDependencies", "{\"id\":\"p\"}",
         "{\"processed\":{\"bull:k:1\":{\"big\":12345678901234567890.10}},"
         "\"unprocessed\":[\"bull:k:2\"],\"ignored\":{\"bull:k:3\":\"it \\\"broke\\\"\"},"
         "\"failed\":[\"bull:k:4\",\"bull:k:5\",\"bull:k:6\"]}");
    says("getJobDependencies", "{\"id\":\"x\"}",
         "{\"processed\":{},\"unprocessed\":[],\"ignored\":{},\"failed\":[]}");
}

static void dependencies_come_by_pages_of_the_kinds_asked_for(void **state) {
    (void)state;
    some_children();
    says("getJobDependencies",
         "{\"id\":\"p\",\"unprocessed\":{},\"failed\":{\"cursor\":1,\"count\":2}}",
         "{\"unprocessed\":[\"bull:k:2\"],\"nextUnprocessedCursor\":0,"
         "\"failed\":[\"bull:k:5\",\"bull:k:6\"],\"nextFailedCursor\":3}");
    refuses("getJobDependencies", "{\"id\":\"p\",\"failed\":{\"cursor\":-1}}",
            BQ_ERR_INVALID_ARGUMENT,
            "getJobDependencies needs the argument \"failed\": an object {cursor, count} of "
            "integers, neither negative.");
}

static void dependencies_are_counted_by_kind(void **state) {
    (void)state;
    some_children();
    says("getJobDependenciesCount", "{\"id\":\"p\"}",
         "{\"processed\":1,\"unprocessed\":1,\"ignored\":1,\"failed\":3}");
    says("getJobDependenciesCount", "{\"id\":\"p\",\"failed\":true,\"processed\":true}",
         "{\"processed\":1,\"failed\":3}");
}

static void a_page_of_dependencies_brings_their_jobs(void **state) {
    (void)state;
    server_do(server, "HSET bull:q:p:processed bull:k:1 7 bull:k:2 nonsense");
    server_do(server, "HSET bull:k:1 name one data {}");
    const struct event *reply =
        host_reply(host, command("getDependencies", "{\"parentId\":\"p\",\"type\":\"processed\"}"));
    const char *page = event_text(host, reply, BQ_TAG_VALUE);
    assert_non_null(strstr(page, "{\"id\":\"bull:k:1\",\"v\":7}"));
    assert_non_null(strstr(page, "{\"id\":\"bull:k:2\",\"err\":"));
    assert_non_null(strstr(page, "\"total\":2}"));
    assert_string_equal(ids_of(reply, BQ_TAG_JOBS), "one,-,");
}

/* Far more than one call of the script looks at. */
static void a_page_is_put_together_from_many_calls(void **state) {
    (void)state;
    server_do(server, "EVAL %s 0",
              "for i = 1, 3000 do redis.call('SADD', 'bull:q:p:dependencies', 'bull:k:' .. i) end");
    const struct event *reply = host_reply(
        host, command("getDependencies",
                      "{\"parentId\":\"p\",\"type\":\"pending\",\"start\":100,\"end\":2899}"));
    bq_bytes page = bq_record_bytes(&reply->record, BQ_TAG_VALUE);
    int items = 0;
    for (const char *at = page.ptr;
         (at = memmem(at, (size_t)(page.ptr + page.len - at), "\"id\"", 4)); at++)
        items++;
    assert_int_equal(items, 2800);
    assert_non_null(memmem(page.ptr, page.len, "\"total\":3000}", 13));
}

static void a_job_is_in_the_state_of_the_place_that_holds_it(void **state) {
    (void)state;
    static const char *const asks[] = {"isJobCompleted", "isJobFailed",  "isJobDelayed",
                                       "isJobActive",    "isJobWaiting", "isJobWaitingChildren"};
    static const char *const places[] = {"completed", "failed", "delayed",
                                         "active",    "wait",   "waiting-children"};
    for (size_t i = 0; i < 6; i++)
        for (size_t place = 0; place < 6; place++) {
            server_flush(server);
            if (place == 3 || place == 4)
                server_do(server, "LPUSH bull:q:%s j", places[place]);
            else
                server_do(server, "ZADD bull:q:%s 1 j", places[place]);
            counts(asks[i], "{\"id\":\"j\"}", i == place);
        }
    server_flush(server);
    server_do(server, "ZADD bull:q:prioritized 1 j");
    counts("isJobWaiting", "{\"id\":\"j\"}", 0);
    server_do(server, "LPUSH bull:q:paused legacy");
    counts("isJobWaiting", "{\"id\":\"legacy\"}", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(values_of_children_are_passed_on_as_they_are),
        WITH_QUEUE(a_value_that_is_not_json_is_an_error_that_names_the_child),
        WITH_QUEUE(dependencies_come_whole_by_kind),
        WITH_QUEUE(dependencies_come_by_pages_of_the_kinds_asked_for),
        WITH_QUEUE(dependencies_are_counted_by_kind),
        WITH_QUEUE(a_page_of_dependencies_brings_their_jobs),
        WITH_QUEUE(a_page_is_put_together_from_many_calls),
        WITH_QUEUE(a_job_is_in_the_state_of_the_place_that_holds_it),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
