/* Looking for jobs whose worker was lost (protocol/5 section 1.11). */
#include "alloc.h"
#include "clock.h"
#include "worker.h"

enum { PAUSE_AFTER_ERROR_MS = 5000 };

static const enum bqi_key keys[] = {BQI_KEY_STALLED,       BQI_KEY_WAIT,   BQI_KEY_ACTIVE,
                                    BQI_KEY_STALLED_CHECK, BQI_KEY_META,   BQI_KEY_PAUSED,
                                    BQI_KEY_MARKER,        BQI_KEY_EVENTS, BQI_KEY_REPEAT};

static void on_time(void *arg) {
    bqi_worker_check_stalled(arg);
}

static void check_again(struct bqi_worker *worker, int64_t delay) {
    if (worker->state == BQI_WORKER_OPEN)
        bqi_timer_start(&worker->stalled_timer, &worker->client->loop, delay, on_time, worker);
}

static void tell_stalled(struct bqi_worker *worker, const char *job_id) {
    struct bqi_record event = bqi_outbox_begin(&worker->client->outbox, BQ_EV_STALLED, worker->id);
    bqi_record_text(&event, BQ_TAG_JOB_ID, job_id);
    bqi_record_end(&event);
}

static void on_checked(struct bqi_command *command, const redisReply *reply,
                       const struct bqi_error *error) {
    struct bqi_worker_command *check = (struct bqi_worker_command *)command;
    struct bqi_worker *worker = check->worker;
    int64_t delay = worker->options.stalled_interval;
    worker->checking_stalled = 0;
    bqi_worker_command_ended(worker);
    if (error && error->code != BQ_ERR_CLOSED) {
        bqi_worker_error(worker, error, NULL);
        delay += PAUSE_AFTER_ERROR_MS;
    } else if (!error && reply->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i < reply->elements; i++)
            if (reply->element[i]->str)
                tell_stalled(worker, reply->element[i]->str);
    }
    check_again(worker, delay);
    bqi_free(check);
}

void bqi_worker_check_stalled(struct bqi_worker *worker) {
    struct bqi_words words;
    if (worker->checking_stalled || worker->state != BQI_WORKER_OPEN)
        return;
    struct bqi_worker_command *check = bqi_calloc(sizeof *check);
    if (!check) {
        check_again(worker, PAUSE_AFTER_ERROR_MS);
        return;
    }
    check->base.droppable = worker;
    worker->checking_stalled = 1;
    bqi_words_init(&words);
    bqi_words_script(&words, bqi_script_find("moveStalledJobsToWait"));
    bqi_words_keys(&words, &worker->queue->keys, keys, sizeof keys / sizeof *keys);
    bqi_words_int(&words, worker->options.max_stalled_count);
    bqi_words_key(&words, &worker->queue->keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, bqi_now());
    bqi_words_int(&words, worker->options.stalled_interval);
    bqi_worker_submit(worker, check, "moveStalledJobsToWait", &words, on_checked);
}

void bqi_worker_start_stalled_checks(struct bqi_worker *worker) {
    if (!worker->options.skip_stalled_check && !bqi_timer_is_active(&worker->stalled_timer))
        bqi_worker_check_stalled(worker);
}
