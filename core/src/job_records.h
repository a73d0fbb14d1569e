/* Jobs that were read from Redis, as records for the host. */
#ifndef BQI_JOB_RECORDS_H
#define BQI_JOB_RECORDS_H

#include "call.h"

/* Answer with the fields of one job, the reply to HGETALL; -1: it is none, nothing was answered. */
int bqi_answer_job(struct bqi_pending *pending, const redisReply *hash);

/* Answer with the jobs of a reply of getJobs, each once; -1 as above. */
int bqi_answer_jobs(struct bqi_pending *pending, const redisReply *reply);

/* Append a JOB_FIELDS record; `id` NULL: without it. */
void bqi_job_record_append(struct bqi_buffer *records, const char *id, size_t id_len,
                           const redisReply *hash);

#endif
