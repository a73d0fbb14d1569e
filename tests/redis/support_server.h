/* A Redis of the test's own: a private temporary directory, a unix socket and a free port. It is
 * killed by its pid when it is stopped, when the program ends however it ends, and when the program
 * dies. */
#ifndef SUPPORT_SERVER_H
#define SUPPORT_SERVER_H

#include <hiredis/hiredis.h>
#include <sys/types.h>

struct server {
    pid_t pid;
    int port;
    char directory[64];
    char path[96]; /* of the unix socket */
    char options[8][64];
    int option_count;
    redisContext *redis; /* to look at what the library did */
};

/* Start with more words of the command line; the list ends with NULL, and may be NULL. */
struct server *server_start(const char *const *options);
void server_stop(struct server *server);

/* SIGKILL, as a crash; and start again on the same directory and addresses. */
void server_crash(struct server *server);
void server_restart(struct server *server);

/* SIGSTOP: alive and silent. */
void server_freeze(struct server *server);
void server_thaw(struct server *server);

/* Empty, with all counts at zero. */
void server_flush(struct server *server);

/* Run a command. The reply is of the type asked for, or the test fails. */
long long server_integer(struct server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Borrowed until the next call; NULL for nil. */
const char *server_text(struct server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Run a command for its effect. */
void server_do(struct server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
redisReply *server_reply(struct server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Calls of a command that INFO commandstats counts, for example "evalsha". */
long long server_calls(struct server *server, const char *command);

/* The number after `name` in INFO, for example "connected_clients". */
long long server_info(struct server *server, const char *name);

/* A TCP port on which nothing listens. */
int free_port(void);

#endif
