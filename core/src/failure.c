#include "failure.h"

#include <string.h>

#include "alloc.h"

/* Node decides it by this text alone. A class of that name is no sign: clients of other services
 * call their errors so too, and those are failures. */
static const char rate_limit_exceeded[] = "bullmq:rateLimitExceeded";

/* Texts are C strings from here on; a NUL inside one becomes a space. */
static int drop_nuls(json_t *object, const char *name, const json_t *value) {
    size_t len = json_string_length(value);
    if (strlen(json_string_value(value)) == len)
        return 0;
    char *copy = bqi_strndup(json_string_value(value), len);
    if (!copy)
        return -1;
    for (size_t i = 0; i < len; i++)
        if (copy[i] == '\0')
            copy[i] = ' ';
    int status = json_object_set_new(object, name, json_stringn(copy, len));
    bqi_free(copy);
    return status;
}

static int check_texts(json_t *object) {
    static const char *const texts[] = {"message", "name", "stack", "telemetryMetadata"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const json_t *value = json_object_get(object, texts[i]);
        if (!value || json_is_null(value))
            continue;
        if (!json_is_string(value) || drop_nuls(object, texts[i], value) != 0)
            return -1;
    }
    return 0;
}

json_t *bqi_failure_parse(bq_bytes text) {
    json_t *object = text.len ? json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL) : NULL;
    const json_t *delay = json_object_get(object, "backoffDelay");
    if (json_is_object(object) && check_texts(object) == 0 &&
        (!delay || json_is_null(delay) || json_is_number(delay)))
        return object;
    json_decref(object);
    return NULL;
}

static enum bqi_failure_kind kind_of(const json_t *object, const char *message, const char *name) {
    if (json_is_true(json_object_get(object, "giveBack")))
        return BQI_FAILURE_GIVEN_BACK;
    if (json_is_true(json_object_get(object, "moved")))
        return BQI_FAILURE_MOVED;
    if (message ? strcmp(message, rate_limit_exceeded) == 0
                : name && strcmp(name, "RateLimitError") == 0)
        return BQI_FAILURE_RATE_LIMITED;
    if (name && strcmp(name, "UnrecoverableError") == 0)
        return BQI_FAILURE_UNRECOVERABLE;
    return BQI_FAILURE_ORDINARY;
}

struct bqi_failure bqi_failure_of(const json_t *object) {
    const char *message = json_string_value(json_object_get(object, "message"));
    const char *name = json_string_value(json_object_get(object, "name"));
    const json_t *delay = json_object_get(object, "backoffDelay");
    return (struct bqi_failure){
        .kind = kind_of(object, message, name),
        .message = message ? message
                   : name  ? name
                           : "null",
        .stack = json_string_value(json_object_get(object, "stack")),
        .telemetry = json_string_value(json_object_get(object, "telemetryMetadata")),
        .has_backoff_delay = json_is_number(delay),
        .backoff_delay = json_number_value(delay),
    };
}
