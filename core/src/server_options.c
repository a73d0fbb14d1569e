#include "server_options.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"

int bqi_server_options_read(struct bqi_server_options *options, const bq_conf *conf) {
    const int scope = BQ_CONF_CLIENT;
    int status = 0;
    memset(options, 0, sizeof *options);
    status |= bqi_conf_text(conf, scope, "connection.host", &options->host);
    status |= bqi_conf_text(conf, scope, "connection.path", &options->path);
    status |= bqi_conf_text(conf, scope, "connection.username", &options->username);
    status |= bqi_conf_text(conf, scope, "connection.password", &options->password);
    status |= bqi_conf_text(conf, scope, "connection.connectionName", &options->connection_name);
    options->port = (int)bqi_conf_int(conf, scope, "connection.port", 6379);
    options->db = (int)bqi_conf_int(conf, scope, "connection.db", 0);
    options->connect_timeout = bqi_conf_int(conf, scope, "connection.connectTimeout", 10000);
    options->command_timeout = bqi_conf_int(conf, scope, "connection.commandTimeout", -1);
    options->keep_alive = bqi_conf_int(conf, scope, "connection.keepAlive", 0);
    options->max_retries = bqi_conf_int(conf, scope, "connection.maxRetriesPerRequest", -1);
    options->offline_queue = bqi_conf_bool(conf, scope, "connection.enableOfflineQueue");
    return status;
}

void bqi_server_options_free(struct bqi_server_options *options) {
    bqi_free(options->host);
    bqi_free(options->path);
    bqi_free(options->username);
    bqi_free(options->password);
    bqi_free(options->connection_name);
    memset(options, 0, sizeof *options);
}

const char *bqi_server_address(const struct bqi_server_options *options, char *out, size_t size) {
    if (options->path)
        return options->path;
    snprintf(out, size, "%s:%d", options->host, options->port);
    return out;
}
