/* Options of a job to add: merged with the defaults, checked, and packed under their stored names.
 */
#include "support_cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "job_options.h"

static struct bqi_job_options options;
static struct bqi_error error;

static json_t *parse(const char *text) {
    json_t *value = text ? json_loads(text, 0, NULL) : NULL;
    assert_true(!text || value);
    return value;
}

static int init(const char *defaults, const char *opts) {
    json_t *d = parse(defaults), *o = parse(opts);
    memset(&options, 0, sizeof options);
    int status = bqi_job_options_init(&options, d, o, &error);
    json_decref(d);
    json_decref(o);
    return status;
}

static void taken(const char *opts) {
    if (init(NULL, opts) != 0)
        fail_msg("%s: %s", opts, error.message);
    bqi_job_options_free(&options);
}

static void refused(const char *opts, const char *why) {
    if (init(NULL, opts) == 0)
        fail_msg("%s was taken", opts);
    assert_int_equal(error.code, BQ_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.message, why);
}

/* ---- what is packed, as JSON with sorted keys ---- */

static json_t *json_of(const msgpack_object *object);

static json_t *json_of_map(const msgpack_object_map *map) {
    json_t *json = json_object();
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object_str *key = &map->ptr[i].key.via.str;
        char *name = strndup(key->ptr, key->size);
        assert_int_equal(map->ptr[i].key.type, MSGPACK_OBJECT_STR);
        json_object_set_new(json, name, json_of(&map->ptr[i].val));
        free(name);
    }
    return json;
}

static json_t *json_of(const msgpack_object *object) {
    json_t *list;
    switch (object->type) {
    case MSGPACK_OBJECT_MAP:
        return json_of_map(&object->via.map);
    case MSGPACK_OBJECT_ARRAY:
        list = json_array();
        for (uint32_t i = 0; i < object->via.array.size; i++)
            json_array_append_new(list, json_of(&object->via.array.ptr[i]));
        return list;
    case MSGPACK_OBJECT_STR:
        return json_stringn(object->via.str.ptr, object->via.str.size);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return json_integer(object->via.i64);
    case MSGPACK_OBJECT_FLOAT64:
        return json_real(object->via.f64);
    case MSGPACK_OBJECT_BOOLEAN:
        return json_boolean(object->via.boolean);
    case MSGPACK_OBJECT_NIL:
        return json_null();
    default:
        fail_msg("packed type %d", object->type);
        return NULL;
    }
}

static void packs(const char *defaults, const char *opts, const char *expected) {
    msgpack_unpacked unpacked;
    size_t offset = 0;
    if (init(defaults, opts) != 0)
        fail_msg("%s: %s", opts, error.message);
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(
        msgpack_unpack_next(&unpacked, options.packed.data, options.packed.size, &offset),
        MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(offset, options.packed.size);
    json_t *json = json_of(&unpacked.data);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
    msgpack_unpacked_destroy(&unpacked);
    bqi_job_options_free(&options);
}

static void no_options_pack_as_no_attempts(void **state) {
    (void)state;
    packs(NULL, NULL, "{\"attempts\":0}");
    packs(NULL, "{}", "{\"attempts\":0}");
    packs("{}", NULL, "{\"attempts\":0}");
}

static void names_that_redis_knows_shorter_are_shortened(void **state) {
    (void)state;
    packs(NULL, "{\"failParentOnFailure\":true}", "{\"attempts\":0,\"fpof\":true}");
    packs(NULL, "{\"continueParentOnFailure\":true}", "{\"attempts\":0,\"cpof\":true}");
    packs(NULL, "{\"ignoreDependencyOnFailure\":true}", "{\"attempts\":0,\"idof\":true}");
    packs(NULL, "{\"removeDependencyOnFailure\":true}", "{\"attempts\":0,\"rdof\":true}");
    packs(NULL, "{\"keepLogs\":7}", "{\"attempts\":0,\"kl\":7}");
    packs(NULL, "{\"deduplication\":{\"id\":\"d\",\"ttl\":5,\"extend\":true}}",
          "{\"attempts\":0,\"de\":{\"extend\":true,\"id\":\"d\",\"ttl\":5}}");
    packs(NULL, "{\"telemetry\":{\"metadata\":\"m\",\"omitContext\":true}}",
          "{\"attempts\":0,\"omc\":true,\"tm\":\"m\"}");
    packs(NULL, "{\"telemetry\":{}}", "{\"attempts\":0}");
}

static void other_names_stay(void **state) {
    (void)state;
    packs(NULL,
          "{\"attempts\":3,\"delay\":1.5,\"jobId\":\"a\",\"lifo\":true,\"priority\":2,"
          "\"removeOnComplete\":{\"age\":5},\"removeOnFail\":false,\"sizeLimit\":100,"
          "\"stackTraceLimit\":4,\"timestamp\":1700000000000}",
          "{\"attempts\":3,\"delay\":1.5,\"jobId\":\"a\",\"lifo\":true,\"priority\":2,"
          "\"removeOnComplete\":{\"age\":5},\"removeOnFail\":false,\"sizeLimit\":100,"
          "\"stackTraceLimit\":4,\"timestamp\":1700000000000}");
    packs(NULL, "{\"parent\":{\"id\":\"p\",\"queue\":\"bull:q\"}}",
          "{\"attempts\":0,\"parent\":{\"id\":\"p\",\"queue\":\"bull:q\"}}");
}

static void a_number_as_backoff_is_a_fixed_one(void **state) {
    (void)state;
    packs(NULL, "{\"backoff\":500}",
          "{\"attempts\":0,\"backoff\":{\"delay\":500,\"type\":\"fixed\"}}");
    packs("{\"backoff\":5}", NULL, "{\"attempts\":0,\"backoff\":{\"delay\":5,\"type\":\"fixed\"}}");
    packs(NULL, "{\"backoff\":{\"type\":\"exponential\",\"delay\":9}}",
          "{\"attempts\":0,\"backoff\":{\"delay\":9,\"type\":\"exponential\"}}");
}

static void whole_numbers_are_integers_whatever_way_they_are_written(void **state) {
    (void)state;
    packs(NULL, "{\"attempts\":3.0,\"delay\":1e3}", "{\"attempts\":3,\"delay\":1000}");
}

/* ---- merging ---- */

static void the_calls_own_options_win_over_the_defaults(void **state) {
    (void)state;
    packs("{\"attempts\":3,\"priority\":2}", "{\"attempts\":5}", "{\"attempts\":5,\"priority\":2}");
}

static void merging_is_shallow(void **state) {
    (void)state;
    packs("{\"removeOnFail\":{\"count\":5,\"age\":10}}", "{\"removeOnFail\":{\"count\":7}}",
          "{\"attempts\":0,\"removeOnFail\":{\"count\":7}}");
}

static void null_in_the_call_hides_the_default(void **state) {
    (void)state;
    packs("{\"attempts\":3,\"priority\":2}", "{\"priority\":null,\"attempts\":null}",
          "{\"attempts\":0}");
    packs(NULL, "{\"delay\":null,\"parent\":null,\"deduplication\":null,\"backoff\":null}",
          "{\"attempts\":0}");
}

static void a_default_job_id_is_dropped(void **state) {
    (void)state;
    packs("{\"jobId\":\"same\"}", "{}", "{\"attempts\":0}");
    assert_int_equal(init("{\"jobId\":\"same\"}", "{\"jobId\":\"own\"}"), 0);
    assert_string_equal(options.job_id, "own");
    bqi_job_options_free(&options);
}

static void merging_leaves_the_defaults_alone(void **state) {
    (void)state;
    json_t *defaults = parse("{\"backoff\":5,\"jobId\":\"x\",\"attempts\":2}");
    json_t *opts = parse("{\"attempts\":null,\"backoff\":null}");
    memset(&options, 0, sizeof options);
    assert_int_equal(bqi_job_options_init(&options, defaults, opts, &error), 0);
    bqi_job_options_free(&options);
    char *text = json_dumps(defaults, JSON_COMPACT);
    assert_string_equal(text, "{\"backoff\":5,\"jobId\":\"x\",\"attempts\":2}");
    free(text);
    json_decref(defaults);
    json_decref(opts);
}

static void what_the_scripts_need_is_read(void **state) {
    (void)state;
    assert_int_equal(init(NULL, "{\"delay\":5.5,\"timestamp\":7,\"priority\":3,\"sizeLimit\":9,"
                                "\"deduplication\":{\"id\":\"d\"}}"),
                     0);
    assert_true(options.delay == 5.5);
    assert_true(options.timestamp == 7);
    assert_int_equal(options.priority, 3);
    assert_int_equal(options.size_limit, 9);
    assert_string_equal(options.job_id, "");
    assert_string_equal(options.deduplication_id, "d");
    assert_null(options.parent);
    bqi_job_options_free(&options);
    bqi_job_options_free(&options); /* twice is allowed */
}

/* ---- checks ---- */

static void job_ids_are_of_a_form_that_scripts_understand(void **state) {
    static const char *const integers[] = {"{\"jobId\":\"12\"}", "{\"jobId\":\"-3\"}",
                                           "{\"jobId\":\"9007199254740993\"}"};
    (void)state;
    refused("{\"jobId\":\"wait\"}", "Custom Id cannot be wait: a key of the queue has that name");
    refused("{\"jobId\":\"0\"}", "JobId cannot be '0' or start with '0:'");
    refused("{\"jobId\":\"0:1:2\"}", "JobId cannot be '0' or start with '0:'");
    for (size_t i = 0; i < 3; i++)
        refused(integers[i], "Custom Id cannot be integers");
    refused("{\"jobId\":\"a:b\"}", "Custom Id cannot contain :");
    refused("{\"jobId\":\"a:b:c:d\"}", "Custom Id cannot contain :");
    taken("{\"jobId\":\"a:b:c\"}");
    taken("{\"jobId\":\"012\"}");
    taken("{\"jobId\":\"-\"}");
    taken("{\"jobId\":\"-0\"}");
    taken("{\"jobId\":\"1.5\"}");
    taken("{\"jobId\":\"1e3\"}");
    taken("{\"jobId\":\"\"}");
    refused("{\"jobId\":12}", "The job option \"jobId\" must be text, not 12.");
}

static void failure_options_exclude_each_other(void **state) {
    (void)state;
    refused("{\"ignoreDependencyOnFailure\":true,\"failParentOnFailure\":true}",
            "The following options cannot be used together: failParentOnFailure, "
            "ignoreDependencyOnFailure");
    refused("{\"failParentOnFailure\":true,\"continueParentOnFailure\":true,"
            "\"ignoreDependencyOnFailure\":true,\"removeDependencyOnFailure\":true}",
            "The following options cannot be used together: removeDependencyOnFailure, "
            "failParentOnFailure, continueParentOnFailure, ignoreDependencyOnFailure");
    taken("{\"failParentOnFailure\":true,\"continueParentOnFailure\":false}");
}

static void priority_is_a_whole_number_in_its_range(void **state) {
    (void)state;
    refused("{\"priority\":1.5}", "Priority should not be float");
    refused("{\"priority\":2097152}", "Priority should be between 0 and 2097151");
    refused("{\"priority\":-1}", "Priority should be between 0 and 2097151");
    taken("{\"priority\":2097151}");
    taken("{\"priority\":0}");
    refused("{\"priority\":\"1\"}",
            "The job option \"priority\" must be an integer from 0 to 2097151, not \"1\".");
}

static void deduplication_needs_an_id_and_no_parent(void **state) {
    (void)state;
    refused("{\"deduplication\":{}}", "Deduplication id must be provided");
    refused("{\"deduplication\":{\"id\":\"\"}}", "Deduplication id must be provided");
    refused("{\"deduplication\":{\"ttl\":5}}", "Deduplication id must be provided");
    refused("{\"deduplication\":{\"id\":\"d\"},\"parent\":{\"id\":\"p\",\"queue\":\"bull:q\"}}",
            "Deduplication and parent options cannot be used together");
    refused("{\"deduplication\":{\"id\":\"d\",\"tll\":5}}",
            "Unknown member \"tll\" of the job option \"deduplication\": it is an object {id, "
            "ttl, extend, replace, keepLastIfActive, reschedule}.");
    taken("{\"deduplication\":{\"id\":\"d\",\"replace\":true,\"keepLastIfActive\":true,"
          "\"reschedule\":false}}");
}

static void removed_options_are_told_of(void **state) {
    (void)state;
    refused("{\"debounce\":{\"id\":\"d\"}}",
            "Debounce option has been removed. Use deduplication option instead");
}

static void backoff_is_checked_but_for_its_type(void **state) {
    (void)state;
    refused("{\"backoff\":{\"type\":\"fixed\",\"jitter\":1.5}}",
            "Jitter should be between 0 and 1");
    refused("{\"backoff\":{\"type\":\"fixed\",\"jitter\":-0.5}}",
            "Jitter should be between 0 and 1");
    refused("{\"backoff\":{\"type\":\"fixed\",\"jitter\":\"x\"}}",
            "Jitter should be between 0 and 1");
    refused("{\"backoff\":\"fast\"}", "The job option \"backoff\" must be a number (ms) or an "
                                      "object {type, delay, jitter}, not \"fast\".");
    refused("{\"backoff\":-1}", "The job option \"backoff\" must be a number (ms) or an object "
                                "{type, delay, jitter}, not -1.");
    taken("{\"backoff\":{\"type\":\"my own\",\"delay\":5,\"jitter\":1}}");
    taken("{\"backoff\":{\"type\":\"fixed\"}}");
}

static void parents_have_an_id_and_a_queue(void **state) {
    static const char *const wrong[] = {
        "{\"parent\":{\"id\":\"p\"}}", "{\"parent\":{}}", "{\"parent\":\"p\"}",
        "{\"parent\":{\"id\":1,\"queue\":\"q\"}}", "{\"parent\":{\"id\":\"\",\"queue\":\"q\"}}"};
    static const char start[] = "The job option \"parent\" must be an object {id, queue}, not ";
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(init(NULL, wrong[i]), -1);
        assert_memory_equal(error.message, start, sizeof start - 1);
    }
}

static void null_members_do_not_stand_for_values(void **state) {
    (void)state;
    assert_int_equal(init(NULL, "{\"parent\":{\"id\":null,\"queue\":\"q\"}}"), -1);
    assert_int_equal(init(NULL, "{\"parent\":{\"id\":\"p\",\"queue\":null}}"), -1);
    refused("{\"deduplication\":{\"id\":null}}", "Deduplication id must be provided");
}

static void unknown_options_are_told_with_the_nearest_one(void **state) {
    (void)state;
    refused("{\"removeOnCompleted\":true}",
            "Unknown job option \"removeOnCompleted\". Did you mean \"removeOnComplete\"?");
    refused("{\"attempt\":1}", "Unknown job option \"attempt\". Did you mean \"attempts\"?");
    refused("{\"colour\":1}", "Unknown job option \"colour\".");
}

static void defaults_and_call_are_checked_together(void **state) {
    (void)state;
    assert_int_equal(init("{\"failParentOnFailure\":true}", "{\"continueParentOnFailure\":true}"),
                     -1);
    assert_string_equal(error.message, "The following options cannot be used together: "
                                       "failParentOnFailure, continueParentOnFailure");
    assert_int_equal(init("{\"failParentOnFailure\":true}",
                          "{\"failParentOnFailure\":null,\"continueParentOnFailure\":true}"),
                     0);
    bqi_job_options_free(&options);
}

/* ---- back to public names ---- */

static void stored_names_are_expanded(void **state) {
    (void)state;
    json_t *stored =
        parse("{\"fpof\":true,\"kl\":3,\"de\":{\"id\":\"d\"},\"tm\":\"m\",\"omc\":true,"
              "\"attempts\":2,\"mine\":1}");
    json_t *expanded = bqi_job_options_expand(stored);
    json_t *expected =
        parse("{\"failParentOnFailure\":true,\"keepLogs\":3,\"deduplication\":{\"id\":\"d\"},"
              "\"telemetry\":{\"metadata\":\"m\",\"omitContext\":true},\"attempts\":2,\"mine\":1}");
    assert_true(json_equal(expanded, expected));
    json_decref(stored);
    json_decref(expanded);
    json_decref(expected);
}

static void short_names_are_those_of_the_protocol(void **state) {
    (void)state;
    assert_string_equal(bqi_job_option_short_name("keepLogs"), "kl");
    assert_string_equal(bqi_job_option_short_name("deduplication"), "de");
    assert_null(bqi_job_option_short_name("attempts"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_options_pack_as_no_attempts),
        cmocka_unit_test(names_that_redis_knows_shorter_are_shortened),
        cmocka_unit_test(other_names_stay),
        cmocka_unit_test(a_number_as_backoff_is_a_fixed_one),
        cmocka_unit_test(whole_numbers_are_integers_whatever_way_they_are_written),
        cmocka_unit_test(the_calls_own_options_win_over_the_defaults),
        cmocka_unit_test(merging_is_shallow),
        cmocka_unit_test(null_in_the_call_hides_the_default),
        cmocka_unit_test(a_default_job_id_is_dropped),
        cmocka_unit_test(merging_leaves_the_defaults_alone),
        cmocka_unit_test(what_the_scripts_need_is_read),
        cmocka_unit_test(job_ids_are_of_a_form_that_scripts_understand),
        cmocka_unit_test(failure_options_exclude_each_other),
        cmocka_unit_test(priority_is_a_whole_number_in_its_range),
        cmocka_unit_test(deduplication_needs_an_id_and_no_parent),
        cmocka_unit_test(removed_options_are_told_of),
        cmocka_unit_test(backoff_is_checked_but_for_its_type),
        cmocka_unit_test(parents_have_an_id_and_a_queue),
        cmocka_unit_test(null_members_do_not_stand_for_values),
        cmocka_unit_test(unknown_options_are_told_with_the_nearest_one),
        cmocka_unit_test(defaults_and_call_are_checked_together),
        cmocka_unit_test(stored_names_are_expanded),
        cmocka_unit_test(short_names_are_those_of_the_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
