#include "transaction.h"

#include <string.h>

#include "alloc.h"

static const char multi[] = "*1\r\n$5\r\nMULTI\r\n";
static const char exec[] = "*1\r\n$4\r\nEXEC\r\n";

static void on_part(struct bqi_command *command, const redisReply *reply) {
    struct bqi_transaction *transaction = (struct bqi_transaction *)command;
    if (reply->type == REDIS_REPLY_ERROR && transaction->refused.code == 0)
        bqi_error_set(&transaction->refused, BQ_ERR_REDIS_ERROR, "%s", reply->str);
}

void bqi_transaction_begin(struct bqi_transaction *transaction) {
    bqi_command_free_bytes(&transaction->base);
    transaction->base.sends = transaction->base.failures = transaction->base.reloads = 0;
    transaction->base.deadline = 0;
    transaction->base.part = on_part;
    transaction->count = 0;
    transaction->refused.code = 0;
    bqi_buffer_free(&transaction->bytes);
    bqi_buffer_text(&transaction->bytes, multi);
}

void bqi_transaction_append(struct bqi_transaction *transaction, const char *bytes, size_t len) {
    bqi_buffer_append(&transaction->bytes, bytes, len);
    transaction->count++;
}

void bqi_transaction_add(struct bqi_transaction *transaction, struct bqi_words *words) {
    struct bqi_command command = {0};
    if (bqi_words_format(words, &command) != 0)
        transaction->bytes.failed = 1;
    else
        bqi_transaction_append(transaction, command.bytes, command.length);
    bqi_command_free_bytes(&command);
}

int bqi_transaction_end(struct bqi_transaction *transaction) {
    struct bqi_buffer *bytes = &transaction->bytes;
    bqi_buffer_text(bytes, exec);
    if (bytes->failed) {
        bqi_buffer_free(bytes);
        return -1;
    }
    transaction->base.bytes = bytes->data;
    transaction->base.length = bytes->length;
    transaction->base.parts = transaction->count + 1;
    memset(bytes, 0, sizeof *bytes);
    return 0;
}

redisReply **bqi_transaction_replies(const struct bqi_transaction *transaction,
                                     const redisReply *reply, struct bqi_error *error) {
    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == transaction->count)
        return reply->element;
    if (reply)
        bqi_error_set(error, BQ_ERR_UNEXPECTED_REPLY,
                      "EXEC did not answer with one reply for each command of its transaction.");
    else if (transaction->refused.code != 0)
        *error = transaction->refused;
    return NULL;
}
