/* The ways in which workers and clients end. */
#include "support_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bq_id worker;

static void add_many(int count) {
    for (int i = 0; i < count; i++)
        host_add(host, queue, "{}", NULL);
}

static void work(int credit) {
    worker = host_worker(host, queue, "{\"drainDelay\":60}", credit);
}

static int waiting(void) {
    return (int)server_integer(server, "LLEN bull:q:wait");
}

static int active(void) {
    return (int)server_integer(server, "LLEN bull:q:active");
}

/* Whether the lock lives longer than at the last look. */
static int lock_was_renewed(const char *id) {
    static long long left;
    long long before = left;
    left = server_integer(server, "PTTL bull:q:%s:lock", id);
    return before > 0 && left > before;
}

/* Three jobs that the worker has, as the renewal of the last one's lock shows, and no host took. */
static void leave_three_jobs_untaken(void) {
    add_many(5);
    worker = host_worker(host, queue, "{\"drainDelay\":60,\"lockDuration\":400}", 3);
    UNTIL(active() == 3);
    UNTIL(lock_was_renewed("3"));
}

/* ---- a worker ---- */

static void closing_a_worker_waits_for_the_jobs_that_run(void **state) {
    (void)state;
    add_many(3);
    work(1);
    const struct event *job = next_job();
    bq_id close = bq_worker_close(host->client, worker, -1);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(host_count(host, BQ_EV_REPLY, close), 0);
    host_done(host, job, "1");
    host_reply(host, close);
    assert_int_equal(waiting(), 2);
    assert_int_equal(active(), 0);
}

static void a_closed_worker_takes_no_job_and_is_unknown(void **state) {
    (void)state;
    work(1);
    host_reply(host, bq_worker_close(host->client, worker, -1));
    add_many(1);
    assert_int_equal(active(), 0);
    host_error(host, bq_worker_close(host->client, worker, 0), BQ_ERR_INVALID_ARGUMENT);
    const struct event *error =
        host_error(host, bq_worker_pause(host->client, worker, 1), BQ_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(event_text(host, error, BQ_TAG_MESSAGE), "There is no open worker"));
    worker = host_worker(host, queue, NULL, 1);
    next_job();
}

static void closing_an_idle_worker_is_answered_at_once(void **state) {
    (void)state;
    work(5);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    int64_t begin = clock_ms();
    host_reply(host, bq_worker_close(host->client, worker, -1));
    assert_true(clock_ms() - begin < 1000); /* although it waits a minute for a marker */
}

static void jobs_that_no_host_has_taken_are_given_back_in_their_order(void **state) {
    (void)state;
    leave_three_jobs_untaken();
    bq_id close = bq_worker_close(host->client, worker, -1);
    UNTIL(active() == 0);
    host_reply(host, close);
    assert_int_equal(waiting(), 5);
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "1");
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -2"), "2");
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -3"), "3");
    assert_int_equal(server_integer(server, "EXISTS bull:q:1:lock bull:q:2:lock"), 0);
    assert_int_equal(host_count(host, BQ_EV_JOB, 0), 0);
}

static void grace_that_is_over_leaves_running_jobs_to_their_locks(void **state) {
    (void)state;
    add_many(1);
    work(1);
    const struct event *job = next_job();
    int64_t begin = clock_ms();
    host_reply(host, bq_worker_close(host->client, worker, 100));
    assert_true(clock_ms() - begin >= 99);
    assert_int_equal(active(), 1);
    assert_int_equal(server_integer(server, "EXISTS bull:q:1:lock"), 1);
    host_error(host, bq_easy_done(host->client, job->id, "1"), BQ_ERR_JOB_HANDLE_UNKNOWN);
}

static void a_job_that_ends_within_the_grace_is_stored(void **state) {
    (void)state;
    add_many(1);
    work(1);
    const struct event *job = next_job();
    bq_id close = bq_worker_close(host->client, worker, 10000);
    host_done(host, job, "1");
    host_reply(host, close);
    assert_true(job_is_in("1", "completed"));
}

static void closing_by_force_does_not_wait(void **state) {
    (void)state;
    add_many(2);
    work(1);
    next_job();
    int64_t begin = clock_ms();
    host_reply(host, bq_worker_close(host->client, worker, 0));
    assert_true(clock_ms() - begin < 500);
    assert_int_equal(active(), 1);
    assert_int_equal(waiting(), 1);
}

static void a_second_close_shortens_the_first_and_both_are_answered(void **state) {
    (void)state;
    add_many(1);
    work(1);
    next_job();
    bq_id first = bq_worker_close(host->client, worker, -1);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(host_count(host, BQ_EV_REPLY, first), 0);
    bq_id second = bq_worker_close(host->client, worker, 0);
    host_reply(host, second);
    host_reply(host, first);
}

static void a_second_patient_close_is_not_answered_before_the_end(void **state) {
    (void)state;
    add_many(1);
    work(1);
    const struct event *job = next_job();
    bq_id first = bq_worker_close(host->client, worker, -1);
    bq_id second = bq_worker_close(host->client, worker, -1);
    host_reply(host, bq_easy_is_paused(host->client, queue));
    assert_int_equal(host_count(host, BQ_EV_REPLY, first), 0);
    assert_int_equal(host_count(host, BQ_EV_REPLY, second), 0);
    host_done(host, job, "1");
    host_reply(host, first);
    host_reply(host, second);
}

static void a_pause_that_waits_is_answered_when_its_worker_is_closed(void **state) {
    (void)state;
    add_many(1);
    work(1);
    next_job();
    bq_id pause = bq_worker_pause(host->client, worker, 0);
    bq_id close = bq_worker_close(host->client, worker, 0);
    host_reply(host, pause);
    host_reply(host, close);
}

/* A job in the hands of the host stays; one that was being fetched when force came goes back. */
static void no_job_is_left_active_that_the_host_never_saw(void **state) {
    enum { ROUNDS = 15, CREDIT = 20 };
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        server_flush(server);
        add_many(60);
        host_pump(host);
        int before = host_count(host, BQ_EV_JOB, 0);
        work(CREDIT);
        const struct event *job;
        for (int i = 0; i < 5 + round; i++) {
            job = next_job();
            bq_easy_done(host->client, job->id, "1");
        }
        host_reply(host, bq_worker_close(host->client, worker, 0));
        host_reply(host, bq_easy_is_paused(host->client, queue));
        host_reply(host, bq_easy_is_paused(host->client, queue));
        int seen = host_count(host, BQ_EV_JOB, 0) - before;
        int completed = (int)server_integer(server, "ZCARD bull:q:completed");
        if (active() > seen - completed)
            fail_msg("round %d: %d active, but only %d of %d seen jobs were unfinished", round,
                     active(), seen - completed, seen);
        assert_int_equal(waiting() + active() + completed, 60);
        while (host_try(host, BQ_EV_JOB, 0, 0)) {
        }
    }
}

/* ---- a client ---- */

static void closing_a_client_closes_its_workers_first(void **state) {
    (void)state;
    add_many(4);
    work(1);
    bq_id other = host_worker(host, queue, NULL, 1);
    const struct event *a = next_job(), *b = next_job();
    bq_id worker_close = bq_worker_close(host->client, other, -1);
    bq_id close = bq_client_close(host->client, -1);
    host_done(host, a, "1");
    assert_int_equal(host_count(host, BQ_EV_REPLY, close), 0);
    host_done(host, b, "1");
    host_reply(host, worker_close);
    host_reply(host, close);
    assert_int_equal(host->events[host->count - 1]->id, close); /* it is the last event */
    assert_int_equal(waiting(), 2);
    assert_int_equal(active(), 0);
}

static void a_closed_client_refuses_calls(void **state) {
    (void)state;
    work(1);
    host_reply(host, bq_client_close(host->client, -1));
    assert_int_equal(bq_easy_add(host->client, queue, "x", "{}", NULL), BQ_ECLOSED);
    assert_int_equal(bq_queue_open(host->client, "r", NULL), BQ_ECLOSED);
    assert_int_equal(bq_worker_open(host->client, queue, NULL), BQ_ECLOSED);
    assert_int_equal(bq_worker_credit(host->client, worker, 1), BQ_ECLOSED);
    assert_int_equal(bq_worker_pause(host->client, worker, 1), BQ_ECLOSED);
    assert_int_equal(bq_worker_resume(host->client, worker), BQ_ECLOSED);
}

static void closing_twice_is_answered_twice(void **state) {
    (void)state;
    bq_id first = bq_client_close(host->client, -1), second = bq_client_close(host->client, -1);
    host_reply(host, first);
    host_reply(host, second);
    host_answer(host, bq_client_close(host->client, -1));
}

static void a_second_close_of_the_client_may_use_force(void **state) {
    (void)state;
    add_many(1);
    work(1);
    next_job();
    bq_id patient = bq_client_close(host->client, -1);
    assert_null(host_try(host, BQ_EV_REPLY, patient, 50));
    bq_id forced = bq_client_close(host->client, 0);
    host_reply(host, forced);
    host_reply(host, patient);
    assert_int_equal(active(), 1);
}

static void a_second_patient_close_of_the_client_waits_as_well(void **state) {
    (void)state;
    add_many(1);
    work(1);
    const struct event *job = next_job();
    bq_id first = bq_client_close(host->client, -1), second = bq_client_close(host->client, -1);
    assert_null(host_try(host, BQ_EV_REPLY, second, 50));
    host_done(host, job, "1");
    host_reply(host, first);
    host_reply(host, second);
}

static void a_client_closed_with_grace_gives_untaken_jobs_back(void **state) {
    (void)state;
    leave_three_jobs_untaken();
    bq_id close = bq_client_close(host->client, 1000);
    UNTIL(active() == 0);
    host_reply(host, close);
    assert_int_equal(waiting(), 5);
    assert_string_equal(server_text(server, "LINDEX bull:q:wait -1"), "1");
}

static void a_client_closed_by_force_gives_untaken_jobs_back_too(void **state) {
    (void)state;
    leave_three_jobs_untaken();
    bq_id close = bq_client_close(host->client, 0);
    UNTIL(active() == 0);
    host_reply(host, close);
    assert_int_equal(waiting(), 5);
}

static void what_was_called_before_the_close_is_carried_out(void **state) {
    enum { COUNT = 500 };
    bq_id operations[COUNT];
    (void)state;
    for (int i = 0; i < COUNT; i++)
        operations[i] = bq_easy_add(host->client, queue, "work", "{}", NULL);
    host_reply(host, bq_client_close(host->client, 5000));
    for (int i = 0; i < COUNT; i++)
        host_reply(host, operations[i]);
    assert_int_equal(waiting(), COUNT);
}

static void a_client_that_was_never_used_is_closed_and_freed(void **state) {
    (void)state;
    struct host *unused = host_open(server, NULL);
    bq_id close = bq_client_close(unused->client, -1);
    host_reply(unused, close);
    assert_int_equal(bq_queue_open(unused->client, "q", NULL), BQ_ECLOSED);
    host_free(unused);
    host_free(host_open(server, NULL));
    bq_client_free(NULL);
}

/* ---- freeing in every state ---- */

static struct host *fresh(bq_id *its_queue) {
    struct host *fresh = host_open(server, NULL);
    *its_queue = host_queue_begin(fresh, "q", NULL);
    return fresh;
}

static void a_client_may_be_freed_while_it_connects(void **state) {
    bq_id its_queue;
    (void)state;
    for (int i = 0; i < 20; i++)
        host_free(fresh(&its_queue));
    for (int i = 0; i < 20; i++) {
        struct host *connecting = fresh(&its_queue);
        host_worker_begin(connecting, its_queue, NULL);
        bq_easy_add(connecting->client, its_queue, "x", "{}", NULL);
        if (i % 2)
            bq_client_close(connecting->client, -1);
        host_free(connecting);
    }
}

static void a_client_may_be_freed_while_calls_are_on_their_way(void **state) {
    bq_id its_queue;
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct host *busy = fresh(&its_queue);
        host_wait(busy, BQ_EV_READY, its_queue);
        for (int j = 0; j < 200; j++)
            bq_easy_add(busy->client, its_queue, "x", "{}", NULL);
        if (i % 2)
            host_try(busy, BQ_EV_REPLY, 0, 1000);
        host_free(busy);
    }
}

static void a_client_may_be_freed_while_jobs_run_wait_and_finish(void **state) {
    bq_id its_queue;
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct host *busy = fresh(&its_queue);
        for (int j = 0; j < 30; j++)
            bq_easy_add(busy->client, its_queue, "x", "{}", "{\"attempts\":3,\"backoff\":1}");
        bq_id its_worker = host_worker(busy, its_queue, NULL, 10);
        const struct event *job = host_wait(busy, BQ_EV_JOB, 0);
        bq_easy_done(busy->client, job->id, "1");
        bq_easy_fail(busy->client, host_wait(busy, BQ_EV_JOB, 0)->id, "x");
        if (i % 3 == 1)
            bq_worker_close(busy->client, its_worker, -1);
        if (i % 3 == 2)
            bq_client_close(busy->client, i);
        host_free(busy);
    }
}

static void a_client_may_be_freed_while_its_worker_waits_or_is_paused(void **state) {
    bq_id its_queue;
    (void)state;
    struct host *idle = fresh(&its_queue);
    host_worker(idle, its_queue, "{\"drainDelay\":60}", 1);
    host_reply(idle, bq_easy_is_paused(idle->client, its_queue));
    host_free(idle);
    idle = fresh(&its_queue);
    bq_id its_worker = host_worker(idle, its_queue, NULL, 1);
    host_reply(idle, bq_worker_pause(idle->client, its_worker, 0));
    host_free(idle);
}

static void a_client_may_be_freed_after_its_close(void **state) {
    bq_id its_queue;
    (void)state;
    struct host *closed = fresh(&its_queue);
    host_worker(closed, its_queue, NULL, 1);
    host_close(closed);
}

static void a_client_may_be_freed_while_redis_is_silent(void **state) {
    bq_id its_queue;
    (void)state;
    struct host *busy = fresh(&its_queue);
    host_worker(busy, its_queue, NULL, 1);
    server_freeze(server);
    bq_easy_add(busy->client, its_queue, "x", "{}", NULL);
    int64_t begin = clock_ms();
    host_free(busy);
    assert_true(clock_ms() - begin < 1000);
    server_thaw(server);
}

static void closing_with_grace_ends_although_redis_is_silent(void **state) {
    bq_id its_queue;
    (void)state;
    struct host *busy = fresh(&its_queue);
    host_worker(busy, its_queue, NULL, 1);
    server_freeze(server);
    bq_id add = bq_easy_add(busy->client, its_queue, "x", "{}", NULL);
    int64_t begin = clock_ms();
    bq_id close = bq_client_close(busy->client, 100);
    host_error(busy, add, BQ_ERR_CLOSED);
    host_reply(busy, close);
    assert_true(clock_ms() - begin < 2000);
    host_free(busy);
    server_thaw(server);
}

static int open_descriptors(void) {
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void a_freed_client_leaves_no_descriptor_open(void **state) {
    bq_id its_queue;
    (void)state;
    int before = open_descriptors();
    for (int i = 0; i < 10; i++) {
        struct host *gone = fresh(&its_queue);
        host_worker(gone, its_queue, NULL, 1);
        if (i % 2)
            host_reply(gone, bq_client_close(gone->client, 0));
        host_free(gone);
    }
    assert_int_equal(open_descriptors(), before);
}

static void a_batch_outlives_its_client(void **state) {
    bq_id its_queue;
    bq_record record;
    (void)state;
    struct host *gone = fresh(&its_queue);
    while (bq_wait(gone->client, 1000) != 1) {
    }
    bq_batch *batch = bq_take(gone->client, 0);
    host_free(gone);
    bq_bytes bytes = bq_batch_bytes(batch);
    assert_int_equal(bq_record_next(&bytes, &record), 1);
    bq_batch_free(batch);
    bq_batch_free(NULL);
    assert_int_equal(bq_batch_bytes(NULL).len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(closing_a_worker_waits_for_the_jobs_that_run),
        WITH_QUEUE(a_closed_worker_takes_no_job_and_is_unknown),
        WITH_QUEUE(closing_an_idle_worker_is_answered_at_once),
        WITH_QUEUE(jobs_that_no_host_has_taken_are_given_back_in_their_order),
        WITH_QUEUE(grace_that_is_over_leaves_running_jobs_to_their_locks),
        WITH_QUEUE(a_job_that_ends_within_the_grace_is_stored),
        WITH_QUEUE(closing_by_force_does_not_wait),
        WITH_QUEUE(a_second_close_shortens_the_first_and_both_are_answered),
        WITH_QUEUE(a_second_patient_close_is_not_answered_before_the_end),
        WITH_QUEUE(a_pause_that_waits_is_answered_when_its_worker_is_closed),
        WITH_QUEUE(no_job_is_left_active_that_the_host_never_saw),
        WITH_QUEUE(closing_a_client_closes_its_workers_first),
        WITH_QUEUE(a_closed_client_refuses_calls),
        WITH_QUEUE(closing_twice_is_answered_twice),
        WITH_QUEUE(a_second_close_of_the_client_may_use_force),
        WITH_QUEUE(a_second_patient_close_of_the_client_waits_as_well),
        WITH_QUEUE(a_client_closed_with_grace_gives_untaken_jobs_back),
        WITH_QUEUE(a_client_closed_by_force_gives_untaken_jobs_back_too),
        WITH_QUEUE(what_was_called_before_the_close_is_carried_out),
        WITH_QUEUE(a_client_that_was_never_used_is_closed_and_freed),
        WITH_QUEUE(a_client_may_be_freed_while_it_connects),
        WITH_QUEUE(a_client_may_be_freed_while_calls_are_on_their_way),
        WITH_QUEUE(a_client_may_be_freed_while_jobs_run_wait_and_finish),
        WITH_QUEUE(a_client_may_be_freed_while_its_worker_waits_or_is_paused),
        WITH_QUEUE(a_client_may_be_freed_after_its_close),
        WITH_QUEUE(a_client_may_be_freed_while_redis_is_silent),
        WITH_QUEUE(closing_with_grace_ends_although_redis_is_silent),
        WITH_QUEUE(a_freed_client_leaves_no_descriptor_open),
        WITH_QUEUE(a_batch_outlives_its_client),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
