/* Pausing and closing a worker: what runs may end, what the host never saw goes back. */
#include "job.h"

int bqi_worker_is_closed(const struct bqi_worker *worker) {
    return worker->state == BQI_WORKER_CLOSED;
}

int bqi_worker_is_over(const struct bqi_worker *worker) {
    return worker->state == BQI_WORKER_CLOSED && worker->commands == 0;
}

static int is_idle(const struct bqi_worker *worker) {
    return worker->occupied == 0 && worker->fetching == 0 && worker->manual_calls == 0;
}

static void end_close(struct bqi_worker *worker) {
    worker->state = BQI_WORKER_CLOSED;
    bqi_timer_stop(&worker->lock_timer);
    bqi_timer_stop(&worker->duration_timer);
    bqi_timer_stop(&worker->stalled_timer);
    bqi_timer_stop(&worker->limit_timer);
    bqi_timer_stop(&worker->grace_timer);
    bqi_worker_interrupt_wait(worker);
    bqi_blocking_close(&worker->blocking);
    bqi_operations_answer(&worker->pause_operations, worker->client);
    bqi_operations_answer(&worker->close_operations, worker->client);
}

void bqi_worker_check_ends(struct bqi_worker *worker) {
    if (is_idle(worker))
        bqi_operations_answer(&worker->pause_operations, worker->client);
    if (worker->state == BQI_WORKER_CLOSING && is_idle(worker))
        end_close(worker);
}

/* ---- jobs that the host has not taken ---- */

struct withdrawal {
    bq_client *client;
    const struct bqi_worker *worker;
};

/* Marks the job, whose event then disappears; it is given back once the walk is over. */
static int is_untaken(void *arg, int type, bq_id id) {
    struct withdrawal *withdrawal = arg;
    struct bqi_job *job;
    if (type != BQ_EV_JOB)
        return 0;
    job = bqi_idmap_get(&withdrawal->client->jobs, id);
    if (!job || job->worker != withdrawal->worker)
        return 0;
    job->untaken = 1;
    return 1;
}

/* Newest first: each goes to the end that is served next, so that their order is kept. */
static void give_back_untaken(struct bqi_worker *worker) {
    struct withdrawal withdrawal = {worker->client, worker};
    bqi_outbox_withdraw(&worker->client->outbox, is_untaken, &withdrawal);
    for (struct bqi_job *job = worker->jobs, *older; job; job = older) {
        older = job->older;
        if (job->untaken && !job->finishing)
            bqi_job_give_back(job, 0);
    }
}

/* ---- closing ---- */

void bqi_worker_abandon(struct bqi_worker *worker) {
    worker->abandoned = 1;
    bqi_worker_send_outcomes(worker);
    for (struct bqi_job *job = worker->jobs, *older; job; job = older) {
        older = job->older;
        job->renewing = 0;
        if (job->finishing && !job->repeating) /* its command holds it until it is answered */
            continue;
        bqi_job_release(job);
    }
    if (worker->state != BQI_WORKER_CLOSED)
        end_close(worker);
}

static void on_grace_over(void *arg) {
    bqi_worker_abandon(arg);
}

/* Each further close may only shorten the grace time that is left. */
static void limit_grace(struct bqi_worker *worker, int64_t grace_ms) {
    struct bqi_timer *timer = &worker->grace_timer;
    if (grace_ms >= 0 && (!bqi_timer_is_active(timer) || grace_ms < bqi_timer_left(timer)))
        bqi_timer_start(timer, &worker->client->loop, grace_ms, on_grace_over, worker);
}

void bqi_worker_begin_close(struct bqi_worker *worker, bq_id operation, int64_t grace_ms) {
    if (worker->state == BQI_WORKER_CLOSED)
        return;
    bqi_operations_add(&worker->close_operations, worker->client, operation);
    worker->state = BQI_WORKER_CLOSING;
    bqi_timer_stop(&worker->stalled_timer);
    bqi_worker_interrupt_wait(worker);
    bqi_connection_drop_waiting(worker->client->connection, worker);
    give_back_untaken(worker);
    limit_grace(worker, grace_ms);
}
