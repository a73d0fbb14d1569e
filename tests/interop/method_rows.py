"""Rows of methods that no command of the core stands for alone: ``command`` is Node's method."""

from __future__ import annotations

from typing import Any

from command_row import OnJob, OnQueue, Row


def shown(jobs: Any) -> Any:
    """Jobs as they show themselves, or one."""
    return [shown(job) for job in jobs] if isinstance(jobs, list) else without_nothing(jobs)


def without_nothing(job: dict[str, Any] | None) -> dict[str, Any] | None:
    """What is not known is null, 0 or an empty list."""
    return job and {name: value for name, value in job.items() if value not in (None, 0, [])}


def added(jobs: Any) -> Any:
    """Jobs that were just added; Node completes their options."""
    if isinstance(jobs, list):
        return [added(job) for job in jobs]
    return without_nothing({name: value for name, value in jobs.items() if name != "opts"})


LATER = {"delay": 3600000}
PARENT = {"parent": {"id": "parent", "queue": "bull:q"}}
ADDED: list[dict[str, Any]] = [
    {},
    {"jobId": "mine"},
    {"jobId": "w1"},  # is there
    LATER,
    {"priority": 3},
    {**LATER, "priority": 3},
    {"lifo": True},
    {"attempts": 3, "backoff": 500, "timestamp": 1_700_000_000_000},
    {"attempts": 3, "backoff": {"type": "exponential", "delay": 9, "jitter": 0.5}, "keepLogs": 7},
    {"removeOnComplete": True, "removeOnFail": {"age": 60, "count": 5}, "stackTraceLimit": 2},
    {"deduplication": {"id": "new", "ttl": 60000}},
    {"deduplication": {"id": "once"}},  # is taken
    {"deduplication": {"id": "once", "ttl": 60000, "extend": True, "replace": True}},
    {"deduplication": {"id": "new", "keepLastIfActive": True}},
    {"telemetry": {"metadata": "trace", "omitContext": True}},
    {"sizeLimit": 1000},
    PARENT,
    {**PARENT, "failParentOnFailure": True},
    {**PARENT, "continueParentOnFailure": True, **LATER},
    {**PARENT, "ignoreDependencyOnFailure": True},
    {**PARENT, "removeDependencyOnFailure": True, "priority": 1},
    {"parent": {"id": "nobody", "queue": "bull:q"}},
]
DATA = {"n": [1, "ü", None]}
BULK = [{"name": f"bulk{at}", "data": DATA, "opts": opts} for at, opts in enumerate(ADDED[:-1])]

GETTERS = ["Waiting", "Active", "Delayed", "Prioritized", "WaitingChildren", "Completed", "Failed"]

METHOD_ROWS = [
    *[Row("add", {"opts": opts}, OnQueue("add", ["x", DATA, opts]), reply=added) for opts in ADDED],
    Row("addBulk", {"count": len(BULK)}, OnQueue("addBulk", [BULK]), reply=added),
    *[
        Row(f"get{state}", {"start": start, "end": end}, OnQueue(f"get{state}", [start, end]), reply=shown)
        for state in GETTERS
        for start, end in ((0, -1), (0, 0), (1, 5))
    ],
    *[
        Row(f"get{state}Count", {}, OnQueue(f"get{state}Count"))
        for state in GETTERS
        if state != "Delayed"  # a command
    ],
    Row("recordJobCountsMetric", {}, OnQueue("recordJobCountsMetric")),
    Row("getJobState", {"id": "p1"}, OnQueue("getJobState", ["p1"])),
    Row("getJob", {"id": "w1"}, OnQueue("getJob", ["w1"]), reply=shown),
    Row("getJob", {"id": "nobody"}, OnQueue("getJob", ["nobody"])),
    *[
        Row("remove", {"id": job}, OnJob(job, "remove"))
        for job in ("w1", "a1", "a2", "c1", "f1", "d1", "p1", "parent")
    ],
    Row(
        "remove",
        {"id": "parent", "removeChildren": False},
        OnJob("parent", "remove", [{"removeChildren": False}]),
    ),
    Row("log", {"id": "w1"}, OnJob("w1", "log", ["new row"]), b"new row"),  # its keepLogs is 5
    Row("log", {"id": "d1"}, OnJob("d1", "log", ["new row"]), b"new row"),
    Row("updateProgress", {"id": "a1"}, OnJob("a1", "updateProgress", [[1, "half"]]), b'[1,"half"]'),
]
