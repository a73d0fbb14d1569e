#include "outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

#include "alloc.h"
#include "client.h"
#include "utf8.h"

/* Bytes of untaken events beyond which no more queue events are asked for. */
enum { ROOM = 4 * 1024 * 1024 };

struct bq_batch {
    struct bqi_buffer bytes;
};

#ifdef __linux__
static int open_signal(struct bqi_outbox *outbox) {
    outbox->read_fd = outbox->write_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return outbox->read_fd < 0 ? -1 : 0;
}
#else
static int open_signal(struct bqi_outbox *outbox) {
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    outbox->read_fd = ends[0];
    outbox->write_fd = ends[1];
    return 0;
}
#endif

static void raise_signal(struct bqi_outbox *outbox) {
    uint64_t one = 1;
    ssize_t n;
    if (outbox->signalled)
        return;
    do
        n = write(outbox->write_fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    outbox->signalled = 1;
}

static void lower_signal(struct bqi_outbox *outbox) {
    uint64_t value;
    ssize_t n;
    if (!outbox->signalled)
        return;
    do
        n = read(outbox->read_fd, &value, sizeof value);
    while (n < 0 && errno == EINTR);
    outbox->signalled = 0;
}

int bqi_outbox_init(struct bqi_outbox *outbox) {
    memset(outbox, 0, sizeof *outbox);
    if (open_signal(outbox) != 0)
        return -1;
    pthread_mutex_init(&outbox->lock, NULL);
    return 0;
}

void bqi_outbox_destroy(struct bqi_outbox *outbox) {
    close(outbox->read_fd);
    if (outbox->write_fd != outbox->read_fd)
        close(outbox->write_fd);
    pthread_mutex_destroy(&outbox->lock);
    bqi_buffer_free(&outbox->written);
    bqi_buffer_free(&outbox->visible);
}

struct bqi_record bqi_outbox_begin(struct bqi_outbox *outbox, int type, bq_id id) {
    return bqi_record_begin(&outbox->written, type, id);
}

int bqi_outbox_append(struct bqi_outbox *outbox, const struct bqi_buffer *events) {
    char *room = bqi_buffer_extend(&outbox->written, events->length);
    if (room)
        memcpy(room, events->data, events->length);
    else
        outbox->written.failed = 0; /* what is there is whole */
    return room ? 0 : -1;
}

void bqi_outbox_error(struct bqi_outbox *outbox, bq_id id, const struct bqi_error *error,
                      const char *job_id) {
    bqi_record_error(&outbox->written, id, error, job_id);
}

void bqi_outbox_error_text(struct bqi_outbox *outbox, bq_id id, int code, const char *message,
                           size_t len, const char *job_id) {
    char *mended = bqi_strndup(message, len);
    if (mended)
        bqi_utf8_mend(mended, len);
    bqi_record_error_text(&outbox->written, id, code, mended ? mended : "Out of memory.",
                          mended ? len : strlen("Out of memory."), job_id);
    bqi_free(mended);
}

int bqi_outbox_has_room(struct bqi_outbox *outbox) {
    pthread_mutex_lock(&outbox->lock);
    int room = outbox->visible.length + outbox->written.length < ROOM;
    if (!room)
        outbox->room_wanted = 1;
    pthread_mutex_unlock(&outbox->lock);
    return room;
}

void bqi_outbox_publish(struct bqi_outbox *outbox) {
    if (outbox->written.length == 0)
        return;
    pthread_mutex_lock(&outbox->lock);
    if (outbox->visible.length == 0) {
        struct bqi_buffer empty = outbox->visible;
        outbox->visible = outbox->written;
        outbox->written = empty;
    } else {
        bqi_buffer_append(&outbox->visible, outbox->written.data, outbox->written.length);
    }
    if (outbox->visible.failed) /* keep the events for the next turn */
        outbox->visible.failed = 0;
    else
        bqi_buffer_clear(&outbox->written);
    raise_signal(outbox);
    pthread_mutex_unlock(&outbox->lock);
}

static uint32_t get32(const char *at) {
    const unsigned char *b = (const unsigned char *)at;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bq_id get_id(const char *record) {
    return (bq_id)((uint64_t)get32(record + 8) | (uint64_t)get32(record + 12) << 32);
}

static int get_type(const char *record) {
    return (int)(get32(record + 4) & 0xffff);
}

static void withdraw_from(struct bqi_buffer *buffer, int (*choose)(void *, int, bq_id), void *arg) {
    size_t kept = 0;
    for (size_t at = 0; at < buffer->length;) {
        size_t len = get32(buffer->data + at);
        if (!choose(arg, get_type(buffer->data + at), get_id(buffer->data + at))) {
            memmove(buffer->data + kept, buffer->data + at, len);
            kept += len;
        }
        at += len;
    }
    buffer->length = kept;
}

void bqi_outbox_withdraw(struct bqi_outbox *outbox, int (*choose)(void *arg, int type, bq_id id),
                         void *arg) {
    withdraw_from(&outbox->written, choose, arg);
    pthread_mutex_lock(&outbox->lock);
    withdraw_from(&outbox->visible, choose, arg);
    if (outbox->visible.length == 0)
        lower_signal(outbox);
    pthread_mutex_unlock(&outbox->lock);
}

/* Move the first `max` records to `batch`. */
static void split(struct bqi_buffer *visible, struct bqi_buffer *batch, int32_t max) {
    size_t at = 0;
    while (max-- > 0 && at < visible->length)
        at += get32(visible->data + at);
    if (at == visible->length) {
        *batch = *visible;
        memset(visible, 0, sizeof *visible);
        return;
    }
    bqi_buffer_append(batch, visible->data, at);
    if (batch->failed)
        return;
    memmove(visible->data, visible->data + at, visible->length - at);
    visible->length -= at;
}

bq_batch *bq_take(bq_client *client, int32_t max) {
    if (!client || bqi_client_is_forked(client))
        return NULL;
    struct bqi_outbox *outbox = bqi_client_outbox(client);
    bq_batch *batch = bqi_calloc(sizeof *batch);
    if (!batch)
        return NULL;
    pthread_mutex_lock(&outbox->lock);
    if (outbox->visible.length)
        split(&outbox->visible, &batch->bytes, max > 0 ? max : INT32_MAX);
    if (outbox->visible.length == 0)
        lower_signal(outbox);
    int is_awaited = outbox->room_wanted && outbox->visible.length <= ROOM / 2;
    if (is_awaited)
        outbox->room_wanted = 0;
    pthread_mutex_unlock(&outbox->lock);
    if (is_awaited)
        bqi_inbox_wake(&client->inbox);
    if (batch->bytes.length)
        return batch;
    bq_batch_free(batch);
    return NULL;
}

int bq_wait(bq_client *client, int32_t timeout_ms) {
    if (!client)
        return BQ_EINVAL;
    if (bqi_client_is_forked(client))
        return BQ_EFORKED;
    struct pollfd readable = {bqi_client_outbox(client)->read_fd, POLLIN, 0};
    uint64_t started = uv_hrtime() / 1000000;
    for (;;) {
        int64_t passed = (int64_t)(uv_hrtime() / 1000000 - started);
        int64_t left = timeout_ms < 0 ? -1 : passed < timeout_ms ? timeout_ms - passed : 0;
        int n = poll(&readable, 1, (int)left);
        if (n >= 0 || errno != EINTR)
            return n > 0 ? 1 : 0;
    }
}

int bq_client_fd(const bq_client *client) {
    if (!client)
        return BQ_EINVAL;
    if (bqi_client_is_forked(client))
        return BQ_EFORKED;
    return bqi_client_outbox((bq_client *)client)->read_fd;
}

bq_batch *bqi_batch_new(struct bqi_buffer *bytes) {
    bq_batch *batch = bytes->length ? bqi_calloc(sizeof *batch) : NULL;
    if (batch)
        batch->bytes = *bytes;
    else
        bqi_buffer_free(bytes);
    return batch;
}

bq_bytes bq_batch_bytes(const bq_batch *batch) {
    bq_bytes bytes = {NULL, 0};
    if (batch) {
        bytes.ptr = batch->bytes.data;
        bytes.len = batch->bytes.length;
    }
    return bytes;
}

void bq_batch_free(bq_batch *batch) {
    if (!batch)
        return;
    bqi_buffer_free(&batch->bytes);
    bqi_free(batch);
}
