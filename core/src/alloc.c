#include "alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_long fail_countdown;
static atomic_int fail_sticky;

static int must_fail(void) {
    if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) == 0)
        return 0;
    long left = atomic_fetch_sub(&fail_countdown, 1);
    if (left == 1 && atomic_load(&fail_sticky))
        atomic_store(&fail_countdown, 1);
    return left == 1;
}

void bqi_alloc_fail_at(long n, int sticky) {
    atomic_store(&fail_sticky, sticky);
    atomic_store(&fail_countdown, n);
}

void *bqi_realloc(void *ptr, size_t size) {
    if (must_fail())
        return NULL;
    return realloc(ptr, size);
}

void bqi_free(void *ptr) {
    free(ptr);
}

void *bqi_malloc(size_t size) {
    return bqi_realloc(NULL, size ? size : 1);
}

void *bqi_calloc(size_t size) {
    void *ptr = bqi_malloc(size);
    if (ptr)
        memset(ptr, 0, size);
    return ptr;
}

char *bqi_strndup(const char *text, size_t len) {
    char *copy = bqi_malloc(len + 1);
    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}
