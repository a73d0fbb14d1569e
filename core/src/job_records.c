#include "job_records.h"

#include <string.h>

#include "job_fields.h"

int bqi_answer_job(struct bqi_pending *pending, const redisReply *hash) {
    if (hash->type != REDIS_REPLY_ARRAY)
        return -1;
    struct bqi_record event =
        bqi_outbox_begin(&pending->client->outbox, BQ_EV_REPLY, pending->operation);
    if (hash->elements)
        bqi_job_fields_write_job(&event, pending->subject, strlen(pending->subject), hash);
    bqi_record_end(&event);
    bqi_answer_written(pending->client);
    return 0;
}

void bqi_job_record_append(struct bqi_buffer *records, const char *id, size_t id_len,
                           const redisReply *hash) {
    struct bqi_record record = bqi_record_begin(records, BQ_REC_JOB_FIELDS, 0);
    bqi_job_fields_write_job(&record, id, id_len, hash);
    if (bqi_record_end(&record) != 0)
        records->failed = 1; /* a list that lacks one must not pass for whole */
}

/* One [id, hash] of a state. */
static int append_found(struct bqi_buffer *records, json_t *seen, const redisReply *found) {
    if (found->type != REDIS_REPLY_ARRAY || found->elements != 2 ||
        found->element[0]->type != REDIS_REPLY_STRING ||
        found->element[1]->type != REDIS_REPLY_ARRAY)
        return -1;
    const redisReply *id = found->element[0];
    if (json_object_get(seen, id->str))
        return 0;
    json_object_set_new(seen, id->str, json_true());
    bqi_job_record_append(records, id->str, id->len, found->element[1]);
    return 0;
}

static int append_all(struct bqi_buffer *records, json_t *seen, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY)
        return -1;
    for (size_t state = 0; state < reply->elements; state++) {
        const redisReply *jobs = reply->element[state];
        if (jobs->type != REDIS_REPLY_ARRAY)
            return -1;
        for (size_t i = 0; i < jobs->elements; i++)
            if (append_found(records, seen, jobs->element[i]) != 0)
                return -1;
    }
    return 0;
}

int bqi_answer_jobs(struct bqi_pending *pending, const redisReply *reply) {
    struct bqi_buffer records = {0};
    json_t *seen = json_object();
    int status = append_all(&records, seen, reply);
    if (status == 0 && records.failed)
        bqi_answer_no_memory(pending);
    else if (status == 0)
        bqi_answer_text(pending->client, pending->operation, records.data ? records.data : "",
                        records.length);
    bqi_buffer_free(&records);
    json_decref(seen);
    return status;
}
