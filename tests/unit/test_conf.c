/* Options of clients, queues and workers: what is taken, and what is refused with which words. */
#include "support_cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "tables.h"

static bq_conf *conf;

static int free_conf(void **state) {
    (void)state;
    bq_conf_free(conf);
    conf = NULL;
    return 0;
}

static void use(int scope) {
    bq_conf_free(conf);
    conf = bq_conf_new(scope);
    assert_non_null(conf);
}

static int set_json(const char *text) {
    return bq_conf_set_json(conf, (bq_bytes){text, strlen(text)});
}

static void taken(const char *json) {
    if (set_json(json) != 0)
        fail_msg("%s: %s", json, bq_conf_error(conf));
    assert_string_equal(bq_conf_error(conf), "");
}

static void refused(const char *json, const char *why) {
    assert_int_equal(set_json(json), BQ_EINVAL);
    assert_string_equal(bq_conf_error(conf), why);
}

static void refused_text(const char *name, const char *value, const char *why) {
    assert_int_equal(bq_conf_set(conf, name, value), BQ_EINVAL);
    assert_string_equal(bq_conf_error(conf), why);
}

static int64_t integer(int scope, const char *name) {
    return bqi_conf_int(conf, scope, name, -99);
}

static void assert_text(int scope, const char *name, const char *expected) {
    char *text;
    assert_int_equal(bqi_conf_text(conf, scope, name, &text), 0);
    if (expected)
        assert_string_equal(text, expected);
    else
        assert_null(text);
    free(text);
}

/* ---- scopes ---- */

static void only_scopes_of_what_is_opened_have_confs(void **state) {
    (void)state;
    assert_null(bq_conf_new(0));
    assert_null(bq_conf_new(-1));
    assert_null(bq_conf_new(BQ_CONF_JOB));
    assert_null(bq_conf_new(77));
    bq_conf_free(NULL);
    assert_string_equal(bq_conf_error(NULL), "");
}

static void a_setter_without_its_arguments_is_refused(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    assert_int_equal(bq_conf_set(NULL, "connection.host", "h"), BQ_EINVAL);
    assert_int_equal(bq_conf_set(conf, NULL, "h"), BQ_EINVAL);
    assert_int_equal(bq_conf_set(conf, "connection.host", NULL), BQ_EINVAL);
    assert_int_equal(bq_conf_set_json(NULL, (bq_bytes){"{}", 2}), BQ_EINVAL);
    assert_int_equal(bq_conf_set_json(conf, (bq_bytes){NULL, 3}), BQ_EINVAL);
}

static void unset_options_have_the_defaults_of_the_table(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.port"), 6379);
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.maxRetriesPerRequest"), 20);
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.commandTimeout"), -99);
    assert_true(bqi_conf_bool(conf, BQ_CONF_CLIENT, "connection.enableOfflineQueue"));
    assert_text(BQ_CONF_CLIENT, "connection.host", "127.0.0.1");
    assert_text(BQ_CONF_CLIENT, "connection.path", NULL);
    assert_int_equal(bqi_conf_int(NULL, BQ_CONF_QUEUE, "streams.events.maxLen", 0), 10000);
    assert_true(bqi_conf_number(NULL, BQ_CONF_WORKER, "drainDelay", 0) == 5);
}

/* ---- every type, as text and as JSON ---- */

static void texts_are_taken_as_they_are(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    assert_int_equal(bq_conf_set(conf, "connection.host", "6379"), 0);
    assert_text(BQ_CONF_CLIENT, "connection.host", "6379");
    assert_int_equal(bq_conf_set(conf, "connection.host", ""), 0);
    assert_text(BQ_CONF_CLIENT, "connection.host", "");
    taken("{\"connection\":{\"host\":\"caf\xc3\xa9\"}}");
    assert_text(BQ_CONF_CLIENT, "connection.host", "caf\xc3\xa9");
    refused("{\"connection\":{\"host\":1}}",
            "The client option \"connection.host\" must be text, not 1.");
    assert_int_equal(bq_conf_set(conf, "connection.host", "\xff"), BQ_EINVAL);
}

static void integers_are_whole_and_in_their_range(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    assert_int_equal(bq_conf_set(conf, "connection.port", "7000"), 0);
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.port"), 7000);
    taken("{\"connection\":{\"port\":8000.0}}");
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.port"), 8000);
    static const char *const wrong[] = {"0",        "65536", "-1",   "1.5",   "abc",
                                        "\"7000\"", "",      "true", "1e300", "[]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(bq_conf_set(conf, "connection.port", wrong[i]), BQ_EINVAL);
    refused_text("connection.port", "65536",
                 "The client option \"connection.port\" must be an integer from 1 to 65535, not "
                 "65536.");
    refused_text("connection.port", "x",
                 "The client option \"connection.port\" must be an integer from 1 to 65535, not "
                 "\"x\".");
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.port"), 8000);
}

static void integers_that_no_machine_number_holds_are_refused(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    assert_int_equal(bq_conf_set(conf, "connection.db", "4294967296"), BQ_EINVAL);
    assert_int_equal(bq_conf_set(conf, "connection.connectTimeout", "1e300"), BQ_EINVAL);
    assert_int_equal(bq_conf_set(conf, "connection.connectTimeout", "99999999999999999999"),
                     BQ_EINVAL);
    use(BQ_CONF_WORKER);
    assert_int_equal(bq_conf_set(conf, "lockDuration", "1e300"), BQ_EINVAL);
    assert_int_equal(bq_conf_set(conf, "removeOnFail", "1e300"), BQ_EINVAL);
}

static void numbers_may_be_fractions(void **state) {
    (void)state;
    use(BQ_CONF_WORKER);
    assert_int_equal(bq_conf_set(conf, "drainDelay", "0.25"), 0);
    assert_true(bqi_conf_number(conf, BQ_CONF_WORKER, "drainDelay", 0) == 0.25);
    taken("{\"drainDelay\":3}");
    assert_true(bqi_conf_number(conf, BQ_CONF_WORKER, "drainDelay", 0) == 3);
    refused("{\"drainDelay\":0}",
            "The worker option \"drainDelay\" must be a number (s) of at least 0.001, not 0.");
    refused("{\"drainDelay\":\"5\"}",
            "The worker option \"drainDelay\" must be a number (s) of at least 0.001, not \"5\".");
}

static void booleans_are_true_or_false(void **state) {
    (void)state;
    use(BQ_CONF_WORKER);
    assert_int_equal(bq_conf_set(conf, "skipLockRenewal", "true"), 0);
    assert_true(bqi_conf_bool(conf, BQ_CONF_WORKER, "skipLockRenewal"));
    taken("{\"skipLockRenewal\":false}");
    assert_false(bqi_conf_bool(conf, BQ_CONF_WORKER, "skipLockRenewal"));
    refused_text("skipLockRenewal", "yes",
                 "The worker option \"skipLockRenewal\" must be true or false, not \"yes\".");
    refused("{\"skipLockRenewal\":1}",
            "The worker option \"skipLockRenewal\" must be true or false, not 1.");
}

static void retention_has_many_forms(void **state) {
    static const char *const right[] = {"true",
                                        "false",
                                        "0",
                                        "100",
                                        "-1",
                                        "{}",
                                        "{\"count\":5}",
                                        "{\"age\":1.5,\"count\":5,\"limit\":10}",
                                        "{\"age\":null}"};
    static const char *const wrong[] = {
        "1.5", "\"all\"", "[]", "{\"count\":1.5}", "{\"age\":\"1h\"}", "{\"age\":-1}"};
    (void)state;
    use(BQ_CONF_WORKER);
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_int_equal(bq_conf_set(conf, "removeOnComplete", right[i]), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(bq_conf_set(conf, "removeOnComplete", wrong[i]), BQ_EINVAL);
    refused_text("removeOnFail", "{\"counts\":5}",
                 "Unknown member \"counts\" of the worker option \"removeOnFail\": it is true, "
                 "false, a number or an object {count, age, limit}.");
    refused_text("removeOnFail", "\"all\"",
                 "The worker option \"removeOnFail\" must be true, false, a number or an object "
                 "{count, age, limit}, not \"all\".");
}

static void default_job_options_are_checked_when_they_are_set(void **state) {
    (void)state;
    use(BQ_CONF_QUEUE);
    taken("{\"defaultJobOptions\":{\"attempts\":3,\"backoff\":{\"type\":\"exponential\","
          "\"delay\":100,\"jitter\":0.5},\"removeOnComplete\":true}}");
    refused("{\"defaultJobOptions\":{\"atempts\":3}}",
            "Unknown job option \"atempts\". Did you mean \"attempts\"?");
    refused("{\"defaultJobOptions\":{\"attempts\":-3}}",
            "The job option \"attempts\" must be an integer of at least 0, not -3.");
    refused("{\"defaultJobOptions\":[]}",
            "The queue option \"defaultJobOptions\" must be an object of job options, not [].");
    assert_int_equal(
        json_integer_value(json_object_get(bqi_conf_json(conf, "defaultJobOptions"), "attempts")),
        3);
}

/* ---- names and nesting ---- */

static void nested_and_dotted_names_are_the_same(void **state) {
    (void)state;
    use(BQ_CONF_QUEUE);
    taken("{\"streams\":{\"events\":{\"maxLen\":5}}}");
    assert_int_equal(integer(BQ_CONF_QUEUE, "streams.events.maxLen"), 5);
    taken("{\"streams.events.maxLen\":6}");
    assert_int_equal(integer(BQ_CONF_QUEUE, "streams.events.maxLen"), 6);
    taken("{\"streams.events\":{\"maxLen\":7}}");
    assert_int_equal(integer(BQ_CONF_QUEUE, "streams.events.maxLen"), 7);
    refused("{\"streams\":5}", "The queue option \"streams\" must be an object.");
    refused("{\"streams\":{\"events\":[]}}",
            "The queue option \"streams.events\" must be an object.");
}

static void unknown_names_are_told_with_the_nearest_one(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    refused("{\"connection\":{\"pasword\":\"x\"}}",
            "Unknown client option \"connection.pasword\". Did you mean \"connection.password\"?");
    refused("{\"connection\":{\"HOST\":\"x\"}}",
            "Unknown client option \"connection.HOST\". Did you mean \"connection.host\"?");
    refused_text("maxPendingComands", "5",
                 "Unknown client option \"maxPendingComands\". Did you mean "
                 "\"maxPendingCommands\"?");
    refused("{\"zzz\":1}", "Unknown client option \"zzz\".");
    refused("{\"\":1}", "Unknown client option \"\".");
    use(BQ_CONF_WORKER);
    refused_text("lock_duration", "5",
                 "Unknown worker option \"lock_duration\". Did you mean \"lockDuration\"?");
}

static void names_of_any_length_are_refused_as_text(void **state) {
    char json[2000] = "{\"";
    (void)state;
    use(BQ_CONF_CLIENT);
    for (int i = 0; i < 600; i++)
        strcat(json, "\xc3\xa9");
    strcat(json, "\":1}");
    assert_int_equal(set_json(json), BQ_EINVAL);
    json_t *message = json_string(bq_conf_error(conf)); /* NULL unless it is UTF-8 */
    assert_non_null(message);
    json_decref(message);
}

static void null_means_the_default(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    taken("{\"connection\":{\"host\":\"h\",\"port\":7000,\"maxRetriesPerRequest\":3}}");
    taken("{\"connection\":{\"host\":null,\"port\":null},\"maxPendingCommands\":null}");
    assert_text(BQ_CONF_CLIENT, "connection.host", "127.0.0.1");
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.port"), 6379);
    taken("{\"connection\":null}");
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.maxRetriesPerRequest"), 3);
}

static void null_means_no_limit_where_the_table_says_so(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    taken("{\"connection\":{\"maxRetriesPerRequest\":null}}");
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.maxRetriesPerRequest"), -99);
    assert_int_equal(bq_conf_set(conf, "connection.maxRetriesPerRequest", "4"), 0);
    assert_int_equal(bq_conf_set(conf, "connection.maxRetriesPerRequest", "null"), 0);
    assert_int_equal(integer(BQ_CONF_CLIENT, "connection.maxRetriesPerRequest"), -99);
}

static void one_wrong_option_leaves_all_as_they_were(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    taken("{\"connection\":{\"host\":\"old\"}}");
    refused("{\"connection\":{\"host\":\"new\",\"port\":0}}",
            "The client option \"connection.port\" must be an integer from 1 to 65535, not 0.");
    assert_text(BQ_CONF_CLIENT, "connection.host", "old");
}

static void what_is_not_an_object_is_refused(void **state) {
    static const char *const texts[] = {"[]", "1", "\"x\"", "null", "", "{", "{} x", "\xff"};
    (void)state;
    use(BQ_CONF_CLIENT);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(set_json(texts[i]), BQ_EINVAL);
        assert_memory_equal(bq_conf_error(conf), "Options must be one JSON object", 31);
    }
}

static void the_error_goes_with_the_next_use(void **state) {
    (void)state;
    use(BQ_CONF_CLIENT);
    assert_int_equal(bq_conf_set(conf, "connection.port", "0"), BQ_EINVAL);
    assert_int_equal(bq_conf_set(conf, "connection.port", "1"), 0);
    assert_string_equal(bq_conf_error(conf), "");
}

/* ---- messages ---- */

static void no_message_shows_a_secret(void **state) {
    static const char *const texts[] = {
        "{\"connection\":{\"password\":123456789}}",
        "{\"connection\":{\"password\":[\"s3cret\"]}}",
        "{\"connection\":{\"password\":s3cret}}",
        "{\"connection\":{\"password\":\"s3cret}}",
        "{\"connection\":{\"password\":\"s3cret\\q\"}}",
        "{\"connection\":{\"password\":\"s3cret\"",
        "{\"connection\":{\"password\":\"s3cret\" \"s3cret\"}}",
        "{\"connection\":{\"pasword\":\"s3cret\"}}",
        "{\"connection\":\"redis://user:s3cret@host\"}",
        "{\"password\":\"s3cret\"}",
    };
    (void)state;
    use(BQ_CONF_CLIENT);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(set_json(texts[i]), BQ_EINVAL);
        if (strstr(bq_conf_error(conf), "s3cret") || strstr(bq_conf_error(conf), "123456789"))
            fail_msg("%s: %s", texts[i], bq_conf_error(conf));
    }
    assert_int_equal(bq_conf_set(conf, "connection.pasword", "s3cret"), BQ_EINVAL);
    assert_null(strstr(bq_conf_error(conf), "s3cret"));
}

static void a_long_value_is_cut_between_characters(void **state) {
    char json[400];
    (void)state;
    use(BQ_CONF_CLIENT);
    for (int shift = 0; shift < 4; shift++) {
        strcpy(json, "{\"connection\":{\"port\":\"");
        for (int i = 0; i < shift; i++)
            strcat(json, "x");
        for (int i = 0; i < 80; i++)
            strcat(json, "\xe2\x98\x83");
        strcat(json, "\"}}");
        assert_int_equal(set_json(json), BQ_EINVAL);
        json_t *message = json_string(bq_conf_error(conf));
        assert_non_null(message);
        json_decref(message);
    }
}

/* ---- the table itself ---- */

static void every_default_of_the_table_is_right_for_its_option(void **state) {
    (void)state;
    for (int scope = BQ_CONF_CLIENT; scope <= BQ_CONF_WORKER; scope++) {
        use(scope);
        for (size_t i = 0; i < bqi_option_scopes[scope].count; i++) {
            const struct bqi_option *option = &bqi_option_scopes[scope].options[i];
            char json[200];
            snprintf(json, sizeof json, "{\"%s\":%s}", option->name, option->fallback);
            taken(json);
        }
    }
}

#define CONF(test) cmocka_unit_test_teardown(test, free_conf)

int main(void) {
    const struct CMUnitTest tests[] = {
        CONF(only_scopes_of_what_is_opened_have_confs),
        CONF(a_setter_without_its_arguments_is_refused),
        CONF(unset_options_have_the_defaults_of_the_table),
        CONF(texts_are_taken_as_they_are),
        CONF(integers_are_whole_and_in_their_range),
        CONF(integers_that_no_machine_number_holds_are_refused),
        CONF(numbers_may_be_fractions),
        CONF(booleans_are_true_or_false),
        CONF(retention_has_many_forms),
        CONF(default_job_options_are_checked_when_they_are_set),
        CONF(nested_and_dotted_names_are_the_same),
        CONF(unknown_names_are_told_with_the_nearest_one),
        CONF(names_of_any_length_are_refused_as_text),
        CONF(null_means_the_default),
        CONF(null_means_no_limit_where_the_table_says_so),
        CONF(one_wrong_option_leaves_all_as_they_were),
        CONF(what_is_not_an_object_is_refused),
        CONF(the_error_goes_with_the_next_use),
        CONF(no_message_shows_a_secret),
        CONF(a_long_value_is_cut_between_characters),
        CONF(every_default_of_the_table_is_right_for_its_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
