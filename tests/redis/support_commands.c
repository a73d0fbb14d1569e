#include "support_commands.h"

#include <string.h>

bq_id command(const char *name, const char *args) {
    return bq_call(host->client, queue, name, bq_bytes_of(args), bq_bytes_of(NULL));
}

void says(const char *name, const char *args, const char *text) {
    const struct event *reply = host_reply(host, command(name, args));
    assert_string_equal(event_text(host, reply, BQ_TAG_VALUE), text);
}

void counts(const char *name, const char *args, int64_t number) {
    const struct event *reply = host_reply(host, command(name, args));
    assert_int_equal(event_integer(reply, BQ_TAG_VALUE), number);
}

void succeeds(const char *name, const char *args) {
    assert_int_equal(host_reply(host, command(name, args))->record.field_count, 0);
}

void refuses(const char *name, const char *args, int code, const char *message) {
    const struct event *error = host_error(host, command(name, args), code);
    assert_string_equal(event_text(host, error, BQ_TAG_MESSAGE), message);
}

const char *ids_of(const struct event *reply, int tag) {
    static char ids[4096];
    bq_bytes rest = bq_record_bytes(&reply->record, tag);
    bq_record job;
    ids[0] = '\0';
    while (bq_record_next(&rest, &job) == 1) {
        assert_int_equal(job.type, BQ_REC_JOB_FIELDS);
        bq_bytes id = bq_record_bytes(&job, BQ_TAG_JOB_ID),
                 name = bq_record_bytes(&job, BQ_TAG_NAME);
        if (id.ptr)
            strncat(ids, id.ptr, id.len);
        else
            strncat(ids, name.ptr ? name.ptr : "-", name.ptr ? name.len : 1);
        strcat(ids, ",");
    }
    return ids;
}
