/* getDependencies: a page of a job's children with their jobs, put together from as many calls of
 * paginate as it takes (protocol/3 section 5.9). */
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "call_rows.h"
#include "calls.h"
#include "job_records.h"
#include "json_text.h"
#include "number.h"

/* Its `number` counts the items. */
struct page {
    struct bqi_pending base;
    struct bqi_buffer items; /* JSON, without the brackets */
    struct bqi_buffer jobs;  /* records */
    char *cursor;
    int64_t offset;
    int64_t total;
};

static void drop_page(struct bqi_pending *pending) {
    struct page *page = (struct page *)pending;
    bqi_buffer_free(&page->items);
    bqi_buffer_free(&page->jobs);
    bqi_free(page->cursor);
}

static int64_t argument(const struct page *page, const char *name) {
    return json_integer_value(json_object_get(page->base.args, name));
}

static void submit_page(struct page *page) {
    const struct bqi_pending *pending = &page->base;
    const char *type = json_string_value(json_object_get(pending->args, "type"));
    struct bqi_words words;
    bqi_pending_script(&page->base, &words, "paginate");
    bqi_words_subkey(&words, &pending->queue->keys, pending->subject,
                     strcmp(type, "processed") == 0 ? ":processed" : ":dependencies", NULL);
    bqi_words_int(&words, argument(page, "start") + pending->number);
    bqi_words_int(&words, argument(page, "end"));
    bqi_words_text(&words, page->cursor ? page->cursor : "0");
    bqi_words_int(&words, page->offset);
    bqi_words_text(&words, "5"); /* scans per call */
    bqi_words_text(&words, "1"); /* with jobs */
    bqi_pending_submit(&page->base, &words);
}

/* {"id", "v"}, or "err" in place of a value that is not JSON; a pending child has none. */
static void append_item(struct page *page, const redisReply *item) {
    const redisReply *id = item, *value = NULL;
    json_error_t where;
    if (item->type == REDIS_REPLY_ARRAY && item->elements == 2) {
        id = item->element[0];
        value = item->element[1];
    }
    bqi_buffer_text(&page->items, page->base.number++ ? ",{\"id\":" : "{\"id\":");
    bqi_json_append_text(&page->items, id->str ? id->str : "", id->str ? id->len : 0);
    if (value && bqi_json_is_valid(value->str, value->len, &where)) {
        bqi_buffer_text(&page->items, ",\"v\":");
        bqi_buffer_append(&page->items, value->str, value->len);
    } else if (value) {
        bqi_buffer_text(&page->items, ",\"err\":");
        bqi_json_append_text(&page->items, where.text, strlen(where.text));
    }
    bqi_buffer_text(&page->items, "}");
}

static int take_reply(struct page *page, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 4 ||
        reply->element[2]->type != REDIS_REPLY_ARRAY)
        return -1;
    const redisReply *cursor = reply->element[0], *items = reply->element[2];
    const redisReply *jobs = reply->elements > 4 ? reply->element[4] : NULL;
    for (size_t i = 0; i < items->elements; i++)
        append_item(page, items->element[i]);
    for (size_t i = 0; jobs && i < jobs->elements; i++)
        bqi_job_record_append(&page->jobs, NULL, 0, jobs->element[i]);
    bqi_free(page->cursor);
    page->cursor = cursor->str ? bqi_strndup(cursor->str, cursor->len) : NULL;
    page->offset = reply->element[1]->integer;
    page->total = reply->element[3]->integer;
    page->items.failed |= cursor->str && !page->cursor;
    return 0;
}

static void answer_page(struct page *page) {
    struct bqi_pending *pending = &page->base;
    char total[40];
    snprintf(total, sizeof total, "],\"total\":%lld}", (long long)page->total);
    bqi_buffer_text(&page->items, total);
    if (page->items.failed || page->jobs.failed) {
        bqi_answer_no_memory(pending);
        return;
    }
    struct bqi_record event =
        bqi_outbox_begin(&pending->client->outbox, BQ_EV_REPLY, pending->operation);
    bqi_record_bytes(&event, BQ_TAG_VALUE, page->items.data, page->items.length);
    bqi_record_bytes(&event, BQ_TAG_JOBS, page->jobs.data, page->jobs.length);
    bqi_record_end(&event);
    bqi_answer_written(pending->client);
}

static int on_page(struct bqi_pending *pending, const redisReply *reply) {
    struct page *page = (struct page *)pending;
    int64_t end = argument(page, "end");
    if (take_reply(page, reply) != 0) {
        bqi_answer_unexpected(pending, "paginate");
        return 0;
    }
    int full = end >= 0 && pending->number >= end - argument(page, "start") + 1;
    if (page->cursor && strcmp(page->cursor, "0") != 0 && !full) {
        submit_page(page);
        return 1;
    }
    answer_page(page);
    return 0;
}

void bqi_call_get_dependencies(const struct bqi_call *call) {
    struct page *page = (struct page *)bqi_pending_new_sized(call, bqi_call_text(call, "parentId"),
                                                             on_page, sizeof *page);
    if (!page)
        return;
    page->base.drop = drop_page;
    bqi_buffer_text(&page->items, "{\"items\":[");
    submit_page(page);
}
