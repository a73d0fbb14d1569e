/* The hash of a job as fields of a record. */
#ifndef BQI_JOB_FIELDS_H
#define BQI_JOB_FIELDS_H

#include <hiredis/hiredis.h>
#include <jansson.h>

#include "record.h"

/* The value of a field in the flat array of HGETALL; NULL when it is absent. */
const redisReply *bqi_job_field(const redisReply *hash, const char *name);
int64_t bqi_job_field_int(const redisReply *hash, const char *name, int64_t unset);

/* Write all fields that api.json knows. `opts`, if not NULL, is the options' text to write in place
 * of the stored one (public names). */
void bqi_job_fields_write(struct bqi_record *event, const redisReply *hash, const char *opts,
                          size_t opts_len);

/* Write id and fields of a job as it is stored, the options with public names; `id` NULL: without
 * it. */
void bqi_job_fields_write_job(struct bqi_record *event, const char *id, size_t id_len,
                              const redisReply *hash);

/* The stored options with public names: a JSON text to free(), or NULL when they are the same as
 * what is stored. `parsed` are the stored ones. */
char *bqi_job_fields_public_opts(const json_t *parsed);

#endif
