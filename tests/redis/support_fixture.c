#include "support_fixture.h"

#include <poll.h>
#include <string.h>

#include "script_source.h"

struct server *server;
struct host *host;
bq_id queue;

int start_server(void **state) {
    (void)state;
    server = server_start(NULL);
    return 0;
}

int stop_server(void **state) {
    (void)state;
    server_stop(server);
    return 0;
}

int open_queue(void **state) {
    (void)state;
    server_flush(server);
    host = host_open(server, NULL);
    queue = host_queue(host, "q", NULL);
    return 0;
}

/* A test that failed may have left anything; then there is nothing to close in order. */
int close_queue(void **state) {
    (void)state;
    if (host)
        host_free(host);
    host = NULL;
    return 0;
}

const char *job_field(const char *id, const char *name) {
    const char *value = server_text(server, "HGET bull:q:%s %s", id, name);
    return value ? value : "";
}

int job_is_in(const char *id, const char *place) {
    const char *type = server_text(server, "TYPE bull:q:%s", place);
    redisReply *reply = strcmp(type, "list") == 0
                            ? server_reply(server, "LPOS bull:q:%s %s", place, id)
                            : server_reply(server, "ZSCORE bull:q:%s %s", place, id);
    return reply->type != REDIS_REPLY_NIL;
}

void wait_a_moment(void) {
    poll(NULL, 0, 1);
}

void load_scripts(void) {
    for (size_t i = 0; i < bqi_script_source_count; i++) {
        redisReply *reply = redisCommand(server->redis, "SCRIPT LOAD %b",
                                         bqi_script_sources[i].text, bqi_script_sources[i].length);
        assert_int_equal(reply->type, REDIS_REPLY_STRING);
        assert_string_equal(reply->str, bqi_script_sources[i].sha1);
        freeReplyObject(reply);
    }
}

const struct event *next_job(void) {
    return host_wait(host, BQ_EV_JOB, 0);
}

const char *job_id_of(const struct event *job) {
    return event_text(host, job, BQ_TAG_JOB_ID);
}
