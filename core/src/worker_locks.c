/* Renewing the locks of running jobs, on this thread, whatever the host's interpreter does
 * (protocol/5 section 1.10). */
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "job.h"
#include "pack.h"

/* One extendLocks call. */
struct renewal {
    struct bqi_worker_command base;
    size_t count;
};

static void lose_lock(struct bqi_worker *worker, const char *job_id) {
    for (struct bqi_job *job = worker->jobs; job; job = job->older) {
        if (!job->renewing || strcmp(job->job_id, job_id) != 0)
            continue;
        job->renewing = 0;
        struct bqi_record event =
            bqi_outbox_begin(&worker->client->outbox, BQ_EV_LOCK_LOST, job->id);
        bqi_record_int(&event, BQ_TAG_WORKER, worker->id);
        bqi_record_text(&event, BQ_TAG_JOB_ID, job_id);
        bqi_record_end(&event);
        if (worker->options.cancel_on_lock_lost)
            bqi_worker_cancel(job, "its lock was lost");
        return;
    }
}

static void tell_renewed(struct bqi_worker *worker, size_t count) {
    struct bqi_record event =
        bqi_outbox_begin(&worker->client->outbox, BQ_EV_LOCKS_RENEWED, worker->id);
    bqi_record_int(&event, BQ_TAG_COUNT, (int64_t)count);
    bqi_record_end(&event);
}

static void on_renewed(struct bqi_command *command, const redisReply *reply,
                       const struct bqi_error *error) {
    struct renewal *renewal = (struct renewal *)command;
    struct bqi_worker *worker = renewal->base.worker;
    worker->renewing = 0;
    bqi_worker_command_ended(worker);
    if (error) {
        if (error->code != BQ_ERR_CLOSED)
            bqi_worker_error(worker, error, NULL);
    } else if (reply->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i < reply->elements; i++)
            if (reply->element[i]->str)
                lose_lock(worker, reply->element[i]->str);
        if (renewal->count > reply->elements)
            tell_renewed(worker, renewal->count - reply->elements);
    }
    bqi_free(renewal);
}

static int is_due(const struct bqi_job *job, int64_t now, int all) {
    return job->renewing &&
           (all || job->lock_stamp + job->worker->options.lock_renew_time / 2 < now);
}

static size_t count_due(const struct bqi_worker *worker, int64_t now, int all) {
    size_t count = 0;
    for (const struct bqi_job *job = worker->jobs; job; job = job->older)
        count += (size_t)is_due(job, now, all);
    return count;
}

/* Parallel lists: the tokens, and the ids in the same order. */
static void pack_due(struct bqi_worker *worker, size_t count, int64_t now, int all,
                     msgpack_sbuffer *tokens, msgpack_sbuffer *ids) {
    msgpack_packer token_packer, id_packer;
    msgpack_packer_init(&token_packer, tokens, msgpack_sbuffer_write);
    msgpack_packer_init(&id_packer, ids, msgpack_sbuffer_write);
    msgpack_pack_array(&token_packer, count);
    msgpack_pack_array(&id_packer, count);
    for (struct bqi_job *job = worker->jobs; job; job = job->older) {
        if (!is_due(job, now, all))
            continue;
        job->lock_stamp = now;
        bqi_pack_text(&token_packer, job->token);
        bqi_pack_text(&id_packer, job->job_id);
    }
}

void bqi_worker_renew_locks(struct bqi_worker *worker, int all) {
    int64_t now = bqi_now();
    size_t count = worker->options.skip_lock_renewal ? 0 : count_due(worker, now, all);
    struct bqi_words words;
    msgpack_sbuffer tokens, ids;
    if (count == 0 || worker->renewing)
        return;
    struct renewal *renewal = bqi_calloc(sizeof *renewal);
    if (!renewal)
        return;
    renewal->count = count;
    renewal->base.base.droppable = worker;
    worker->renewing = 1;
    msgpack_sbuffer_init(&tokens);
    msgpack_sbuffer_init(&ids);
    pack_due(worker, count, now, all, &tokens, &ids);
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("extendLocks"));
    bqi_words_key(&words, &worker->queue->keys, BQI_KEY_STALLED);
    bqi_words_key(&words, &worker->queue->keys, BQI_KEY_PREFIX);
    bqi_words_add(&words, tokens.data, tokens.size);
    bqi_words_add(&words, ids.data, ids.size);
    bqi_words_int(&words, worker->options.lock_duration);
    bqi_worker_submit(worker, &renewal->base, "extendLocks", &words, on_renewed);
    msgpack_sbuffer_destroy(&tokens);
    msgpack_sbuffer_destroy(&ids);
}

static void on_tick(void *arg) {
    struct bqi_worker *worker = arg;
    if (worker->state == BQI_WORKER_CLOSED)
        return;
    bqi_worker_renew_locks(worker, 0);
    bqi_worker_start_lock_timer(worker);
}

void bqi_worker_start_lock_timer(struct bqi_worker *worker) {
    int64_t period = worker->options.lock_renew_time / 2;
    bqi_timer_start(&worker->lock_timer, &worker->client->loop, period > 0 ? period : 1, on_tick,
                    worker);
}
