#include "support_schedulers.h"

bq_id upsert(const char *id, const char *repeat, const char *data, const char *opts) {
    return bq_easy_upsert_job_scheduler(host->client, queue, id, "tick", data, repeat, opts);
}

const char *scheduler_field(const char *id, const char *field) {
    const char *value = server_text(server, "HGET bull:q:repeat:%s %s", id, field);
    return value ? value : "";
}

const char *next_of(const char *id) {
    const char *score = server_text(server, "ZSCORE bull:q:repeat %s", id);
    return score ? score : "";
}
