#include "worker.h"

#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "job.h"
#include "random.h"

void bqi_worker_free(struct bqi_worker *worker) {
    struct bqi_timer *timers[] = {&worker->limit_timer, &worker->lock_timer,
                                  &worker->duration_timer, &worker->stalled_timer,
                                  &worker->grace_timer};
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
        bqi_timer_close(timers[i]);
    while (worker->jobs)
        bqi_job_release(worker->jobs);
    bqi_blocking_free(&worker->blocking);
    bqi_run_options_unref(worker->last_options);
    bqi_packed_hash_free(&worker->fetched);
    bqi_operations_free(&worker->pause_operations);
    bqi_operations_free(&worker->close_operations);
    bqi_worker_options_free(&worker->options);
    bqi_free(worker);
}

void bqi_worker_error(struct bqi_worker *worker, const struct bqi_error *error,
                      const char *job_id) {
    bqi_outbox_error(&worker->client->outbox, worker->id, error, job_id);
}

void bqi_worker_out_of_memory(struct bqi_worker *worker) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory in a worker.");
    bqi_worker_error(worker, &error, NULL);
}

/* ---- commands ---- */

void bqi_worker_submit(struct bqi_worker *worker, struct bqi_worker_command *command,
                       const char *script, struct bqi_words *words, bqi_command_done done) {
    command->worker = worker;
    command->base.script = script ? bqi_script_find(script) : NULL;
    command->base.patience = BQI_WAITS_FOREVER;
    command->base.done = done;
    worker->commands++;
    bqi_connection_submit_words(worker->client->connection, words, &command->base);
}

void bqi_worker_command_ended(struct bqi_worker *worker) {
    worker->commands--;
}

/* ---- deciding ---- */

static void on_limit_over(void *arg) {
    struct bqi_worker *worker = arg;
    worker->limit_until = 0;
    worker->drained = 0; /* fetch at once, whatever the marker says */
}

int bqi_worker_is_limited(struct bqi_worker *worker) {
    if (worker->limit_until == 0)
        return 0;
    int64_t left = worker->limit_until - bqi_now();
    if (left <= 0) {
        on_limit_over(worker);
        return 0;
    }
    if (left > worker->options.maximum_rate_limit_delay)
        left = worker->options.maximum_rate_limit_delay; /* due jobs are promoted by a fetch */
    if (!bqi_timer_is_active(&worker->limit_timer))
        bqi_timer_start(&worker->limit_timer, &worker->client->loop, left, on_limit_over, worker);
    return 1;
}

static int free_slots(const struct bqi_worker *worker) {
    return worker->credit - worker->occupied - worker->fetching;
}

/* One fetch at a time while the queue may be empty; more as long as they bring jobs, so that many
 * free slots fill in a few round trips. */
static void fetch_into_free_slots(struct bqi_worker *worker) {
    int slots;
    do {
        slots = worker->window - worker->fetching;
        if (slots > free_slots(worker))
            slots = free_slots(worker);
    } while (slots > 0 && bqi_worker_fetch(worker, slots) > 0);
}

void bqi_worker_turn(struct bqi_worker *worker) {
    bqi_worker_send_outcomes(worker);
    bqi_worker_check_ends(worker);
    if (worker->state != BQI_WORKER_OPEN || worker->paused || free_slots(worker) <= 0)
        return;
    if (!bqi_connection_is_ready(worker->client->connection) || bqi_worker_is_limited(worker) ||
        worker->blocking.waiting)
        return;
    if (!worker->drained)
        fetch_into_free_slots(worker);
    else if (worker->fetching == 0)
        bqi_worker_wait_for_marker(worker);
}

void bqi_worker_connected(struct bqi_worker *worker) {
    if (worker->state == BQI_WORKER_CLOSED)
        return;
    worker->drained = 0;
    bqi_worker_renew_locks(worker, 1);
    if (!bqi_blocking_is_ready(&worker->blocking) || worker->ready_told)
        return;
    worker->ready_told = 1;
    struct bqi_record event = bqi_outbox_begin(&worker->client->outbox, BQ_EV_READY, worker->id);
    bqi_record_end(&event);
}

/* ---- opening and steering ---- */

static struct bqi_worker *new_worker(bq_client *client, const bq_conf *conf,
                                     struct bqi_error *error) {
    struct bqi_worker *worker = bqi_calloc(sizeof *worker);
    if (!worker) {
        bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
        return NULL;
    }
    if (bqi_worker_options_read(&worker->options, conf, error) != 0) {
        bqi_free(worker);
        return NULL;
    }
    worker->client = client;
    worker->outcomes_end = &worker->outcomes;
    worker->window = 1;
    worker->found = 1; /* the first fetch tells DRAINED if it is empty, as Node does */
    worker->id = bqi_client_next_id(client);
    bqi_random_uuid(worker->uuid);
    return worker;
}

static void refuse_open(bq_client *client, bq_id id, int code, const char *message,
                        struct bqi_worker *worker) {
    struct bqi_error error;
    bqi_error_set(&error, code, "%s", message);
    bqi_client_error(client, id, &error);
    bqi_worker_free(worker);
}

static void add_worker(bq_client *client, struct bqi_request *request) {
    struct bqi_worker *worker = request->object;
    worker->queue = bqi_idmap_get(&client->queues, request->target);
    if (!worker->queue)
        refuse_open(client, worker->id, BQ_ERR_INVALID_ARGUMENT,
                    "A worker needs a queue that is open.", worker);
    else if (bqi_worker_open_blocking(worker) != 0 ||
             bqi_idmap_put(&client->workers, worker->id, worker) != 0)
        refuse_open(client, worker->id, BQ_ERR_OUT_OF_MEMORY, "Out of memory.", worker);
}

static void drop_worker(void *worker) {
    bqi_worker_free(worker);
}

bq_id bq_worker_open(bq_client *client, bq_id queue, bq_conf *conf) {
    struct bqi_error error;
    if (!client || queue <= 0 || (conf && bqi_conf_scope(conf) != BQ_CONF_WORKER))
        return BQ_EINVAL;
    if (bqi_client_is_forked(client))
        return BQ_EFORKED;
    bqi_conf_accept(conf);
    struct bqi_worker *worker = new_worker(client, conf, &error);
    if (!worker) {
        bqi_conf_refuse(conf, &error);
        return error.code == BQ_ERR_OUT_OF_MEMORY ? BQ_ENOMEM : BQ_EINVAL;
    }
    bq_id id = worker->id;
    bq_id status = bqi_client_hand_over(client, add_worker, queue, worker, drop_worker);
    return status < 0 ? status : id;
}

/* Look a worker up for a request; without one the operation is answered. */
static struct bqi_worker *find_worker(bq_client *client, const struct bqi_request *request) {
    struct bqi_worker *worker = bqi_idmap_get(&client->workers, request->target);
    struct bqi_error error;
    if (worker && worker->state != BQI_WORKER_CLOSED)
        return worker;
    bqi_error_set(&error, BQ_ERR_INVALID_ARGUMENT, "There is no open worker with handle %lld.",
                  (long long)request->target);
    bqi_client_error(client, request->operation, &error);
    return NULL;
}

static void grant_credit(bq_client *client, struct bqi_request *request) {
    struct bqi_worker *worker = find_worker(client, request);
    if (!worker)
        return;
    int first = worker->credit == 0;
    int64_t credit = worker->credit + request->number;
    worker->credit = (int32_t)(credit < 0 ? 0 : credit > INT32_MAX ? INT32_MAX : credit);
    if (free_slots(worker) <= 0 &&
        !worker->waiter) /* a marker that it pops now would wake nobody */
        bqi_worker_interrupt_wait(worker);
    if (!first || worker->credit == 0)
        return;
    bqi_worker_start_stalled_checks(worker);
    if (!worker->options.skip_lock_renewal)
        bqi_worker_start_lock_timer(worker);
}

static void pause_worker(bq_client *client, struct bqi_request *request) {
    struct bqi_worker *worker = find_worker(client, request);
    if (!worker)
        return;
    worker->paused = 1;
    bqi_worker_interrupt_wait(worker);
    if (request->number)
        bqi_client_reply(client, request->operation);
    else
        bqi_operations_add(&worker->pause_operations, client, request->operation);
}

static void resume_worker(bq_client *client, struct bqi_request *request) {
    struct bqi_worker *worker = find_worker(client, request);
    if (!worker)
        return;
    worker->paused = 0;
    worker->drained = 0;
    bqi_operations_answer(&worker->pause_operations, client);
    bqi_client_reply(client, request->operation);
}

static void close_worker(bq_client *client, struct bqi_request *request) {
    struct bqi_worker *worker = find_worker(client, request);
    if (worker)
        bqi_worker_begin_close(worker, request->operation, request->number);
}

int bq_worker_credit(bq_client *client, bq_id worker, int32_t slots) {
    bq_id status = bqi_client_steer(client, worker, grant_credit, slots, 0);
    return status < 0 ? (int)status : 0;
}

bq_id bq_worker_pause(bq_client *client, bq_id worker, int do_not_wait) {
    return bqi_client_steer(client, worker, pause_worker, do_not_wait, 0);
}

bq_id bq_worker_resume(bq_client *client, bq_id worker) {
    return bqi_client_steer(client, worker, resume_worker, 0, 0);
}

bq_id bq_worker_close(bq_client *client, bq_id worker, int64_t grace_ms) {
    return bqi_client_steer(client, worker, close_worker, grace_ms, 1);
}
