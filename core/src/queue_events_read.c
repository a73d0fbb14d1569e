/* Reading the stream: where it stands, then XREAD after XREAD. */
#include <string.h>

#include "queue_events.h"

/* An answer of XREAD is held whole before it reaches the host, so the number of entries asked for
 * follows from the size of those before: about this many bytes. */
enum { READ_BYTES = 1024 * 1024, MOST_PER_READ = 1000 };

/* XINFO does not block; a connection that does not answer it in this time is replaced. */
enum { LOOK_LIMIT_MS = 10000, PAUSE_AFTER_ERROR_MS = 5000 };

static void on_pause_over(void *arg) {
    (void)arg; /* the turn that follows reads again */
}

/* Tell the host, and ask again later: what is refused now may be allowed then. */
static void fail(struct bqi_queue_events *events, const struct bqi_error *error) {
    bqi_queue_events_error(events, error);
    events->unsure = 1;
    bqi_timer_start(&events->pause, &events->client->loop, PAUSE_AFTER_ERROR_MS, on_pause_over,
                    events);
}

/* A lost connection comes back by itself; only refusals are for the host. */
static int is_refusal(const struct bqi_error *error) {
    return error->code == BQ_ERR_REDIS_ERROR || error->code == BQ_ERR_OUT_OF_MEMORY;
}

/* ---- looking ---- */

static void on_look(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct bqi_queue_events *events = ((struct bqi_reader_command *)command)->events;
    events->looking = 0;
    if (!events->placed)
        bqi_blocking_ended(&events->blocking);
    if (events->closed)
        return;
    if (!error || strstr(error->message, "no such key"))
        bqi_queue_events_check_place(events, error ? NULL : reply);
    else if (!events->placed && is_refusal(error))
        fail(events, error);
}

static void submit_look(struct bqi_queue_events *events) {
    struct bqi_words words;
    bqi_words_init(&words);
    bqi_words_text(&words, "XINFO");
    bqi_words_text(&words, "STREAM");
    bqi_words_key(&words, &events->queue->keys, BQI_KEY_EVENTS);
    events->look.base.done = on_look;
    events->look.base.patience = BQI_DIES_WITH_CONNECTION;
    events->looking = 1;
    events->unsure = 0;
    if (events->placed)
        bqi_connection_submit_words(events->blocking.connection, &words, &events->look.base);
    else
        bqi_blocking_submit(&events->blocking, &words, &events->look.base, LOOK_LIMIT_MS);
}

/* ---- reading ---- */

static size_t size_of(const redisReply *fields) {
    size_t size = 1;
    for (size_t i = 0; i < fields->elements; i++)
        size += fields->element[i]->len;
    return size;
}

/* Returns -1 if the entry, and so the answer, has another shape than those of XREAD. */
static int take_entry(struct bqi_queue_events *events, const redisReply *entry, size_t *size) {
    struct bqi_stream_id id;
    struct bqi_error error;
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 || !entry->element[0]->str ||
        bqi_stream_id_parse(entry->element[0]->str, &id) != 0)
        return -1;
    if (bqi_queue_events_deliver(events, entry->element[0]->str, entry->element[1]) != 0) {
        bqi_error_set(&error, BQ_ERR_OUT_OF_MEMORY,
                      "Out of memory for a queue event; it is read again later.");
        fail(events, &error);
        return 0;
    }
    events->place = id;
    events->given = 0;
    *size += size_of(entry->element[1]);
    return 0;
}

static int take_entries(struct bqi_queue_events *events, const redisReply *entries) {
    size_t size = 0;
    for (size_t i = 0; i < entries->elements; i++) {
        if (take_entry(events, entries->element[i], &size) != 0)
            return -1;
        if (bqi_timer_is_active(&events->pause))
            return 0;
    }
    if ((long long)entries->elements >= events->per_read)
        events->unsure =
            1; /* there is more, and the stream may be trimmed faster than it is read */
    long long count =
        (long long)(READ_BYTES / (size / (entries->elements ? entries->elements : 1) + 1));
    events->per_read = count < 1 ? 1 : count > MOST_PER_READ ? MOST_PER_READ : count;
    return 0;
}

/* [[key, entries]], or nil when the time is over. */
static int take_answer(struct bqi_queue_events *events, const redisReply *reply) {
    if (reply->type == REDIS_REPLY_NIL)
        return 0;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1)
        return -1;
    const redisReply *stream = reply->element[0];
    if (stream->type != REDIS_REPLY_ARRAY || stream->elements != 2 ||
        stream->element[1]->type != REDIS_REPLY_ARRAY)
        return -1;
    return take_entries(events, stream->element[1]);
}

static void on_read(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    struct bqi_queue_events *events = ((struct bqi_reader_command *)command)->events;
    struct bqi_error unexpected;
    bqi_blocking_ended(&events->blocking);
    if (events->closed)
        return;
    if (error && is_refusal(error))
        fail(events, error);
    if (error || take_answer(events, reply) == 0)
        return;
    bqi_error_set(&unexpected, BQ_ERR_UNEXPECTED_REPLY,
                  "The answer to XREAD has a shape that Redis streams do not have.");
    fail(events, &unexpected);
}

static void submit_read(struct bqi_queue_events *events) {
    char place[BQI_STREAM_ID_SIZE];
    struct bqi_words words;
    bqi_words_init(&words);
    bqi_words_text(&words, "XREAD");
    bqi_words_text(&words, "COUNT");
    bqi_words_int(&words, events->per_read);
    bqi_words_text(&words, "BLOCK");
    bqi_words_int(&words, events->blocking_timeout);
    bqi_words_text(&words, "STREAMS");
    bqi_words_key(&words, &events->queue->keys, BQI_KEY_EVENTS);
    bqi_words_text(&words, bqi_stream_id_format(events->place, place));
    events->read.base.done = on_read;
    bqi_blocking_submit(&events->blocking, &words, &events->read.base, events->blocking_timeout);
}

static void tell_ready(struct bqi_queue_events *events) {
    if (events->ready_told)
        return;
    events->ready_told = 1;
    struct bqi_record event = bqi_outbox_begin(&events->client->outbox, BQ_EV_READY, events->id);
    bqi_record_end(&event);
    bqi_waits_ask(events);
}

void bqi_queue_events_turn(struct bqi_queue_events *events) {
    if (events->closed || events->looking || events->blocking.waiting ||
        bqi_timer_is_active(&events->pause) || !bqi_blocking_is_ready(&events->blocking) ||
        !bqi_outbox_has_room(&events->client->outbox))
        return;
    /* Both leave in one write, so that nothing is trimmed between the look and the read. */
    if (events->unsure || !events->placed)
        submit_look(events);
    if (!events->placed)
        return;
    submit_read(events);
    tell_ready(events);
}
