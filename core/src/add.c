#include "add.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "pack.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const enum bqi_key standard_keys[] = {BQI_KEY_WAIT,   BQI_KEY_PAUSED,    BQI_KEY_META,
                                             BQI_KEY_ID,     BQI_KEY_COMPLETED, BQI_KEY_DELAYED,
                                             BQI_KEY_ACTIVE, BQI_KEY_EVENTS,    BQI_KEY_MARKER};
static const enum bqi_key delayed_keys[] = {BQI_KEY_MARKER,  BQI_KEY_META,      BQI_KEY_ID,
                                            BQI_KEY_DELAYED, BQI_KEY_COMPLETED, BQI_KEY_EVENTS};
static const enum bqi_key prioritized_keys[] = {
    BQI_KEY_MARKER,    BQI_KEY_META,   BQI_KEY_ID,     BQI_KEY_PRIORITIZED, BQI_KEY_DELAYED,
    BQI_KEY_COMPLETED, BQI_KEY_ACTIVE, BQI_KEY_EVENTS, BQI_KEY_PC};
static const enum bqi_key parent_keys[] = {BQI_KEY_META,      BQI_KEY_ID,
                                           BQI_KEY_DELAYED,   BQI_KEY_WAITING_CHILDREN,
                                           BQI_KEY_COMPLETED, BQI_KEY_EVENTS};

struct add_script {
    const char *name;
    const enum bqi_key *keys;
    size_t count;
};

/* A parent's delay and priority are only stored; they apply when its last child is done. */
static struct add_script choose_script(const struct bqi_new_job *job,
                                       const struct bqi_job_options *options) {
    if (job->has_children)
        return (struct add_script){"addParentJob", parent_keys, COUNT(parent_keys)};
    if (options->delay > 0)
        return (struct add_script){"addDelayedJob", delayed_keys, COUNT(delayed_keys)};
    if (options->priority)
        return (struct add_script){"addPrioritizedJob", prioritized_keys, COUNT(prioritized_keys)};
    return (struct add_script){"addStandardJob", standard_keys, COUNT(standard_keys)};
}

static void begin_words(const struct bqi_keys *keys, const struct add_script *script,
                        struct bqi_words *words, struct bqi_command *command) {
    command->script = bqi_script_find(script->name);
    bqi_words_init(words);
    bqi_words_script(words, command->script);
    bqi_words_keys(words, keys, script->keys, script->count);
}

static const char *parent_text(const struct bqi_job_options *options, const char *member) {
    return json_string_value(json_object_get(options->parent, member));
}

/* One text made of several; the list ends with NULL. */
static void pack_joined(msgpack_packer *packer, const char *const *parts) {
    size_t len = 0;
    for (const char *const *part = parts; *part; part++)
        len += strlen(*part);
    msgpack_pack_str(packer, len);
    for (const char *const *part = parts; *part; part++)
        msgpack_pack_str_body(packer, *part, strlen(*part));
}

/* How the child's failure concerns the parent is stored on the child, inside `parent`. */
static const char *failure_flag(const struct bqi_job_options *options) {
    static const char *const flags[] = {"failParentOnFailure", "removeDependencyOnFailure",
                                        "ignoreDependencyOnFailure", "continueParentOnFailure"};
    for (size_t i = 0; i < COUNT(flags); i++)
        if (json_is_true(json_object_get(options->values, flags[i])))
            return bqi_job_option_short_name(flags[i]);
    return NULL;
}

static void pack_parent(msgpack_packer *packer, const struct bqi_job_options *options) {
    const char *flag = failure_flag(options);
    const char *id = parent_text(options, "id"), *queue = parent_text(options, "queue");
    pack_joined(packer, (const char *const[]){queue, ":", id, NULL});
    pack_joined(packer, (const char *const[]){queue, ":", id, ":dependencies", NULL});
    msgpack_pack_map(packer, flag ? 3 : 2);
    bqi_pack_text(packer, "id");
    bqi_pack_text(packer, id);
    bqi_pack_text(packer, "queueKey");
    bqi_pack_text(packer, queue);
    if (flag) {
        bqi_pack_text(packer, flag);
        msgpack_pack_true(packer);
    }
}

static double timestamp_of(const struct bqi_new_job *job, const struct bqi_job_options *options) {
    if (job->timestamp != 0)
        return job->timestamp;
    return options->timestamp != 0 ? options->timestamp : (double)bqi_now();
}

/* The ten arguments of protocol/2 section 2.1; a nil is one that is not given. */
static void pack_arguments(msgpack_sbuffer *out, const struct bqi_keys *keys,
                           const struct bqi_new_job *job, const struct bqi_job_options *options) {
    msgpack_packer packer;
    const char *prefix = keys->key[BQI_KEY_PREFIX].ptr;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, 10);
    bqi_pack_text(&packer, prefix);
    bqi_pack_text(&packer, job->id ? job->id : options->job_id);
    bqi_pack_bytes(&packer, job->name, job->name_len);
    bqi_pack_number(&packer, timestamp_of(job, options));
    if (options->parent) {
        pack_parent(&packer, options);
    } else {
        msgpack_pack_nil(&packer);
        msgpack_pack_nil(&packer);
        msgpack_pack_nil(&packer);
    }
    msgpack_pack_nil(&packer);
    if (options->deduplication_id)
        pack_joined(&packer, (const char *const[]){prefix, "de:", options->deduplication_id, NULL});
    else
        msgpack_pack_nil(&packer);
    if (job->in_flow)
        msgpack_pack_int(&packer, 1);
    else
        msgpack_pack_nil(&packer);
}

int bqi_add_check_size(const struct bqi_new_job *job, const struct bqi_job_options *options,
                       struct bqi_error *error) {
    if (options->size_limit <= 0 || job->data_len <= (size_t)options->size_limit)
        return 0;
    return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                         "The size of job %.*s exceeds the limit %lld bytes",
                         (int)(job->name_len < 200 ? job->name_len : 200), job->name,
                         (long long)options->size_limit);
}

int bqi_add_format(const struct bqi_keys *keys, const struct bqi_new_job *job,
                   const struct bqi_job_options *options, struct bqi_command *command,
                   struct bqi_error *error) {
    struct bqi_words words;
    msgpack_sbuffer arguments;
    if (bqi_add_check_size(job, options, error) != 0)
        return -1;
    msgpack_sbuffer_init(&arguments);
    pack_arguments(&arguments, keys, job, options);
    const struct add_script script = choose_script(job, options);
    begin_words(keys, &script, &words, command);
    bqi_words_add(&words, arguments.data, arguments.size);
    bqi_words_add(&words, job->data_len ? job->data : "{}", job->data_len ? job->data_len : 2);
    bqi_words_add(&words, options->packed.data, options->packed.size);
    int status = bqi_words_format(&words, command);
    msgpack_sbuffer_destroy(&arguments);
    if (status != 0)
        return bqi_error_no_memory(error);
    return 0;
}

char *bqi_add_parent_key(const struct bqi_job_options *options) {
    if (!options->parent)
        return bqi_strndup("", 0);
    const char *id = parent_text(options, "id"), *queue = parent_text(options, "queue");
    size_t size = strlen(queue) + 1 + strlen(id) + 1;
    char *key = bqi_malloc(size);
    if (key)
        snprintf(key, size, "%s:%s", queue, id);
    return key;
}

const char *bqi_add_reply(const redisReply *reply, const char *parent_key,
                          struct bqi_error *error) {
    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS)
        return reply->str;
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer < 0)
        bqi_error_set_script(error, reply->integer, parent_key, "addJob", "");
    else
        bqi_error_set(error, BQ_ERR_UNEXPECTED_REPLY,
                      "An add script answered with neither an id nor an error code.");
    return NULL;
}
