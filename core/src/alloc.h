/* The one pair of functions through which the library allocates, so that tests can make each
 * allocation fail in turn. */
#ifndef BQI_ALLOC_H
#define BQI_ALLOC_H

#include <stddef.h>

void *bqi_realloc(void *ptr, size_t size);
void bqi_free(void *ptr);

void *bqi_malloc(size_t size);
void *bqi_calloc(size_t size);
char *bqi_strndup(const char *text, size_t len);

/* Tests only: fail the n-th allocation from now (1 = the next one), and every later one if
 * `sticky`; 0 switches it off. */
void bqi_alloc_fail_at(long n, int sticky);

#endif
