/* What the tables of commands say fits the scripts and itself. */
#include "support_cmocka.h"

#include <string.h>

#include "call.h"

static int is_key(const struct bqi_word *word) {
    return word->kind == BQI_WORD_KEY || word->kind == BQI_WORD_SUBKEY ||
           word->kind == BQI_WORD_FIELD_KEY;
}

static void check_names(const struct bqi_call_entry *entry, const char *name) {
    const struct bqi_argument *argument = entry->arguments;
    while (argument->name && strcmp(argument->name, name) != 0)
        argument++;
    if (!argument->name)
        fail_msg("%s has a word of the argument \"%s\", which it does not have", entry->name, name);
}

static void check_plan(const struct bqi_call_entry *entry) {
    const struct bqi_plan *plan = &entry->plan;
    const struct bqi_script_source *script = plan->script ? bqi_script_find(plan->script) : NULL;
    int keys = 0;
    if (plan->script && !script)
        fail_msg("%s runs the script %s, which there is not", entry->name, plan->script);
    while (script && keys < script->keys && is_key(&plan->words[keys]))
        keys++;
    if (script && keys != script->keys)
        fail_msg("%s gives %s %d keys", entry->name, plan->script, keys);
    for (const struct bqi_word *word = plan->words; word->kind != BQI_WORD_END; word++)
        if (word->name)
            check_names(entry, word->name);
    if (plan->shape == BQI_SHAPE_JSON && !plan->read)
        fail_msg("%s has no reader", entry->name);
}

static void every_plan_fits_its_script_and_its_arguments(void **state) {
    int plans = 0;
    (void)state;
    for (const struct bqi_call_entry *const *family = bqi_call_families; *family; family++)
        for (const struct bqi_call_entry *entry = *family; entry->name; entry++)
            if (!entry->run) {
                check_plan(entry);
                plans++;
            }
    assert_true(plans > 40);
}

static void every_default_can_be_read_and_is_accepted(void **state) {
    struct bqi_error error;
    (void)state;
    for (const struct bqi_call_entry *const *family = bqi_call_families; *family; family++)
        for (const struct bqi_call_entry *entry = *family; entry->name; entry++) {
            struct bqi_call_entry optional = *entry;
            for (struct bqi_argument *argument = optional.arguments; argument->name; argument++)
                argument->required = 0;
            json_t *args = json_object();
            assert_int_equal(bqi_call_check(&optional, args, &error), 0);
            if (bqi_call_check(&optional, args, &error) != 0)
                fail_msg("%s refuses its own defaults: %s", entry->name, error.message);
            json_decref(args);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_fits_its_script_and_its_arguments),
        cmocka_unit_test(every_default_can_be_read_and_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
