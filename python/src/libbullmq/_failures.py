"""What the core is told of an attempt that ended with an exception."""

from __future__ import annotations

from typing import Any, Final

from . import _codes, _json
from ._errors import MovedError, RateLimitError, SandboxError, UnrecoverableError
from ._handler import message_of, stack_of, storable
from ._job_fields import JobFields
from ._record import Value

# The message by which the core, as BullMQ, knows that a job is rate limited.
RATE_LIMITED: Final = "bullmq:rateLimitExceeded"

_MOVED_TO: Final = {
    "DelayedError": "delayed",
    "WaitingError": "waiting",
    "WaitingChildrenError": "waiting-children",
}


def failure(
    error: BaseException, backoff_delay: float | None = None, trace: str | None = None
) -> bytes:
    """What bq_job_fail wants to know of an exception.

    ``backoff_delay`` is what the worker's backoff strategy says: ms, -1 for no retry; ``trace`` is
    what the job keeps of the trace of this attempt.
    """
    described = _described(error)
    if backoff_delay is not None:
        described["backoffDelay"] = backoff_delay
    if trace is not None:
        described["telemetryMetadata"] = trace
    return _json.encode(described)


def is_failed_attempt(error: BaseException) -> bool:
    """Whether the attempt failed; otherwise the job waits again, and the attempt is not counted."""
    described = _special(error) if not isinstance(error, SandboxError) else _described(error)
    return not (described.get("moved") or described.get("message") == RATE_LIMITED)


def moved_to(error: BaseException) -> str:
    """The state that a job is in whose handler moved it itself."""
    return _MOVED_TO[str(_described(error)["name"])]


def _described(error: BaseException) -> dict[str, Any]:
    if isinstance(error, SandboxError) and error.failure is not None:
        told: dict[str, Any] = _json.decode(error.failure)
        return told
    described = {
        "message": message_of(error),
        "name": type(error).__name__,
        "stack": stack_of(error),
    }
    return {key: storable(value) for key, value in described.items()} | _special(error)


def _special(error: BaseException) -> dict[str, Any]:
    """What an exception means beside a failure."""
    if isinstance(error, UnrecoverableError):
        return {"name": "UnrecoverableError"}
    if isinstance(error, MovedError):
        return {"moved": True}
    if isinstance(error, RateLimitError) or message_of(error) == RATE_LIMITED:
        return {"message": RATE_LIMITED}
    return {}


def failed_values(job: JobFields, error: BaseException) -> dict[int, Value]:
    """What a job shows of a failed attempt."""
    trace = _json.encode([*job.stacktrace, stack_of(error)])
    reason = message_of(error).encode("utf-8", "backslashreplace")
    return {_codes.TAG_FAILED_REASON: reason, _codes.TAG_STACKTRACE: trace}
