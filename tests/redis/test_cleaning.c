/* Commands that remove, retry or promote many jobs. */
#include "support_commands.h"

#include <string.h>

/* `count` jobs in a sorted set, the first with score 1. */
static void fill(const char *place, int count) {
    server_do(server, "EVAL %s 0 %s %d",
              "for i = 1, ARGV[2] do redis.call('ZADD', 'bull:q:' .. ARGV[1], i, 'j' .. i) "
              "redis.call('HSET', 'bull:q:j' .. i, 'name', 'n', 'opts', '{}', 'timestamp', i) end",
              place, count);
}

static void drain_removes_what_waits_and_delayed_jobs_where_asked_for(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"w\"}");
    host_add(host, queue, "{}", "{\"jobId\":\"p\",\"priority\":1}");
    host_add(host, queue, "{}", "{\"jobId\":\"d\",\"delay\":60000}");
    succeeds("drain", NULL);
    assert_int_equal(server_integer(server, "EXISTS bull:q:w bull:q:p bull:q:wait"), 0);
    assert_true(job_is_in("d", "delayed"));
    succeeds("drain", "{\"delayed\":true}");
    assert_int_equal(server_integer(server, "EXISTS bull:q:d bull:q:delayed"), 0);
}

static void drain_goes_on_until_no_job_is_left(void **state) {
    (void)state;
    server_do(server, "EVAL %s 0",
              "for i = 1, 2500 do redis.call('RPUSH', 'bull:q:wait', 'j' .. i) "
              "redis.call('HSET', 'bull:q:j' .. i, 'name', 'n', 'opts', '{}') end");
    fill("prioritized", 1500);
    succeeds("drain", NULL);
    assert_int_equal(server_integer(server, "DBSIZE"), 1); /* meta */
}

static void clean_goes_on_until_all_old_jobs_are_gone(void **state) {
    (void)state;
    fill("completed", 20005);
    const struct event *reply = host_reply(host, command("clean", "{\"grace\":1000,\"limit\":0}"));
    bq_bytes ids = bq_record_bytes(&reply->record, BQ_TAG_VALUE);
    assert_memory_equal(ids.ptr, "[\"j1\",\"j2\",", 11);
    assert_int_equal(server_integer(server, "EXISTS bull:q:completed bull:q:j1 bull:q:j20005"), 0);
    assert_int_equal(server_integer(server, "XLEN bull:q:events"), 81); /* one per piece */
}

static void clean_passes_over_what_must_stay(void **state) {
    (void)state;
    fill("delayed", 1000);
    server_do(server, "EVAL %s 0", /* the last of each hundred is young */
              "for i = 100, 1000, 100 do "
              "redis.call('HSET', 'bull:q:j' .. i, 'timestamp', '9999999999999') end "
              "for i = 1, 1000 do redis.call('LPUSH', 'bull:q:wait', 'j' .. i) end");
    host_reply(host, command("clean", "{\"grace\":1000,\"limit\":700,\"type\":\"delayed\"}"));
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 300);
    host_reply(host, command("clean", "{\"grace\":1000,\"limit\":0,\"type\":\"delayed\"}"));
    assert_int_equal(server_integer(server, "ZCARD bull:q:delayed"), 10);
    host_reply(host, command("clean", "{\"grace\":1000,\"limit\":0,\"type\":\"wait\"}"));
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 10);
    assert_string_equal(server_text(server, "LINDEX bull:q:wait 0"), "j1000");
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "j100");
}

static void clean_stops_at_its_limit_and_spares_young_jobs(void **state) {
    (void)state;
    fill("failed", 5);
    says("clean", "{\"grace\":0,\"limit\":2,\"type\":\"failed\"}", "[\"j1\",\"j2\"]");
    host_add(host, queue, "{}", NULL);
    says("clean", "{\"grace\":60000,\"limit\":0,\"type\":\"waiting\"}", "[]");
    says("clean", "{\"grace\":0,\"limit\":0,\"type\":\"waiting\"}", "[\"1\"]");
    refuses("clean", "{\"grace\":0,\"limit\":0,\"type\":\"stalled\"}", BQ_ERR_INVALID_ARGUMENT,
            "clean needs the argument \"type\": one of completed wait waiting active paused "
            "delayed failed prioritized (not \"stalled\").");
}

static void retry_and_promote_go_on_until_no_job_is_left(void **state) {
    (void)state;
    fill("failed", 25);
    succeeds("retryJobs", "{\"count\":10}");
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 25);
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "j1");
    server_flush(server);
    fill("completed", 5);
    succeeds("retryJobs", "{\"state\":\"completed\",\"timestamp\":3}");
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 3);
    server_flush(server);
    fill("delayed", 25);
    succeeds("promoteJobs", "{\"count\":10}");
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 25);
    refuses("retryJobs", "{\"state\":\"delayed\"}", BQ_ERR_INVALID_ARGUMENT,
            "retryJobs needs the argument \"state\": one of failed completed (not \"delayed\").");
    refuses("promoteJobs", "{\"count\":0}", BQ_ERR_INVALID_ARGUMENT,
            "promoteJobs needs the argument \"count\": an integer from 1 to 9007199254740991, not "
            "0.");
}

static void orphans_are_removed_and_nothing_else(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"jobId\":\"kept\"}");
    fill("completed", 300);
    server_do(server, "EVAL %s 0",
              "for i = 1, 300 do redis.call('HSET', 'bull:q:o' .. i, 'name', 'n') end");
    server_do(server, "RPUSH bull:q:o1:logs row");
    server_do(server, "HSET bull:q:metrics:failed count 1");
    server_do(server, "HSET bull:q2:o1 name n");
    long long before = server_integer(server, "DBSIZE");
    counts("removeOrphanedJobs", "{\"count\":50}", 300);
    assert_int_equal(server_integer(server, "DBSIZE"), before - 301);
    counts("removeOrphanedJobs", NULL, 0);
}

static void orphans_are_found_beside_long_lists(void **state) {
    (void)state;
    server_do(server, "EVAL %s 0",
              "for i = 1, 12000 do redis.call('RPUSH', 'bull:q:wait', 'w' .. i) "
              "redis.call('HSET', 'bull:q:w' .. i, 'name', 'n') end "
              "for i = 1, 20 do redis.call('HSET', 'bull:q:o' .. i, 'name', 'n') end");
    counts("removeOrphanedJobs", NULL, 20);
    assert_int_equal(server_integer(server, "DBSIZE"), 12002); /* wait, meta */
}

static void a_queue_whose_name_is_a_pattern_loses_no_jobs_of_others(void **state) {
    (void)state;
    server_do(server, "HSET bull:ax:o1 name n");
    server_do(server, "HSET bull:a*:o1 name n");
    bq_id star = host_queue(host, "a*", NULL);
    const struct event *reply = host_reply(
        host, bq_easy_remove_orphaned_jobs(host->client, star, BQ_EASY_UNSET, BQ_EASY_UNSET));
    assert_int_equal(event_integer(reply, BQ_TAG_VALUE), 1);
    assert_int_equal(server_integer(server, "EXISTS bull:ax:o1"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(drain_removes_what_waits_and_delayed_jobs_where_asked_for),
        WITH_QUEUE(drain_goes_on_until_no_job_is_left),
        WITH_QUEUE(clean_goes_on_until_all_old_jobs_are_gone),
        WITH_QUEUE(clean_passes_over_what_must_stay),
        WITH_QUEUE(clean_stops_at_its_limit_and_spares_young_jobs),
        WITH_QUEUE(retry_and_promote_go_on_until_no_job_is_left),
        WITH_QUEUE(orphans_are_removed_and_nothing_else),
        WITH_QUEUE(orphans_are_found_beside_long_lists),
        WITH_QUEUE(a_queue_whose_name_is_a_pattern_loses_no_jobs_of_others),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
