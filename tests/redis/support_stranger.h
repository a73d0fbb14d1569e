/* A TCP server that is not Redis, or not as it should be: to whatever it reads it answers what it
 * is told to. */
#ifndef SUPPORT_STRANGER_H
#define SUPPORT_STRANGER_H

struct stranger;

/* The text to send after the `turn`-th read (from 0) of a connection; NULL: close it; "": nothing.
 */
typedef const char *(*stranger_answer)(int turn);

struct stranger *stranger_start(stranger_answer answer);
int stranger_port(const struct stranger *stranger);
void stranger_stop(struct stranger *stranger);

#endif
