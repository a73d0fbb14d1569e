/* A process that forks: the child may touch nothing of its parent's client, and makes its own. */
#include "support_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `body` in a child; it answers the line that is wrong, or 0. */
static void in_child(int (*body)(void)) {
    int status;
    fflush(NULL);
    pid_t pid = fork();
    assert_return_code(pid, errno);
    if (pid == 0)
        _exit(body() & 0xff);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("in the child: status %x (line %d, modulo 256)", status, WEXITSTATUS(status));
}

#define REFUSED(call)                                                                              \
    if ((call) != BQ_EFORKED)                                                                      \
    return __LINE__

static bq_id worker, job;

static int call_everything(void) {
    const bq_bytes nothing = {NULL, 0};
    bq_client *client = host->client;
    REFUSED(bq_client_fd(client));
    REFUSED(bq_queue_open(client, "x", NULL));
    REFUSED(bq_call(client, queue, "isPaused", nothing, nothing));
    REFUSED(bq_worker_open(client, queue, NULL));
    REFUSED(bq_worker_credit(client, worker, 1));
    REFUSED(bq_worker_pause(client, worker, 0));
    REFUSED(bq_worker_resume(client, worker));
    REFUSED(bq_worker_close(client, worker, 0));
    REFUSED(bq_job_done(client, job, nothing));
    REFUSED(bq_job_fail(client, job, bq_bytes_of("{}")));
    REFUSED(bq_wait(client, 0));
    REFUSED(bq_client_close(client, 0));
    if (bq_take(client, 0) != NULL)
        return __LINE__;
    bq_client_free(client);
    return 0;
}

static void every_call_is_refused_in_a_child_and_the_parent_goes_on(void **state) {
    (void)state;
    host_add(host, queue, "{}", NULL);
    worker = host_worker(host, queue, NULL, 1);
    const struct event *running = next_job();
    job = running->id;
    bq_id added = bq_easy_add(host->client, queue, "work", "{}", NULL); /* an event may wait */
    in_child(call_everything);
    host_reply(host, added);
    host_done(host, running, "1");
    host_done(host, next_job(), "1");
}

static int make_a_client(void) {
    char options[200];
    snprintf(options, sizeof options, "{\"connection.path\":\"%s\"}", server->path);
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    if (bq_conf_set_json(conf, bq_bytes_of(options)) != 0)
        return __LINE__;
    bq_client *client = bq_client_new(conf);
    bq_conf_free(conf);
    bq_id its_queue = bq_queue_open(client, "q", NULL);
    bq_id added = bq_easy_add(client, its_queue, "child", "{}", NULL);
    if (its_queue < 0 || added < 0)
        return __LINE__;
    for (int found = 0; !found;) {
        if (bq_wait(client, 10000) != 1)
            return __LINE__;
        bq_batch *batch = bq_take(client, 0);
        bq_bytes rest = bq_batch_bytes(batch);
        bq_record record;
        while (bq_record_next(&rest, &record) == 1)
            found |= record.type == BQ_EV_REPLY && record.id == added;
        bq_batch_free(batch);
    }
    bq_client_free(client);
    return 0;
}

static void a_child_makes_a_client_of_its_own(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("ThreadSanitizer cannot follow threads that a forked child starts\n");
    skip();
#endif
    host_add(host, queue, "{}", NULL);
    in_child(make_a_client);
    assert_string_equal(job_field("2", "name"), "child");
    host_add(host, queue, "{}", NULL);
}

static int open_on_the_parents_unused_client(void) {
    REFUSED(bq_queue_open(host->client, "q", NULL));
    return 0;
}

static void a_client_that_was_not_used_before_the_fork_is_the_parents_too(void **state) {
    (void)state;
    host = host_open(server, NULL);
    in_child(open_on_the_parents_unused_client);
    host_add(host, host_queue(host, "q", NULL), "{}", NULL);
}

static int alone(void **state) {
    (void)state;
    server_flush(server);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(every_call_is_refused_in_a_child_and_the_parent_goes_on),
        WITH_QUEUE(a_child_makes_a_client_of_its_own),
        cmocka_unit_test_setup_teardown(
            a_client_that_was_not_used_before_the_fork_is_the_parents_too, alone, close_queue),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
