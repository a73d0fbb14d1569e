/* A connection that stays: it connects, shakes hands, sends commands in order, matches replies,
 * reloads scripts that the server has forgotten, and comes back after a loss with the commands that
 * were not answered (protocol/5 sections 6.2 to 6.6). */
#ifndef BQI_CONNECTION_H
#define BQI_CONNECTION_H

#include "bq/bq.h"
#include "command.h"
#include "server_options.h"
#include "socket.h"
#include "timer.h"

enum bqi_connection_state {
    BQI_CONNECTION_IDLE,
    BQI_CONNECTION_CONNECTING,
    BQI_CONNECTION_SHAKING_HANDS,
    BQI_CONNECTION_READY,
    BQI_CONNECTION_DOWN, /* waiting to try again */
    BQI_CONNECTION_CLOSED
};

struct bqi_connection_events {
    void (*ready)(void *arg);
    void (*lost)(void *arg, const char *why);
    /* An attempt failed; `retry_ms` is the time to the next. */
    void (*failed)(void *arg, const struct bqi_error *error, int64_t retry_ms);
    void (*warning)(void *arg, const char *message);
};

struct bqi_connection {
    struct bqi_connection *next; /* list of the client */
    uv_loop_t *loop;
    const struct bqi_server_options *options;
    const struct bqi_connection_events *events;
    void *arg;
    char *name;        /* CLIENT SETNAME; NULL: none */
    int checks_server; /* report settings of the server that endanger jobs */
    enum bqi_connection_state state;
    unsigned attempts; /* failed ones since it was last ready */
    struct bqi_error last_error;
    struct bqi_socket *socket;
    struct bqi_timer retry_timer;    /* the next attempt, or the limit on this one */
    struct bqi_timer deadline_timer; /* connection.commandTimeout */
    struct bqi_command_list sent;    /* awaiting replies, in order */
    struct bqi_command_list waiting; /* for the connection */
    struct bqi_buffer out;           /* bytes of this loop turn */
    unsigned char *script_loading;   /* per script: a SCRIPT LOAD is on its way */
    int closing;
};

/* NULL: out of memory. Copies `name`. Connects when told to. */
struct bqi_connection *bqi_connection_new(uv_loop_t *loop, const struct bqi_server_options *options,
                                          const char *name,
                                          const struct bqi_connection_events *events, void *arg);
void bqi_connection_start(struct bqi_connection *connection);

/* Send a formatted command when possible. `done` may be called before this returns only if the
 * command is refused. */
void bqi_connection_submit(struct bqi_connection *connection, struct bqi_command *command);

/* Format and send; a failure to format is answered through `done`. */
void bqi_connection_submit_words(struct bqi_connection *connection, struct bqi_words *words,
                                 struct bqi_command *command);

/* Answer with BQ_ERR_CLOSED what waits for a connection and is `droppable` by `owner`. */
void bqi_connection_drop_waiting(struct bqi_connection *connection, const void *owner);

/* Once per loop turn: everything submitted leaves in one write, and reading goes on. */
void bqi_connection_turn(struct bqi_connection *connection);

/* Drop the socket and connect anew, at once. */
void bqi_connection_reset(struct bqi_connection *connection, const char *why);

int bqi_connection_is_ready(const struct bqi_connection *connection);

/* Whether a command of others than the connection itself is on its way or waiting. */
int bqi_connection_is_busy(const struct bqi_connection *connection);

/* End: what is unanswered fails with BQ_ERR_CLOSED. The memory is the caller's until freed. */
void bqi_connection_close(struct bqi_connection *connection);
void bqi_connection_free(struct bqi_connection *connection);

/* For the handshake: past the queue of waiting commands. */
void bqi_connection_send_now(struct bqi_connection *connection, struct bqi_command *command);
void bqi_connection_handshake_done(struct bqi_connection *connection);
void bqi_connection_handshake_failed(struct bqi_connection *connection,
                                     const struct bqi_error *error);

/* connection_scripts.c: answer NOSCRIPT by loading the script and sending the command again; 0 if
 * that was done often enough. */
int bqi_script_reload_and_repeat(struct bqi_connection *connection, struct bqi_command *command);

/* connection_deadline.c: give a producer's command its time limit, if there is one. */
void bqi_deadline_watch(struct bqi_connection *connection, struct bqi_command *command);

/* Answer a command with an error of ours. */
void bqi_command_refuse(struct bqi_command *command, int code, const char *message);

/* handshake.c: AUTH, SELECT, CLIENT SETNAME, INFO in one write. */
void bqi_handshake_start(struct bqi_connection *connection);

#endif
