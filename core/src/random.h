#ifndef BQI_RANDOM_H
#define BQI_RANDOM_H

/* A random UUID (version 4) as text. */
void bqi_random_uuid(char out[37]);

/* Uniform in [0, 1). */
double bqi_random_fraction(void);

#endif
