#include "option.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"
#include "stream_id.h"

const struct bqi_option *bqi_option_find(const struct bqi_option_scope *scope, const char *name) {
    for (size_t i = 0; i < scope->count; i++)
        if (strcmp(scope->options[i].name, name) == 0)
            return &scope->options[i];
    return NULL;
}

int bqi_option_is_group(const struct bqi_option_scope *scope, const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i < scope->count; i++) {
        const char *full = scope->options[i].name;
        if (strncmp(full, name, len) == 0 && full[len] == '.')
            return 1;
    }
    return 0;
}

int bqi_option_unknown(const struct bqi_option_scope *scope, const char *name,
                       struct bqi_error *error) {
    const char *nearest = NULL;
    unsigned least = ~0u;
    for (size_t i = 0; i < scope->count; i++) {
        unsigned distance = bqi_name_distance(name, scope->options[i].name);
        if (distance < least) {
            least = distance;
            nearest = scope->options[i].name;
        }
    }
    if (nearest && bqi_name_is_near(least, name))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Unknown %s option \"%s\". Did you mean \"%s\"?", scope->name, name,
                             nearest);
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Unknown %s option \"%s\".", scope->name,
                         name);
}

/* The value as it stands in messages: short, and never a secret. */
static void show(const struct bqi_option *option, const json_t *value, char *out, size_t size) {
    if (option->flags & BQI_OPTION_SECRET) {
        snprintf(out, size, "a value that is not shown");
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    snprintf(out, size, "%.120s", text ? text : "?");
    free(text);
}

static int refuse(const struct bqi_option_scope *scope, const struct bqi_option *option,
                  const json_t *value, struct bqi_error *error) {
    char shown[160];
    show(option, value, shown, sizeof shown);
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "The %s option \"%s\" must be %s, not %s.",
                         scope->name, option->name, option->wanted, shown);
}

static int in_range(const json_t *value, double min, double max) {
    double number = json_number_value(value);
    return isfinite(number) && number >= min && number <= max;
}

/* Beyond 2^53 not every whole number is one for the other clients. */
static int is_whole(const json_t *value) {
    double number = json_number_value(value);
    return json_is_number(value) && floor(number) == number && fabs(number) <= 9007199254740992.0;
}

/* A member of an option that is an object. */
struct member {
    const char *name;
    char type; /* n number >= 0, i integer, b boolean, s text, t text that is not empty */
};

/* Texts end up in keys and arguments that are C strings; a NUL would make them other ones. */
static int is_plain_text(const json_t *value) {
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

static int is_stream_place(const json_t *value) {
    struct bqi_stream_id id;
    return is_plain_text(value) && (strcmp(json_string_value(value), "$") == 0 ||
                                    bqi_stream_id_parse(json_string_value(value), &id) == 0);
}

static int member_fits(char type, const json_t *value) {
    switch (type) {
    case 'n':
        return json_is_number(value) && in_range(value, 0, HUGE_VAL);
    case 'i':
        return is_whole(value);
    case 'b':
        return json_is_boolean(value);
    case 't':
        return is_plain_text(value) && json_string_length(value) > 0;
    default:
        return is_plain_text(value);
    }
}

static int check_members(const struct bqi_option_scope *scope, const struct bqi_option *option,
                         const json_t *object, const struct member *members,
                         struct bqi_error *error) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        const struct member *member = members;
        while (member->name && strcmp(member->name, key) != 0)
            member++;
        if (!member->name)
            return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                                 "Unknown member \"%s\" of the %s option \"%s\": it is %s.", key,
                                 scope->name, option->name, option->wanted);
        if (!json_is_null(value) && !member_fits(member->type, value))
            return refuse(scope, option, object, error);
    }
    return 0;
}

static int check_retention(const struct bqi_option_scope *scope, const struct bqi_option *option,
                           const json_t *value, struct bqi_error *error) {
    static const struct member members[] = {{"count", 'i'}, {"age", 'n'}, {"limit", 'i'}, {0, 0}};
    if (json_is_boolean(value) || is_whole(value))
        return 0;
    if (!json_is_object(value))
        return refuse(scope, option, value, error);
    return check_members(scope, option, value, members, error);
}

static int check_backoff(const struct bqi_option_scope *scope, const struct bqi_option *option,
                         const json_t *value, struct bqi_error *error) {
    static const struct member members[] = {{"type", 't'}, {"delay", 'n'}, {"jitter", 'n'}, {0, 0}};
    if (json_is_number(value))
        return in_range(value, 0, HUGE_VAL) ? 0 : refuse(scope, option, value, error);
    if (!json_is_object(value))
        return refuse(scope, option, value, error);
    json_t *jitter = json_object_get(value, "jitter");
    if (jitter && !json_is_null(jitter) && !(json_is_number(jitter) && in_range(jitter, 0, 1)))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Jitter should be between 0 and 1");
    return check_members(scope, option, value, members, error);
}

static int check_parent(const struct bqi_option_scope *scope, const struct bqi_option *option,
                        const json_t *value, struct bqi_error *error) {
    static const struct member members[] = {{"id", 't'}, {"queue", 't'}, {0, 0}};
    if (!json_is_string(json_object_get(value, "id")) ||
        !json_is_string(json_object_get(value, "queue")))
        return refuse(scope, option, value, error);
    return check_members(scope, option, value, members, error);
}

static int check_deduplication(const struct bqi_option_scope *scope,
                               const struct bqi_option *option, const json_t *value,
                               struct bqi_error *error) {
    static const struct member members[] = {{"id", 't'},
                                            {"ttl", 'i'},
                                            {"extend", 'b'},
                                            {"replace", 'b'},
                                            {"keepLastIfActive", 'b'},
                                            {"reschedule", 'b'},
                                            {0, 0}};
    if (!json_is_object(value))
        return refuse(scope, option, value, error);
    const char *id = json_string_value(json_object_get(value, "id"));
    if (!id || !*id)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Deduplication id must be provided");
    return check_members(scope, option, value, members, error);
}

static int check_telemetry(const struct bqi_option_scope *scope, const struct bqi_option *option,
                           const json_t *value, struct bqi_error *error) {
    static const struct member members[] = {{"metadata", 's'}, {"omitContext", 'b'}, {0, 0}};
    if (!json_is_object(value))
        return refuse(scope, option, value, error);
    return check_members(scope, option, value, members, error);
}

int bqi_option_check(const struct bqi_option_scope *scope, const struct bqi_option *option,
                     const json_t *value, struct bqi_error *error) {
    int fits = 1;
    if (json_is_null(value))
        return 0;
    switch (option->type) {
    case BQI_OPTION_STRING:
        fits = is_plain_text(value);
        break;
    case BQI_OPTION_INTEGER:
        fits = is_whole(value) && in_range(value, option->min, option->max);
        break;
    case BQI_OPTION_NUMBER:
        fits = json_is_number(value) && in_range(value, option->min, option->max);
        break;
    case BQI_OPTION_BOOLEAN:
        fits = json_is_boolean(value);
        break;
    case BQI_OPTION_RETENTION:
        return check_retention(scope, option, value, error);
    case BQI_OPTION_BACKOFF:
        return check_backoff(scope, option, value, error);
    case BQI_OPTION_PARENT:
        return check_parent(scope, option, value, error);
    case BQI_OPTION_DEDUPLICATION:
        return check_deduplication(scope, option, value, error);
    case BQI_OPTION_TELEMETRY:
        return check_telemetry(scope, option, value, error);
    case BQI_OPTION_JOB_OPTIONS:
        if (!json_is_object(value))
            return refuse(scope, option, value, error);
        return bqi_option_check_object(&bqi_option_scopes[BQ_CONF_JOB], value, error);
    case BQI_OPTION_STREAM_ID:
        fits = is_stream_place(value);
        break;
    }
    return fits ? 0 : refuse(scope, option, value, error);
}

/* Node's own sentences where it has one. */
static int check_wording_of_node(const char *key, const json_t *value, struct bqi_error *error) {
    if (strcmp(key, "debounce") == 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Debounce option has been removed. Use deduplication option instead");
    if (strcmp(key, "priority") != 0 || !json_is_number(value))
        return 0;
    if (!is_whole(value))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Priority should not be float");
    if (!in_range(value, 0, 2097151))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Priority should be between 0 and 2097151");
    return 0;
}

static int check_exclusive(const json_t *object, struct bqi_error *error) {
    char names[256] = "";
    int count = 0;
    /* In the order in which Node names them. */
    static const char *const order[] = {"removeDependencyOnFailure", "failParentOnFailure",
                                        "continueParentOnFailure", "ignoreDependencyOnFailure"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (!json_is_true(json_object_get(object, order[i])))
            continue;
        strcat(names, count++ ? ", " : "");
        strcat(names, order[i]);
    }
    if (count > 1)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "The following options cannot be used together: %s", names);
    return 0;
}

int bqi_option_check_object(const struct bqi_option_scope *scope, const json_t *object,
                            struct bqi_error *error) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        if (check_wording_of_node(key, value, error) != 0)
            return -1;
        const struct bqi_option *option = bqi_option_find(scope, key);
        if (!option)
            return bqi_option_unknown(scope, key, error);
        if (bqi_option_check(scope, option, value, error) != 0)
            return -1;
    }
    return check_exclusive(object, error);
}
