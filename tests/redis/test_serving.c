/* Which jobs a worker takes, when, and how many at once. */
#include "support_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bq_id worker;

static void work(const char *options, int credit) {
    worker = host_worker(host, queue, options, credit);
}

static void add_many(int count) {
    bq_buffer records = BQ_BUFFER_INIT;
    for (int i = 0; i < count; i++)
        bq_put_add(&records, "work", "{}", NULL);
    host_reply(host, bq_easy_add_bulk(host->client, queue, bq_buffer_bytes(&records)));
    bq_buffer_free(&records);
}

/* Runs the next job and compares its id. */
static void runs_next(const char *id) {
    const struct event *job = next_job();
    assert_string_equal(job_id_of(job), id);
    host_done(host, job, "1");
}

/* What the worker has been told to do by now, it has done: two round trips later. */
static void settle(void) {
    host_reply(host, bq_easy_is_paused(host->client, queue));
    host_reply(host, bq_easy_is_paused(host->client, queue));
    host_pump(host);
}

/* ---- order ---- */

static void jobs_run_in_the_order_of_their_adding(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        host_add(host, queue, "{}", NULL);
    work(NULL, 1);
    runs_next("1");
    runs_next("2");
    runs_next("3");
}

static void lifo_runs_first_then_plain_then_by_priority(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"priority\":2,\"jobId\":\"p2\"}");
    host_add(host, queue, "{}", "{\"priority\":1,\"jobId\":\"p1a\"}");
    host_add(host, queue, "{}", "{\"priority\":1,\"jobId\":\"p1b\"}");
    host_add(host, queue, "{}", "{\"jobId\":\"plain\"}");
    host_add(host, queue, "{}", "{\"lifo\":true,\"jobId\":\"lifo\"}");
    work(NULL, 1);
    runs_next("lifo");
    runs_next("plain");
    runs_next("p1a");
    runs_next("p1b");
    runs_next("p2");
}

static void a_waiting_worker_takes_a_job_as_soon_as_it_is_added(void **state) {
    (void)state;
    work("{\"drainDelay\":60}", 1);
    settle();
    host_add(host, queue, "{}", NULL);
    int64_t added = clock_ms();
    next_job();
    assert_true(clock_ms() - added < 1000);
}

static void a_waiting_worker_takes_a_delayed_job_when_it_is_due(void **state) {
    (void)state;
    work("{\"drainDelay\":60}", 1);
    settle();
    int64_t before = clock_ms();
    host_add(host, queue, "{}", "{\"delay\":200}");
    runs_next("1");
    int64_t passed = clock_ms() - before;
    assert_true(passed >= 199);
    assert_true(passed < 1500);
}

static void an_earlier_delayed_job_wakes_the_worker_before_the_known_one(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"delay\":60000,\"jobId\":\"late\"}");
    work("{\"drainDelay\":60}", 1);
    settle();
    host_add(host, queue, "{}", "{\"delay\":100,\"jobId\":\"early\"}");
    runs_next("early");
}

static void delayed_jobs_run_in_the_order_of_their_dues(void **state) {
    (void)state;
    host_add(host, queue, "{}", "{\"delay\":120,\"jobId\":\"c\"}");
    host_add(host, queue, "{}", "{\"delay\":40,\"jobId\":\"a\"}");
    host_add(host, queue, "{}", "{\"delay\":80,\"jobId\":\"b\"}");
    work(NULL, 1);
    runs_next("a");
    runs_next("b");
    runs_next("c");
}

static void two_workers_share_a_queue_without_running_a_job_twice(void **state) {
    enum { COUNT = 200 };
    char seen[COUNT + 1] = "";
    (void)state;
    struct host *second = host_open(server, NULL);
    bq_id its_queue = host_queue(second, "q", NULL);
    work(NULL, 5);
    host_worker(second, its_queue, NULL, 5);
    add_many(COUNT);
    for (int ran = 0; ran < COUNT;) {
        struct host *hosts[] = {host, second};
        for (int i = 0; i < 2; i++) {
            const struct event *job = host_try(hosts[i], BQ_EV_JOB, 0, 10);
            if (!job)
                continue;
            int id = atoi(event_text(hosts[i], job, BQ_TAG_JOB_ID));
            assert_int_equal(seen[id], 0);
            seen[id] = 1;
            bq_easy_done(hosts[i]->client, job->id, "1");
            ran++;
        }
    }
    host_close(second);
    assert_true(host_count(host, BQ_EV_JOB, 0) > 0);
}

/* ---- rate limit ---- */

static void rate_limited_worker_starts_no_more_than_allowed(void **state) {
    (void)state;
    add_many(7);
    work("{\"limiter\":{\"max\":3,\"duration\":300}}", 7);
    int64_t begin = clock_ms();
    for (int i = 0; i < 7; i++)
        host_done(host, next_job(), "1");
    int64_t passed = clock_ms() - begin; /* 3 at once, 3 after 300 ms, 1 after 600 ms */
    assert_true(passed >= 590);
    assert_true(passed < 3000);
}

static void a_rate_limit_set_for_the_queue_holds_for_its_workers(void **state) {
    (void)state;
    server_do(server, "HSET bull:q:meta max 1 duration 200");
    add_many(3);
    work(NULL, 3);
    int64_t begin = clock_ms();
    for (int i = 0; i < 3; i++)
        host_done(host, next_job(), "1");
    assert_true(clock_ms() - begin >= 390);
}

static void concurrency_of_the_queue_limits_all_workers_together(void **state) {
    (void)state;
    server_do(server, "HSET bull:q:meta concurrency 2");
    add_many(6);
    work("{\"drainDelay\":0.05}", 6);
    const struct event *a = next_job(), *b = next_job();
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 2);
    host_done(host, a, "1");
    host_done(host, b, "1");
    for (int i = 0; i < 4; i++)
        host_done(host, next_job(), "1");
}

/* ---- pausing ---- */

static void a_paused_queue_gives_no_job_until_it_is_resumed(void **state) {
    (void)state;
    work("{\"drainDelay\":0.05}", 1);
    host_reply(host, bq_easy_pause(host->client, queue));
    host_add(host, queue, "{}", NULL);
    settle();
    assert_null(host_try(host, BQ_EV_JOB, 0, 150));
    host_reply(host, bq_easy_resume(host->client, queue));
    runs_next("1");
}

static void jobs_that_run_go_on_while_the_queue_is_paused(void **state) {
    (void)state;
    add_many(2);
    work("{\"drainDelay\":0.05}", 1);
    const struct event *job = next_job();
    host_reply(host, bq_easy_pause(host->client, queue));
    host_done(host, job, "1");
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 1);
    assert_true(job_is_in("2", "wait"));
}

static void pausing_a_worker_waits_for_the_jobs_that_run(void **state) {
    (void)state;
    add_many(4);
    work(NULL, 2);
    const struct event *a = next_job(), *b = next_job();
    bq_id pause = bq_worker_pause(host->client, worker, 0);
    settle();
    assert_int_equal(host_count(host, BQ_EV_REPLY, pause), 0);
    host_done(host, a, "1");
    assert_int_equal(host_count(host, BQ_EV_REPLY, pause), 0);
    host_done(host, b, "1");
    host_reply(host, pause);
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 2);
    host_reply(host, bq_worker_resume(host->client, worker));
    next_job();
    next_job();
}

static void pausing_a_worker_without_waiting_answers_at_once(void **state) {
    (void)state;
    add_many(2);
    work(NULL, 1);
    const struct event *job = next_job();
    host_reply(host, bq_worker_pause(host->client, worker, 1));
    host_done(host, job, "1");
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 1);
    host_reply(host, bq_worker_resume(host->client, worker));
    runs_next("2");
}

static void every_pause_that_waits_is_answered_when_nothing_runs(void **state) {
    (void)state;
    add_many(1);
    work(NULL, 1);
    const struct event *job = next_job();
    bq_id first = bq_worker_pause(host->client, worker, 0);
    bq_id second = bq_worker_pause(host->client, worker, 0);
    settle();
    assert_int_equal(host_count(host, BQ_EV_REPLY, first), 0);
    assert_int_equal(host_count(host, BQ_EV_REPLY, second), 0);
    host_done(host, job, "1");
    host_reply(host, first);
    host_reply(host, second);
}

static void a_worker_paused_while_it_waits_is_resumed_to_the_jobs_added_meanwhile(void **state) {
    (void)state;
    work("{\"drainDelay\":60}", 1);
    settle();
    host_reply(host, bq_worker_pause(host->client, worker, 0));
    host_add(host, queue, "{}", NULL);
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 0);
    host_reply(host, bq_worker_resume(host->client, worker));
    runs_next("1");
}

/* ---- credit ---- */

static void without_credit_no_job_is_taken(void **state) {
    (void)state;
    add_many(3);
    work(NULL, 0);
    settle();
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 0);
    bq_worker_credit(host->client, worker, 2);
    next_job();
    next_job();
    settle();
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 2);
}

static void no_more_jobs_are_held_than_credit_was_given(void **state) {
    enum { JOBS = 100, CREDIT = 10 };
    int held = 0;
    (void)state;
    const struct event *holding[JOBS];
    add_many(JOBS);
    work(NULL, CREDIT);
    for (int ran = 0; ran < JOBS;) {
        const struct event *job;
        while ((job = host_try(host, BQ_EV_JOB, 0, held == 0 ? 5000 : 0)))
            holding[held++] = job;
        assert_true(held > 0 && held <= CREDIT);
        assert_true(server_integer(server, "LLEN bull:q:active") <= CREDIT);
        host_done(host, holding[--held], "1");
        ran++;
    }
    assert_int_equal(server_integer(server, "ZCARD bull:q:completed"), JOBS);
}

static void free_slots_fill_up_without_waiting_for_a_job_to_end(void **state) {
    (void)state;
    add_many(50);
    work(NULL, 50);
    for (int i = 0; i < 50; i++)
        next_job();
}

static void credit_taken_back_holds_for_the_next_jobs(void **state) {
    const struct event *jobs[4];
    (void)state;
    add_many(10);
    work(NULL, 4);
    for (int i = 0; i < 4; i++)
        jobs[i] = next_job();
    bq_worker_credit(host->client, worker, -3);
    for (int i = 0; i < 3; i++)
        host_done(host, jobs[i], "1");
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 4);
    host_done(host, jobs[3], "1");
    const struct event *last = next_job();
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 5);
    bq_worker_credit(host->client, worker, -100);
    host_done(host, last, "1");
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 5);
    bq_worker_credit(host->client, worker, 1); /* counts from none, not from below */
    next_job();
}

static void a_marker_is_left_to_others_once_no_slot_is_free(void **state) {
    (void)state;
    add_many(1);
    work("{\"drainDelay\":60}", 2);
    next_job();
    UNTIL(server_info(server, "blocked_clients") == 1);
    bq_worker_credit(host->client, worker, -1);
    UNTIL(server_info(server, "blocked_clients") == 0);
    bq_id other = host_worker(host, queue, "{\"drainDelay\":60}", 1);
    UNTIL(server_info(server, "blocked_clients") == 1);
    add_many(1);
    assert_int_equal(event_integer(next_job(), BQ_TAG_WORKER), other);
}

/* The server is silent while the fetches are on their way, so that none is answered in between. */
static void jobs_fetched_while_credit_is_taken_back_go_back(void **state) {
    (void)state;
    work("{\"drainDelay\":60}", 0);
    add_many(3);
    settle();
    server_freeze(server);
    bq_worker_credit(host->client, worker, 1);
    bq_worker_credit(host->client, worker, -1);
    bq_worker_credit(host->client, worker, 1);
    bq_worker_credit(host->client, worker, -1);
    server_thaw(server);
    settle();
    settle();
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 0);
    assert_int_equal(server_integer(server, "LLEN bull:q:active"), 0);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 3);
}

static void the_largest_credit_is_taken_as_it_is(void **state) {
    (void)state;
    work(NULL, INT32_MAX);
    assert_int_equal(bq_worker_credit(host->client, worker, INT32_MAX), 0);
    assert_int_equal(bq_worker_credit(host->client, worker, INT32_MIN), 0);
    assert_int_equal(bq_worker_credit(host->client, worker, INT32_MAX), 0);
    add_many(40);
    for (int i = 0; i < 40; i++)
        host_done(host, next_job(), "1");
}

static void many_free_slots_do_not_flood_a_short_queue_with_fetches(void **state) {
    (void)state;
    add_many(12);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    long long before = server_calls(server, "evalsha");
    work("{\"skipStalledCheck\":true}", 1000);
    for (int i = 0; i < 12; i++)
        next_job();
    settle();
    long long calls = server_calls(server, "evalsha") - before;
    if (calls > 100)
        fail_msg("%lld calls for 12 jobs", calls);
}

/* ---- servers that answer with errors ---- */

/* How many ERROR events come within a third of a second. */
static int errors_for_a_while(void) {
    int before = host_count(host, BQ_EV_ERROR, 0);
    for (int64_t end = clock_ms() + 333; clock_ms() < end;)
        host_try(host, BQ_EV_JOB, 0, 20);
    return host_count(host, BQ_EV_ERROR, 0) - before;
}

static void a_marker_that_cannot_be_waited_for_is_tried_again_without_haste(void **state) {
    (void)state;
    server_do(server, "SET bull:q:marker wrong");
    work("{\"drainDelay\":1}", 1);
    host_error_event(host, BQ_ERR_REDIS_ERROR);
    int errors = errors_for_a_while();
    if (errors > 10)
        fail_msg("%d errors in a third of a second", errors);
    server_do(server, "DEL bull:q:marker");
    host_add(host, queue, "{}", NULL);
    runs_next("1");
}

static void jobs_that_cannot_be_fetched_are_tried_again_without_haste(void **state) {
    (void)state;
    server_do(server, "SET bull:q:wait wrong");
    work("{\"drainDelay\":0.1}", 4);
    host_error_event(host, BQ_ERR_REDIS_ERROR);
    int errors = errors_for_a_while();
    if (errors > 10)
        fail_msg("%d errors in a third of a second", errors);
    server_do(server, "DEL bull:q:wait");
    host_add(host, queue, "{}", NULL);
    runs_next("1");
}

static void a_drain_delay_longer_than_redis_can_wait_is_no_obstacle(void **state) {
    (void)state;
    work("{\"drainDelay\":1e18}", 1);
    host_add(host, queue, "{}", NULL);
    runs_next("1");
    int errors = errors_for_a_while();
    if (errors > 0)
        fail_msg("%d errors in a third of a second", errors);
}

/* ---- events ---- */

/* Waits for markers that bring nothing. */
static void idle_for(int waits) {
    long long end = server_calls(server, "bzpopmin") + waits;
    UNTIL(server_calls(server, "bzpopmin") >= end);
    settle();
}

static void drained_is_told_once_after_the_last_job(void **state) {
    (void)state;
    add_many(2);
    work("{\"drainDelay\":0.02}", 1);
    runs_next("1");
    assert_int_equal(host_count(host, BQ_EV_DRAINED, 0), 0);
    runs_next("2");
    host_wait(host, BQ_EV_DRAINED, worker);
    idle_for(5);
    assert_int_equal(host_count(host, BQ_EV_DRAINED, 0), 1);
    add_many(1);
    runs_next("3");
    idle_for(5);
    assert_int_equal(host_count(host, BQ_EV_DRAINED, 0), 2);
}

static void a_worker_that_begins_with_an_empty_queue_tells_drained_once(void **state) {
    (void)state;
    work("{\"drainDelay\":0.02}", 1);
    idle_for(5);
    assert_int_equal(host_count(host, BQ_EV_DRAINED, 0), 1);
}

static void an_idle_worker_asks_little_of_redis(void **state) {
    (void)state;
    work("{\"drainDelay\":0.05}", 10);
    idle_for(2);
    server_do(server, "CONFIG RESETSTAT");
    idle_for(10);
    long long looks = server_calls(server, "evalsha"); /* one after each wait */
    assert_true(looks >= 9 && looks <= 12);
    assert_int_equal(server_calls(server, "script|load"), 0);
}

static void a_worker_shows_itself_in_the_list_of_clients(void **state) {
    (void)state;
    bq_id plain = host_worker(host, queue, NULL, 1);
    work("{\"name\":\"w1\"}", 1);
    const char *list = server_text(server, "CLIENT LIST");
    assert_non_null(strstr(list, "name=bull:cQ== "));
    assert_non_null(strstr(list, "name=bull:cQ==:w:w1 "));
    host_reply(host, bq_worker_close(host->client, plain, 0));
}

static void a_name_that_redis_does_not_take_is_no_obstacle(void **state) {
    (void)state;
    work("{\"name\":\"my worker\\n\"}", 1);
    host_add(host, queue, "{}", NULL);
    const struct event *job = next_job();
    assert_string_equal(event_text(host, job, BQ_TAG_PROCESSED_BY), "my worker\n");
}

static void two_workers_of_one_client_hold_what_each_was_given(void **state) {
    int held[2] = {0, 0};
    (void)state;
    bq_id other = host_worker(host, queue, NULL, 2);
    work(NULL, 3);
    add_many(20);
    for (int i = 0; i < 5; i++)
        held[event_integer(next_job(), BQ_TAG_WORKER) == other]++;
    settle();
    assert_int_equal(held[0], 3);
    assert_int_equal(held[1], 2);
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(jobs_run_in_the_order_of_their_adding),
        WITH_QUEUE(lifo_runs_first_then_plain_then_by_priority),
        WITH_QUEUE(a_waiting_worker_takes_a_job_as_soon_as_it_is_added),
        WITH_QUEUE(a_waiting_worker_takes_a_delayed_job_when_it_is_due),
        WITH_QUEUE(an_earlier_delayed_job_wakes_the_worker_before_the_known_one),
        WITH_QUEUE(delayed_jobs_run_in_the_order_of_their_dues),
        WITH_QUEUE(two_workers_share_a_queue_without_running_a_job_twice),
        WITH_QUEUE(rate_limited_worker_starts_no_more_than_allowed),
        WITH_QUEUE(a_rate_limit_set_for_the_queue_holds_for_its_workers),
        WITH_QUEUE(concurrency_of_the_queue_limits_all_workers_together),
        WITH_QUEUE(a_paused_queue_gives_no_job_until_it_is_resumed),
        WITH_QUEUE(jobs_that_run_go_on_while_the_queue_is_paused),
        WITH_QUEUE(pausing_a_worker_waits_for_the_jobs_that_run),
        WITH_QUEUE(pausing_a_worker_without_waiting_answers_at_once),
        WITH_QUEUE(every_pause_that_waits_is_answered_when_nothing_runs),
        WITH_QUEUE(a_worker_paused_while_it_waits_is_resumed_to_the_jobs_added_meanwhile),
        WITH_QUEUE(without_credit_no_job_is_taken),
        WITH_QUEUE(no_more_jobs_are_held_than_credit_was_given),
        WITH_QUEUE(free_slots_fill_up_without_waiting_for_a_job_to_end),
        WITH_QUEUE(credit_taken_back_holds_for_the_next_jobs),
        WITH_QUEUE(a_marker_is_left_to_others_once_no_slot_is_free),
        WITH_QUEUE(jobs_fetched_while_credit_is_taken_back_go_back),
        WITH_QUEUE(the_largest_credit_is_taken_as_it_is),
        WITH_QUEUE(many_free_slots_do_not_flood_a_short_queue_with_fetches),
        WITH_QUEUE(a_marker_that_cannot_be_waited_for_is_tried_again_without_haste),
        WITH_QUEUE(jobs_that_cannot_be_fetched_are_tried_again_without_haste),
        WITH_QUEUE(a_drain_delay_longer_than_redis_can_wait_is_no_obstacle),
        WITH_QUEUE(drained_is_told_once_after_the_last_job),
        WITH_QUEUE(a_worker_that_begins_with_an_empty_queue_tells_drained_once),
        WITH_QUEUE(an_idle_worker_asks_little_of_redis),
        WITH_QUEUE(a_worker_shows_itself_in_the_list_of_clients),
        WITH_QUEUE(a_name_that_redis_does_not_take_is_no_obstacle),
        WITH_QUEUE(two_workers_of_one_client_hold_what_each_was_given),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
