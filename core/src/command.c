#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

struct bqi_words_block {
    struct bqi_words_block *next;
    char text[];
};

void bqi_words_init(struct bqi_words *words) {
    words->count = 0;
    words->capacity = (int)(sizeof words->fixed_text / sizeof *words->fixed_text);
    words->text = words->fixed_text;
    words->length = words->fixed_length;
    words->numbers_used = 0;
    words->blocks = NULL;
    words->failed = 0;
}

static void free_lists(struct bqi_words *words) {
    if (words->text != words->fixed_text) {
        bqi_free(words->text);
        bqi_free(words->length);
    }
}

void bqi_words_drop(struct bqi_words *words) {
    free_lists(words);
    for (struct bqi_words_block *block = words->blocks, *next; block; block = next) {
        next = block->next;
        bqi_free(block);
    }
}

static void grow(struct bqi_words *words) {
    int capacity = words->capacity * 2;
    const char **text = bqi_malloc((size_t)capacity * sizeof *text);
    size_t *length = bqi_malloc((size_t)capacity * sizeof *length);
    if (!text || !length) {
        bqi_free(text);
        bqi_free(length);
        words->failed = 1;
        return;
    }
    memcpy(text, words->text, (size_t)words->count * sizeof *text);
    memcpy(length, words->length, (size_t)words->count * sizeof *length);
    free_lists(words);
    words->text = text;
    words->length = length;
    words->capacity = capacity;
}

void bqi_words_add(struct bqi_words *words, const char *text, size_t len) {
    if (words->count == words->capacity)
        grow(words);
    if (words->failed)
        return;
    words->text[words->count] = text ? text : "";
    words->length[words->count++] = len;
}

void bqi_words_text(struct bqi_words *words, const char *text) {
    bqi_words_add(words, text, strlen(text));
}

/* Room that lives as long as the words; NULL if there is none. */
static char *room_for(struct bqi_words *words, size_t size) {
    struct bqi_words_block *block = bqi_malloc(sizeof *block + size);
    if (!block) {
        words->failed = 1;
        return NULL;
    }
    block->next = words->blocks;
    words->blocks = block;
    return block->text;
}

void bqi_words_int(struct bqi_words *words, long long number) {
    const int most = (int)(sizeof words->numbers / sizeof *words->numbers);
    char *room = words->numbers_used < most ? words->numbers[words->numbers_used++]
                                            : room_for(words, sizeof words->numbers[0]);
    if (room) {
        int len = snprintf(room, sizeof words->numbers[0], "%lld", number);
        bqi_words_add(words, room, (size_t)len);
    }
}

void bqi_words_join(struct bqi_words *words, const char *const *parts, size_t count) {
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i] ? strlen(parts[i]) : 0;
    char *room = room_for(words, len + 1);
    if (!room)
        return;
    char *end = room;
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, parts[i] ? parts[i] : "");
    bqi_words_add(words, room, len);
}

void bqi_words_script(struct bqi_words *words, const struct bqi_script_source *script) {
    bqi_words_text(words, "EVALSHA");
    bqi_words_text(words, script->sha1);
    bqi_words_int(words, script->keys);
}

int bqi_words_format(struct bqi_words *words, struct bqi_command *command) {
    long long length = -1;
    command->bytes = NULL;
    if (!words->failed)
        length = redisFormatCommandArgv(&command->bytes, words->count, words->text, words->length);
    bqi_words_drop(words);
    if (length < 0)
        return -1;
    command->length = (size_t)length;
    return 0;
}

void bqi_command_free_bytes(struct bqi_command *command) {
    if (command->bytes && command->parts)
        bqi_free(command->bytes);
    else if (command->bytes)
        redisFreeCommand(command->bytes);
    command->bytes = NULL;
}

static int compare_script(const void *name, const void *source) {
    return strcmp(name, ((const struct bqi_script_source *)source)->name);
}

const struct bqi_script_source *bqi_script_find(const char *name) {
    return bsearch(name, bqi_script_sources, bqi_script_source_count, sizeof *bqi_script_sources,
                   compare_script);
}

void bqi_command_list_init(struct bqi_command_list *list) {
    list->first = NULL;
    list->end = &list->first;
}

void bqi_command_list_push(struct bqi_command_list *list, struct bqi_command *command) {
    command->next = NULL;
    *list->end = command;
    list->end = &command->next;
}

struct bqi_command *bqi_command_list_pop(struct bqi_command_list *list) {
    struct bqi_command *command = list->first;
    if (!command)
        return NULL;
    list->first = command->next;
    if (!list->first)
        list->end = &list->first;
    return command;
}

void bqi_command_list_prepend(struct bqi_command_list *list, struct bqi_command_list *front) {
    if (!front->first)
        return;
    *front->end = list->first;
    if (!list->first)
        list->end = front->end;
    list->first = front->first;
    bqi_command_list_init(front);
}
