/* Options of one scope, checked when they are set. */
#ifndef BQI_CONF_H
#define BQI_CONF_H

#include <stdint.h>

#include <jansson.h>

#include "bq/bq.h"
#include "error.h"

/* Readers give the default where nothing is set; `conf` may be NULL. `scope` is BQ_CONF_... */
int64_t bqi_conf_int(const bq_conf *conf, int scope, const char *name, int64_t unset);
double bqi_conf_number(const bq_conf *conf, int scope, const char *name, double unset);
int bqi_conf_bool(const bq_conf *conf, int scope, const char *name);
/* A copy for bqi_free, NULL when unset. -1: out of memory. */
int bqi_conf_text(const bq_conf *conf, int scope, const char *name, char **out);
const json_t *bqi_conf_json(const bq_conf *conf, const char *name);

int bqi_conf_scope(const bq_conf *conf);

/* Remember why opening something with this conf was refused; NULL conf: ignored. */
void bqi_conf_refuse(bq_conf *conf, const struct bqi_error *error);
void bqi_conf_accept(bq_conf *conf);

#endif
