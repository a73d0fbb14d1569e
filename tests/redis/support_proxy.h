/* A relay between clients and a server, on a unix socket of its own, that can go wrong on command:
 * hold back what the server says, fall silent on one connection, or cut all of them. */
#ifndef SUPPORT_PROXY_H
#define SUPPORT_PROXY_H

#include "support_server.h"

struct proxy;

struct proxy *proxy_start(struct server *server);
void proxy_stop(struct proxy *proxy);
const char *proxy_path(const struct proxy *proxy);

/* How many connections came so far; and wait until there are that many. */
int proxy_accepted(struct proxy *proxy);
void proxy_wait_accepted(struct proxy *proxy, int count);

/* Nothing passes the n-th connection (from 0) any more, in neither direction. */
void proxy_silence(struct proxy *proxy, int connection);

/* Requests pass, answers do not. */
void proxy_hold_replies(struct proxy *proxy, int on);

/* End every connection; new ones are taken. */
void proxy_cut(struct proxy *proxy);

#endif
