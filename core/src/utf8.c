#include "utf8.h"

/* What the second byte of a character may be, where its first byte leaves a choice that would be
 * overlong, a surrogate or beyond Unicode. */
static int second_byte_fits(unsigned char first, unsigned char second) {
    switch (first) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second <= 0x9F;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second <= 0x8F;
    default:
        return 1;
    }
}

/* The length of the character that starts here; 0 if none does. One that is cut short ends at the
 * NUL, which continues none. */
static size_t character_at(const unsigned char *at) {
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    if (at[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return len < 3 || second_byte_fits(at[0], at[1]) ? len : 0;
}

int bqi_utf8_is_valid(const char *text, size_t len) {
    const unsigned char *at = (const unsigned char *)text, *end = at + len;
    size_t character = 1;
    for (; at < end && character != 0; at += character)
        character = character_at(at);
    return character != 0;
}

void bqi_utf8_mend(char *text, size_t len) {
    unsigned char *at = (unsigned char *)text, *end = at + len;
    while (at < end) {
        size_t character = character_at(at);
        if (character == 0)
            *at = '?';
        at += character ? character : 1;
    }
}
