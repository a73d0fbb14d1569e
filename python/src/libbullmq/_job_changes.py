"""What a command changes of the values that a job shows, as Node's job shows them then."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from . import _codes, _json
from ._answers import boolean_of, integer_of
from ._job_fields import JobFields
from ._record import Value

Args = Mapping[str, Any]
Change = Callable[[JobFields, Args, bytes, bytes], None]  # job, args, payload, record of the reply

# What a retry takes away.
_OUTCOME: Final = (
    _codes.TAG_FINISHED_ON,
    _codes.TAG_PROCESSED_ON,
    _codes.TAG_FAILED_REASON,
    _codes.TAG_RETURNVALUE,
)


def show_changes(job: JobFields, command: str, args: Args, payload: bytes, record: bytes) -> None:
    """Show what a command that succeeded has changed of its job."""
    change = _CHANGES.get(command)
    if change is not None:
        change(job, args, payload, record)


def _data(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    job._data = _json.decode(payload)


def _progress(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    job._values[_codes.TAG_PROGRESS] = payload
    job._owner.job_progressed(job, _json.decode(payload))


def _delay(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    job._values[_codes.TAG_DELAY] = args["delay"]


def _promoted(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    job._values[_codes.TAG_DELAY] = 0


def _moved_to_delayed(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    job._values[_codes.TAG_DELAY] = max(args["timestamp"] - int(time.time() * 1000), 0)


def _priority(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    job._values[_codes.TAG_PRIORITY] = args.get("priority", 0)


def _removed(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    if integer_of(record):
        job._owner.job_removed(job)


def _retried(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    _forget(job._values, *_OUTCOME)
    if args.get("resetAttemptsMade"):
        _forget(job._values, _codes.TAG_ATTEMPTS_MADE)
    if args.get("resetAttemptsStarted"):
        _forget(job._values, _codes.TAG_ATTEMPTS_STARTED)


def _left_parent(job: JobFields, args: Args, payload: bytes, record: bytes) -> None:
    if boolean_of(record):
        _forget(job._values, _codes.TAG_PARENT, _codes.TAG_PARENT_KEY)


def _forget(values: dict[int, Value], *tags: int) -> None:
    for tag in tags:
        values.pop(tag, None)


_CHANGES: Final[dict[str, Change]] = {
    "changeJobDelay": _delay,
    "changeJobPriority": _priority,
    "moveJobToDelayed": _moved_to_delayed,
    "promoteJob": _promoted,
    "removeJob": _removed,
    "removeChildDependency": _left_parent,
    "retryJob": _retried,
    "updateJobData": _data,
    "updateJobProgress": _progress,
}
