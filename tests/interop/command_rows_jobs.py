"""Rows of the commands of one job."""

from __future__ import annotations

from command_row import OnJob, OnQueue, Row, items, without_message

# One id of each state, and one of no job.
EVERY_STATE = ["w1", "w2", "p1", "d1", "c1", "f1", "a1", "a2", "parent", "orphan"]

READING_JOBS = [
    row
    for job in EVERY_STATE
    for row in (
        Row("getJobState", {"id": job}, OnJob(job, "getState")),
        Row("isJobCompleted", {"id": job}, OnJob(job, "isCompleted")),
        Row("isJobFailed", {"id": job}, OnJob(job, "isFailed")),
        Row("isJobDelayed", {"id": job}, OnJob(job, "isDelayed")),
        Row("isJobWaitingChildren", {"id": job}, OnJob(job, "isWaitingChildren")),
        Row("isJobActive", {"id": job}, OnJob(job, "isActive")),
        Row("isJobWaiting", {"id": job}, OnJob(job, "isWaiting")),
    )
] + [
    Row("getJobLogs", {"id": "w1"}, OnQueue("getJobLogs", ["w1"])),
    Row(
        "getJobLogs",
        {"id": "w1", "start": 0, "end": 1, "asc": False},
        OnQueue("getJobLogs", ["w1", 0, 1, False]),
    ),
    Row("getJobChildrenValues", {"id": "parent"}, OnJob("parent", "getChildrenValues")),
    Row("getJobChildrenValues", {"id": "w1"}, OnJob("w1", "getChildrenValues")),
    Row("getJobIgnoredChildrenFailures", {"id": "parent"}, OnJob("parent", "getIgnoredChildrenFailures")),
    Row("getJobDependencies", {"id": "parent"}, OnJob("parent", "getDependencies")),
    Row("getJobDependencies", {"id": "w1"}, OnJob("w1", "getDependencies")),
    Row(
        "getJobDependencies",
        {"id": "parent", "processed": {}, "ignored": {"cursor": 0, "count": 5}, "failed": {"count": 3}},
        OnJob(
            "parent",
            "getDependencies",
            [{"processed": {}, "ignored": {"cursor": 0, "count": 5}, "failed": {"count": 3}}],
        ),
    ),
    Row(
        "getJobDependencies",
        {"id": "parent", "unprocessed": {"count": 9}},
        OnJob("parent", "getDependencies", [{"unprocessed": {"count": 9}}]),
    ),
    Row("getJobDependenciesCount", {"id": "parent"}, OnJob("parent", "getDependenciesCount")),
    Row(
        "getJobDependenciesCount",
        {"id": "parent", "processed": True, "failed": True},
        OnJob("parent", "getDependenciesCount", [{"processed": True, "failed": True}]),
    ),
    *[
        Row(
            "getDependencies",
            {"parentId": parent, "type": kind, "start": start, "end": end},
            OnQueue("getDependencies", [parent, kind, start, end]),
            reply=items,
        )
        for parent in ("parent", "w1")
        for kind in ("processed", "pending")
        for start, end in ((0, -1), (0, 0), (1, 5))
    ],
    Row(
        "getDependencies",
        {"parentId": "broken", "type": "processed", "start": 0, "end": -1},
        OnQueue("getDependencies", ["broken", "processed", 0, -1]),
        reply=without_message,
    ),
]

CHANGING_JOBS = [
    row
    for job in EVERY_STATE
    for row in (
        Row("promoteJob", {"id": job}, OnJob(job, "promote")),
        Row("changeJobDelay", {"id": job, "delay": 300000}, OnJob(job, "changeDelay", [300000])),
        Row("changeJobPriority", {"id": job, "priority": 3}, OnJob(job, "changePriority", [{"priority": 3}])),
        Row(
            "changeJobPriority",
            {"id": job, "priority": 5, "lifo": True},
            OnJob(job, "changePriority", [{"priority": 5, "lifo": True}]),
        ),
        Row("changeJobPriority", {"id": job, "lifo": True}, OnJob(job, "changePriority", [{"lifo": True}])),
        Row("changeJobPriority", {"id": job}, OnJob(job, "changePriority", [{}])),
        Row("retryJob", {"id": job}, OnJob(job, "retry")),
        Row("retryJob", {"id": job, "state": "completed"}, OnJob(job, "retry", ["completed"])),
        Row("removeJob", {"id": job}, OnQueue("remove", [job])),
        Row(
            "removeJob",
            {"id": job, "removeChildren": False},
            OnQueue("remove", [job, {"removeChildren": False}]),
        ),
        Row("removeUnprocessedChildren", {"id": job}, OnJob(job, "removeUnprocessedChildren")),
        Row(
            "moveJobToDelayed",
            {"id": job, "timestamp": 2**41 - 5, "token": "tok"},
            OnJob(job, "moveToDelayed", [2**41 - 5, "tok"]),
        ),
        Row("moveJobToDelayed", {"id": job, "timestamp": 1000}, OnJob(job, "moveToDelayed", [1000])),
        Row("moveJobToWait", {"id": job, "token": "tok"}, OnJob(job, "moveToWait", ["tok"])),
        Row("moveJobToWait", {"id": job, "token": "other"}, OnJob(job, "moveToWait", ["other"])),
        Row("moveJobToWait", {"id": job}, OnJob(job, "moveToWait")),
        Row(
            "moveJobToWaitingChildren",
            {"id": job, "token": "tok"},
            OnJob(job, "moveToWaitingChildren", ["tok"]),
        ),
        Row(
            "extendJobLock",
            {"id": job, "token": "tok", "duration": 90000},
            OnJob(job, "extendLock", ["tok", 90000]),
            reply=bool,
        ),
    )
] + [
    Row("removeChildDependency", {"id": "w3"}, OnJob("w3", "removeChildDependency")),
    Row("clearJobLogs", {"id": "w1"}, OnJob("w1", "clearLogs")),
    Row("clearJobLogs", {"id": "w1", "keepLogs": 1}, OnJob("w1", "clearLogs", [1])),
    Row("addJobLog", {"id": "w1", "keepLogs": 2}, OnQueue("addJobLog", ["w1", "row", 2]), b"row"),
    Row("updateJobProgress", {"id": "w1"}, OnQueue("updateJobProgress", ["w1", {"done": 3}]), b'{"done":3}'),
    Row("updateJobData", {"id": "w1"}, OnJob("w1", "updateData", [{"new": 1}]), b'{"new":1}'),
    Row(
        "retryJob",
        {"id": "f2", "resetAttemptsMade": True, "resetAttemptsStarted": True},
        OnJob("f2", "retry", ["failed", {"resetAttemptsMade": True, "resetAttemptsStarted": True}]),
    ),
    Row(
        "retryJob",
        {"id": "f3", "resetAttemptsMade": True},
        OnJob("f3", "retry", ["failed", {"resetAttemptsMade": True}]),
    ),
    Row("removeJobDeduplicationKey", {"id": "w2"}, OnJob("w2", "removeDeduplicationKey")),
    Row("removeJobDeduplicationKey", {"id": "w1"}, OnJob("w1", "removeDeduplicationKey"), reply=bool),
    Row(
        "moveJobToWaitingChildren",
        {"id": "a1", "token": "tok", "child": {"id": "ac", "queue": "bull:kids"}},
        OnJob("a1", "moveToWaitingChildren", ["tok", {"child": {"id": "ac", "queue": "bull:kids"}}]),
    ),
    Row(
        "moveJobToWaitingChildren",
        {"id": "a1", "token": "tok", "child": {"id": "k1", "queue": "bull:kids"}},
        OnJob("a1", "moveToWaitingChildren", ["tok", {"child": {"id": "k1", "queue": "bull:kids"}}]),
    ),
]

JOB_ROWS = [*READING_JOBS, *CHANGING_JOBS]
