/* What an archive reads of the C library's variables once libc_data.syms has renamed them;
 * see cmake/dependencies.cmake. */
#include <netinet/in.h>
#include <stdio.h>

#pragma GCC visibility push(hidden)

const struct in6_addr bqi_libc_in6addr_any = IN6ADDR_ANY_INIT;
const struct in6_addr bqi_libc_in6addr_loopback = IN6ADDR_LOOPBACK_INIT;

/* The real one is moved by setenv(); what needs that is left out by libc_data.syms. */
static char *no_variables[] = {NULL};
char **bqi_libc_environ = no_variables;

FILE *bqi_libc_stdin, *bqi_libc_stdout, *bqi_libc_stderr;

__attribute__((constructor)) static void copy_streams(void) {
    bqi_libc_stdin = stdin;
    bqi_libc_stdout = stdout;
    bqi_libc_stderr = stderr;
}

#pragma GCC visibility pop
