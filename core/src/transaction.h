/* MULTI ... EXEC as one command: its bytes go out in one piece, and EXEC's array is its reply. */
#ifndef BQI_TRANSACTION_H
#define BQI_TRANSACTION_H

#include "buffer.h"
#include "command.h"

struct bqi_transaction {
    struct bqi_command base;
    struct bqi_buffer bytes;  /* while it is put together */
    unsigned count;           /* commands between MULTI and EXEC */
    struct bqi_error refused; /* why the first of them was not queued; EXEC tells nothing then */
};

/* Begin, or begin again after an answer. The owner sets patience and done of `base`. */
void bqi_transaction_begin(struct bqi_transaction *transaction);
void bqi_transaction_add(struct bqi_transaction *transaction, struct bqi_words *words);
/* A command that is written out already. */
void bqi_transaction_append(struct bqi_transaction *transaction, const char *bytes, size_t len);
/* Ready to be submitted. -1: out of memory. */
int bqi_transaction_end(struct bqi_transaction *transaction);

/* In `done`: the replies of the commands, or NULL with `error` saying why none of them ran. */
redisReply **bqi_transaction_replies(const struct bqi_transaction *transaction,
                                     const redisReply *reply, struct bqi_error *error);

#endif
