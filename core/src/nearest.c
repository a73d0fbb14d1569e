#include "nearest.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 63, OTHER_LETTER = 2, OTHER_CASE = 1 };

static unsigned min3(unsigned a, unsigned b, unsigned c) {
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

static unsigned letter_cost(char a, char b) {
    if (a == b)
        return 0;
    if (tolower((unsigned char)a) == tolower((unsigned char)b))
        return OTHER_CASE;
    return OTHER_LETTER;
}

unsigned bqi_name_distance(const char *a, const char *b) {
    size_t na = strlen(a), nb = strlen(b);
    unsigned row[LONGEST + 1];
    if (na > LONGEST || nb > LONGEST)
        return ~0u;
    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j * OTHER_LETTER;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i * OTHER_LETTER;
        for (size_t j = 1; j <= nb; j++) {
            unsigned above = row[j];
            row[j] = min3(above + OTHER_LETTER, row[j - 1] + OTHER_LETTER,
                          diagonal + letter_cost(a[i - 1], b[j - 1]));
            diagonal = above;
        }
    }
    return row[nb];
}

int bqi_name_is_near(unsigned distance, const char *name) {
    return distance != ~0u && distance <= OTHER_LETTER * (1 + strlen(name) / 3);
}
