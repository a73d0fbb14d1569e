/* Commands as they are put together, kept in lists, and found by name. */
#include "support_cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command.h"

static void assert_bytes(struct bqi_words *words, const char *expected) {
    struct bqi_command command = {0};
    assert_int_equal(bqi_words_format(words, &command), 0);
    assert_int_equal(command.length, strlen(expected));
    assert_memory_equal(command.bytes, expected, command.length);
    bqi_command_free_bytes(&command);
    assert_null(command.bytes);
    bqi_command_free_bytes(&command);
}

/* ---- words ---- */

static void words_become_one_command_of_the_redis_protocol(void **state) {
    struct bqi_words words;
    (void)state;
    bqi_words_init(&words);
    bqi_words_text(&words, "SET");
    bqi_words_add(&words, "k\0y", 3);
    bqi_words_int(&words, -12345678901234);
    struct bqi_command command = {0};
    static const char expected[] = "*3\r\n$3\r\nSET\r\n$3\r\nk\0y\r\n$15\r\n-12345678901234\r\n";
    assert_int_equal(bqi_words_format(&words, &command), 0);
    assert_int_equal(command.length, sizeof expected - 1);
    assert_memory_equal(command.bytes, expected, sizeof expected - 1);
    bqi_command_free_bytes(&command);
}

static void a_word_may_be_empty_or_absent(void **state) {
    struct bqi_words words;
    (void)state;
    bqi_words_init(&words);
    bqi_words_text(&words, "");
    bqi_words_add(&words, NULL, 0);
    assert_bytes(&words, "*2\r\n$0\r\n\r\n$0\r\n\r\n");
}

static void there_may_be_any_number_of_words(void **state) {
    struct bqi_words words;
    char expected[8192];
    (void)state;
    bqi_words_init(&words);
    size_t length = (size_t)sprintf(expected, "*500\r\n");
    for (int i = 0; i < 500; i++) {
        bqi_words_text(&words, "word");
        length += (size_t)sprintf(expected + length, "$4\r\nword\r\n");
    }
    assert_bytes(&words, expected);
}

static void words_that_find_no_memory_are_no_command(void **state) {
    struct bqi_words words;
    struct bqi_command command = {0};
    (void)state;
    for (int failing = 1; failing <= 2; failing++) {
        bqi_words_init(&words);
        bqi_alloc_fail_at(failing, 0);
        for (int i = 0; i < 100; i++)
            bqi_words_text(&words, "word");
        bqi_alloc_fail_at(0, 0);
        assert_int_equal(bqi_words_format(&words, &command), -1);
        assert_null(command.bytes);
    }
}

/* ---- scripts ---- */

static void every_embedded_script_is_found_by_its_name(void **state) {
    (void)state;
    for (size_t i = 0; i < bqi_script_source_count; i++) {
        const struct bqi_script_source *script = &bqi_script_sources[i];
        assert_ptr_equal(bqi_script_find(script->name), script);
        assert_int_equal(strlen(script->sha1), 40);
        assert_int_equal(strlen(script->text), script->length);
        assert_true(script->keys > 0);
    }
    assert_null(bqi_script_find("noSuchScript"));
    assert_null(bqi_script_find(""));
}

static void scripts_have_the_numbers_of_keys_of_the_protocol(void **state) {
    static const struct {
        const char *name;
        int keys;
    } protocol[] = {
        {"addStandardJob", 9},
        {"addDelayedJob", 6},
        {"addPrioritizedJob", 9},
        {"addParentJob", 6},
        {"moveToActive", 11},
        {"moveToFinished", 14},
        {"moveToDelayed", 11},
        {"moveToWaitingChildren", 7},
        {"moveStalledJobsToWait", 9},
        {"moveJobFromActiveToWait", 9},
        {"retryJob", 11},
        {"reprocessJob", 9},
        {"extendLock", 2},
        {"extendLocks", 1},
        {"releaseLock", 1},
        {"getRateLimitTtl", 2},
        {"isMaxed", 2},
        {"isFinished", 3},
        {"releaseParentIfNoPendingDependencies", 2},
        {"saveStacktrace", 1},
        {"updateData", 1},
        {"updateProgress", 3},
        {"addLog", 2},
        {"promote", 9},
        {"pause", 7},
    };
    (void)state;
    for (size_t i = 0; i < sizeof protocol / sizeof *protocol; i++) {
        const struct bqi_script_source *script = bqi_script_find(protocol[i].name);
        if (!script || script->keys != protocol[i].keys)
            fail_msg("%s has %d keys", protocol[i].name, script ? script->keys : -1);
    }
}

static void a_script_call_begins_with_its_sum_and_its_keys(void **state) {
    struct bqi_words words;
    char expected[128];
    (void)state;
    const struct bqi_script_source *script = bqi_script_find("moveToFinished");
    bqi_words_init(&words);
    bqi_words_script(&words, script);
    snprintf(expected, sizeof expected, "*3\r\n$7\r\nEVALSHA\r\n$40\r\n%s\r\n$2\r\n14\r\n",
             script->sha1);
    assert_bytes(&words, expected);
}

/* ---- lists ---- */

static struct bqi_command commands[6];

static void assert_list(struct bqi_command_list *list, const char *order) {
    for (; *order; order++)
        assert_ptr_equal(bqi_command_list_pop(list), &commands[*order - '0']);
    assert_null(bqi_command_list_pop(list));
    assert_null(list->first);
    assert_ptr_equal(list->end, &list->first);
}

static void push(struct bqi_command_list *list, const char *order) {
    for (; *order; order++)
        bqi_command_list_push(list, &commands[*order - '0']);
}

static void a_list_gives_commands_in_their_order(void **state) {
    struct bqi_command_list list;
    (void)state;
    bqi_command_list_init(&list);
    assert_null(bqi_command_list_pop(&list));
    push(&list, "012");
    assert_ptr_equal(bqi_command_list_pop(&list), &commands[0]);
    push(&list, "3");
    assert_list(&list, "123");
    push(&list, "54");
    assert_list(&list, "54");
}

static void one_list_is_put_before_another(void **state) {
    struct bqi_command_list list, front;
    (void)state;
    bqi_command_list_init(&list);
    bqi_command_list_init(&front);
    bqi_command_list_prepend(&list, &front);
    assert_list(&list, "");
    push(&front, "01");
    bqi_command_list_prepend(&list, &front);
    assert_list(&front, "");
    push(&list, "2"); /* to the end, although the list was empty */
    push(&front, "34");
    bqi_command_list_prepend(&list, &front);
    bqi_command_list_prepend(&list, &front);
    push(&list, "5");
    assert_list(&list, "340125");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_one_command_of_the_redis_protocol),
        cmocka_unit_test(a_word_may_be_empty_or_absent),
        cmocka_unit_test(there_may_be_any_number_of_words),
        cmocka_unit_test(words_that_find_no_memory_are_no_command),
        cmocka_unit_test(every_embedded_script_is_found_by_its_name),
        cmocka_unit_test(scripts_have_the_numbers_of_keys_of_the_protocol),
        cmocka_unit_test(a_script_call_begins_with_its_sum_and_its_keys),
        cmocka_unit_test(a_list_gives_commands_in_their_order),
        cmocka_unit_test(one_list_is_put_before_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
