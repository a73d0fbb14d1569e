/* waitUntilFinished: the reader's events tell when a job ends, and isFinished whether it has ended
 * before (protocol/5 section 4.5). */
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "calls.h"
#include "queue_events.h"

struct wait_command {
    struct bqi_command base;
    struct wait *wait;
};

struct wait {
    struct bqi_job_waiter waiter;
    bq_client *client;
    struct bqi_queue *queue;
    struct bqi_queue_events *events; /* NULL: answered, here for its commands only */
    bq_id operation;
    char *job_id;
    char *job_name; /* for the message of a timeout; NULL until it is known */
    int64_t ttl;
    struct bqi_timer timer;
    struct wait_command ask;
    struct wait_command name;
    int commands;  /* on their way */
    int asking;    /* isFinished is on its way */
    int ask_again; /* and its answer may be older than what was missed */
};

/* ---- ending ---- */

static void release(struct wait *wait) {
    if (wait->events || wait->commands)
        return;
    bqi_timer_close(&wait->timer);
    bqi_free(wait->job_name);
    bqi_free(wait->job_id);
    bqi_free(wait);
}

/* It is answered: nothing may find it any more. `wait` may be gone after this. */
static void end(struct wait *wait) {
    if (wait->events)
        bqi_job_waiters_remove(&wait->events->waiters, &wait->waiter);
    wait->events = NULL;
    bqi_timer_stop(&wait->timer);
    release(wait);
}

static void end_with_value(struct wait *wait, const redisReply *value) {
    if (value && value->type == REDIS_REPLY_STRING)
        bqi_answer_text(wait->client, wait->operation, value->str, value->len);
    else
        bqi_answer_text(wait->client, wait->operation, "null", strlen("null"));
    end(wait);
}

static void end_with_text(struct wait *wait, int code, const redisReply *text) {
    const char *message = text && text->str ? text->str : "";
    bqi_answer_error_text(wait->client, wait->operation, code, message, text ? text->len : 0,
                          wait->job_id);
    end(wait);
}

static void end_with_error(struct wait *wait, const struct bqi_error *error) {
    bqi_answer_error(wait->client, wait->operation, error);
    end(wait);
}

static void on_ttl(void *arg) {
    struct wait *wait = arg;
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_JOB_WAIT_TIMEOUT,
                  "Job wait %.200s timed out before finishing, no finish notification arrived "
                  "after %lldms (id=%.200s)",
                  wait->job_name ? wait->job_name : "", (long long)wait->ttl, wait->job_id);
    end_with_error(wait, &error);
}

/* ---- asking ---- */

static void ask(struct wait *wait);

static void take_answer(struct wait *wait, const redisReply *reply) {
    struct bqi_error error;
    const redisReply *value = reply->elements > 1 ? reply->element[1] : NULL;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) {
        bqi_error_set(&error, BQ_ERR_UNEXPECTED_REPLY,
                      "The answer to isFinished has a shape that BullMQ's protocol does not have.");
        end_with_error(wait, &error);
        return;
    }
    switch (reply->element[0]->integer) {
    case 0:
        if (wait->ask_again)
            ask(wait);
        break;
    case 1:
        end_with_value(wait, value);
        break;
    case 2:
        end_with_text(wait, BQ_ERR_JOB_FAILED, value);
        break;
    default:
        end_with_text(wait, BQ_ERR_JOB_NOT_EXIST, value);
    }
}

static void on_finished(struct bqi_command *command, const redisReply *reply,
                        const struct bqi_error *error) {
    struct wait *wait = ((struct wait_command *)command)->wait;
    wait->commands--;
    wait->asking = 0;
    if (!wait->events)
        release(wait);
    else if (error)
        end_with_error(wait, error);
    else
        take_answer(wait, reply);
}

static void submit(struct wait *wait, struct wait_command *command, struct bqi_words *words,
                   bqi_command_done done) {
    command->wait = wait;
    command->base.patience = BQI_COUNTS_RETRIES;
    command->base.deadline = 0;
    command->base.failures = 0;
    command->base.reloads = 0;
    command->base.done = done;
    wait->commands++;
    bqi_connection_submit_words(wait->client->connection, words, &command->base);
}

static void ask(struct wait *wait) {
    static const enum bqi_key keys[] = {BQI_KEY_COMPLETED, BQI_KEY_FAILED};
    if (wait->asking) {
        wait->ask_again = 1;
        return;
    }
    char *key = bqi_job_key(&wait->queue->keys, wait->job_id, "");
    struct bqi_words words;
    wait->asking = 1;
    wait->ask_again = 0;
    wait->ask.base.script = bqi_script_find("isFinished");
    bqi_words_init(&words);
    bqi_words_script(&words, wait->ask.base.script);
    bqi_words_keys(&words, &wait->queue->keys, keys, sizeof keys / sizeof *keys);
    bqi_words_text(&words, key ? key : "");
    words.failed |= !key;
    bqi_words_text(&words, wait->job_id);
    bqi_words_text(&words, "1");
    submit(wait, &wait->ask, &words, on_finished);
    bqi_free(key);
}

/* ---- the job's name ---- */

static void on_name(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct wait *wait = ((struct wait_command *)command)->wait;
    wait->commands--;
    if (!error && reply->type == REDIS_REPLY_STRING)
        wait->job_name = bqi_strndup(reply->str, reply->len);
    release(wait);
}

static void fetch_name(struct wait *wait) {
    char *key = bqi_job_key(&wait->queue->keys, wait->job_id, "");
    struct bqi_words words;
    bqi_words_init(&words);
    bqi_words_text(&words, "HGET");
    bqi_words_text(&words, key ? key : "");
    words.failed |= !key;
    bqi_words_text(&words, "name");
    submit(wait, &wait->name, &words, on_name);
    bqi_free(key);
}

/* ---- the reader's side ---- */

/* Give each of a list that was taken out of the map back to it, then `act` on it. */
static void put_back(struct bqi_queue_events *events, struct bqi_job_waiter *list,
                     void (*act)(struct wait *wait)) {
    for (struct bqi_job_waiter *next; list; list = next) {
        next = list->next;
        bqi_job_waiters_add(&events->waiters, list);
        act((struct wait *)list);
    }
}

void bqi_waits_ask(struct bqi_queue_events *events) {
    put_back(events, bqi_job_waiters_take_all(&events->waiters), ask);
}

void bqi_waits_settle(struct bqi_queue_events *events, const redisReply *job_id, int failed,
                      const redisReply *value) {
    struct bqi_job_waiter *list = bqi_job_waiters_take(&events->waiters, job_id->str, job_id->len);
    if (!value) { /* published by hand, perhaps; Redis knows */
        put_back(events, list, ask);
        return;
    }
    for (struct bqi_job_waiter *next; list; list = next) {
        struct wait *wait = (struct wait *)list;
        next = list->next;
        bqi_job_waiters_add(&events->waiters, list);
        if (failed)
            end_with_text(wait, BQ_ERR_JOB_FAILED, value);
        else
            end_with_value(wait, value);
    }
}

static void end_closed(struct wait *wait) {
    struct bqi_error error;
    bqi_error_set(&error, BQ_ERR_CLOSED,
                  "The queue events were closed before the job %.200s had finished.", wait->job_id);
    end_with_error(wait, &error);
}

void bqi_waits_end(struct bqi_queue_events *events) {
    put_back(events, bqi_job_waiters_take_all(&events->waiters), end_closed);
}

/* ---- the call ---- */

static int check(const struct bqi_call *call, const struct bqi_queue_events *events,
                 struct bqi_error *error) {
    enum bqi_key stream = BQI_KEY_EVENTS;
    if (!events)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "There are no open queue events with handle %lld.",
                             (long long)bqi_call_int(call, "events", 0));
    if (strcmp(events->queue->keys.key[stream].ptr, call->queue->keys.key[stream].ptr) != 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "The queue events with handle %lld are those of the queue \"%.200s\", "
                             "not of \"%.200s\".",
                             (long long)events->id, events->queue->name, call->queue->name);
    if (bqi_call_int(call, "ttl", 0) < 0)
        return bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                             "waitUntilFinished needs a \"ttl\" of at least 0 (ms), not %lld.",
                             (long long)bqi_call_int(call, "ttl", 0));
    return 0;
}

/* NULL: no memory. */
static struct wait *new_wait(const struct bqi_call *call, struct bqi_queue_events *events) {
    const char *id = bqi_call_text(call, "id");
    struct wait *wait = bqi_calloc(sizeof *wait);
    if (!wait)
        return NULL;
    wait->client = call->client;
    wait->queue = call->queue;
    wait->operation = call->operation;
    wait->ttl = bqi_call_int(call, "ttl", 0);
    wait->job_id = bqi_strndup(id, strlen(id));
    wait->waiter.job_id = wait->job_id;
    wait->waiter.job_id_len = strlen(id);
    if (wait->job_id && bqi_job_waiters_add(&events->waiters, &wait->waiter) == 0) {
        wait->events = events;
        return wait;
    }
    release(wait);
    return NULL;
}

void bqi_call_wait_until_finished(const struct bqi_call *call) {
    struct bqi_queue_events *events =
        bqi_queue_events_find(call->client, bqi_call_int(call, "events", 0));
    struct bqi_error error;
    if (check(call, events, &error) != 0) {
        bqi_answer_error(call->client, call->operation, &error);
        return;
    }
    struct wait *wait = new_wait(call, events);
    if (!wait || (wait->ttl > 0 && bqi_timer_start(&wait->timer, &call->client->loop, wait->ttl,
                                                   on_ttl, wait) != 0)) {
        bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; nothing was sent.");
        bqi_answer_error(call->client, call->operation, &error);
        if (wait)
            end(wait);
        return;
    }
    /* Until the reader is ready it may not hear of an end that comes after the question. */
    if (wait->ttl > 0)
        fetch_name(wait);
    if (events->ready_told)
        ask(wait);
}
