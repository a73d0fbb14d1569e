#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tables.h"
#include "utf8.h"

int bqi_error_set(struct bqi_error *error, int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    /* Names and ids in a message may be cut short, or come from Redis as any bytes; hosts decode
     * messages as UTF-8. */
    bqi_utf8_mend(error->message, strlen(error->message));
    error->code = code;
    return -1;
}

int bqi_error_no_memory(struct bqi_error *error) {
    return bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory; nothing was sent.");
}

int bqi_error_set_script(struct bqi_error *error, long long code, const char *subject,
                         const char *command, const char *state) {
    switch (code) {
    case -1:
        return bqi_error_set(error, -1, "Missing key for job %s. %s", subject, command);
    case -2:
        return bqi_error_set(error, -2, "Missing lock for job %s. %s", subject, command);
    case -3:
        return bqi_error_set(error, -3, "Job %s is not in the %s state. %s", subject, state,
                             command);
    case -4:
        return bqi_error_set(error, -4, "Job %s has pending dependencies. %s", subject, command);
    case -5:
        return bqi_error_set(error, -5, "Missing key for parent job %s. %s", subject, command);
    case -6:
        return bqi_error_set(error, -6, "Lock mismatch for job %s. Cmd %s from %s", subject,
                             command, state);
    case -7:
        return bqi_error_set(error, -7, "The parent job %s cannot be replaced. %s", subject,
                             command);
    case -8:
        return bqi_error_set(error, -8,
                             "Job %s belongs to a job scheduler and cannot be removed directly. %s",
                             subject, command);
    case -9:
        return bqi_error_set(error, -9,
                             "Cannot complete job %s because it has at least one failed child. %s",
                             subject, command);
    case -10:
        return bqi_error_set(error, -10,
                             "Cannot create job scheduler iteration - job ID already exists. %s",
                             command);
    case -11:
        return bqi_error_set(
            error, -11,
            "Cannot create job scheduler iteration - current and next time slots already have "
            "jobs. %s",
            command);
    default:
        return bqi_error_set(error, BQ_ERR_UNEXPECTED_REPLY, "Unknown code %lld error for %s. %s",
                             code, subject, command);
    }
}

static const struct bqi_error_entry *find(int code) {
    for (size_t i = 0; i < bqi_error_entry_count; i++)
        if (bqi_error_entries[i].code == code)
            return &bqi_error_entries[i];
    return NULL;
}

const char *bqi_error_name(int code) {
    const struct bqi_error_entry *entry = find(code);
    return entry ? entry->name : "Error";
}

unsigned bqi_error_flags(int code) {
    const struct bqi_error_entry *entry = find(code);
    return entry ? entry->flags : 0;
}

int bqi_error_is_passing(const struct bqi_error *error) {
    static const char *const starts[] = {"LOADING",     "OOM",      "READONLY",
                                         "BUSY",        "MISCONF",  "MASTERDOWN",
                                         "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(error->message, starts[i], strlen(starts[i])) == 0)
            return 1;
    return 0;
}
