/* UTF-8: hosts decode texts strictly, Redis holds any bytes. A NUL follows the `len` bytes of each
 * text here, and there may be others among them. */
#ifndef BQI_UTF8_H
#define BQI_UTF8_H

#include <stddef.h>

int bqi_utf8_is_valid(const char *text, size_t len);

/* Replace by '?' what is none. */
void bqi_utf8_mend(char *text, size_t len);

#endif
