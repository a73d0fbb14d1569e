/* The Lua commands, embedded at build time by cmake/embed-lua.cmake; sorted by name. */
#ifndef BQI_SCRIPT_SOURCE_H
#define BQI_SCRIPT_SOURCE_H

#include <stddef.h>

struct bqi_script_source {
    const char *name;
    int keys;
    const char *sha1;
    const char *text;
    size_t length;
};

extern const struct bqi_script_source bqi_script_sources[];
extern const size_t bqi_script_source_count;

#endif
