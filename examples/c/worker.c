/* examples/c/worker.c: runs the jobs of the queue "emails" until SIGINT or SIGTERM */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <bq/bq_easy.h>

static bq_client *connect_to_redis(void) {
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    bq_client *client;
    bq_conf_set(conf, "connection.host", "127.0.0.1");
    bq_conf_set(conf, "connection.port", "6379");
    client = bq_client_new(conf);
    bq_conf_free(conf);
    return client;
}

static bq_id start_worker(bq_client *client) {
    bq_conf *conf = bq_conf_new(BQ_CONF_WORKER);
    bq_id worker;
    bq_conf_set(conf, "name", "example"); /* seen in CLIENT LIST and in the job's processedBy */
    worker = bq_worker_open(client, bq_queue_open(client, "emails", NULL), conf);
    bq_conf_free(conf);
    if (worker > 0) {
        bq_worker_credit(client, worker, 10); /* up to 10 jobs at once */
    }
    return worker;
}

/* The two signals as a descriptor, so that the loop below waits for them and for events alike. */
static int open_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int equal(bq_bytes text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

/* A real program hands the job to a thread of its own; bq_easy_done may be called from there. */
static void run_job(bq_client *client, const bq_record *job) {
    bq_bytes id = bq_record_bytes(job, BQ_TAG_JOB_ID);
    bq_bytes name = bq_record_bytes(job, BQ_TAG_NAME);
    bq_bytes data = bq_record_bytes(job, BQ_TAG_DATA);
    printf("job %.*s: %.*s %.*s\n", (int)id.len, id.ptr, (int)name.len, name.ptr, (int)data.len,
           data.ptr);
    if (equal(name, "goodbye")) {
        bq_easy_fail_as(client, job->id, "UnrecoverableError", "nobody leaves", NULL);
    } else {
        bq_easy_done(client, job->id, "{\"sent\": true}");
    }
}

/* Handles the events that wait; 1 when the reply to `closing` was among them. */
static int handle_events(bq_client *client, bq_id closing) {
    bq_batch *batch = bq_take(client, 0);
    bq_bytes rest = bq_batch_bytes(batch);
    bq_record event;
    int closed = 0;
    while (bq_record_next(&rest, &event) == 1) {
        bq_bytes message = bq_record_bytes(&event, BQ_TAG_MESSAGE);
        if (event.type == BQ_EV_JOB) {
            run_job(client, &event);
        } else if (event.type == BQ_EV_REPLY && event.id == closing) {
            closed = 1;
        } else if (event.type == BQ_EV_ERROR || event.type == BQ_EV_WARNING) {
            fprintf(stderr, "worker: %.*s\n", (int)message.len, message.ptr);
        }
    }
    bq_batch_free(batch);
    fflush(stdout);
    return closed;
}

int main(void) {
    bq_client *client = connect_to_redis();
    bq_id worker = start_worker(client), closing = 0;
    struct pollfd ready[2] = {{bq_client_fd(client), POLLIN, 0}, {open_signals(), POLLIN, 0}};
    int closed = 0;
    if (worker < 0) {
        fprintf(stderr, "worker: %s\n", bq_strerror((int)worker));
        return 1;
    }
    while (!closed && poll(ready, 2, -1) > 0) {
        struct signalfd_siginfo info;
        if (ready[1].revents && read(ready[1].fd, &info, sizeof info) == (ssize_t)sizeof info) {
            closing = bq_client_close(client, closing ? 0 : -1); /* the second: wait no longer */
        }
        if (ready[0].revents) {
            closed = handle_events(client, closing);
        }
    }
    bq_client_free(client);
    return 0;
}
