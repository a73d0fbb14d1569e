/* The name in a list that was probably meant. */
#ifndef BQI_NEAREST_H
#define BQI_NEAREST_H

#include <stddef.h>

/* Edit distance of two names, letter case counting half as much as another letter; capped. */
unsigned bqi_name_distance(const char *a, const char *b);

/* Whether a distance is small enough for a suggestion. */
int bqi_name_is_near(unsigned distance, const char *name);

#endif
