/* Scripts that the server has forgotten, after a restart or SCRIPT FLUSH (protocol/5 section 6.6).
 */
#include "alloc.h"
#include "connection.h"

enum { SCRIPT_RELOADS_AT_MOST = 3 };

struct script_load {
    struct bqi_command base;
    struct bqi_connection *connection;
    size_t index;
};

static void on_script_loaded(struct bqi_command *command, const redisReply *reply,
                             const struct bqi_error *error) {
    struct script_load *load = (struct script_load *)command;
    (void)reply;
    (void)error; /* the command that needs the script is answered NOSCRIPT again and gives up */
    load->connection->script_loading[load->index] = 0;
    bqi_free(load);
}

static void load_script(struct bqi_connection *connection, const struct bqi_script_source *script) {
    size_t index = (size_t)(script - bqi_script_sources);
    if (connection->script_loading[index])
        return;
    struct script_load *load = bqi_calloc(sizeof *load);
    if (!load)
        return;
    struct bqi_words words;
    bqi_words_init(&words);
    bqi_words_text(&words, "SCRIPT");
    bqi_words_text(&words, "LOAD");
    bqi_words_add(&words, script->text, script->length);
    load->base.patience = BQI_DIES_WITH_CONNECTION;
    load->base.done = on_script_loaded;
    load->connection = connection;
    load->index = index;
    connection->script_loading[index] = 1;
    bqi_connection_submit_words(connection, &words, &load->base);
}

/* The load goes out before the repeated command, and the server works in order: the answer to the
 * load need not be awaited, and a pipeline of repeated commands keeps its order. */
int bqi_script_reload_and_repeat(struct bqi_connection *connection, struct bqi_command *command) {
    if (!command->script || command->reloads++ >= SCRIPT_RELOADS_AT_MOST)
        return 0;
    load_script(connection, command->script);
    bqi_connection_submit(connection, command);
    return 1;
}
