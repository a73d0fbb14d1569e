/* A host of the library, as a binding is one: a client, and a log of the events it has taken. Tests
 * wait here for events with a deadline; one that does not come fails the test and shows what did.
 */
#ifndef SUPPORT_HOST_H
#define SUPPORT_HOST_H

#include "bq/bq_easy.h"
#include "support_server.h"

struct event {
    int type;
    bq_id id;
    int seen; /* a wait has returned it */
    bq_record record;
};

struct host {
    struct server *server; /* NULL: none */
    bq_client *client;
    struct event **events;
    size_t count;
    size_t room;
    size_t unseen;      /* all before it are seen */
    bq_batch **batches; /* what the records point into */
    size_t batch_count;
    char texts[8][4096]; /* what event_text has lent out */
    int next_text;
};

/* A client of that server's unix socket, with more options as the members of a JSON object
 * ("\"maxPendingCommands\":1"), or NULL. */
struct host *host_open(struct server *server, const char *members);
/* A client with just these options, as a JSON object. */
struct host *host_open_with(const char *options);
/* Frees the client in whatever state it is. */
void host_free(struct host *host);
/* Closes it in order first, with a second of grace. */
void host_close(struct host *host);

/* Opened and told ready. `options` is a JSON object or NULL. */
bq_id host_queue(struct host *host, const char *name, const char *options);
bq_id host_worker(struct host *host, bq_id queue, const char *options, int credit);
bq_id host_events(struct host *host, bq_id queue, const char *options);

/* Opened only. */
bq_id host_queue_begin(struct host *host, const char *name, const char *options);
bq_id host_worker_begin(struct host *host, bq_id queue, const char *options);
bq_id host_events_begin(struct host *host, bq_id queue, const char *options);

/* The first event of this type and id (0: any) that no wait has returned, waiting for it for at
 * most `ms`; NULL if it did not come. */
const struct event *host_try(struct host *host, int type, bq_id id, int ms);
/* The same with plenty of time; it must come. */
const struct event *host_wait(struct host *host, int type, bq_id id);

/* The answer to an operation: it must succeed, or fail with that code. */
const struct event *host_reply(struct host *host, bq_id operation);
const struct event *host_error(struct host *host, bq_id operation, int code);
/* Either of them. */
const struct event *host_answer(struct host *host, bq_id operation);

/* An event without an operation: the first ERROR with that code. */
const struct event *host_error_event(struct host *host, int code);

/* How many events of this type and id (0: any) were taken so far, returned by a wait or not. */
int host_count(struct host *host, int type, bq_id id);

/* Take what waits, without waiting. */
void host_pump(struct host *host);

/* Commands that must succeed. */
const char *host_add(struct host *host, bq_id queue, const char *data, const char *opts);
void host_done(struct host *host, const struct event *job, const char *result);
/* The outcome's name. */
const char *host_fail(struct host *host, const struct event *job, const char *failure);

/* Fields; a text is borrowed for the next few calls, "" when the field is absent. */
const char *event_text(struct host *host, const struct event *event, int tag);
int64_t event_integer(const struct event *event, int tag);
double event_float(const struct event *event, int tag);

int64_t clock_ms(void); /* monotonic */

#endif
