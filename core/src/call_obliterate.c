/* obliterate: the queue is paused first, then deleted piece by piece (protocol/3 section 4.7). */
#include "call_rows.h"
#include "calls.h"

static const struct bqi_plan pause_plan = {
    .script = "pause",
    .words = WORDS(KEY(WAIT), KEY(PAUSED), KEY(META), KEY(PRIORITIZED), KEY(EVENTS), KEY(DELAYED),
                   KEY(MARKER), TEXT("paused"), TEXT("1"))};
static const struct bqi_plan obliterate_plan = {
    .script = "obliterate",
    .words = WORDS(KEY(META), KEY(PREFIX), ARG("count"), TEXT("")),
};
static const struct bqi_plan force_plan = {
    .script = "obliterate",
    .words = WORDS(KEY(META), KEY(PREFIX), ARG("count"), TEXT("force")),
};

static void submit_obliterate(struct bqi_pending *pending) {
    int force = json_is_true(json_object_get(pending->args, "force"));
    bqi_plan_submit(pending, force ? &force_plan : &obliterate_plan);
}

static int on_obliterate(struct bqi_pending *pending, const redisReply *reply) {
    struct bqi_error error;
    if (reply->type != REDIS_REPLY_INTEGER) {
        bqi_answer_unexpected(pending, "obliterate");
        return 0;
    }
    if (reply->integer == 1) {
        submit_obliterate(pending);
        return 1;
    }
    if (reply->integer == 0) {
        bqi_answer_done(pending->client, pending->operation);
        return 0;
    }
    if (reply->integer == -1)
        bqi_error_set(&error, BQ_ERR_QUEUE_NOT_PAUSED, "Cannot obliterate non-paused queue");
    else
        bqi_error_set(&error, BQ_ERR_QUEUE_HAS_ACTIVE_JOBS,
                      "Cannot obliterate queue with active jobs");
    bqi_answer_error(pending->client, pending->operation, &error);
    return 0;
}

static int on_paused(struct bqi_pending *pending, const redisReply *reply) {
    (void)reply;
    pending->on_reply = on_obliterate;
    submit_obliterate(pending);
    return 1;
}

void bqi_call_obliterate(const struct bqi_call *call) {
    struct bqi_pending *pending = bqi_pending_new(call, NULL, on_paused);
    if (pending)
        bqi_plan_submit(pending, &pause_plan);
}
