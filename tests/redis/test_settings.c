/* Commands on the queue's limits and what else its meta hash holds. */
#include "support_commands.h"

static void global_concurrency_is_set_read_and_removed(void **state) {
    (void)state;
    says("getGlobalConcurrency", NULL, "null");
    succeeds("setGlobalConcurrency", "{\"concurrency\":2}");
    says("getGlobalConcurrency", NULL, "2");
    counts("removeGlobalConcurrency", NULL, 1);
    counts("removeGlobalConcurrency", NULL, 0);
}

static void a_queue_is_maxed_when_as_many_jobs_are_active_as_may_be(void **state) {
    (void)state;
    counts("isMaxed", NULL, 0);
    succeeds("setGlobalConcurrency", "{\"concurrency\":1}");
    counts("isMaxed", NULL, 0);
    server_do(server, "LPUSH bull:q:active j");
    counts("isMaxed", NULL, 1);
}

static void global_rate_limit_is_set_read_and_removed(void **state) {
    (void)state;
    says("getGlobalRateLimit", NULL, "null");
    succeeds("setGlobalRateLimit", "{\"max\":5,\"duration\":1000}");
    says("getGlobalRateLimit", NULL, "{\"max\":5,\"duration\":1000}");
    counts("removeGlobalRateLimit", NULL, 2);
    says("getGlobalRateLimit", NULL, "null");
}

static void a_rate_limit_holds_until_it_is_removed(void **state) {
    (void)state;
    counts("getRateLimitTtl", NULL, -2);
    succeeds("rateLimit", "{\"expireTimeMs\":60000}");
    const struct event *reply = host_reply(host, command("getRateLimitTtl", "{\"maxJobs\":1}"));
    assert_in_range(event_integer(reply, BQ_TAG_VALUE), 1, 60000);
    counts("removeRateLimitKey", NULL, 1);
    counts("getRateLimitTtl", "{\"maxJobs\":1}", 0);
}

static void meta_is_told_with_the_names_and_types_of_node(void **state) {
    (void)state;
    says("getVersion", NULL, "\"bullmq:6.7.0\"");
    server_do(server, "DEL bull:q:meta");
    says("getVersion", NULL, "null");
    server_do(server, "HSET bull:q:meta opts.maxLenEvents 99 concurrency 3 paused 1 other text");
    says("getMeta", NULL,
         "{\"paused\":true,\"maxLenEvents\":99,\"concurrency\":3,\"other\":\"text\"}");
}

static void events_are_trimmed(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++)
        host_add(host, queue, "{}", NULL);
    counts("trimEvents", "{\"maxLength\":0}", 10);
    assert_int_equal(server_integer(server, "XLEN bull:q:events"), 0);
}

static void a_deduplication_id_is_looked_up_and_given_back(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"a\",\"deduplication\":{\"id\":\"once\"}}");
    says("getDeduplicationJobId", "{\"id\":\"once\"}", "\"a\"");
    counts("removeDeduplicationKey", "{\"id\":\"once\"}", 1);
    counts("removeDeduplicationKey", "{\"id\":\"once\"}", 0);
    says("getDeduplicationJobId", "{\"id\":\"once\"}", "null");
}

static void a_key_of_old_versions_is_deleted(void **state) {
    (void)state;
    server_do(server, "ZADD bull:q:priority 1 j");
    counts("removeDeprecatedPriorityKey", NULL, 1);
    counts("removeDeprecatedPriorityKey", NULL, 0);
}

static void numbers_out_of_range_are_refused_and_nothing_is_written(void **state) {
    (void)state;
    refuses("setGlobalConcurrency", "{\"concurrency\":0}", BQ_ERR_INVALID_ARGUMENT,
            "setGlobalConcurrency needs the argument \"concurrency\": an integer from 1 to "
            "9007199254740991, not 0.");
    refuses("setGlobalRateLimit", "{\"max\":1.5,\"duration\":1}", BQ_ERR_INVALID_ARGUMENT,
            "setGlobalRateLimit needs the argument \"max\": an integer.");
    refuses("rateLimit", "{\"expireTimeMs\":0}", BQ_ERR_INVALID_ARGUMENT,
            "rateLimit needs the argument \"expireTimeMs\": an integer from 1 to 2199023255551, "
            "not 0.");
    refuses("trimEvents", "{\"maxLength\":-1}", BQ_ERR_INVALID_ARGUMENT,
            "trimEvents needs the argument \"maxLength\": an integer from 0 to 9007199254740991, "
            "not -1.");
    assert_int_equal(server_integer(server, "EXISTS bull:q:limiter"), 0);
    assert_int_equal(server_integer(server, "HEXISTS bull:q:meta concurrency"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(global_concurrency_is_set_read_and_removed),
        WITH_QUEUE(a_queue_is_maxed_when_as_many_jobs_are_active_as_may_be),
        WITH_QUEUE(global_rate_limit_is_set_read_and_removed),
        WITH_QUEUE(a_rate_limit_holds_until_it_is_removed),
        WITH_QUEUE(meta_is_told_with_the_names_and_types_of_node),
        WITH_QUEUE(events_are_trimmed),
        WITH_QUEUE(a_deduplication_id_is_looked_up_and_given_back),
        WITH_QUEUE(a_key_of_old_versions_is_deleted),
        WITH_QUEUE(numbers_out_of_range_are_refused_and_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
