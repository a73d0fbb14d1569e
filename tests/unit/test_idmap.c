/* The map of ids, against a plain array as its model. */
#include "support_cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "idmap.h"

enum { IDS = 3000, STEPS = 60000 };

static struct bqi_idmap map;
static void *model[IDS]; /* NULL: not in the map */
static unsigned seed;

static int free_map(void **state) {
    (void)state;
    bqi_idmap_free(&map);
    memset(model, 0, sizeof model);
    return 0;
}

static unsigned draw(unsigned below) {
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % below;
}

static size_t model_count(void) {
    size_t count = 0;
    for (int i = 0; i < IDS; i++)
        count += model[i] != NULL;
    return count;
}

static void compare_with_model(int64_t stride) {
    size_t walked = 0;
    for (int i = 1; i < IDS; i++)
        assert_ptr_equal(bqi_idmap_get(&map, i * stride), model[i]);
    for (size_t at = 0; bqi_idmap_next(&map, &at);)
        walked++;
    assert_int_equal(walked, model_count());
    assert_int_equal(map.count, walked);
}

/* Ids that are multiples of a stride, so that homes collide in different ways. */
static void play(int64_t stride, unsigned range) {
    for (int step = 0; step < STEPS; step++) {
        unsigned id = 1 + draw(range - 1);
        void *value = &model[draw(IDS)];
        if (draw(100) < 55) {
            assert_int_equal(bqi_idmap_put(&map, id * stride, value), 0);
            model[id] = value;
        } else {
            assert_ptr_equal(bqi_idmap_remove(&map, id * stride), model[id]);
            model[id] = NULL;
        }
        if (step % 5000 == 0)
            compare_with_model(stride);
    }
    compare_with_model(stride);
}

static void random_operations_agree_with_the_model(void **state) {
    static const int64_t strides[] = {1, 2, 16, 1024, 1 << 20, INT64_C(1) << 33, 7919};
    for (size_t i = 0; i < sizeof strides / sizeof *strides; i++) {
        seed = (unsigned)i + 1;
        play(strides[i], i % 2 ? IDS : 40);
        free_map(state);
    }
}

static void an_empty_map_has_nothing(void **state) {
    size_t at = 0;
    (void)state;
    assert_null(bqi_idmap_get(&map, 1));
    assert_null(bqi_idmap_remove(&map, 1));
    assert_null(bqi_idmap_next(&map, &at));
}

static void ids_that_are_none_are_not_found(void **state) {
    (void)state;
    bqi_idmap_put(&map, 5, &map);
    assert_null(bqi_idmap_get(&map, 0));
    assert_null(bqi_idmap_get(&map, -5));
    assert_null(bqi_idmap_remove(&map, 0));
    assert_ptr_equal(bqi_idmap_get(&map, 5), &map);
}

static void ids_of_any_size_are_kept(void **state) {
    (void)state;
    assert_int_equal(bqi_idmap_put(&map, INT64_MAX, &map), 0);
    assert_int_equal(bqi_idmap_put(&map, 1, model), 0);
    assert_ptr_equal(bqi_idmap_get(&map, INT64_MAX), &map);
    assert_ptr_equal(bqi_idmap_remove(&map, INT64_MAX), &map);
    assert_ptr_equal(bqi_idmap_get(&map, 1), model);
}

static void a_walk_that_removes_and_begins_anew_sees_every_entry(void **state) {
    (void)state;
    for (int i = 1; i <= 500; i++)
        bqi_idmap_put(&map, i, &model[i]);
    int seen = 0;
    void *value;
    for (size_t at = 0; (value = bqi_idmap_next(&map, &at)); at = 0, seen++)
        assert_ptr_equal(bqi_idmap_remove(&map, (void **)value - model), value);
    assert_int_equal(seen, 500);
}

static void a_put_that_finds_no_memory_changes_nothing(void **state) {
    (void)state;
    bqi_alloc_fail_at(1, 0);
    assert_int_equal(bqi_idmap_put(&map, 1, &map), -1);
    int put = 0;
    for (; bqi_idmap_put(&map, put + 1, &model[put]) == 0 && map.capacity < 64; put++) {
    }
    size_t count = map.count;
    bqi_alloc_fail_at(1, 1);
    for (int i = 0; i < 200; i++)
        if (bqi_idmap_put(&map, 10000 + i, &map) == 0)
            count++;
    bqi_alloc_fail_at(0, 0);
    assert_int_equal(map.count, count);
    for (int i = 0; i < put; i++)
        assert_ptr_equal(bqi_idmap_get(&map, i + 1), &model[i]);
}

#define MAP(test) cmocka_unit_test_teardown(test, free_map)

int main(void) {
    const struct CMUnitTest tests[] = {
        MAP(random_operations_agree_with_the_model),
        MAP(an_empty_map_has_nothing),
        MAP(ids_that_are_none_are_not_found),
        MAP(ids_of_any_size_are_kept),
        MAP(a_walk_that_removes_and_begins_anew_sees_every_entry),
        MAP(a_put_that_finds_no_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
