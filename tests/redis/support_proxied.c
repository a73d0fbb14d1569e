#include "support_proxied.h"

#include <stdio.h>

struct proxy *proxy;

int open_proxied(const char *queue_options) {
    char options[256];
    proxy = proxy_start(server);
    snprintf(options, sizeof options, "{\"connection.path\":\"%s\"}", proxy_path(proxy));
    host = host_open_with(options);
    queue = host_queue(host, "q", queue_options);
    return 0;
}

int open_through_proxy(void **state) {
    (void)state;
    server_flush(server);
    load_scripts();
    return open_proxied(NULL);
}

int close_proxy(void **state) {
    close_queue(state);
    proxy_stop(proxy);
    return 0;
}
