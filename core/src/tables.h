/* Tables that bindings/generate writes from bindings/api.json into tables.c. */
#ifndef BQI_TABLES_H
#define BQI_TABLES_H

#include <stddef.h>
#include <stdint.h>

enum bqi_option_type {
    BQI_OPTION_STRING,
    BQI_OPTION_INTEGER,
    BQI_OPTION_NUMBER,
    BQI_OPTION_BOOLEAN,
    BQI_OPTION_RETENTION,
    BQI_OPTION_BACKOFF,
    BQI_OPTION_PARENT,
    BQI_OPTION_DEDUPLICATION,
    BQI_OPTION_TELEMETRY,
    BQI_OPTION_JOB_OPTIONS,
    BQI_OPTION_STREAM_ID,
};

enum {
    BQI_OPTION_NULLABLE = 1,
    BQI_OPTION_SECRET = 2,
    BQI_OPTION_EXCLUSIVE = 4, /* at most one of these may be true */
};

struct bqi_option {
    const char *name; /* dotted */
    enum bqi_option_type type;
    unsigned flags;
    double min;
    double max;
    const char *fallback; /* JSON text of the default */
    const char *wanted;   /* "an integer from 1 to 65535" */
};

struct bqi_option_scope {
    const char *name;
    const struct bqi_option *options;
    size_t count;
};

struct bqi_error_entry {
    int code;
    const char *name;
    unsigned flags;
};

struct bqi_job_field {
    const char *field; /* of the job hash */
    uint16_t tag;
    uint8_t kind;
};

/* Indexed by BQ_CONF_...; entry 0 is empty. */
extern const struct bqi_option_scope bqi_option_scopes[];
extern const struct bqi_error_entry bqi_error_entries[];
extern const size_t bqi_error_entry_count;
extern const struct bqi_job_field bqi_job_fields[];
extern const size_t bqi_job_field_count;

#endif
