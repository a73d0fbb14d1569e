/* Where and how to connect: the client's "connection" options, read once. */
#ifndef BQI_SERVER_OPTIONS_H
#define BQI_SERVER_OPTIONS_H

#include <stdint.h>

#include "conf.h"

struct bqi_server_options {
    char *host;
    char *path; /* unix socket; NULL: TCP */
    char *username;
    char *password;
    char *connection_name;
    int port;
    int db;
    int64_t connect_timeout;
    int64_t command_timeout; /* -1: none */
    int64_t keep_alive;
    int64_t max_retries; /* -1: no limit */
    int offline_queue;
};

int bqi_server_options_read(struct bqi_server_options *options, const bq_conf *conf);
void bqi_server_options_free(struct bqi_server_options *options);

/* "127.0.0.1:6379" or the socket's path, for messages. */
const char *bqi_server_address(const struct bqi_server_options *options, char *out, size_t size);

#endif
