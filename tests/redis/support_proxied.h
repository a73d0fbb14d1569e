/* The fixture of support_fixture.h with a proxy between the host and its server. */
#ifndef SUPPORT_PROXIED_H
#define SUPPORT_PROXIED_H

#include "support_fixture.h"
#include "support_proxy.h"

extern struct proxy *proxy;

int open_through_proxy(void **state); /* of a test; every script is loaded */
int close_proxy(void **state);

/* Begins with what the database has; `queue_options` is JSON or NULL. */
int open_proxied(const char *queue_options);

#define THROUGH_PROXY(test) cmocka_unit_test_setup_teardown(test, open_through_proxy, close_proxy)

#endif
