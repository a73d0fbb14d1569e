/* One field of a cron pattern: from its text to a list of values (protocol/6 sections 3, 4, 6). */
#ifndef BQI_CRON_FIELD_H
#define BQI_CRON_FIELD_H

#include <stdint.h>

#include "buffer.h"
#include "error.h"

enum bqi_cron_unit {
    BQI_CRON_SECOND,
    BQI_CRON_MINUTE,
    BQI_CRON_HOUR,
    BQI_CRON_DAY,
    BQI_CRON_MONTH,
    BQI_CRON_WEEKDAY,
    BQI_CRON_UNITS
};

enum { BQI_CRON_MOST_VALUES = 256, BQI_CRON_LARGEST_LIST = BQI_CRON_MOST_VALUES + 64 };

struct bqi_cron_value {
    int16_t number; /* -1: a text, such as "5L" */
    uint16_t start; /* where that text is, in the field's own */
    uint16_t len;
};

struct bqi_cron_field {
    struct bqi_buffer text; /* with names, wildcards and hashes replaced */
    struct bqi_cron_value values[BQI_CRON_LARGEST_LIST];
    size_t count;
};

struct bqi_cron_limits {
    const char *name; /* as errors have it */
    const char *hash_name;
    int min;
    int max;
    const char *characters;
    int takes_last; /* "L" */
};

extern const struct bqi_cron_limits bqi_cron_limits[BQI_CRON_UNITS];

/* Fill in a zeroed field; `draw` is the chance in 0 <= draw < 1 that "H" stands for. Whatever comes
 * of it, the field's text is the caller's to free. */
int bqi_cron_field_parse(struct bqi_cron_field *field, enum bqi_cron_unit unit, const char *text,
                         size_t len, double draw, struct bqi_error *error);

/* What must hold between the values of one field. */
int bqi_cron_field_check(const struct bqi_cron_field *field, enum bqi_cron_unit unit,
                         struct bqi_error *error);

/* ---- cron_hash.c ---- */

/* One draw per field, in the order in which fields are read; `seed` NULL or "": by chance. */
void bqi_cron_draw(const char *seed, double draws[BQI_CRON_UNITS]);

/* Append `in` to `out` with each "H", "H/s", "H(a-b)" and "H(a-b)/s" replaced. */
int bqi_cron_hash_replace(struct bqi_buffer *out, enum bqi_cron_unit unit, const char *in,
                          size_t len, double draw, struct bqi_error *error);
/* Whether there is an "H(a-b)" or "H/s" in the text. */
int bqi_cron_hash_is_in(const char *text, size_t len);

#endif
