/* What a reader of the fixture's queue events is expected to bring. */
#ifndef SUPPORT_QUEUE_EVENTS_H
#define SUPPORT_QUEUE_EVENTS_H

#include "support_fixture.h"

extern bq_id events; /* the reader */

const struct event *next_event(void);
const char *name_of(const struct event *event);
void expect_event(const char *name, const char *fields);

/* Entries "n" with a field "i" from `from` to `to`. */
void add_entries(int from, int to);
void expect_entries(int from, int to);

/* No event and no error is left over. */
void expect_nothing_more(void);

#endif
