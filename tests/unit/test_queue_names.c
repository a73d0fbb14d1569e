/* Names that are made of a queue's name: its keys, and those of its connections. */
#include "support_cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "queue.h"

static void assert_client_name(const char *prefix, const char *name, const char *suffix,
                               const char *expected) {
    struct bqi_error error;
    bq_conf *conf = bq_conf_new(BQ_CONF_QUEUE);
    assert_int_equal(bq_conf_set(conf, "prefix", prefix), 0);
    struct bqi_queue *queue = bqi_queue_new(name, conf, &error);
    char *text = bqi_queue_client_name(queue, suffix);
    assert_string_equal(text, expected);
    bqi_free(text);
    bqi_queue_free(queue);
    bq_conf_free(conf);
}

/* The vectors of RFC 4648, and those that a running Node library shows. */
static void connections_are_named_after_the_queue_in_base64(void **state) {
    (void)state;
    assert_client_name("bull", "f", "", "bull:Zg==");
    assert_client_name("bull", "fo", "", "bull:Zm8=");
    assert_client_name("bull", "foo", "", "bull:Zm9v");
    assert_client_name("bull", "foob", "", "bull:Zm9vYg==");
    assert_client_name("bull", "fooba", "", "bull:Zm9vYmE=");
    assert_client_name("bull", "foobar", "", "bull:Zm9vYmFy");
    assert_client_name("bull", "e1", ":w:wn", "bull:ZTE=:w:wn");
    assert_client_name("{bull}", "cq", "", "{bull}:Y3E=");
    assert_client_name("bull", "{cq}", "", "bull:e2NxfQ==");
    assert_client_name("bull", "\xc3\xbf\xc3\xbe>?", ":qe", "bull:w7/Dvj4/:qe");
}

static void keys_are_prefix_queue_and_part(void **state) {
    struct bqi_keys keys;
    (void)state;
    assert_int_equal(bqi_keys_init(&keys, "a:b", "q"), 0);
    assert_string_equal(keys.key[BQI_KEY_PREFIX].ptr, "a:b:q:");
    assert_string_equal(keys.key[BQI_KEY_WAIT].ptr, "a:b:q:wait");
    assert_string_equal(keys.key[BQI_KEY_STALLED_CHECK].ptr, "a:b:q:stalled-check");
    assert_string_equal(keys.key[BQI_KEY_WAITING_CHILDREN].ptr, "a:b:q:waiting-children");
    assert_string_equal(keys.key[BQI_KEY_METRICS_FAILED].ptr, "a:b:q:metrics:failed");
    for (int i = 0; i < BQI_KEY_COUNT; i++)
        assert_int_equal(keys.key[i].len, strlen(keys.key[i].ptr));
    char *key = bqi_job_key(&keys, "7", ":logs");
    assert_string_equal(key, "a:b:q:7:logs");
    bqi_free(key);
    bqi_keys_free(&keys);
}

static void names_are_checked(void **state) {
    struct bqi_error error;
    (void)state;
    assert_null(bqi_queue_new(NULL, NULL, &error));
    assert_string_equal(error.message, "Queue name must be provided");
    assert_null(bqi_queue_new("", NULL, &error));
    assert_string_equal(error.message, "Queue name must be provided");
    assert_null(bqi_queue_new("a:b", NULL, &error));
    assert_string_equal(error.message, "Queue name cannot contain :");
}

static void a_queue_survives_every_failing_allocation(void **state) {
    struct bqi_error error;
    struct bqi_queue *queue = NULL;
    (void)state;
    for (long n = 1; !queue; n++) {
        bqi_alloc_fail_at(n, 0);
        queue = bqi_queue_new("q", NULL, &error);
        bqi_alloc_fail_at(0, 0);
        if (!queue)
            assert_int_equal(error.code, BQ_ERR_OUT_OF_MEMORY);
    }
    bqi_queue_free(queue);
    bqi_queue_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_are_named_after_the_queue_in_base64),
        cmocka_unit_test(keys_are_prefix_queue_and_part),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(a_queue_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
