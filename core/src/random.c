#include "random.h"

#include <stdint.h>
#include <stdio.h>
#include <uv.h>

void bqi_random_uuid(char out[37]) {
    unsigned char b[16] = {0};
    uv_random(NULL, NULL, b, sizeof b, 0, NULL);
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
}

double bqi_random_fraction(void) {
    uint64_t bits = 0;
    uv_random(NULL, NULL, &bits, sizeof bits, 0, NULL);
    return (double)(bits >> 11) / 9007199254740992.0;
}
