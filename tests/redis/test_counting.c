/* Commands that count and list jobs, and find who reads the queue. */
#include "support_commands.h"

#include <string.h>

static void three_jobs(void) {
    host_add(host, queue, "{}", "{\"jobId\":\"a\"}");
    host_add(host, queue, "{}", "{\"jobId\":\"b\",\"priority\":2}");
    host_add(host, queue, "{}", "{\"jobId\":\"c\",\"delay\":60000}");
}

static void counts_add_up_by_type(void **state) {
    (void)state;
    three_jobs();
    counts("count", NULL, 3);
    counts("getJobCountByTypes", "{\"types\":[\"wait\",\"delayed\"]}", 2);
    counts("getJobCountByTypes", "{\"types\":[]}", 3);
    says("getCountsPerPriority", "{\"priorities\":[2,0,1,2]}", "{\"2\":1,\"0\":1,\"1\":0}");
    refuses("getCountsPerPriority", "{\"priorities\":[-1]}", BQ_ERR_INVALID_ARGUMENT,
            "getCountsPerPriority needs the argument \"priorities\": an integer from 0 to 2097151, "
            "not -1.");
}

static void delayed_jobs_are_counted_strictly_before_a_time(void **state) {
    (void)state;
    server_do(server, "ZADD bull:q:delayed 4096000 x 4096001 y 4100096 z"); /* 1000 and 1001 ms */
    counts("getDelayedCount", NULL, 3);
    counts("getDelayedCount", "{\"timestamp\":1000}", 0);
    counts("getDelayedCount", "{\"timestamp\":1001}", 2);
    refuses("getDelayedCount", "{\"timestamp\":1000.5}", BQ_ERR_INVALID_ARGUMENT,
            "getDelayedCount needs the argument \"timestamp\": an integer.");
}

static const char *jobs(const char *args) {
    return ids_of(host_reply(host, command("getJobs", args)), BQ_TAG_VALUE);
}

static void jobs_come_type_by_type_each_once_in_the_order_asked_for(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        host_add(host, queue, "{}", NULL);
    host_add(host, queue, "{}", "{\"jobId\":\"d\",\"delay\":60000}");
    assert_string_equal(jobs("{\"types\":[\"waiting\",\"delayed\",\"wait\"]}"), "3,2,1,d,");
    assert_string_equal(jobs("{\"types\":[\"waiting\"],\"asc\":true,\"end\":1}"), "1,2,");
    assert_string_equal(jobs("{\"types\":[\"waiting\"],\"asc\":true,\"start\":-2}"), "2,3,");
    assert_string_equal(jobs(NULL), "d,3,2,1,");
    assert_string_equal(jobs("{\"types\":[\"failed\"]}"), "");
}

static void ids_whose_job_is_gone_are_skipped_as_jobs_and_kept_as_ids(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    server_do(server, "RPUSH bull:q:wait ghost");
    host_add(host, queue, "{}", NULL);
    assert_string_equal(jobs("{\"types\":[\"wait\"],\"asc\":true,\"end\":1}"), "1,2,");
    says("getRanges", "{\"types\":[\"wait\"],\"asc\":true,\"end\":2}", "[\"ghost\",\"1\",\"2\"]");
    says("getRanges", "{\"types\":[\"wait\",\"waiting\"]}", "[\"2\",\"1\"]");
}

static void jobs_bring_their_fields(void **state) {
    (void)state;
    host_add(host, queue, "{\"n\":1}", "{\"jobId\":\"a\",\"keepLogs\":4}");
    const struct event *reply = host_reply(host, command("getJobs", NULL));
    bq_bytes rest = bq_record_bytes(&reply->record, BQ_TAG_VALUE);
    bq_record job;
    assert_int_equal(bq_record_next(&rest, &job), 1);
    bq_bytes data = bq_record_bytes(&job, BQ_TAG_DATA), opts = bq_record_bytes(&job, BQ_TAG_OPTS);
    assert_memory_equal(data.ptr, "{\"n\":1}", data.len);
    assert_non_null(memmem(opts.ptr, opts.len, "\"keepLogs\":4", 12));
}

static void metrics_are_numbers_the_newest_first(void **state) {
    (void)state;
    says("getMetrics", "{\"type\":\"failed\"}",
         "{\"meta\":{\"count\":0,\"prevTS\":0,\"prevCount\":0},\"data\":[],\"count\":0}");
    server_do(server, "HSET bull:q:metrics:completed count 9 prevTS 60000 prevCount 4");
    server_do(server, "RPUSH bull:q:metrics:completed:data 4 0 2");
    says("getMetrics", "{\"type\":\"completed\",\"end\":1}",
         "{\"meta\":{\"count\":9,\"prevTS\":60000,\"prevCount\":4},\"data\":[4,0],\"count\":3}");
    refuses("getMetrics", "{\"type\":\"active\"}", BQ_ERR_INVALID_ARGUMENT,
            "getMetrics needs the argument \"type\": one of completed failed (not \"active\").");
}

static void prometheus_text_carries_counts_totals_and_escaped_labels(void **state) {
    (void)state;
    three_jobs();
    server_do(server, "HSET bull:q:metrics:failed count 7");
    const struct event *reply = host_reply(
        host, command("exportPrometheusMetrics", "{\"globalVariables\":{\"a\":\"x\\\"\\\\\\n\"}}"));
    const char *text = event_text(host, reply, BQ_TAG_VALUE);
    assert_non_null(strstr(text, "# TYPE bullmq_job_count gauge\n"
                                 "bullmq_job_count{queue=\"q\", state=\"active\", "
                                 "a=\"x\\\"\\\\\\n\"} 0\n"));
    assert_non_null(strstr(text, "state=\"delayed\", a=\"x\\\"\\\\\\n\"} 1\n"));
    assert_non_null(strstr(text, "bullmq_job_failed_total{queue=\"q\", a=\"x\\\"\\\\\\n\"} 7"));
    assert_int_not_equal(text[strlen(text) - 1], '\n');
    refuses("exportPrometheusMetrics", "{\"globalVariables\":{\"a\":1}}", BQ_ERR_INVALID_ARGUMENT,
            "exportPrometheusMetrics needs the argument \"globalVariables\": an object of texts.");
}

static void workers_are_found_by_the_names_of_their_connections(void **state) {
    (void)state;
    says("getWorkers", NULL, "[]");
    host_worker(host, queue, NULL, 1);
    host_worker(host, queue, "{\"name\":\"w1\"}", 1);
    host_worker(host, host_queue(host, "other", NULL), NULL, 1);
    counts("getWorkersCount", NULL, 2);
    const struct event *reply = host_reply(host, command("getWorkers", NULL));
    const char *list = event_text(host, reply, BQ_TAG_VALUE);
    assert_non_null(strstr(list, "\"name\":\"q\""));
    assert_non_null(strstr(list, "\"rawname\":\"bull:cQ==:w:w1\""));
    assert_null(strstr(list, "b3RoZXI="));
    says("getQueueEvents", NULL, "[]");
}

static void a_server_without_client_lists_is_told_as_node_tells_it(void **state) {
    (void)state;
    static const char *const options[] = {"--rename-command", "CLIENT", "", NULL};
    struct server *hosted = server_start(options);
    struct host *guest = host_open(hosted, NULL);
    bq_id elsewhere = host_queue(guest, "q", NULL);
    const struct event *reply = host_reply(guest, bq_easy_get_workers(guest->client, elsewhere));
    assert_string_equal(event_text(guest, reply, BQ_TAG_VALUE),
                        "[{\"name\":\"GCP does not support client list\"}]");
    host_free(guest);
    server_stop(hosted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(counts_add_up_by_type),
        WITH_QUEUE(delayed_jobs_are_counted_strictly_before_a_time),
        WITH_QUEUE(jobs_come_type_by_type_each_once_in_the_order_asked_for),
        WITH_QUEUE(ids_whose_job_is_gone_are_skipped_as_jobs_and_kept_as_ids),
        WITH_QUEUE(jobs_bring_their_fields),
        WITH_QUEUE(metrics_are_numbers_the_newest_first),
        WITH_QUEUE(prometheus_text_carries_counts_totals_and_escaped_labels),
        WITH_QUEUE(workers_are_found_by_the_names_of_their_connections),
        WITH_QUEUE(a_server_without_client_lists_is_told_as_node_tells_it),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
