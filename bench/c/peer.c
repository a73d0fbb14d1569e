/* The C peer of bench/run; its contract is in bench/README.md. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bq/bq.h"
#include "bq/bq_easy.h"

enum { BULK = 1000 };

struct options {
    const char *redis;
    const char *queue;
    const char *scenario;
    long jobs;
    long warmup;
    int concurrency;
};

struct peer {
    bq_client *client;
    bq_id queue;
    bq_id worker;
    double started;
    double cpu;
};

static double wall(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what, const char *why) {
    fprintf(stderr, "bench-c: %s: %s\n", what, why);
    exit(1);
}

static void start_clock(struct peer *peer) {
    peer->cpu = cpu();
    peer->started = wall();
}

static void report(const struct peer *peer, long jobs) {
    printf("{\"jobs\": %ld, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", jobs,
           wall() - peer->started, cpu() - peer->cpu);
    fflush(stdout);
}

static void set(bq_conf *conf, const char *name, const char *value) {
    if (bq_conf_set(conf, name, value) != 0)
        die(name, bq_conf_error(conf));
}

static void connect_peer(struct peer *peer, const struct options *options) {
    bq_conf *conf = bq_conf_new(BQ_CONF_CLIENT);
    const char *colon = strrchr(options->redis, ':');
    char host[256];
    if (strncmp(options->redis, "unix:", 5) == 0) {
        set(conf, "connection.path", options->redis + 5);
    } else if (colon && (size_t)(colon - options->redis) < sizeof host) {
        snprintf(host, sizeof host, "%.*s", (int)(colon - options->redis), options->redis);
        set(conf, "connection.host", host);
        set(conf, "connection.port", colon + 1);
    }
    peer->client = bq_client_new(conf);
    if (!peer->client)
        die("client", bq_conf_error(conf));
    bq_conf_free(conf);
    peer->queue = bq_queue_open(peer->client, options->queue, NULL);
    if (peer->queue < 0)
        die("queue", bq_strerror((int)peer->queue));
}

static void print_error(const bq_record *record) {
    bq_bytes message = bq_record_bytes(record, BQ_TAG_MESSAGE);
    fprintf(stderr, "bench-c: %.*s\n", (int)message.len, message.ptr ? message.ptr : "");
}

/* Take what has come and hand each record to `handle`; counts replies. */
static long pump(struct peer *peer, void (*on_job)(struct peer *, const bq_record *), int *ready) {
    long replies = 0;
    bq_wait(peer->client, -1);
    bq_batch *batch = bq_take(peer->client, 0);
    bq_bytes rest = bq_batch_bytes(batch);
    bq_record record;
    while (bq_record_next(&rest, &record) > 0) {
        if (record.type == BQ_EV_REPLY)
            replies++;
        else if (record.type == BQ_EV_JOB && on_job)
            on_job(peer, &record);
        else if (record.type == BQ_EV_READY && ready)
            *ready = 1;
        else if (record.type == BQ_EV_ERROR)
            print_error(&record), exit(1);
    }
    bq_batch_free(batch);
    return replies;
}

static void wait_ready(struct peer *peer) {
    int ready = 0;
    while (!ready)
        pump(peer, NULL, &ready);
}

static int data_of(char *out, size_t size, long index) {
    return snprintf(out, size,
                    "{\"index\":%ld,\"text\":\"0123456789012345678901234567890123456789"
                    "0123456789012345678901234567890123456789\"}",
                    index);
}

/* ---- add ---- */

static void add_one(struct peer *peer, long index) {
    char data[160];
    bq_bytes args = bq_bytes_of("{\"name\":\"noop\"}");
    bq_bytes payload = {data, (size_t)data_of(data, sizeof data, index)};
    bq_id id = bq_call(peer->client, peer->queue, "add", args, payload);
    if (id < 0)
        die("add", bq_strerror((int)id));
}

static void add_many(struct peer *peer, long count, int outstanding) {
    long sent = 0, answered = 0;
    while (answered < count) {
        for (; sent < count && sent - answered < outstanding; sent++)
            add_one(peer, sent);
        answered += pump(peer, NULL, NULL);
    }
}

/* ---- addBulk ---- */

static void add_bulks(struct peer *peer, long count) {
    for (long sent = 0; sent < count;) {
        bq_buffer records = {0};
        char data[160];
        for (int i = 0; i < BULK && sent < count; i++, sent++) {
            int len = data_of(data, sizeof data, sent);
            bq_put_record(&records, BQ_REC_ADD, 0);
            bq_put_bytes(&records, BQ_TAG_NAME, bq_bytes_of("noop"));
            bq_bytes payload = {data, (size_t)len};
            bq_put_bytes(&records, BQ_TAG_DATA, payload);
        }
        bq_bytes none = {NULL, 0};
        bq_call(peer->client, peer->queue, "addBulk", none, bq_buffer_bytes(&records));
        bq_buffer_free(&records);
        while (pump(peer, NULL, NULL) == 0)
            ;
    }
}

/* ---- process ---- */

static long handled, warmup_jobs;

static void finish_job(struct peer *peer, const bq_record *record) {
    bq_bytes null_result = {NULL, 0};
    if (handled++ == warmup_jobs)
        start_clock(peer);
    bq_job_done(peer->client, record->id, null_result);
}

static void open_worker(struct peer *peer, int concurrency) {
    peer->worker = bq_worker_open(peer->client, peer->queue, NULL);
    bq_worker_credit(peer->client, peer->worker, concurrency);
}

static void process(struct peer *peer, const struct options *options) {
    long completed = 0;
    warmup_jobs = options->warmup;
    open_worker(peer, options->concurrency);
    while (completed < options->warmup + options->jobs)
        completed += pump(peer, finish_job, NULL);
}

static void idle(struct peer *peer, const struct options *options) {
    char byte;
    open_worker(peer, options->concurrency);
    wait_ready(peer);
    printf("{\"ready\": true}\n");
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
}

static void parse(int argc, char **argv, struct options *options) {
    static const struct option names[] = {
        {"redis", 1, 0, 'r'}, {"queue", 1, 0, 'q'},  {"scenario", 1, 0, 's'},
        {"jobs", 1, 0, 'j'},  {"warmup", 1, 0, 'w'}, {"concurrency", 1, 0, 'c'},
        {0, 0, 0, 0}};
    int name;
    while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (name == 'r')
            options->redis = optarg;
        else if (name == 'q')
            options->queue = optarg;
        else if (name == 's')
            options->scenario = optarg;
        else if (name == 'j')
            options->jobs = atol(optarg);
        else if (name == 'w')
            options->warmup = atol(optarg);
        else if (name == 'c')
            options->concurrency = atoi(optarg);
        else
            exit(2);
    }
}

int main(int argc, char **argv) {
    struct options options = {"127.0.0.1:6379", "bench", "process", 10000, 0, 1};
    struct peer peer = {0};
    parse(argc, argv, &options);
    connect_peer(&peer, &options);
    wait_ready(&peer);
    if (strcmp(options.scenario, "idle") == 0) {
        idle(&peer, &options);
    } else if (strcmp(options.scenario, "process") == 0) {
        process(&peer, &options);
    } else {
        int bulk = strcmp(options.scenario, "addBulk") == 0;
        if (bulk)
            add_bulks(&peer, options.warmup);
        else
            add_many(&peer, options.warmup, options.concurrency);
        start_clock(&peer);
        if (bulk)
            add_bulks(&peer, options.jobs);
        else
            add_many(&peer, options.jobs, options.concurrency);
    }
    if (strcmp(options.scenario, "idle") != 0)
        report(&peer, options.jobs);
    bq_client_free(peer.client);
    return 0;
}
