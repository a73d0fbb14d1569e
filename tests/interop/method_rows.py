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


GETTERS = ["Waiting", "Active", "Delayed", "Prioritized", "WaitingChildren", "Completed", "Failed"]

METHOD_ROWS = [
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
