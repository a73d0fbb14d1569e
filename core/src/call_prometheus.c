/* exportPrometheusMetrics: job counts and the totals of the metrics as text (protocol/5
 * section 3.7). */
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "buffer.h"
#include "call_rows.h"
#include "calls.h"

static const char *const states[] = {"active",      "completed", "delayed",         "failed",
                                     "prioritized", "waiting",   "waiting-children"};

enum { STATES = sizeof states / sizeof *states };

static const struct bqi_plan counts_plan = {
    .script = "getCounts",
    .words = WORDS(KEY(PREFIX), TEXT("active"), TEXT("completed"), TEXT("delayed"), TEXT("failed"),
                   TEXT("prioritized"), TEXT("wait"), TEXT("waiting-children")),
};
static const struct bqi_plan completed_plan = {
    .words = WORDS(TEXT("HGET"), KEY(METRICS_COMPLETED), TEXT("count"))};
static const struct bqi_plan failed_plan = {
    .words = WORDS(TEXT("HGET"), KEY(METRICS_FAILED), TEXT("count"))};

struct report {
    struct bqi_pending base;
    struct bqi_buffer text;
};

static void drop_report(struct bqi_pending *pending) {
    bqi_buffer_free(&((struct report *)pending)->text);
}

static void append_escaped(struct bqi_buffer *text, const char *value) {
    for (; *value; value++) {
        if (*value == '\n')
            bqi_buffer_text(text, "\\n");
        else if (*value == '\\' || *value == '"')
            bqi_buffer_append(text, (char[]){'\\', *value}, 2);
        else
            bqi_buffer_append(text, value, 1);
    }
}

static void append_label(struct bqi_buffer *text, const char *name, const char *value) {
    bqi_buffer_text(text, name);
    bqi_buffer_text(text, "=\"");
    append_escaped(text, value);
    bqi_buffer_text(text, "\"");
}

/* One sample; `state` NULL: without that label. */
static void append_sample(struct report *report, const char *metric, const char *state,
                          const char *value) {
    const json_t *labels = json_object_get(report->base.args, "globalVariables");
    struct bqi_buffer *text = &report->text;
    const char *name;
    json_t *label;
    bqi_buffer_text(text, "\n");
    bqi_buffer_text(text, metric);
    bqi_buffer_text(text, "{");
    append_label(text, "queue", report->base.queue->name);
    if (state) {
        bqi_buffer_text(text, ", ");
        append_label(text, "state", state);
    }
    json_object_foreach((json_t *)labels, name, label) {
        bqi_buffer_text(text, ", ");
        append_label(text, name, json_string_value(label));
    }
    bqi_buffer_text(text, "} ");
    bqi_buffer_text(text, value);
}

static void append_total(struct report *report, const char *state, const redisReply *count) {
    char metric[48], head[160];
    snprintf(metric, sizeof metric, "bullmq_job_%s_total", state);
    snprintf(head, sizeof head, "\n# HELP %s Total number of %s jobs\n# TYPE %s counter", metric,
             state, metric);
    bqi_buffer_text(&report->text, head);
    append_sample(report, metric, NULL, count->type == REDIS_REPLY_STRING ? count->str : "0");
}

static int on_failed(struct bqi_pending *pending, const redisReply *reply) {
    struct report *report = (struct report *)pending;
    append_total(report, "failed", reply);
    if (report->text.failed)
        bqi_answer_no_memory(pending);
    else
        bqi_answer_text(pending->client, pending->operation, report->text.data,
                        report->text.length);
    return 0;
}

static int on_completed(struct bqi_pending *pending, const redisReply *reply) {
    append_total((struct report *)pending, "completed", reply);
    pending->on_reply = on_failed;
    bqi_plan_submit(pending, &failed_plan);
    return 1;
}

static int on_counts(struct bqi_pending *pending, const redisReply *reply) {
    struct report *report = (struct report *)pending;
    char digits[24];
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != STATES) {
        bqi_answer_unexpected(pending, "getCounts");
        return 0;
    }
    bqi_buffer_text(&report->text, "# HELP bullmq_job_count Number of jobs in the queue by state\n"
                                   "# TYPE bullmq_job_count gauge");
    for (size_t i = 0; i < STATES; i++) {
        snprintf(digits, sizeof digits, "%lld", reply->element[i]->integer);
        append_sample(report, "bullmq_job_count", states[i], digits);
    }
    pending->on_reply = on_completed;
    bqi_plan_submit(pending, &completed_plan);
    return 1;
}

void bqi_call_prometheus(const struct bqi_call *call) {
    struct bqi_pending *pending =
        bqi_pending_new_sized(call, NULL, on_counts, sizeof(struct report));
    if (!pending)
        return;
    pending->drop = drop_report;
    bqi_plan_submit(pending, &counts_plan);
}
