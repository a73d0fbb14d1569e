/* What went wrong: a code of api.json "errors" and a sentence for people. */
#ifndef BQI_ERROR_H
#define BQI_ERROR_H

#include <stddef.h>

#include "bq/bq_codes.h"

struct bqi_error {
    int code; /* 0: nothing went wrong */
    char message[1024];
};

/* Fill in `error`; a message that does not fit is cut, and it is always UTF-8. Returns -1. */
int bqi_error_set(struct bqi_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "Out of memory; nothing was sent." Returns -1. */
int bqi_error_no_memory(struct bqi_error *error);

/* The text of a script's negative reply, in Node's wording (protocol/5 section 6.8). `subject` is
 * the job id, for -5 and -7 the parent key. */
int bqi_error_set_script(struct bqi_error *error, long long code, const char *subject,
                         const char *command, const char *state);

/* Whether Redis refused because it cannot write just now, and will be able to again. */
int bqi_error_is_passing(const struct bqi_error *error);

const char *bqi_error_name(int code);
unsigned bqi_error_flags(int code);

#endif
