"""Rows of the commands of a queue."""

from __future__ import annotations

from command_row import OnQueue, Row, clients, ids, nothing

# A pause moves what waits to the list `paused` where BullMQ 5 left one.
JOINS_PAUSED = ("/'bull:q:wait'", "/'bull:q:paused'")

SETTINGS = [
    Row("getMeta", {}, OnQueue("getMeta")),
    Row("getVersion", {}, OnQueue("getVersion")),
    Row("isPaused", {}, OnQueue("isPaused")),
    Row("pause", {}, OnQueue("pause"), on_purpose=JOINS_PAUSED),
    Row("resume", {}, OnQueue("resume")),
    Row("isMaxed", {}, OnQueue("isMaxed")),
    Row("setGlobalConcurrency", {"concurrency": 2}, OnQueue("setGlobalConcurrency", [2]), reply=nothing),
    Row("getGlobalConcurrency", {}, OnQueue("getGlobalConcurrency")),
    Row("removeGlobalConcurrency", {}, OnQueue("removeGlobalConcurrency")),
    Row(
        "setGlobalRateLimit",
        {"max": 7, "duration": 9000},
        OnQueue("setGlobalRateLimit", [7, 9000]),
        reply=nothing,
    ),
    Row("getGlobalRateLimit", {}, OnQueue("getGlobalRateLimit")),
    Row("removeGlobalRateLimit", {}, OnQueue("removeGlobalRateLimit")),
    Row("rateLimit", {"expireTimeMs": 60000}, OnQueue("rateLimit", [60000])),
    Row("removeRateLimitKey", {}, OnQueue("removeRateLimitKey")),
    Row("getRateLimitTtl", {}, OnQueue("getRateLimitTtl")),
    Row("getRateLimitTtl", {"maxJobs": 3}, OnQueue("getRateLimitTtl", [3])),
    Row("getRateLimitTtl", {"maxJobs": 300}, OnQueue("getRateLimitTtl", [300])),
    Row("getDeduplicationJobId", {"id": "once"}, OnQueue("getDeduplicationJobId", ["once"])),
    Row("getDeduplicationJobId", {"id": "free"}, OnQueue("getDeduplicationJobId", ["free"])),
    Row("removeDeduplicationKey", {"id": "once"}, OnQueue("removeDeduplicationKey", ["once"])),
    Row("removeDeduplicationKey", {"id": "free"}, OnQueue("removeDeduplicationKey", ["free"])),
    Row("removeDeprecatedPriorityKey", {}, OnQueue("removeDeprecatedPriorityKey")),
    Row("trimEvents", {"maxLength": 0}, OnQueue("trimEvents", [0])),
]

COUNTS = [
    Row("getJobCounts", {}, OnQueue("getJobCounts")),
    Row("getJobCounts", {"types": ["wait", "paused"]}, OnQueue("getJobCounts", ["wait", "paused"])),
    Row(
        "getJobCountByTypes",
        {"types": ["waiting", "failed"]},
        OnQueue("getJobCountByTypes", ["waiting", "failed"]),
    ),
    Row("getJobCountByTypes", {}, OnQueue("getJobCountByTypes")),
    Row("count", {}, OnQueue("count")),
    Row("getDelayedCount", {}, OnQueue("getDelayedCount")),
    Row("getDelayedCount", {"timestamp": 1000}, OnQueue("getDelayedCount", [1000])),
    Row("getDelayedCount", {"timestamp": 2**52}, OnQueue("getDelayedCount", [2**52])),
    Row(
        "getCountsPerPriority", {"priorities": [1, 5, 0, 9]}, OnQueue("getCountsPerPriority", [[1, 5, 0, 9]])
    ),
    Row("getCountsPerPriority", {"priorities": []}, OnQueue("getCountsPerPriority", [[]])),
    Row("getMetrics", {"type": "completed"}, OnQueue("getMetrics", ["completed"])),
    Row(
        "getMetrics", {"type": "completed", "start": 1, "end": 1}, OnQueue("getMetrics", ["completed", 1, 1])
    ),
    Row("getMetrics", {"type": "failed"}, OnQueue("getMetrics", ["failed"])),
    Row("exportPrometheusMetrics", {}, OnQueue("exportPrometheusMetrics")),
    Row(
        "exportPrometheusMetrics",
        {"globalVariables": {"env": 'a"b\\c\nd', "zone": "eu"}},
        OnQueue("exportPrometheusMetrics", [{"env": 'a"b\\c\nd', "zone": "eu"}]),
    ),
    Row("getWorkers", {}, OnQueue("getWorkers"), reply=clients),
    Row("getWorkersCount", {}, OnQueue("getWorkersCount")),
    Row("getQueueEvents", {}, OnQueue("getQueueEvents"), reply=clients),
]


def range_rows() -> list[Row]:
    """Every way of counting, on lists, on sorted sets and on all types."""
    rows = []
    selections: list[list[str]] = [
        ["wait"], ["waiting", "wait"], ["completed"], ["prioritized"], ["delayed", "waiting", "failed"], [],
    ]  # fmt: skip
    for types in selections:
        for start, end in ((0, -1), (0, 1), (1, 2), (-2, -1), (5, 9), (0, 0)):
            for asc in (False, True):
                args = {"types": types, "start": start, "end": end, "asc": asc}
                node_args = [types or None, start, end, asc]
                rows.append(Row("getJobs", args, OnQueue("getJobs", node_args), reply=ids))
                if types:
                    rows.append(Row("getRanges", args, OnQueue("getRanges", node_args)))
    return rows


CLEANING = [
    Row("drain", {}, OnQueue("drain")),
    Row("drain", {"delayed": True}, OnQueue("drain", [True])),
    *[
        Row("clean", {"grace": 0, "limit": limit, "type": state}, OnQueue("clean", [0, limit, state]))
        for state in ("completed", "failed", "wait", "waiting", "active", "delayed", "prioritized", "paused")
        for limit in (0, 1, 2)
        if (state, limit) != ("active", 1)  # where the first is locked, Node ends and we look further
    ],
    Row("clean", {"grace": 3600000, "limit": 0}, OnQueue("clean", [3600000, 0])),
    Row("retryJobs", {}, OnQueue("retryJobs")),
    Row(
        "retryJobs",
        {"count": 1, "state": "completed"},
        OnQueue("retryJobs", [{"count": 1, "state": "completed"}]),
    ),
    Row("retryJobs", {"timestamp": 1000}, OnQueue("retryJobs", [{"timestamp": 1000}])),
    Row("promoteJobs", {}, OnQueue("promoteJobs")),
    Row("promoteJobs", {"count": 1}, OnQueue("promoteJobs", [{"count": 1}])),
    Row("removeOrphanedJobs", {}, OnQueue("removeOrphanedJobs")),
    Row("removeOrphanedJobs", {"count": 5}, OnQueue("removeOrphanedJobs", [5])),
    Row("removeOrphanedJobs", {"count": 1000, "limit": 1}, OnQueue("removeOrphanedJobs", [1000, 1])),
    Row(
        "obliterate",
        {"force": True},
        OnQueue("obliterate", [{"force": True}]),
        # Parents that wait for children, and the limiter, stay behind there.
        on_purpose=("/'bull:q:parent", "/'bull:q:limiter'", "/'bull:q:waiting-children'"),
    ),
    Row("obliterate", {}, OnQueue("obliterate"), on_purpose=JOINS_PAUSED),
]

QUEUE_ROWS = [*SETTINGS, *COUNTS, *range_rows(), *CLEANING]
