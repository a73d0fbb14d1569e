/* Everything at once, in an order drawn by chance: hosts that add, run, pause and close,
 * connections that break, scripts that are forgotten. In the end every job was completed, none is
 * left anywhere, and every operation was answered. BQ_CHAOS_SEED repeats a run. */
#include "support_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HOSTS = 2, STEPS = 1500, MOST_HELD = 2000, MOST_OPERATIONS = 20000 };

#define OPTIONS                                                                                    \
    "{\"lockDuration\":600,\"stalledInterval\":150,\"maxStalledCount\":1000,\"drainDelay\":0.2}"

struct player {
    struct host *host;
    bq_id queue;
    bq_id worker;   /* 0: none */
    bq_id last_add; /* 0: none */
    const struct event *held[MOST_HELD];
    int held_count;
    size_t read; /* events that were looked at */
};

static struct player players[HOSTS];
static bq_id operations[HOSTS][MOST_OPERATIONS];
static int operation_count[HOSTS];
static int added, killed;
static unsigned seed;

static unsigned draw(unsigned below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 10) % below;
}

static void called(int player, bq_id operation) {
    assert_true(operation > 0);
    assert_true(operation_count[player] < MOST_OPERATIONS);
    operations[player][operation_count[player]++] = operation;
}

/* No job that was to be added may have been refused. */
static void check_reply(struct player *player, const struct event *event) {
    if (bq_record_bytes(&event->record, BQ_TAG_ENTRY_ERROR).ptr)
        fail_msg("%s", event_text(player->host, event, BQ_TAG_ENTRY_ERROR));
}

static void take_events(struct player *player) {
    host_pump(player->host);
    for (; player->read < player->host->count; player->read++) {
        struct event *event = player->host->events[player->read];
        if (event->type == BQ_EV_REPLY)
            check_reply(player, event);
        if (event->type != BQ_EV_JOB)
            continue;
        assert_true(player->held_count < MOST_HELD);
        player->held[player->held_count++] = event;
    }
}

/* ---- what players do ---- */

static void add_some(int i) {
    static const char *const more[] = {"", ",\"priority\":3", ",\"delay\":20", ",\"lifo\":true",
                                       ",\"backoff\":5"};
    bq_buffer records = BQ_BUFFER_INIT;
    char opts[128];
    for (unsigned n = 1 + draw(20); n > 0; n--) {
        snprintf(opts, sizeof opts, "{\"jobId\":\"c%d\",\"attempts\":100000%s}", added++,
                 more[draw(5)]);
        bq_put_add(&records, "work", "{}", opts);
    }
    players[i].last_add =
        bq_easy_add_bulk(players[i].host->client, players[i].queue, bq_buffer_bytes(&records));
    called(i, players[i].last_add);
    bq_buffer_free(&records);
}

static void end_a_job(int i) {
    struct player *player = &players[i];
    bq_client *client = player->host->client;
    take_events(player);
    for (unsigned n = draw(8); n > 0 && player->held_count > 0; n--) {
        unsigned which = draw((unsigned)player->held_count);
        bq_id job = player->held[which]->id;
        player->held[which] = player->held[--player->held_count];
        unsigned how = draw(10);
        called(i, how == 0   ? bq_easy_fail(client, job, "again")
                  : how == 1 ? bq_easy_give_back(client, job)
                             : bq_easy_done(client, job, "\"r\""));
    }
}

static void open_worker(int i) {
    struct player *player = &players[i];
    if (!player->worker)
        player->worker = host_worker_begin(player->host, player->queue, OPTIONS);
    assert_int_equal(bq_worker_credit(player->host->client, player->worker, 1 + (int)draw(6)), 0);
}

static void steer_worker(int i) {
    struct player *player = &players[i];
    bq_client *client = player->host->client;
    if (!player->worker)
        return;
    switch (draw(5)) {
    case 0:
        called(i, bq_worker_pause(client, player->worker, (int)draw(2)));
        break;
    case 1:
    case 2:
        called(i, bq_worker_resume(client, player->worker));
        break;
    case 3:
        assert_int_equal(bq_worker_credit(client, player->worker, -1), 0);
        break;
    default:
        called(i, bq_worker_close(client, player->worker, (int64_t)draw(3) * 20));
        player->worker = 0;
    }
}

/* As if its process had died, once its last jobs had been added. */
static void replace_client(int i) {
    struct player *player = &players[i];
    if (player->last_add)
        host_answer(player->host, player->last_add);
    take_events(player);
    host_free(player->host);
    memset(player, 0, sizeof *player);
    player->host = host_open(server, "\"connection.maxRetriesPerRequest\":null");
    player->queue = host_queue_begin(player->host, "q", NULL);
    operation_count[i] = 0;
}

static void disturb(void) {
    switch (draw(12)) {
    case 0:
        if (killed++ < 4)
            server_do(server, "CLIENT KILL TYPE normal SKIPME yes");
        break;
    case 1:
    case 2:
        server_do(server, "SCRIPT FLUSH");
        break;
    case 3:
        server_freeze(server);
        host_try(players[0].host, BQ_EV_STALLED, 0, 5);
        server_thaw(server);
        break;
    default:
        break;
    }
}

static void step(void) {
    int i = (int)draw(HOSTS);
    unsigned what = draw(100);
    if (what < 10)
        add_some(i);
    else if (what < 70)
        end_a_job(i);
    else if (what < 78)
        open_worker(i);
    else if (what < 88)
        steer_worker(i);
    else if (what < 90)
        called(i, draw(2) ? bq_easy_pause(players[i].host->client, players[i].queue)
                          : bq_easy_resume(players[i].host->client, players[i].queue));
    else
        disturb();
    host_try(players[i].host, BQ_EV_STALLED, 0, (int)draw(3));
}

/* ---- the end ---- */

static void finish_all_jobs(void) {
    for (int i = 0; i < HOSTS; i++) {
        called(i, bq_easy_resume(players[i].host->client, players[i].queue));
        if (players[i].worker)
            called(i, bq_worker_resume(players[i].host->client, players[i].worker));
        open_worker(i);
    }
    for (int64_t end = clock_ms() + 20000;;) {
        for (int i = 0; i < HOSTS; i++) {
            struct player *player = &players[i];
            host_try(player->host, BQ_EV_STALLED, 0, 2);
            take_events(player);
            while (player->held_count > 0)
                called(i, bq_easy_done(player->host->client, player->held[--player->held_count]->id,
                                       "\"r\""));
        }
        if (server_integer(server, "ZCARD bull:q:completed") == added)
            return;
        if (clock_ms() > end)
            fail_msg("seed %u: %lld of %d jobs completed, %lld failed, %lld active, %lld wait, "
                     "%lld delayed, %lld prioritized",
                     seed, server_integer(server, "ZCARD bull:q:completed"), added,
                     server_integer(server, "ZCARD bull:q:failed"),
                     server_integer(server, "LLEN bull:q:active"),
                     server_integer(server, "LLEN bull:q:wait"),
                     server_integer(server, "ZCARD bull:q:delayed"),
                     server_integer(server, "ZCARD bull:q:prioritized"));
    }
}

static void every_operation_is_answered(void) {
    for (int i = 0; i < HOSTS; i++) {
        called(i, bq_client_close(players[i].host->client, 2000));
        for (int n = 0; n < operation_count[i]; n++)
            host_answer(players[i].host, operations[i][n]);
    }
}

static void in_the_end_every_job_was_completed(void **state) {
    const char *given = getenv("BQ_CHAOS_SEED");
    (void)state;
    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    print_message("BQ_CHAOS_SEED=%u\n", seed);
    for (int i = 0; i < HOSTS; i++) {
        players[i].host = host_open(server, "\"connection.maxRetriesPerRequest\":null");
        players[i].queue = host_queue(players[i].host, "q", NULL);
    }
    for (int n = 0; n < STEPS; n++)
        step();
    replace_client(1); /* whose jobs are now in nobody's hands */
    finish_all_jobs();
    every_operation_is_answered();
    assert_int_equal(server_integer(server, "EXISTS bull:q:active bull:q:wait bull:q:delayed "
                                            "bull:q:prioritized bull:q:failed"),
                     0);
    assert_int_equal(server_reply(server, "KEYS bull:q:*:lock")->elements, 0);
    for (int i = 0; i < HOSTS; i++)
        host_free(players[i].host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_end_every_job_was_completed),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
