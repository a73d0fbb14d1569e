/* The arguments of a call: their types and ranges are checked before anything is sent. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "call.h"

static const char *const default_types[] = {"active",      "completed", "delayed",         "failed",
                                            "prioritized", "waiting",   "waiting-children"};
static const char *const other_types[] = {"wait", "paused", "repeat"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- types ---- */

static const char *const type_names[] = {
    [BQI_ARG_TEXT] = "text that is not empty",
    [BQI_ARG_INTEGER] = "an integer",
    [BQI_ARG_BOOLEAN] = "true or false",
    [BQI_ARG_TEXTS] = "a list of texts",
    [BQI_ARG_OBJECT] = "an object",
    [BQI_ARG_INTEGERS] = "a list of integers",
    [BQI_ARG_TYPES] = "a list of texts",
    [BQI_ARG_LABELS] = "an object of texts",
    [BQI_ARG_PAGE] = "an object {cursor, count} of integers, neither negative",
    [BQI_ARG_JOB] = "an object {id, queue} of texts, queue with its prefix",
};

/* Texts become parts of keys, where a NUL would end them. */
static int is_word(const json_t *value) {
    return json_is_string(value) && json_string_length(value) > 0 &&
           strlen(json_string_value(value)) == json_string_length(value);
}

static int is_text(const json_t *value) {
    return json_is_string(value);
}

static int is_integer(const json_t *value) {
    return json_is_integer(value);
}

static int is_list_of(const json_t *value, int (*fits)(const json_t *)) {
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!fits(json_array_get(value, i)))
            return 0;
    return json_is_array(value);
}

static int is_object_of_texts(const json_t *value) {
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member) {
        if (!json_is_string(member))
            return 0;
    }
    return json_is_object(value);
}

static int is_page(const json_t *value) {
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member) {
        if ((strcmp(key, "cursor") != 0 && strcmp(key, "count") != 0) || !json_is_integer(member) ||
            json_integer_value(member) < 0)
            return 0;
    }
    return json_is_object(value);
}

static int is_job(const json_t *value) {
    return json_is_object(value) && json_object_size(value) == 2 &&
           is_word(json_object_get(value, "id")) && is_word(json_object_get(value, "queue"));
}

/* A job's name may hold a NUL, and texts of logs and labels may be empty. */
static int fits(const struct bqi_argument *argument, const json_t *value) {
    switch (argument->type) {
    case BQI_ARG_TEXT:
        return is_word(value) ||
               (strcmp(argument->name, "name") == 0 && json_string_length(value) > 0);
    case BQI_ARG_INTEGER:
        return json_is_integer(value);
    case BQI_ARG_BOOLEAN:
        return json_is_boolean(value);
    case BQI_ARG_TEXTS:
    case BQI_ARG_TYPES:
        return is_list_of(value, is_text);
    case BQI_ARG_INTEGERS:
        return is_list_of(value, is_integer);
    case BQI_ARG_LABELS:
        return is_object_of_texts(value);
    case BQI_ARG_PAGE:
        return is_page(value);
    case BQI_ARG_JOB:
        return is_job(value);
    default:
        return json_is_object(value);
    }
}

/* ---- ranges ---- */

static int is_one_of(const char *word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], word) == 0)
            return 1;
    return 0;
}

static int check_number(const struct bqi_call_entry *entry, const struct bqi_argument *argument,
                        const json_t *value, struct bqi_error *error) {
    int64_t number = json_integer_value(value);
    if ((argument->min == 0 && argument->max == 0) ||
        (number >= argument->min && number <= argument->max))
        return 0;
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "%s needs the argument \"%s\": an integer from %" PRId64 " to %" PRId64
                         ", not %" PRId64 ".",
                         entry->name, argument->name, argument->min, argument->max, number);
}

static int check_choice(const struct bqi_call_entry *entry, const struct bqi_argument *argument,
                        const char *text, struct bqi_error *error) {
    char word[40];
    snprintf(word, sizeof word, " %s ", text);
    if (!argument->choices ||
        (!strchr(text, ' ') && strlen(text) + 2 < sizeof word && strstr(argument->choices, word)))
        return 0;
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "%s needs the argument \"%s\": one of%s(not \"%.60s\").", entry->name,
                         argument->name, argument->choices, text);
}

static int check_types(const json_t *types, struct bqi_error *error) {
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *word = json_string_value(json_array_get(types, i));
        if (!is_one_of(word, default_types, COUNT(default_types)) &&
            !is_one_of(word, other_types, COUNT(other_types)))
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "\"%.60s\" is no type of job. Types are active, completed, "
                                 "delayed, failed, prioritized, waiting, waiting-children, paused "
                                 "and repeat.",
                                 word);
    }
    return 0;
}

static int check_range(const struct bqi_call_entry *entry, const struct bqi_argument *argument,
                       const json_t *value, struct bqi_error *error) {
    int status = 0;
    if (argument->type == BQI_ARG_TEXT)
        return check_choice(entry, argument, json_string_value(value), error);
    if (argument->type == BQI_ARG_TYPES)
        return check_types(value, error);
    if (argument->type == BQI_ARG_INTEGER)
        return check_number(entry, argument, value, error);
    if (argument->type == BQI_ARG_INTEGERS)
        for (size_t i = 0; status == 0 && i < json_array_size(value); i++)
            status = check_number(entry, argument, json_array_get(value, i), error);
    return status;
}

/* ---- all of them ---- */

static int check_known(const struct bqi_call_entry *entry, const json_t *args,
                       struct bqi_error *error) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)args, key, value) {
        const struct bqi_argument *argument = entry->arguments;
        while (argument->name && strcmp(argument->name, key) != 0)
            argument++;
        if (!argument->name)
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "%s has no argument \"%s\".",
                                 entry->name, key);
    }
    return 0;
}

static int check_argument(const struct bqi_call_entry *entry, const struct bqi_argument *argument,
                          const json_t *value, struct bqi_error *error) {
    if ((!value || json_is_null(value)) && !argument->required)
        return 0;
    if (value && fits(argument, value))
        return check_range(entry, argument, value, error);
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "%s needs the argument \"%s\": %s.",
                         entry->name, argument->name, type_names[argument->type]);
}

/* Each type once, in the order asked for; all of the usual ones when none is asked for. NULL: out
 * of memory. */
static json_t *wanted_types(const json_t *asked) {
    json_t *seen = json_object(), *types = json_array();
    size_t count = json_array_size(asked);
    int failed = !seen || !types;
    for (size_t i = 0; i < (count ? count : COUNT(default_types)); i++) {
        const char *word = count ? json_string_value(json_array_get(asked, i)) : default_types[i];
        if (json_object_get(seen, word))
            continue;
        failed |= json_object_set_new(seen, word, json_true());
        failed |= json_array_append_new(types, json_string(word));
    }
    json_decref(seen);
    if (failed) {
        json_decref(types);
        types = NULL;
    }
    return types;
}

static int put_in_default(json_t *args, const struct bqi_argument *argument) {
    const json_t *value = json_object_get(args, argument->name);
    if ((!value || json_is_null(value)) && argument->unset) {
        json_t *unset = json_loads(argument->unset, JSON_DECODE_ANY, NULL);
        if (json_object_set_new(args, argument->name, unset) != 0)
            return -1;
        value = unset;
    }
    return argument->type != BQI_ARG_TYPES
               ? 0
               : json_object_set_new(args, argument->name, wanted_types(value));
}

int bqi_call_check(const struct bqi_call_entry *entry, json_t *args, struct bqi_error *error) {
    const struct bqi_argument *argument;
    for (argument = entry->arguments; argument->name; argument++)
        if (check_argument(entry, argument, json_object_get(args, argument->name), error) != 0)
            return -1;
    if (check_known(entry, args, error) != 0)
        return -1;
    for (argument = entry->arguments; argument->name; argument++)
        if (put_in_default(args, argument) != 0)
            return bqi_error_no_memory(error);
    return 0;
}

const char *bqi_call_text(const struct bqi_call *call, const char *name) {
    return json_string_value(json_object_get(call->args, name));
}

int64_t bqi_call_int(const struct bqi_call *call, const char *name, int64_t unset) {
    const json_t *value = json_object_get(call->args, name);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : unset;
}

int bqi_call_bool(const struct bqi_call *call, const char *name, int unset) {
    const json_t *value = json_object_get(call->args, name);
    return json_is_boolean(value) ? json_is_true(value) : unset;
}
