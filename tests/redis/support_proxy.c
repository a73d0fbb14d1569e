#include "support_cmocka.h"

#include "support_proxy.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST_PAIRS = 64, TICK_MS = 2, WAIT_MS = 15000, TO_CLIENT = 0, TO_SERVER = 1 };

struct pair {
    int client, server; /* -1: ended */
    int silent;
};

struct proxy {
    char path[96];
    char server_path[96];
    int listener;
    pthread_t thread;
    pthread_mutex_t lock; /* all below */
    struct pair pairs[MOST_PAIRS];
    int count;
    int holding;
    int ending;
};

static struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.*s", (int)sizeof address.sun_path - 1,
             path);
    return address;
}

static void end_pair(struct pair *pair) {
    if (pair->client >= 0)
        close(pair->client);
    if (pair->server >= 0)
        close(pair->server);
    pair->client = pair->server = -1;
}

static void accept_pair(struct proxy *proxy) {
    struct sockaddr_un address = address_of(proxy->server_path);
    int client = accept(proxy->listener, NULL, NULL);
    if (client < 0 || proxy->count == MOST_PAIRS)
        return;
    struct pair *pair = &proxy->pairs[proxy->count++];
    *pair = (struct pair){client, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 0};
    if (connect(pair->server, (struct sockaddr *)&address, sizeof address) != 0)
        end_pair(pair);
}

static void relay(struct pair *pair, int direction) {
    char bytes[65536];
    int from = direction == TO_CLIENT ? pair->server : pair->client;
    int to = direction == TO_CLIENT ? pair->client : pair->server;
    ssize_t n = recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    for (ssize_t sent = 0; n > 0 && sent < n;) {
        ssize_t part = send(to, bytes + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (part < 0)
            n = -1;
        else
            sent += part;
    }
    if (n <= 0)
        end_pair(pair);
}

/* Short turns, so that what the test commands is seen soon. */
static void *run(void *arg) {
    struct proxy *proxy = arg;
    for (int ending = 0; !ending;) {
        struct pollfd readable = {proxy->listener, POLLIN, 0};
        if (poll(&readable, 1, TICK_MS) > 0) {
            pthread_mutex_lock(&proxy->lock);
            accept_pair(proxy);
            pthread_mutex_unlock(&proxy->lock);
        }
        pthread_mutex_lock(&proxy->lock);
        for (int i = 0; i < proxy->count; i++) {
            struct pair *pair = &proxy->pairs[i];
            if (pair->client >= 0 && !pair->silent)
                relay(pair, TO_SERVER);
            if (pair->client >= 0 && !pair->silent && !proxy->holding)
                relay(pair, TO_CLIENT);
        }
        ending = proxy->ending;
        pthread_mutex_unlock(&proxy->lock);
    }
    return NULL;
}

struct proxy *proxy_start(struct server *server) {
    struct proxy *proxy = calloc(1, sizeof *proxy);
    assert_non_null(proxy);
    snprintf(proxy->server_path, sizeof proxy->server_path, "%s", server->path);
    snprintf(proxy->path, sizeof proxy->path, "%s/proxy.sock", server->directory);
    struct sockaddr_un address = address_of(proxy->path);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(proxy->listener, (struct sockaddr *)&address, sizeof address), errno);
    assert_return_code(listen(proxy->listener, 16), errno);
    pthread_mutex_init(&proxy->lock, NULL);
    assert_int_equal(pthread_create(&proxy->thread, NULL, run, proxy), 0);
    return proxy;
}

void proxy_stop(struct proxy *proxy) {
    pthread_mutex_lock(&proxy->lock);
    proxy->ending = 1;
    pthread_mutex_unlock(&proxy->lock);
    pthread_join(proxy->thread, NULL);
    for (int i = 0; i < proxy->count; i++)
        end_pair(&proxy->pairs[i]);
    close(proxy->listener);
    unlink(proxy->path);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}

const char *proxy_path(const struct proxy *proxy) {
    return proxy->path;
}

int proxy_accepted(struct proxy *proxy) {
    pthread_mutex_lock(&proxy->lock);
    int count = proxy->count;
    pthread_mutex_unlock(&proxy->lock);
    return count;
}

void proxy_wait_accepted(struct proxy *proxy, int count) {
    for (int waited = 0; proxy_accepted(proxy) < count; waited += TICK_MS) {
        if (waited > WAIT_MS)
            fail_msg("%d connections came, not %d", proxy_accepted(proxy), count);
        poll(NULL, 0, TICK_MS);
    }
}

void proxy_silence(struct proxy *proxy, int connection) {
    pthread_mutex_lock(&proxy->lock);
    proxy->pairs[connection].silent = 1;
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_hold_replies(struct proxy *proxy, int on) {
    pthread_mutex_lock(&proxy->lock);
    proxy->holding = on;
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_cut(struct proxy *proxy) {
    pthread_mutex_lock(&proxy->lock);
    for (int i = 0; i < proxy->count; i++)
        end_pair(&proxy->pairs[i]);
    pthread_mutex_unlock(&proxy->lock);
}
