/* One attempt at a stream to the server: name lookup, connect, RESP in and bytes out. It is used
 * once and dropped; its memory goes when libuv has closed its handle, so dropping it from within
 * its own callbacks is safe. */
#ifndef BQI_SOCKET_H
#define BQI_SOCKET_H

#include <hiredis/hiredis.h>
#include <uv.h>

#include "buffer.h"
#include "server_options.h"

struct bqi_socket;

struct bqi_socket_events {
    void (*connected)(void *arg);
    void (*reply)(void *arg, redisReply *reply); /* borrowed */
    void (*gone)(void *arg, int protocol_error, const char *why);
};

/* NULL: out of memory. No event comes from within this call. */
struct bqi_socket *bqi_socket_open(uv_loop_t *loop, const struct bqi_server_options *options,
                                   const struct bqi_socket_events *events, void *arg);

/* Take over the bytes in `out` (which becomes empty) and write them. */
void bqi_socket_write(struct bqi_socket *socket, struct bqi_buffer *out);

/* Once per loop turn: a turn reads a limited amount. */
void bqi_socket_read_on(struct bqi_socket *socket);

/* Close; no event comes any more. */
void bqi_socket_drop(struct bqi_socket *socket);

#endif
