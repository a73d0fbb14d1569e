/* The map from job ids to those who wait for the job. */
#include "support_cmocka.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "job_waiters.h"

enum { COUNT = 5000, PER_JOB = 5 };

static struct bqi_job_waiters map;
static struct bqi_job_waiter waiters[COUNT];
static char ids[COUNT][16];

/* Waiter i waits for job i / PER_JOB. */
static int fill(void **state) {
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i / PER_JOB);
        waiters[i].job_id = ids[i];
        waiters[i].job_id_len = strlen(ids[i]);
        assert_int_equal(bqi_job_waiters_add(&map, &waiters[i]), 0);
    }
    return 0;
}

static int empty(void **state) {
    (void)state;
    bqi_alloc_fail_at(0, 0);
    bqi_job_waiters_free(&map);
    return 0;
}

static int length(const struct bqi_job_waiter *list) {
    int count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

static void all_waiters_of_a_job_are_taken_once(void **state) {
    char id[16];
    (void)state;
    for (int i = 0; i < COUNT / PER_JOB; i++) {
        snprintf(id, sizeof id, "%d", i);
        struct bqi_job_waiter *list = bqi_job_waiters_take(&map, id, strlen(id));
        for (const struct bqi_job_waiter *waiter = list; waiter; waiter = waiter->next)
            assert_string_equal(waiter->job_id, id);
        assert_int_equal(length(list), PER_JOB);
        assert_null(bqi_job_waiters_take(&map, id, strlen(id)));
    }
    assert_int_equal(map.count, 0);
}

static void a_job_that_nobody_waits_for_has_none(void **state) {
    (void)state;
    assert_null(bqi_job_waiters_take(&map, "none", 4));
    assert_null(bqi_job_waiters_take(&map, "11", 0));
}

static void one_that_is_removed_is_not_taken(void **state) {
    (void)state;
    for (int i = 0; i < COUNT; i++)
        if (i % PER_JOB != 2)
            bqi_job_waiters_remove(&map, &waiters[i]);
    assert_int_equal(map.count, COUNT / PER_JOB);
    struct bqi_job_waiter *list = bqi_job_waiters_take(&map, "7", 1);
    assert_ptr_equal(list, &waiters[7 * PER_JOB + 2]);
    assert_int_equal(length(list), 1);
}

static void all_are_taken_and_put_back_without_memory(void **state) {
    (void)state;
    struct bqi_job_waiter *list = bqi_job_waiters_take_all(&map);
    assert_int_equal(length(list), COUNT);
    assert_int_equal(map.count, 0);
    bqi_alloc_fail_at(1, 1);
    for (struct bqi_job_waiter *next; list; list = next) {
        next = list->next;
        assert_int_equal(bqi_job_waiters_add(&map, list), 0);
    }
    assert_int_equal(length(bqi_job_waiters_take(&map, "3", 1)), PER_JOB);
}

static void without_memory_one_more_is_refused(void **state) {
    struct bqi_job_waiters none = {NULL, 0, 0};
    (void)state;
    bqi_alloc_fail_at(1, 1);
    assert_int_equal(bqi_job_waiters_add(&none, &waiters[0]), -1);
    assert_null(bqi_job_waiters_take(&none, "0", 1));
    assert_null(bqi_job_waiters_take_all(&none));
}

#define FILLED(test) cmocka_unit_test_setup_teardown(test, fill, empty)

int main(void) {
    const struct CMUnitTest tests[] = {
        FILLED(all_waiters_of_a_job_are_taken_once),
        FILLED(a_job_that_nobody_waits_for_has_none),
        FILLED(one_that_is_removed_is_not_taken),
        FILLED(all_are_taken_and_put_back_without_memory),
        FILLED(without_memory_one_more_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
