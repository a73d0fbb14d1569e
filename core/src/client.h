/* The client: its I/O thread and what lives on it. Everything here but the functions marked "any
 * thread" belongs to the I/O thread. */
#ifndef BQI_CLIENT_H
#define BQI_CLIENT_H

#include <stdatomic.h>
#include <sys/types.h>
#include <uv.h>

#include "bq/bq.h"
#include "connection.h"
#include "idmap.h"
#include "inbox.h"
#include "operations.h"
#include "outbox.h"
#include "server_options.h"
#include "zone_cache.h"

struct bq_client {
    /* Set once. */
    pid_t pid;
    struct bqi_server_options server;
    int64_t max_pending;

    /* Shared between threads. */
    atomic_int_fast64_t last_id;
    atomic_int_fast64_t pending; /* calls that are not answered */
    atomic_int closing;          /* bq_client_close was called: no new calls */
    atomic_int stopping;         /* bq_client_free was called: the thread ends */
    pthread_mutex_t start_lock;
    atomic_int started;
    pthread_t thread;
    struct bqi_inbox inbox;
    struct bqi_outbox outbox;

    /* The I/O thread's. */
    uv_loop_t loop;
    uv_prepare_t turn;
    struct bqi_connection *connection;  /* all commands but the blocking ones */
    struct bqi_connection *connections; /* that one and the workers' */
    struct bqi_idmap queues;
    struct bqi_idmap workers;
    struct bqi_idmap queue_events;
    struct bqi_idmap jobs;
    struct bqi_zone_cache zones; /* of schedulers */
    int was_connected;
    int flow_scripts_loaded; /* over this connection: a flow need not bring them along */
    int shutting_down;       /* closing in order */
    int closed;
    struct bqi_operations close_operations;
    struct bqi_timer grace_timer;
};

int bqi_client_is_forked(const bq_client *client);       /* any thread */
struct bqi_outbox *bqi_client_outbox(bq_client *client); /* any thread */
bq_id bqi_client_next_id(bq_client *client);             /* any thread */

/* Any thread. Start the I/O thread if it does not run; 0 or a refusal. */
int bqi_client_start(bq_client *client);

/* Any thread. Hand a request over, `request` NULL meaning out of memory. Returns its operation id
 * or a refusal; then the request is dropped with its object. `while_closing`: allowed after
 * bq_client_close. */
bq_id bqi_client_post(bq_client *client, struct bqi_request *request, int while_closing);

/* Any thread. Hand an object over to `run`, for example a worker to add; `drop` frees it if that is
 * refused. */
bq_id bqi_client_hand_over(bq_client *client, bqi_request_run run, bq_id target, void *object,
                           void (*drop)(void *object));

/* Any thread. Ask something of a worker or a reader of queue events. */
bq_id bqi_client_steer(bq_client *client, bq_id target, bqi_request_run run, int64_t number,
                       int while_closing);

struct bqi_connection *bqi_client_connection(bq_client *client);
void bqi_client_add_connection(bq_client *client, struct bqi_connection *connection);
void bqi_client_remove_connection(bq_client *client, struct bqi_connection *connection);

/* Answer an operation. */
void bqi_client_reply(bq_client *client, bq_id operation);
void bqi_client_error(bq_client *client, bq_id operation, const struct bqi_error *error);

/* Events of a connection that every kind of connection tells the host alike. */
void bqi_client_tell_failed(bq_client *client, const struct bqi_error *error, int64_t retry_ms);

/* client_close.c */
void bqi_client_begin_close(bq_client *client, struct bqi_request *request);
void bqi_client_check_closed(bq_client *client);

#endif
