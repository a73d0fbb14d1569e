/* One client used by many threads, and many clients in one process. */
#include "support_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, CALLS = 200 };

static atomic_int replies, errors, finished, jobs;

/* Threads end the test by failing a check; cmocka's asserts are the main thread's. */
static void require(int truth, const char *what) {
    if (!truth) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void start_threads(pthread_t *threads, void *(*body)(void *)) {
    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, body, (void *)i), 0);
}

static void join_threads(pthread_t *threads) {
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void count_events(bq_client *client) {
    bq_batch *batch = bq_take(client, 7);
    bq_bytes rest = bq_batch_bytes(batch);
    bq_record record;
    while (bq_record_next(&rest, &record) == 1) {
        atomic_fetch_add(&replies, record.type == BQ_EV_REPLY);
        atomic_fetch_add(&errors, record.type == BQ_EV_ERROR);
    }
    bq_batch_free(batch);
}

static void *add_and_take(void *arg) {
    (void)arg;
    for (int i = 0; i < CALLS; i++) {
        require(bq_easy_add(host->client, queue, "work", "{}", i % 2 ? "{\"lifo\":true}" : NULL) >
                    0,
                "refused");
        count_events(host->client);
    }
    return NULL;
}

static void calls_and_takes_of_many_threads_are_all_answered_once(void **state) {
    pthread_t threads[THREADS];
    (void)state;
    atomic_store(&replies, 0);
    atomic_store(&errors, 0);
    start_threads(threads, add_and_take);
    join_threads(threads);
    for (int64_t end = clock_ms() + 15000; atomic_load(&replies) < THREADS * CALLS;) {
        assert_true(clock_ms() < end);
        bq_wait(host->client, 1000);
        count_events(host->client);
    }
    assert_int_equal(atomic_load(&errors), 0);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), THREADS * CALLS);
}

/* Takes events and finishes the jobs among them, until all threads together have done so. */
static void *work(void *arg) {
    int64_t end = clock_ms() + 20000;
    (void)arg;
    while (atomic_load(&finished) < THREADS * CALLS) {
        require(clock_ms() < end, "jobs were lost");
        bq_wait(host->client, 10);
        bq_batch *batch = bq_take(host->client, 3);
        bq_bytes rest = bq_batch_bytes(batch);
        bq_record record;
        while (bq_record_next(&rest, &record) == 1) {
            if (record.type == BQ_EV_JOB) {
                atomic_fetch_add(&jobs, 1);
                bq_easy_done(host->client, record.id, "1");
            } else if (record.type == BQ_EV_REPLY &&
                       bq_record_bytes(&record, BQ_TAG_OUTCOME).len > 0) {
                atomic_fetch_add(&finished, 1);
            }
            require(record.type != BQ_EV_ERROR, "an error event");
        }
        bq_batch_free(batch);
    }
    return NULL;
}

static void jobs_may_be_run_by_a_pool_of_threads(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    pthread_t threads[THREADS];
    (void)state;
    for (int i = 0; i < THREADS * CALLS; i++)
        bq_put_add(&records, "work", "{}", NULL);
    host_reply(host, bq_easy_add_bulk(host->client, queue, bq_buffer_bytes(&records)));
    bq_buffer_free(&records);
    bq_id worker = host_worker(host, queue, NULL, 0);
    start_threads(threads, work);
    assert_int_equal(bq_worker_credit(host->client, worker, THREADS), 0);
    join_threads(threads);
    assert_int_equal(atomic_load(&jobs), THREADS * CALLS);
    assert_int_equal(server_integer(server, "ZCARD bull:q:completed"), THREADS * CALLS);
}

static void *open_call_and_steer(void *arg) {
    char name[16];
    snprintf(name, sizeof name, "t%d", (int)(intptr_t)arg);
    for (int i = 0; i < 20; i++) {
        bq_id its_queue = bq_queue_open(host->client, name, NULL);
        require(its_queue > 0, "no queue");
        bq_id worker = bq_worker_open(host->client, its_queue, NULL);
        require(worker > 0, "no worker");
        bq_worker_credit(host->client, worker, 1);
        bq_easy_add(host->client, its_queue, "work", "{}", NULL);
        bq_worker_pause(host->client, worker, 1);
        bq_worker_resume(host->client, worker);
        require(bq_worker_close(host->client, worker, 0) > 0, "not closed");
        count_events(host->client);
    }
    return NULL;
}

/* The client's thread is started by whichever of them is first. */
static void the_first_use_may_be_made_by_many_threads_at_once(void **state) {
    pthread_t threads[THREADS];
    (void)state;
    host = host_open(server, NULL);
    start_threads(threads, open_call_and_steer);
    join_threads(threads);
    host_reply(host, bq_client_close(host->client, 1000));
}

static void *close_and_call(void *arg) {
    bq_id answer;
    if ((intptr_t)arg == 3)
        require(bq_client_close(host->client, 100) > 0, "not closed");
    do {
        answer = bq_easy_add(host->client, queue, "work", "{}", NULL);
    } while (answer > 0);
    require(answer == BQ_ECLOSED, "another refusal");
    return NULL;
}

static void closing_while_other_threads_call_refuses_them(void **state) {
    pthread_t threads[THREADS];
    (void)state;
    start_threads(threads, close_and_call);
    join_threads(threads);
}

static void *live_and_die(void *arg) {
    (void)arg;
    for (int i = 0; i < 10; i++) {
        char options[200];
        snprintf(options, sizeof options, "{\"connection.path\":\"%s\"}", server->path);
        bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
        require(bq_conf_set_json(conf, bq_bytes_of(options)) == 0, "no conf");
        bq_client *client = bq_client_new(conf);
        bq_conf_free(conf);
        bq_id its_queue = bq_queue_open(client, "q", NULL);
        bq_easy_add(client, its_queue, "work", "{}", NULL);
        bq_id worker = bq_worker_open(client, its_queue, NULL);
        bq_worker_credit(client, worker, 2);
        bq_wait(client, i % 3 * 5);
        bq_client_free(client);
    }
    return NULL;
}

static void clients_of_many_threads_do_not_know_each_other(void **state) {
    pthread_t threads[THREADS];
    (void)state;
    start_threads(threads, live_and_die);
    join_threads(threads);
    host_add(host, queue, "{}", NULL);
}

static int alone(void **state) {
    (void)state;
    server_flush(server);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(calls_and_takes_of_many_threads_are_all_answered_once),
        WITH_QUEUE(jobs_may_be_run_by_a_pool_of_threads),
        cmocka_unit_test_setup_teardown(the_first_use_may_be_made_by_many_threads_at_once, alone,
                                        close_queue),
        WITH_QUEUE(closing_while_other_threads_call_refuses_them),
        WITH_QUEUE(clients_of_many_threads_do_not_know_each_other),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
