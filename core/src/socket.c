#include "socket.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"

/* What a turn of the loop reads of one connection. A server that has answered many commands at once
 * is idle until it gets the next ones: the sooner the first answers are through, the better. */
enum { READ_SIZE = 8 * 1024 };

/* Separate from the socket, because one socket may try several addresses and the handle of a failed
 * try is still closing when the next begins. */
union stream_handle {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

struct bqi_socket {
    union stream_handle *uv;
    int dropped;
    int references; /* requests in flight that point here, plus 1 while not dropped */
    uv_loop_t *loop;
    const struct bqi_server_options *options;
    const struct bqi_socket_events *events;
    void *arg;
    redisReader *reader;
    uv_getaddrinfo_t lookup;
    struct addrinfo *addresses;
    struct addrinfo *address;        /* the one being tried */
    struct sockaddr_storage literal; /* of a host that is an address */
    uv_connect_t connect;
    uv_write_t write;
    int writing;
    int paused;                  /* reading, until the next turn */
    struct bqi_buffer in_flight; /* what libuv writes now */
    struct bqi_buffer queued;    /* what follows it */
    char read_buffer[READ_SIZE];
};

static void release(struct bqi_socket *socket) {
    if (--socket->references > 0)
        return;
    if (socket->addresses)
        uv_freeaddrinfo(socket->addresses);
    if (socket->reader)
        redisReaderFree(socket->reader);
    bqi_buffer_free(&socket->in_flight);
    bqi_buffer_free(&socket->queued);
    bqi_free(socket);
}

static void on_handle_closed(uv_handle_t *handle) {
    struct bqi_socket *socket = handle->data;
    bqi_free(handle);
    release(socket);
}

static void close_handle(struct bqi_socket *socket) {
    if (!socket->uv)
        return;
    socket->references++;
    uv_close(&socket->uv->handle, on_handle_closed);
    socket->uv = NULL;
}

static int open_handle(struct bqi_socket *socket) {
    socket->uv = bqi_malloc(sizeof *socket->uv);
    if (!socket->uv)
        return UV_ENOMEM;
    if (socket->options->path)
        uv_pipe_init(socket->loop, &socket->uv->pipe, 0);
    else
        uv_tcp_init(socket->loop, &socket->uv->tcp);
    socket->uv->handle.data = socket;
    return 0;
}

void bqi_socket_drop(struct bqi_socket *socket) {
    if (!socket || socket->dropped)
        return;
    socket->dropped = 1;
    if (socket->lookup.data)
        uv_cancel((uv_req_t *)&socket->lookup);
    close_handle(socket);
    release(socket);
}

static void gone(struct bqi_socket *socket, int protocol_error, const char *why) {
    if (!socket->dropped)
        socket->events->gone(socket->arg, protocol_error, why);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    struct bqi_socket *socket = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(socket->read_buffer, READ_SIZE);
}

static void deliver_replies(struct bqi_socket *socket) {
    while (!socket->dropped) {
        void *reply = NULL;
        if (redisReaderGetReply(socket->reader, &reply) != REDIS_OK) {
            char why[256];
            snprintf(why, sizeof why, "the server does not answer as Redis does (%s)",
                     socket->reader->errstr);
            gone(socket, 1, why);
            return;
        }
        if (!reply)
            return;
        socket->events->reply(socket->arg, reply);
        freeReplyObject(reply);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    struct bqi_socket *socket = stream->data;
    if (n == 0 || socket->dropped)
        return;
    if (n < 0) {
        gone(socket, 0, n == UV_EOF ? "the server closed the connection" : uv_strerror((int)n));
        return;
    }
    if (n == READ_SIZE) { /* libuv would read on at once */
        uv_read_stop(stream);
        socket->paused = 1;
    }
    socket->references++; /* a callback may drop the socket while its reader is in use */
    if (redisReaderFeed(socket->reader, buffer->base, (size_t)n) == REDIS_OK)
        deliver_replies(socket);
    else
        gone(socket, 0, "out of memory");
    release(socket);
}

void bqi_socket_read_on(struct bqi_socket *socket) {
    if (!socket->paused || socket->dropped)
        return;
    socket->paused = 0;
    int status = uv_read_start(&socket->uv->stream, on_alloc, on_read);
    if (status != 0)
        gone(socket, 0, uv_strerror(status));
}

/* ---- writing ---- */

static void start_write(struct bqi_socket *socket);

static void on_written(uv_write_t *request, int status) {
    struct bqi_socket *socket = request->data;
    socket->writing = 0;
    bqi_buffer_clear(&socket->in_flight);
    if (status != 0)
        gone(socket, 0, uv_strerror(status));
    else if (!socket->dropped)
        start_write(socket);
    release(socket);
}

static void start_write(struct bqi_socket *socket) {
    struct bqi_buffer empty = socket->in_flight;
    if (socket->queued.length == 0)
        return;
    socket->in_flight = socket->queued;
    socket->queued = empty;
    uv_buf_t bytes = uv_buf_init(socket->in_flight.data, (unsigned)socket->in_flight.length);
    int sent = uv_try_write(&socket->uv->stream, &bytes, 1);
    if (sent == (int)socket->in_flight.length) {
        bqi_buffer_clear(&socket->in_flight);
        return;
    }
    if (sent > 0)
        bytes = uv_buf_init(bytes.base + sent, bytes.len - (unsigned)sent);
    socket->write.data = socket;
    socket->writing = 1;
    socket->references++;
    int status = uv_write(&socket->write, &socket->uv->stream, &bytes, 1, on_written);
    if (status == 0)
        return;
    socket->writing = 0;
    gone(socket, 0, uv_strerror(status));
    release(socket);
}

void bqi_socket_write(struct bqi_socket *socket, struct bqi_buffer *out) {
    if (socket->queued.length == 0) {
        struct bqi_buffer empty = socket->queued;
        socket->queued = *out;
        *out = empty;
    } else {
        bqi_buffer_append(&socket->queued, out->data, out->length);
        bqi_buffer_clear(out);
    }
    if (socket->queued.failed)
        gone(socket, 0, "out of memory");
    else if (!socket->writing)
        start_write(socket);
}

/* ---- connecting ---- */

static void try_address(struct bqi_socket *socket);

static void connect_failed(struct bqi_socket *socket, int status) {
    char why[512];
    char address[300];
    if (socket->address && socket->address->ai_next) {
        socket->address = socket->address->ai_next;
        close_handle(socket);
        try_address(socket);
        return;
    }
    snprintf(why, sizeof why, "connect %s %s", uv_err_name(status),
             bqi_server_address(socket->options, address, sizeof address));
    gone(socket, 0, why);
}

static void on_connected(uv_connect_t *request, int status) {
    struct bqi_socket *socket = request->data;
    if (!socket->dropped && status != UV_ECANCELED) {
        if (status == 0)
            status = uv_read_start(&socket->uv->stream, on_alloc, on_read);
        if (status != 0)
            connect_failed(socket, status);
        else
            socket->events->connected(socket->arg);
    }
    release(socket);
}

static void connect_path(struct bqi_socket *socket) {
    if (open_handle(socket) != 0)
        return;
    socket->connect.data = socket;
    socket->references++;
    uv_pipe_connect(&socket->connect, &socket->uv->pipe, socket->options->path, on_connected);
}

static int connect_tcp(struct bqi_socket *socket, const struct sockaddr *address) {
    if (open_handle(socket) != 0)
        return UV_ENOMEM;
    uv_tcp_t *tcp = &socket->uv->tcp;
    uv_tcp_nodelay(tcp, 1);
    if (socket->options->keep_alive > 0)
        uv_tcp_keepalive(tcp, 1, (unsigned)((socket->options->keep_alive + 999) / 1000));
    socket->connect.data = socket;
    socket->references++;
    int status = uv_tcp_connect(&socket->connect, tcp, address, on_connected);
    if (status != 0)
        socket->references--;
    return status;
}

static void try_address(struct bqi_socket *socket) {
    int status = connect_tcp(socket, socket->address->ai_addr);
    if (status != 0)
        connect_failed(socket, status);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses) {
    struct bqi_socket *socket = request->data;
    socket->lookup.data = NULL;
    socket->addresses = addresses;
    if (!socket->dropped && status != 0) {
        char why[512];
        snprintf(why, sizeof why, "getaddrinfo %s %s", uv_err_name(status), socket->options->host);
        gone(socket, 0, why);
    } else if (!socket->dropped) {
        socket->address = addresses;
        try_address(socket);
    }
    release(socket);
}

/* libuv looks names up in a pool of threads; an address needs none of them. */
static int connect_host(struct bqi_socket *socket) {
    const struct bqi_server_options *options = socket->options;
    struct sockaddr *literal = (struct sockaddr *)&socket->literal;
    if (uv_ip4_addr(options->host, options->port, (struct sockaddr_in *)literal) == 0 ||
        uv_ip6_addr(options->host, options->port, (struct sockaddr_in6 *)literal) == 0)
        return connect_tcp(socket, literal);
    char port[16];
    struct addrinfo hints;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    snprintf(port, sizeof port, "%d", options->port);
    socket->lookup.data = socket;
    socket->references++;
    int status =
        uv_getaddrinfo(socket->loop, &socket->lookup, on_resolved, options->host, port, &hints);
    if (status != 0) {
        socket->lookup.data = NULL;
        socket->references--;
    }
    return status;
}

struct bqi_socket *bqi_socket_open(uv_loop_t *loop, const struct bqi_server_options *options,
                                   const struct bqi_socket_events *events, void *arg) {
    struct bqi_socket *socket = bqi_calloc(sizeof *socket);
    if (!socket)
        return NULL;
    socket->references = 1;
    socket->loop = loop;
    socket->options = options;
    socket->events = events;
    socket->arg = arg;
    socket->reader = redisReaderCreate();
    int status = socket->reader ? 0 : UV_ENOMEM;
    if (status == 0 && options->path)
        connect_path(socket);
    else if (status == 0)
        status = connect_host(socket);
    if (status == 0 && (socket->uv || socket->lookup.data))
        return socket;
    bqi_socket_drop(socket);
    return NULL;
}
