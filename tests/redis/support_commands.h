/* Commands by name on the queue of the fixture. */
#ifndef SUPPORT_COMMANDS_H
#define SUPPORT_COMMANDS_H

#include "support_fixture.h"

/* Begin a command; `args` is a JSON object or NULL. */
bq_id command(const char *name, const char *args);

/* Its reply must be this text or JSON text; this number; without a field. */
void says(const char *name, const char *args, const char *text);
void counts(const char *name, const char *args, int64_t number);
void succeeds(const char *name, const char *args);

/* It must fail with this code and message. */
void refuses(const char *name, const char *args, int code, const char *message);

/* The ids in a reply of kind jobs, or in the JOBS of a page, with a comma behind each; "-," for a
 * job that is gone. Borrowed until the next call. */
const char *ids_of(const struct event *reply, int tag);

#endif
