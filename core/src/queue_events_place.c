/* Whether the stream still holds what follows the reader's place. */
#include <string.h>

#include "queue_events.h"

/* What XINFO STREAM tells. */
struct stream {
    struct bqi_stream_id first; /* 0-0: the stream is empty */
    struct bqi_stream_id last;  /* that it ever had */
    long long length;
    long long added; /* over all time; -1: this server does not tell (before Redis 7) */
};

static void read_first(const redisReply *entry, struct bqi_stream_id *first) {
    if (entry->type == REDIS_REPLY_ARRAY && entry->elements == 2 && entry->element[0]->str)
        bqi_stream_id_parse(entry->element[0]->str, first);
}

static struct stream read_info(const redisReply *info) {
    struct stream stream = {{0, 0}, {0, 0}, 0, info ? -1 : 0};
    for (size_t i = 0; info && i + 1 < info->elements; i += 2) {
        const char *name = info->element[i]->str;
        const redisReply *value = info->element[i + 1];
        if (!name)
            continue;
        if (strcmp(name, "length") == 0)
            stream.length = value->integer;
        else if (strcmp(name, "entries-added") == 0)
            stream.added = value->integer;
        else if (strcmp(name, "last-generated-id") == 0 && value->str)
            bqi_stream_id_parse(value->str, &stream.last);
        else if (strcmp(name, "first-entry") == 0)
            read_first(value, &stream.first);
    }
    return stream;
}

static int is_start(struct bqi_stream_id id) {
    return id.ms == 0 && id.sequence == 0;
}

/* Entries after the place may be gone: the one at the place is, and not because there never was
 * one. Trimming takes whole blocks, so it may have ended just there; only those who were lost could
 * tell. */
static int is_trimmed_beyond(const struct bqi_queue_events *events, const struct stream *stream) {
    if (!bqi_stream_id_is_after(stream->first, events->place))
        return 0;
    if (is_start(events->place) && events->given) /* all that is there was asked for */
        return 0;
    return stream->added < 0 ? !is_start(events->place) : stream->added > stream->length;
}

static void tell_missed(struct bqi_queue_events *events, const char *what) {
    struct bqi_error error;
    char place[BQI_STREAM_ID_SIZE];
    bqi_error_set(&error, BQ_ERR_EVENTS_MISSED,
                  "Events of the queue \"%.200s\" after %s may have been missed: %s. A reader that "
                  "is away, or slow, needs a larger streams.events.maxLen.",
                  events->queue->name, bqi_stream_id_format(events->place, place), what);
    bqi_queue_events_error(events, &error);
    bqi_waits_ask(events);
}

void bqi_queue_events_check_place(struct bqi_queue_events *events, const redisReply *info) {
    struct stream stream = read_info(info);
    if (!events->placed) {
        events->place = stream.last;
        events->placed = 1;
    } else if (!events->given && bqi_stream_id_is_after(events->place, stream.last)) {
        /* It was deleted, or the server lost its newest data. Reading on from a place that is still
         * to come would pass over what is added until then. */
        tell_missed(events, "the stream was deleted or set back");
        events->place = stream.last;
    } else if (is_trimmed_beyond(events, &stream)) {
        tell_missed(events, "the stream was trimmed beyond that");
    }
}
