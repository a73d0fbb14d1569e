/* connection.commandTimeout: commands that are answered late, or not at all. */
#include "alloc.h"
#include "connection.h"

static void swallow(struct bqi_command *command, const redisReply *reply,
                    const struct bqi_error *error) {
    (void)reply;
    (void)error;
    bqi_free(command);
}

/* Answer what is overdue. A command that was sent leaves a stand-in for the reply still to come. */
static uint64_t expire(struct bqi_command_list *list, uint64_t now, int sent) {
    uint64_t next = 0;
    for (struct bqi_command **at = &list->first; *at;) {
        struct bqi_command *command = *at;
        struct bqi_command *stand_in = NULL;
        if (!command->deadline || command->deadline > now) {
            if (command->deadline && (!next || command->deadline < next))
                next = command->deadline;
            at = &command->next;
            continue;
        }
        if (sent && !(stand_in = bqi_calloc(sizeof *stand_in))) {
            at = &command->next;
            continue;
        }
        if (stand_in) {
            stand_in->next = command->next;
            stand_in->parts_left = command->parts_left;
            stand_in->patience = BQI_DIES_WITH_CONNECTION;
            stand_in->done = swallow;
        }
        *at = stand_in ? stand_in : command->next;
        if (list->end == &command->next)
            list->end = stand_in ? &stand_in->next : at;
        if (stand_in)
            at = &stand_in->next;
        bqi_command_refuse(
            command, BQ_ERR_COMMAND_TIMEOUT,
            sent ? "Redis did not answer within connection.commandTimeout; the command may or "
                   "may not have run."
                 : "There was no connection to Redis within connection.commandTimeout; nothing "
                   "was sent.");
    }
    return next;
}

static void check_deadlines(void *arg) {
    struct bqi_connection *connection = arg;
    uint64_t now = uv_now(connection->loop);
    uint64_t a = expire(&connection->sent, now, 1);
    uint64_t b = expire(&connection->waiting, now, 0);
    uint64_t next = a && (!b || a < b) ? a : b;
    if (next && connection->state != BQI_CONNECTION_CLOSED)
        bqi_timer_start(&connection->deadline_timer, connection->loop, (int64_t)(next - now),
                        check_deadlines, connection);
}

void bqi_deadline_watch(struct bqi_connection *connection, struct bqi_command *command) {
    int64_t timeout = connection->options->command_timeout;
    if (timeout < 0 || command->patience != BQI_COUNTS_RETRIES || command->deadline)
        return;
    command->deadline = uv_now(connection->loop) + (uint64_t)timeout;
    if (!bqi_timer_is_active(&connection->deadline_timer))
        bqi_timer_start(&connection->deadline_timer, connection->loop, timeout, check_deadlines,
                        connection);
}
