/* Numbers as Redis writes and reads them, whatever the host's locale says. */
#ifndef BQI_NUMBER_H
#define BQI_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* 0 for what is no number. */
double bqi_number_parse(const char *text);
int64_t bqi_number_parse_int(const char *text);

/* Shortest text that reads back as the same number; 32 bytes are enough. */
void bqi_number_format(double number, char *out, size_t size);

#endif
