/* clean: old jobs of one state are removed piece by piece, until as many as asked for are gone, no
 * more are there, or too many stay that would be passed over again and again (protocol/3
 * section 4.5). */
#include <string.h>

#include "call_rows.h"
#include "calls.h"
#include "clock.h"

enum { MOST_PER_CALL = 250 }; /* about 1 ms of Redis */
enum { MOST_KEPT = 10000 };   /* passed over in a list, they cost as much again */

/* Its `json` collects the ids. */
struct clean {
    struct bqi_pending base;
    const char *key; /* of the state */
    int64_t newest;  /* ms: younger jobs stay */
    int64_t limit;
    int64_t asked; /* in the call on its way */
    int64_t kept;  /* looked at, but not to be removed */
};

static void submit_clean(struct clean *clean) {
    const struct bqi_keys *keys = &clean->base.queue->keys;
    int64_t left = clean->limit - (int64_t)json_array_size(clean->base.json);
    struct bqi_words words;
    clean->asked = left < MOST_PER_CALL ? left : MOST_PER_CALL;
    bqi_pending_script(&clean->base, &words, "cleanJobsInSet");
    bqi_words_subkey(&words, keys, clean->key, NULL, NULL);
    bqi_words_key(&words, keys, BQI_KEY_EVENTS);
    bqi_words_key(&words, keys, BQI_KEY_REPEAT);
    bqi_words_key(&words, keys, BQI_KEY_PREFIX);
    bqi_words_int(&words, clean->newest);
    bqi_words_int(&words, clean->asked);
    bqi_words_text(&words, clean->key);
    bqi_words_int(&words, clean->kept);
    bqi_pending_submit(&clean->base, &words);
}

static int on_cleaned(struct bqi_pending *pending, const redisReply *reply) {
    struct clean *clean = (struct clean *)pending;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
        reply->element[0]->type != REDIS_REPLY_INTEGER) {
        bqi_answer_unexpected(pending, "cleanJobsInSet");
        return 0;
    }
    int64_t looked_at = reply->element[0]->integer;
    for (size_t i = 1; i < reply->elements; i++)
        json_array_append_new(pending->json, bqi_reply_text(reply->element[i]));
    clean->kept += looked_at - (int64_t)(reply->elements - 1);
    if (looked_at == clean->asked && clean->kept < MOST_KEPT &&
        (int64_t)json_array_size(pending->json) < clean->limit) {
        submit_clean(clean);
        return 1;
    }
    bqi_answer_json(pending->client, pending->operation, pending->json);
    return 0;
}

void bqi_call_clean(const struct bqi_call *call) {
    const char *type = bqi_call_text(call, "type");
    int64_t limit = bqi_call_int(call, "limit", 0);
    struct clean *clean =
        (struct clean *)bqi_pending_new_sized(call, NULL, on_cleaned, sizeof *clean);
    if (!clean)
        return;
    clean->base.json = json_array();
    clean->key = strcmp(type, "waiting") == 0
                     ? "wait"
                     : json_string_value(json_object_get(clean->base.args, "type"));
    clean->newest = bqi_now() - bqi_call_int(call, "grace", 0);
    clean->limit = limit > 0 ? limit : INT64_MAX;
    submit_clean(clean);
}
