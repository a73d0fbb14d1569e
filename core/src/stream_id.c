#include "stream_id.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads digits alone: strtoull would take signs and blanks as well. NULL: there are none. */
static const char *parse_part(const char *text, uint64_t *part) {
    size_t digits = strspn(text, "0123456789");
    errno = 0;
    *part = strtoull(text, NULL, 10);
    return digits == 0 || errno != 0 ? NULL : text + digits;
}

int bqi_stream_id_parse(const char *text, struct bqi_stream_id *id) {
    const char *end = parse_part(text, &id->ms);
    id->sequence = 0;
    if (end && *end == '-')
        end = parse_part(end + 1, &id->sequence);
    return end && *end == '\0' ? 0 : -1;
}

int bqi_stream_id_is_after(struct bqi_stream_id a, struct bqi_stream_id b) {
    return a.ms != b.ms ? a.ms > b.ms : a.sequence > b.sequence;
}

const char *bqi_stream_id_format(struct bqi_stream_id id, char *out) {
    snprintf(out, BQI_STREAM_ID_SIZE, "%" PRIu64 "-%" PRIu64, id.ms, id.sequence);
    return out;
}
