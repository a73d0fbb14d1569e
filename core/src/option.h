/* Checking option values against the option tables, with errors that name the option, the value
 * and what would be right. */
#ifndef BQI_OPTION_H
#define BQI_OPTION_H

#include <jansson.h>

#include "error.h"
#include "tables.h"

const struct bqi_option *bqi_option_find(const struct bqi_option_scope *scope, const char *name);

/* Whether options of the scope are named `name`.something. */
int bqi_option_is_group(const struct bqi_option_scope *scope, const char *name);

/* Sets "Unknown worker option ..., did you mean ...". Returns -1. */
int bqi_option_unknown(const struct bqi_option_scope *scope, const char *name,
                       struct bqi_error *error);

/* 0, or -1 with BQ_ERR_INVALID_ARGUMENT. null is right for every option. */
int bqi_option_check(const struct bqi_option_scope *scope, const struct bqi_option *option,
                     const json_t *value, struct bqi_error *error);

/* Checks an object of options without dotted names: job options. */
int bqi_option_check_object(const struct bqi_option_scope *scope, const json_t *object,
                            struct bqi_error *error);

#endif
