"""Errors of the library, and how refusals and error records become them."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import _codes, _json
from ._record import fields, integer, text

if TYPE_CHECKING:
    from ._job_fields import JobFields


class BullMQError(Exception):
    """Something that the library, BullMQ's scripts or Redis refused.

    ``name`` is the error's stable name, for example ``"JobLockMismatch"``; ``code`` its number:
    -1 to -11 are BullMQ's script errors, 100 and up the library's, 0 has no number. ``retriable``
    tells that the same call may succeed later, ``fatal`` that no call with these options ever
    will. ``job_id`` is the job concerned, where there is one.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int = 0,
        name: str = "",
        retriable: bool = False,
        fatal: bool = False,
        job_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.name = name or _codes.ERROR_NAMES.get(code, type(self).__name__)
        self.retriable = retriable
        self.fatal = fatal
        self.job_id = job_id

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.__dict__.copy()))


class OptionError(BullMQError, ValueError):
    """An option or argument was refused. Nothing was sent to Redis."""

    def __init__(self, message: str, **details: object) -> None:
        details.setdefault("code", _codes.ERR_INVALID_ARGUMENT)
        super().__init__(message, **details)  # type: ignore[arg-type]


class ConnectionError(BullMQError, builtins.ConnectionError):
    """Redis could not be reached, or the connection was lost for longer than allowed."""


class CommandTimeoutError(ConnectionError, TimeoutError):
    """No answer within ``connection.commandTimeout``. The command may or may not have run."""


class AuthenticationError(ConnectionError):
    """Redis refused the user or the password."""


class UnsupportedServerError(ConnectionError):
    """The server is too old, or does not answer as Redis does."""


class ClosedError(BullMQError):
    """The queue or worker is closed, or was closed before the answer came."""

    def __init__(self, message: str, **details: object) -> None:
        details.setdefault("code", _codes.ERR_CLOSED)
        super().__init__(message, **details)  # type: ignore[arg-type]


class ForkedError(BullMQError):
    """The object was made in another process. Make a new one after ``fork``."""


class ScriptError(BullMQError):
    """A BullMQ script refused: the job is missing, locked by another worker, in another state."""


class JobFailedError(BullMQError):
    """The job that was waited for has failed. The message is its failed reason."""


class JobWaitTimeoutError(BullMQError, TimeoutError):
    """The job that was waited for has not finished within ``ttl``. It is as it was."""


class BulkError(BullMQError):
    """Some jobs of ``add_bulk`` were refused by Redis; the others have been added.

    ``results`` has one entry per job, in order: a Job, or the BullMQError that refused it.
    """

    def __init__(self, results: Sequence[JobFields | BullMQError]) -> None:
        refused = [result for result in results if isinstance(result, BullMQError)]
        first = refused[0]
        others = ", the others were added" if len(refused) < len(results) else ""
        super().__init__(
            f"{len(refused)} of {len(results)} jobs were refused{others}; first refusal: {first}",
            code=first.code,
            name="BulkError",
        )
        self.results = results

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.results,))


class FlowError(BulkError):
    """Some jobs of a flow were refused by Redis; the others have been added.

    ``results`` has one entry per job, parents before their children: a Job, or the BullMQError that
    refused it. ``paths`` tells where in the flows each is: ``flows[0].children[2]``.
    """

    def __init__(self, results: Sequence[JobFields | BullMQError], paths: Sequence[str]) -> None:
        super().__init__(results)
        self.name = "FlowError"
        self.paths = paths

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.results, self.paths))


class UnrecoverableError(Exception):
    """Raised by a handler: the job fails for good, whatever its ``attempts`` say."""


class MovedError(Exception):
    """Raised by a handler that has moved its job itself: the attempt neither failed nor counts."""


class DelayedError(MovedError):
    """Raised after ``job.move_to_delayed``: the job runs again later."""

    def __init__(self, message: str = "bullmq:movedToDelayed") -> None:
        super().__init__(message)


class WaitingError(MovedError):
    """Raised after ``job.move_to_wait``: the job waits again."""

    def __init__(self, message: str = "bullmq:movedToWait") -> None:
        super().__init__(message)


class WaitingChildrenError(MovedError):
    """Raised after ``job.move_to_waiting_children``: the job runs again when they are done."""

    def __init__(self, message: str = "bullmq:movedToWaitingChildren") -> None:
        super().__init__(message)


class RateLimitError(Exception):
    """Raised after ``worker.rate_limit``: the job waits until the limit ends, attempt uncounted."""

    def __init__(self, message: str = "bullmq:rateLimitExceeded") -> None:
        super().__init__(message)


class JobCancelledError(Exception):
    """The attempt ended because ``Worker.cancel_job`` asked it to. Retried as any other failure.

    ``reason`` is what the one who asked gave, None without one.
    """

    def __init__(self, reason: str | None = None) -> None:
        super().__init__("the job was cancelled" if reason is None else reason)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.reason,))


class JobTimeoutError(TimeoutError):
    """The attempt was ended because it took longer than the worker's ``timeout``."""


class SandboxError(Exception):
    """What a handler raised in a process of its own, or how that process ended.

    ``name`` is the class of what was raised, ``stack`` its traceback there.
    """

    def __init__(self, message: str, name: str = "SandboxError", stack: str = "") -> None:
        super().__init__(message)
        self.name = name
        self.stack = stack or f"{name}: {message}"
        self.failure: bytes | None = None  # as the process described it to the core

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (str(self), self.name, self.stack))


class UnrecoverableSandboxError(SandboxError, UnrecoverableError):
    """UnrecoverableError, raised by a handler in a process of its own."""


_CLASSES: dict[int, type[BullMQError]] = {
    _codes.ERR_INVALID_ARGUMENT: OptionError,
    _codes.ERR_CONNECTION_FAILED: ConnectionError,
    _codes.ERR_MAX_RETRIES_PER_REQUEST: ConnectionError,
    _codes.ERR_AUTHENTICATION_FAILED: AuthenticationError,
    _codes.ERR_UNSUPPORTED_SERVER: UnsupportedServerError,
    _codes.ERR_COMMAND_TIMEOUT: CommandTimeoutError,
    _codes.ERR_NOT_CONNECTED: ConnectionError,
    _codes.ERR_CLOSED: ClosedError,
    _codes.ERR_JOB_FAILED: JobFailedError,
    _codes.ERR_JOB_WAIT_TIMEOUT: JobWaitTimeoutError,
}
# Refusal of a call: the class and the code of its error. Refusal codes share their numbers with
# script errors, so they are not shown as ``code``.
_REFUSALS: dict[int, tuple[type[BullMQError], int]] = {
    _codes.EINVAL: (OptionError, _codes.ERR_INVALID_ARGUMENT),
    _codes.ENOMEM: (BullMQError, _codes.ERR_OUT_OF_MEMORY),
    _codes.ECLOSED: (ClosedError, _codes.ERR_CLOSED),
    _codes.EFORKED: (ForkedError, 0),
}


def error_of_record(record: bytes) -> BullMQError:
    """The error that a BQ_EV_ERROR record describes."""
    values = dict(fields(record))
    flags = integer(values, _codes.TAG_FLAGS) or 0
    return error_of_code(
        integer(values, _codes.TAG_CODE) or 0,
        text(values, _codes.TAG_MESSAGE) or "unknown error",
        name=text(values, _codes.TAG_ERROR_NAME) or "",
        flags=flags,
        job_id=text(values, _codes.TAG_JOB_ID),
    )


def error_of_entry(entry: bytes) -> BullMQError:
    """The error of one entry of a bulk reply, from its JSON object."""
    described = _json.decode(entry)
    return error_of_code(described["code"], described["message"], name=described["name"])


def error_of_failure(failure: bytes) -> SandboxError:
    """The error that a handler's process described for the core."""
    described = _json.decode(failure)
    name = described["name"]
    kind = UnrecoverableSandboxError if name == "UnrecoverableError" else SandboxError
    error = kind(described["message"], name, described["stack"])
    error.failure = failure
    return error


def error_of_code(
    code: int, message: str, *, name: str = "", flags: int = 0, job_id: str | None = None
) -> BullMQError:
    """An error of the class that fits its code."""
    kind = _CLASSES.get(code, ScriptError if -100 < code < 0 else BullMQError)
    return kind(
        message,
        code=code,
        name=name,
        retriable=bool(flags & _codes.FLAG_RETRIABLE),
        fatal=bool(flags & _codes.FLAG_FATAL),
        job_id=job_id,
    )


def error_of_refusal(code: int, detail: str = "") -> BullMQError:
    """The error of a call that the core refused at once."""
    name, meaning = _codes.REFUSALS.get(code, (f"refusal {code}", "The call was refused."))
    kind, shown = _REFUSALS.get(code, (BullMQError, 0))
    return kind(detail or meaning, code=shown, name=name, retriable=code == _codes.EFULL)


def _rebuild(kind: type[BullMQError], message: str, state: dict[str, object]) -> BullMQError:
    error = kind.__new__(kind, message)
    error.args = (message,)
    error.__dict__.update(state)
    return error
