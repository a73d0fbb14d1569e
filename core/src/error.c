#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tables.h"

/* What the second byte of a character may be, where its first byte leaves a choice that would be
 * overlong, a surrogate or beyond Unicode. */
static int second_byte_fits(unsigned char first, unsigned char second) {
    switch (first) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second <= 0x9F;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second <= 0x8F;
    default:
        return 1;
    }
}

/* The length of the UTF-8 character that starts here; 0 if none does. */
static size_t character_at(const unsigned char *at) {
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    if (at[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return len < 3 || second_byte_fits(at[0], at[1]) ? len : 0;
}

/* Names and ids in a message may be cut short, or come from Redis as any bytes; hosts decode
 * messages as UTF-8. */
static void mend_utf8(char *text) {
    for (unsigned char *at = (unsigned char *)text; *at;) {
        size_t len = character_at(at);
        if (len == 0)
            *at = '?';
        at += len ? len : 1;
    }
}

int bqi_error_set(struct bqi_error *error, int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    mend_utf8(error->message);
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
