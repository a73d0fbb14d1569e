#include "zone.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc.h"

/* ---- asking ---- */

/* How many transitions are at `seconds` or before. */
static size_t count_until(const struct bqi_zone *zone, int64_t seconds) {
    size_t low = 0, high = zone->transition_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->transitions[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct bqi_zone_span bqi_zone_at(const struct bqi_zone *zone, int64_t seconds) {
    size_t past = count_until(zone, seconds), all = zone->transition_count;
    struct bqi_zone_span span = {past ? zone->transitions[past - 1] : INT64_MIN,
                                 past < all ? zone->transitions[past] : INT64_MAX,
                                 zone->offsets[past ? zone->types[past - 1] : 0]};
    if (past < all || !zone->has_rule)
        return span;
    int64_t from;
    span.offset = bqi_zone_rule_at(&zone->rule, seconds, &from, &span.until);
    if (from > span.from)
        span.from = from;
    return span;
}

/* ---- opening ---- */

static struct bqi_zone *fixed(int32_t offset, struct bqi_error *error) {
    struct bqi_zone *zone = bqi_zone_new(error);
    if (zone)
        zone->offsets[0] = offset;
    return zone;
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* "utc+h", "utc+hh", either with ":mm". The sign is that of the minutes as well. */
static int parse_fixed(const char *name, int32_t *offset) {
    if (strcasecmp(name, "utc") == 0 || strcasecmp(name, "gmt") == 0) {
        *offset = 0;
        return 1;
    }
    if (strncasecmp(name, "utc", 3) != 0 || (name[3] != '+' && name[3] != '-') ||
        !is_digit(name[4]))
        return 0;
    const char *at = name + 5;
    int32_t hours = name[4] - '0', minutes = 0;
    if (is_digit(*at))
        hours = hours * 10 + (*at++ - '0');
    if (at[0] == ':' && is_digit(at[1]) && is_digit(at[2])) {
        minutes = (at[1] - '0') * 10 + (at[2] - '0');
        at += 3;
    }
    *offset = (name[3] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return *at == '\0';
}

static int is_local(const char *name) {
    return !name || strcasecmp(name, "local") == 0 || strcasecmp(name, "system") == 0 ||
           strcasecmp(name, "default") == 0;
}

/* What the C library would use: TZ as a name, a file or a rule, else the system's setting. */
static struct bqi_zone *open_local(struct bqi_error *error) {
    const char *setting = getenv("TZ");
    struct bqi_zone *zone = NULL;
    error->code = 0;
    if (!setting) {
        zone = bqi_zone_read("/etc/localtime", error);
    } else {
        setting += *setting == ':';
        zone = *setting == '/' ? bqi_zone_read(setting, error) : bqi_zone_find(setting, error);
    }
    if (zone || error->code || !(zone = fixed(0, error)) || !setting)
        return zone;
    zone->has_rule = bqi_zone_rule_parse(&zone->rule, setting, strlen(setting)) == 0;
    return zone; /* as everywhere, a TZ without sense is UTC */
}

struct bqi_zone *bqi_zone_open(const char *name, struct bqi_error *error) {
    int32_t offset;
    if (is_local(name))
        return open_local(error);
    if (parse_fixed(name, &offset))
        return fixed(offset, error);
    struct bqi_zone *zone = bqi_zone_find(name, error);
    if (!zone && !error->code)
        /* Node's text as far as the colon; it shows the date there and never names the zone. */
        bqi_error_set(error, BQ_ERR_INVALID_ARGUMENT,
                      "CronDate: unhandled timestamp: there is no time zone \"%.100s\" on this "
                      "host. Use an IANA name such as \"Europe/Paris\", and install the system's "
                      "tzdata.",
                      name);
    return zone;
}
