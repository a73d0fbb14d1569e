#include "run_options.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "job_fields.h"
#include "number.h"
#include "pack.h"
#include "worker.h"

static double number(const json_t *object, const char *name, double unset) {
    const json_t *value = json_object_get(object, name);
    if (json_is_string(value)) /* other clients write numbers as text */
        return bqi_number_parse(json_string_value(value));
    return json_is_number(value) ? json_number_value(value) : unset;
}

static void read_backoff(struct bqi_run_options *options, const json_t *backoff) {
    if (json_is_number(backoff)) {
        options->backoff_type = bqi_strndup("fixed", 5);
        options->backoff_delay = json_number_value(backoff);
    } else if (json_is_object(backoff)) {
        const char *type = json_string_value(json_object_get(backoff, "type"));
        options->backoff_type = bqi_strndup(type ? type : "", type ? strlen(type) : 0);
        options->backoff_delay = number(backoff, "delay", 0);
        options->backoff_jitter = number(backoff, "jitter", 0);
    }
}

/* ---- retention (protocol/5 section 1.16) ---- */

static void pack_count(msgpack_packer *packer, double count) {
    msgpack_pack_map(packer, 1);
    bqi_pack_text(packer, "count");
    bqi_pack_number(packer, count);
}

static void pack_retention(msgpack_packer *packer, const json_t *of_job, const json_t *of_worker) {
    const json_t *retention = of_job && !json_is_null(of_job) ? of_job : of_worker;
    bqi_pack_text(packer, "keepJobs");
    if (json_is_true(retention))
        pack_count(packer, 0);
    else if (json_is_number(retention))
        pack_count(packer, json_number_value(retention));
    else if (json_is_object(retention))
        bqi_pack_json(packer, retention);
    else
        pack_count(packer, -1);
}

static void pack_rule_members(msgpack_packer *packer, const struct bqi_run_options *options,
                              const json_t *of_job, const json_t *of_worker) {
    pack_retention(packer, of_job, of_worker);
    bqi_pack_text(packer, "attempts");
    bqi_pack_number(packer, (double)options->attempts);
}

static void pack_finish(msgpack_sbuffer *out, const struct bqi_worker_options *worker,
                        const struct bqi_run_options *options, const json_t *of_job,
                        const json_t *of_worker) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    pack_rule_members(&packer, options, of_job, of_worker);
    bqi_worker_options_pack_metrics(worker, &packer);
    bqi_worker_options_pack(worker, &packer);
}

static void pack_rule(msgpack_sbuffer *out, const struct bqi_run_options *options,
                      const json_t *of_job, const json_t *of_worker) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, 2);
    pack_rule_members(&packer, options, of_job, of_worker);
}

/* ---- life ---- */

static void read_object(struct bqi_run_options *options, const struct bqi_worker_options *worker,
                        const json_t *object) {
    options->attempts = (int64_t)number(object, "attempts", 0);
    options->stack_trace_limit = (int64_t)number(object, "stackTraceLimit", -1);
    options->lifo = json_is_true(json_object_get(object, "lifo"));
    read_backoff(options, json_object_get(object, "backoff"));
    options->public_text = bqi_job_fields_public_opts(object);
    const json_t *kept[] = {json_object_get(object, "removeOnComplete"),
                            json_object_get(object, "removeOnFail")};
    const json_t *default_kept[] = {worker->remove_on_complete, worker->remove_on_fail};
    options->finish_members = 3 + bqi_worker_options_members(worker);
    for (int i = 0; i < 2; i++) {
        pack_finish(&options->finish[i], worker, options, kept[i], default_kept[i]);
        pack_rule(&options->rule[i], options, kept[i], default_kept[i]);
    }
}

struct bqi_run_options *bqi_run_options_new(const struct bqi_worker_options *worker,
                                            const char *text, size_t len, struct bqi_error *error) {
    json_error_t where;
    json_t *object = json_loadb(text, len, 0, &where);
    if (!json_is_object(object)) {
        bqi_error_set(error, BQ_ERR_UNREADABLE_JOB, "The job's options cannot be read: %s.",
                      object ? "they are not an object" : where.text);
        json_decref(object);
        return NULL;
    }
    struct bqi_run_options *options = bqi_calloc(sizeof *options);
    if (!options || !(options->text = bqi_strndup(text, len))) {
        bqi_free(options);
        json_decref(object);
        bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
        return NULL;
    }
    options->references = 1;
    options->text_len = len;
    for (int i = 0; i < 2; i++) {
        msgpack_sbuffer_init(&options->finish[i]);
        msgpack_sbuffer_init(&options->rule[i]);
    }
    read_object(options, worker, object);
    json_decref(object);
    return options;
}

struct bqi_run_options *bqi_run_options_ref(struct bqi_run_options *options) {
    options->references++;
    return options;
}

void bqi_run_options_unref(struct bqi_run_options *options) {
    if (!options || --options->references > 0)
        return;
    for (int i = 0; i < 2; i++) {
        msgpack_sbuffer_destroy(&options->finish[i]);
        msgpack_sbuffer_destroy(&options->rule[i]);
    }
    bqi_free(options->text);
    bqi_free(options->backoff_type);
    free(options->public_text);
    bqi_free(options);
}
