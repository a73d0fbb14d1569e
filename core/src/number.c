#include "number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* Larger numbers are not whole milliseconds or counts of anything. */
#define LARGEST_EXACT 9007199254740992.0

double bqi_number_parse(const char *text) {
    size_t digits = strspn(text + (*text == '-'), "0123456789");
    if (digits > 0 && digits < 16 && text[digits + (*text == '-')] == '\0')
        return (double)strtoll(text, NULL, 10);
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    double number = json_is_number(value) ? json_number_value(value) : 0;
    json_decref(value);
    return number;
}

int64_t bqi_number_parse_int(const char *text) {
    double number = bqi_number_parse(text);
    if (number >= LARGEST_EXACT)
        return (int64_t)LARGEST_EXACT;
    return number <= -LARGEST_EXACT ? -(int64_t)LARGEST_EXACT : (int64_t)number;
}

void bqi_number_format(double number, char *out, size_t size) {
    if (floor(number) == number && fabs(number) < LARGEST_EXACT) {
        snprintf(out, size, "%lld", (long long)number);
        return;
    }
    json_t *value = json_real(number);
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    snprintf(out, size, "%s", text ? text : "0");
    free(text);
    json_decref(value);
}
