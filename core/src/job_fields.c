#include "job_fields.h"

#include <stdlib.h>
#include <string.h>

#include "job_options.h"
#include "number.h"
#include "tables.h"

const redisReply *bqi_job_field(const redisReply *hash, const char *name) {
    for (size_t i = 0; i + 1 < hash->elements; i += 2)
        if (strcmp(hash->element[i]->str, name) == 0)
            return hash->element[i + 1];
    return NULL;
}

int64_t bqi_job_field_int(const redisReply *hash, const char *name, int64_t unset) {
    const redisReply *value = bqi_job_field(hash, name);
    return value ? bqi_number_parse_int(value->str) : unset;
}

char *bqi_job_fields_public_opts(const json_t *parsed) {
    const char *key;
    json_t *value;
    int differs = 0;
    json_object_foreach((json_t *)parsed, key, value) {
        size_t len = strlen(key);
        differs |= len <= 4 && strcmp(key, "lifo") != 0; /* all short names, and no other */
    }
    if (!differs)
        return NULL;
    json_t *expanded = bqi_job_options_expand(parsed);
    char *text = json_dumps(expanded, JSON_COMPACT);
    json_decref(expanded);
    return text;
}

static const struct bqi_job_field *find(const char *name) {
    for (size_t i = 0; i < bqi_job_field_count; i++)
        if (strcmp(bqi_job_fields[i].field, name) == 0)
            return &bqi_job_fields[i];
    /* Jobs of BullMQ before version 5 count under the long name, which then wins. */
    if (strcmp(name, "attemptsMade") == 0)
        return find("atm");
    return NULL;
}

static void write_field(struct bqi_record *event, const struct bqi_job_field *field,
                        const redisReply *value) {
    if (field->kind == BQ_KIND_INTEGER)
        bqi_record_int(event, field->tag, bqi_number_parse_int(value->str));
    else if (field->kind == BQ_KIND_FLOAT)
        bqi_record_float(event, field->tag, bqi_number_parse(value->str));
    else
        bqi_record_bytes(event, field->tag, value->str, value->len);
}

void bqi_job_fields_write(struct bqi_record *event, const redisReply *hash, const char *opts,
                          size_t opts_len) {
    int legacy = bqi_job_field(hash, "attemptsMade") != NULL;
    for (size_t i = 0; i + 1 < hash->elements; i += 2) {
        const char *name = hash->element[i]->str;
        const struct bqi_job_field *field = find(name);
        if (!field || (legacy && strcmp(name, "atm") == 0))
            continue;
        if (opts && field->tag == BQ_TAG_OPTS)
            bqi_record_bytes(event, BQ_TAG_OPTS, opts, opts_len);
        else
            write_field(event, field, hash->element[i + 1]);
    }
}

void bqi_job_fields_write_job(struct bqi_record *event, const char *id, size_t id_len,
                              const redisReply *hash) {
    const redisReply *stored = bqi_job_field(hash, "opts");
    json_t *parsed = stored ? json_loadb(stored->str, stored->len, 0, NULL) : NULL;
    char *opts = json_is_object(parsed) ? bqi_job_fields_public_opts(parsed) : NULL;
    json_decref(parsed);
    if (id)
        bqi_record_bytes(event, BQ_TAG_JOB_ID, id, id_len);
    bqi_job_fields_write(event, hash, opts, opts ? strlen(opts) : 0);
    free(opts);
}
