#include "job_options.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "option.h"
#include "pack.h"

struct name_pair {
    const char *name;
    const char *short_name;
};

static const struct name_pair short_names[] = {
    {"deduplication", "de"},
    {"failParentOnFailure", "fpof"},
    {"continueParentOnFailure", "cpof"},
    {"ignoreDependencyOnFailure", "idof"},
    {"removeDependencyOnFailure", "rdof"},
    {"keepLogs", "kl"},
};

enum { PAIRS = sizeof short_names / sizeof *short_names };

const char *bqi_job_option_short_name(const char *name) {
    for (size_t i = 0; i < PAIRS; i++)
        if (strcmp(short_names[i].name, name) == 0)
            return short_names[i].short_name;
    return NULL;
}

static const char *public_name(const char *short_name) {
    for (size_t i = 0; i < PAIRS; i++)
        if (strcmp(short_names[i].short_name, short_name) == 0)
            return short_names[i].name;
    return short_name;
}

static int set_telemetry(json_t *expanded, const char *name, json_t *value) {
    json_t *telemetry = json_object_get(expanded, "telemetry");
    if (!telemetry) {
        telemetry = json_object();
        if (json_object_set_new(expanded, "telemetry", telemetry) != 0)
            return -1;
    }
    return json_object_set(telemetry, name, value);
}

json_t *bqi_job_options_expand(const json_t *stored) {
    json_t *expanded = json_object();
    const char *key;
    json_t *value;
    int status = expanded ? 0 : -1;
    json_object_foreach((json_t *)stored, key, value) {
        if (status != 0)
            break;
        if (strcmp(key, "tm") == 0)
            status = set_telemetry(expanded, "metadata", value);
        else if (strcmp(key, "omc") == 0)
            status = set_telemetry(expanded, "omitContext", value);
        else
            status = json_object_set(expanded, public_name(key), value);
    }
    if (status == 0)
        return expanded;
    json_decref(expanded);
    return NULL;
}

/* ---- merging ---- */

/* Defaults, then the call's own; a null in the call hides the default. A default job id would give
 * every job the same one and is not taken. */
static json_t *merge(const json_t *defaults, const json_t *opts) {
    json_t *merged = defaults ? json_copy((json_t *)defaults) : json_object();
    const char *key;
    json_t *value;
    void *next;
    if (!merged)
        return NULL;
    json_object_del(merged, "jobId");
    if (opts && json_object_update(merged, (json_t *)opts) != 0) {
        json_decref(merged);
        return NULL;
    }
    json_object_foreach_safe(merged, next, key, value) {
        if (json_is_null(value))
            json_object_del(merged, key);
    }
    return merged;
}

int bqi_job_options_normalise(json_t *merged) {
    json_t *backoff = json_object_get(merged, "backoff");
    if (!json_object_get(merged, "attempts") &&
        json_object_set_new(merged, "attempts", json_integer(0)) != 0)
        return -1;
    if (!json_is_number(backoff))
        return 0;
    json_t *fixed = json_pack("{s:s, s:O}", "type", "fixed", "delay", backoff);
    return json_object_set_new(merged, "backoff", fixed);
}

/* ---- checks between options ---- */

static int is_canonical_integer(const char *id) {
    const char *digits = *id == '-' ? id + 1 : id;
    if (!*digits || (*digits == '0' && (digits[1] || digits != id)))
        return 0;
    return digits[strspn(digits, "0123456789")] == '\0';
}

static int colons(const char *id) {
    int count = 0;
    for (; *id; id++)
        count += *id == ':';
    return count;
}

static int check_job_id(const char *id, struct bqi_error *error) {
    if (bqi_is_queue_key(id))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Custom Id cannot be %s: a key of the queue has that name", id);
    if (strcmp(id, "0") == 0 || strncmp(id, "0:", 2) == 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "JobId cannot be '0' or start with '0:'");
    if (is_canonical_integer(id))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Custom Id cannot be integers");
    if (strchr(id, ':') && colons(id) != 2)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT, "Custom Id cannot contain :");
    return 0;
}

static int check(const json_t *merged, struct bqi_error *error) {
    const char *id = json_string_value(json_object_get(merged, "jobId"));
    if (bqi_option_check_object(&bqi_option_scopes[BQ_CONF_JOB], merged, error) != 0)
        return -1;
    if (id && check_job_id(id, error) != 0)
        return -1;
    if (json_object_get(merged, "deduplication") && json_object_get(merged, "parent"))
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "Deduplication and parent options cannot be used together");
    return 0;
}

/* ---- packing ---- */

static int store_telemetry(json_t *stored, const json_t *telemetry) {
    json_t *metadata = json_object_get(telemetry, "metadata");
    json_t *omit = json_object_get(telemetry, "omitContext");
    if (metadata && json_object_set(stored, "tm", metadata) != 0)
        return -1;
    return omit ? json_object_set(stored, "omc", omit) : 0;
}

/* The stored form: short names, and what telemetry holds one level up. NULL: out of memory. */
static json_t *stored_form(const json_t *values) {
    json_t *stored = json_object();
    const char *key;
    json_t *value;
    int status = stored ? 0 : -1;
    json_object_foreach((json_t *)values, key, value) {
        const char *short_name = bqi_job_option_short_name(key);
        if (status != 0)
            break;
        if (strcmp(key, "telemetry") == 0)
            status = store_telemetry(stored, value);
        else
            status = json_object_set(stored, short_name ? short_name : key, value);
    }
    if (status == 0)
        return stored;
    json_decref(stored);
    return NULL;
}

static int pack(struct bqi_job_options *options) {
    msgpack_packer packer;
    json_t *stored = stored_form(options->values);
    if (!stored)
        return -1;
    msgpack_sbuffer_init(&options->packed);
    msgpack_packer_init(&packer, &options->packed, msgpack_sbuffer_write);
    bqi_pack_json(&packer, stored);
    json_decref(stored);
    return 0;
}

const char *bqi_job_options_json(struct bqi_job_options *options) {
    if (!options->json) {
        json_t *stored = stored_form(options->values);
        options->json = stored ? json_dumps(stored, JSON_COMPACT) : NULL;
        json_decref(stored);
    }
    return options->json;
}

static double number(const json_t *values, const char *name, double unset) {
    const json_t *value = json_object_get(values, name);
    return json_is_number(value) ? json_number_value(value) : unset;
}

static void read_values(struct bqi_job_options *options) {
    const json_t *values = options->values;
    const char *id = json_string_value(json_object_get(values, "jobId"));
    options->delay = number(values, "delay", 0);
    options->timestamp = number(values, "timestamp", 0);
    options->priority = (int64_t)number(values, "priority", 0);
    options->size_limit = (int64_t)number(values, "sizeLimit", 0);
    options->job_id = id ? id : "";
    options->deduplication_id =
        json_string_value(json_object_get(json_object_get(values, "deduplication"), "id"));
    options->parent = json_object_get(values, "parent");
}

int bqi_job_options_init(struct bqi_job_options *options, const json_t *defaults,
                         const json_t *opts, struct bqi_error *error) {
    json_t *merged = merge(defaults, opts);
    if (!merged)
        return bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    if (check(merged, error) != 0) {
        json_decref(merged);
        return -1;
    }
    options->values = merged;
    if (bqi_job_options_normalise(merged) == 0 && pack(options) == 0) {
        read_values(options);
        return 0;
    }
    options->values = NULL;
    json_decref(merged);
    return bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
}

void bqi_job_options_free(struct bqi_job_options *options) {
    if (!options->values)
        return;
    json_decref(options->values);
    msgpack_sbuffer_destroy(&options->packed);
    free(options->json);
    memset(options, 0, sizeof *options);
}

json_t *bqi_job_options_template(const json_t *defaults, const json_t *opts,
                                 struct bqi_error *error) {
    json_t *merged = merge(defaults, opts);
    if (merged && check(merged, error) != 0) {
        json_decref(merged);
        return NULL;
    }
    json_t *stored = merged ? stored_form(merged) : NULL;
    json_decref(merged);
    if (!stored)
        bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    return stored;
}
