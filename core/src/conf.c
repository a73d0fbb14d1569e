#include "conf.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "option.h"

struct bq_conf {
    int scope;
    json_t *values; /* dotted name -> value */
    struct bqi_error error;
};

bq_conf *bq_conf_new(int scope) {
    if (scope < BQ_CONF_CLIENT || scope > BQ_CONF_EVENTS || scope == BQ_CONF_JOB)
        return NULL;
    bq_conf *conf = bqi_calloc(sizeof *conf);
    if (!conf)
        return NULL;
    conf->scope = scope;
    conf->values = json_object();
    if (!conf->values) {
        bqi_free(conf);
        return NULL;
    }
    return conf;
}

void bq_conf_free(bq_conf *conf) {
    if (!conf)
        return;
    json_decref(conf->values);
    bqi_free(conf);
}

const char *bq_conf_error(const bq_conf *conf) {
    return conf && conf->error.code ? conf->error.message : "";
}

int bqi_conf_scope(const bq_conf *conf) {
    return conf->scope;
}

void bqi_conf_refuse(bq_conf *conf, const struct bqi_error *error) {
    if (conf)
        conf->error = *error;
}

void bqi_conf_accept(bq_conf *conf) {
    if (conf)
        conf->error.code = 0;
}

/* The JSON value that a C program's text stands for. */
static json_t *value_from_text(const struct bqi_option *option, const char *text) {
    if (option->type == BQI_OPTION_STRING || option->type == BQI_OPTION_STREAM_ID)
        return json_string(text);
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value ? value : json_string(text);
}

static int store(bq_conf *conf, json_t *values, const char *name, json_t *value) {
    const struct bqi_option_scope *scope = &bqi_option_scopes[conf->scope];
    const struct bqi_option *option = bqi_option_find(scope, name);
    if (!option)
        return bqi_option_unknown(scope, name, &conf->error);
    if (bqi_option_check(scope, option, value, &conf->error) != 0)
        return -1;
    if (json_is_null(value) && !(option->flags & BQI_OPTION_NULLABLE)) {
        json_object_del(values, name);
        return 0;
    }
    if (json_object_set(values, name, value) != 0)
        return bqi_error_set(&conf->error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    return 0;
}

int bq_conf_set(bq_conf *conf, const char *name, const char *value) {
    if (!conf || !name || !value)
        return BQ_EINVAL;
    bqi_conf_accept(conf);
    const struct bqi_option *option = bqi_option_find(&bqi_option_scopes[conf->scope], name);
    json_t *parsed = option ? value_from_text(option, value) : json_null();
    if (!parsed) {
        bqi_error_set(&conf->error, BQ_ERR_INVALID_ARGUMENT,
                      "The value of option \"%s\" is not valid UTF-8 text.", name);
        return BQ_EINVAL;
    }
    int status = store(conf, conf->values, name, parsed);
    json_decref(parsed);
    return status == 0 ? 0 : BQ_EINVAL;
}

/* Store the members of `object`, whose own dotted name is `group`. Options nest at most two groups
 * deep ("streams.events.maxLen"). */
static int store_object(bq_conf *conf, json_t *values, const char *group, const json_t *object) {
    const struct bqi_option_scope *scope = &bqi_option_scopes[conf->scope];
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        char name[128];
        if (strlen(group) + strlen(key) + 2 > sizeof name)
            return bqi_error_set(&conf->error, BQ_ERR_INVALID_ARGUMENT,
                                 "Unknown %s option \"%.40s...\".", scope->name, key);
        strcpy(name, group);
        strcat(name, *group ? "." : "");
        strcat(name, key);
        int status;
        if (!bqi_option_is_group(scope, name))
            status = store(conf, values, name, value);
        else if (json_is_object(value))
            status = store_object(conf, values, name, value);
        else if (json_is_null(value))
            status = 0;
        else
            status = bqi_error_set(&conf->error, BQ_ERR_INVALID_ARGUMENT,
                                   "The %s option \"%s\" must be an object.", scope->name, name);
        if (status != 0)
            return -1;
    }
    return 0;
}

/* Options that make sense together only. */
static int check_pairs(const json_t *values, struct bqi_error *error) {
    if (!json_object_get(values, "limiter.max") == !json_object_get(values, "limiter.duration"))
        return 0;
    return bqi_error_set(
        error, BQ_ERR_INVALID_ARGUMENT,
        "The worker options \"limiter.max\" and \"limiter.duration\" must be given "
        "together.");
}

int bq_conf_set_json(bq_conf *conf, bq_bytes json) {
    if (!conf || (!json.ptr && json.len))
        return BQ_EINVAL;
    bqi_conf_accept(conf);
    json_error_t where;
    json_t *object = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &where);
    if (!json_is_object(object)) {
        /* jansson's own text quotes the source, in which a password may stand. */
        bqi_error_set(&conf->error, BQ_ERR_INVALID_ARGUMENT,
                      object ? "Options must be one JSON object; they are something else."
                             : "Options must be one JSON object; they are not JSON at byte %d.",
                      where.position);
        json_decref(object);
        return BQ_EINVAL;
    }
    json_t *values = json_copy(conf->values);
    int status = values ? store_object(conf, values, "", object) : BQ_ENOMEM;
    if (status == 0)
        status = check_pairs(values, &conf->error);
    json_decref(object);
    if (status != 0) {
        json_decref(values);
        return BQ_EINVAL;
    }
    json_decref(conf->values);
    conf->values = values;
    return 0;
}

const json_t *bqi_conf_json(const bq_conf *conf, const char *name) {
    return conf ? json_object_get(conf->values, name) : NULL;
}

/* The value in force as a new reference; JSON null when there is none. */
static json_t *effective(const bq_conf *conf, int scope, const char *name) {
    json_t *value = (json_t *)bqi_conf_json(conf, name);
    if (value)
        return json_incref(value);
    const struct bqi_option *option = bqi_option_find(&bqi_option_scopes[scope], name);
    return option ? json_loads(option->fallback, JSON_DECODE_ANY, NULL) : json_null();
}

double bqi_conf_number(const bq_conf *conf, int scope, const char *name, double unset) {
    json_t *value = effective(conf, scope, name);
    double number = json_is_number(value) ? json_number_value(value) : unset;
    json_decref(value);
    return number;
}

int64_t bqi_conf_int(const bq_conf *conf, int scope, const char *name, int64_t unset) {
    return (int64_t)bqi_conf_number(conf, scope, name, (double)unset);
}

int bqi_conf_bool(const bq_conf *conf, int scope, const char *name) {
    json_t *value = effective(conf, scope, name);
    int truth = json_is_true(value);
    json_decref(value);
    return truth;
}

int bqi_conf_text(const bq_conf *conf, int scope, const char *name, char **out) {
    json_t *value = effective(conf, scope, name);
    const char *text = json_string_value(value);
    *out = text ? bqi_strndup(text, strlen(text)) : NULL;
    int status = !value || (text && !*out) ? -1 : 0;
    json_decref(value);
    return status;
}
