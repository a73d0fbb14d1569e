/* One Redis command on its way: its bytes, how patient it is, and who wants the answer. The owner
 * embeds it as first member of what it needs to remember; `done` is called exactly once and may
 * free it. */
#ifndef BQI_COMMAND_H
#define BQI_COMMAND_H

#include <hiredis/hiredis.h>

#include "error.h"
#include "script_source.h"

enum bqi_patience {
    BQI_WAITS_FOREVER,       /* a worker's: waits for the connection however long it takes */
    BQI_COUNTS_RETRIES,      /* a producer's: connection.maxRetriesPerRequest and its like apply */
    BQI_DIES_WITH_CONNECTION /* blocking reads and the handshake: never sent twice */
};

struct bqi_command;

/* Either `reply` (never an error reply) or `error` is set; both are borrowed. */
typedef void (*bqi_command_done)(struct bqi_command *command, const redisReply *reply,
                                 const struct bqi_error *error);

/* One of the replies that come before the one that counts; it may be an error reply. */
typedef void (*bqi_command_part)(struct bqi_command *command, const redisReply *reply);

struct bqi_command {
    struct bqi_command *next;
    char *bytes; /* RESP, by hiredis; those of a transaction by bqi_malloc */
    size_t length;
    const struct bqi_script_source *script; /* NULL: not an EVALSHA */
    enum bqi_patience patience;
    unsigned sends;        /* more than one: a reply may have been lost */
    unsigned failures;     /* connection attempts that failed while it waited */
    unsigned reloads;      /* answers of NOSCRIPT */
    uint64_t deadline;     /* loop time in ms; 0: none */
    const void *droppable; /* who may take it back while it waits unsent; NULL: nobody */
    int sent_once;         /* waits for a connection, but dies with the one it was sent on */
    unsigned parts;        /* of a transaction: replies before that of EXEC */
    unsigned parts_left;   /* of them, still to come */
    bqi_command_part part;
    bqi_command_done done;
};

/* The words of a command while it is put together. */
struct bqi_words {
    int count;
    int capacity;
    const char **text;
    size_t *length;
    const char *fixed_text[32];
    size_t fixed_length[32];
    char numbers[4][24];
    int numbers_used;
    struct bqi_words_block *blocks; /* texts that belong to the words */
    int failed;
};

void bqi_words_init(struct bqi_words *words);
void bqi_words_add(struct bqi_words *words, const char *text, size_t len); /* borrowed */
void bqi_words_text(struct bqi_words *words, const char *text);            /* borrowed */
void bqi_words_int(struct bqi_words *words, long long number);
/* One word of several texts, copied; a NULL among them is "". */
void bqi_words_join(struct bqi_words *words, const char *const *parts, size_t count);

/* "EVALSHA <sha> <number of keys>". */
void bqi_words_script(struct bqi_words *words, const struct bqi_script_source *script);

/* End with words that are not needed after all. */
void bqi_words_drop(struct bqi_words *words);

/* Turn the words into the command's bytes and end with the words. -1: out of memory. */
int bqi_words_format(struct bqi_words *words, struct bqi_command *command);

void bqi_command_free_bytes(struct bqi_command *command);

/* The embedded script of that name; it exists, or the library was built wrongly. */
const struct bqi_script_source *bqi_script_find(const char *name);

struct bqi_command_list {
    struct bqi_command *first;
    struct bqi_command **end;
};

void bqi_command_list_init(struct bqi_command_list *list);
void bqi_command_list_push(struct bqi_command_list *list, struct bqi_command *command);
struct bqi_command *bqi_command_list_pop(struct bqi_command_list *list);
/* Put all of `front` before what is in `list`; `front` becomes empty. */
void bqi_command_list_prepend(struct bqi_command_list *list, struct bqi_command_list *front);

#endif
