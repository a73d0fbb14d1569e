/* Short names for writing the rows of the tables in calls_*.c. */
#ifndef BQI_CALL_ROWS_H
#define BQI_CALL_ROWS_H

#include "call.h"

/* clang-format off */

/* ---- arguments ---- */

#define OPTIONAL 0
#define REQUIRED 1
#define ID {"id", BQI_ARG_TEXT, REQUIRED}
#define TOKEN {"token", BQI_ARG_TEXT, OPTIONAL, "\"0\""}
#define FLAG(argument, unset) {argument, BQI_ARG_BOOLEAN, OPTIONAL, unset}
#define INDEX(argument, unset) {argument, BQI_ARG_INTEGER, OPTIONAL, unset, NULL, -MAX_SAFE, MAX_SAFE}
#define TYPES {"types", BQI_ARG_TYPES, OPTIONAL, "[]"}

/* The largest whole number that Node holds exactly. */
#define MAX_SAFE 9007199254740991
#define MAX_PRIORITY 2097151
/* Later times have no score of their own (protocol/1 section 3.1). */
#define MAX_TIME 2199023255551
/* Ten years: with today's time it stays below that. */
#define MAX_DELAY 315360000000

/* ---- the words of a plan ---- */

#define WORDS(...) (const struct bqi_word[]){__VA_ARGS__, {BQI_WORD_END}}

#define TEXT(value) {BQI_WORD_TEXT, .text = value}
#define KEY(which) {BQI_WORD_KEY, .key = BQI_KEY_##which}
#define SUBKEY(before, argument, after) {BQI_WORD_SUBKEY, .text = before, .name = argument, .suffix = after}
/* The key of the job `id`, or of one of its parts. */
#define JOB(part) SUBKEY("", "id", part)
#define ARG(argument) {BQI_WORD_ARGUMENT, .name = argument}
#define POSITIVE(argument) {BQI_WORD_POSITIVE, .name = argument}
#define CHOICE(argument, is, then, otherwise) \
    {BQI_WORD_CHOICE, .text = then, .name = argument, .suffix = is, .other = otherwise}
#define TYPE_KEYS {BQI_WORD_TYPES}
#define CHILD(argument) {BQI_WORD_CHILD, .name = argument}
#define PAYLOAD {BQI_WORD_PAYLOAD}
#define NOW {BQI_WORD_NOW}
#define NOW_OR(argument) {BQI_WORD_NOW, .name = argument}
#define UNTIL_TIME(argument) {BQI_WORD_UNTIL, .name = argument}
#define ONCE {BQI_WORD_ONCE}
#define FIELD {BQI_WORD_FIELD}
#define FIELD_KEY(before) {BQI_WORD_FIELD_KEY, .text = before}
#define PUSH {BQI_WORD_PUSH}

/* clang-format on */

#endif
