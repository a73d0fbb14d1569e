"""What is known of a job."""

from __future__ import annotations

import threading
import time
from typing import Any, Final, Protocol

from . import _codes, _json
from ._cancellation import CancelSignal
from ._errors import BullMQError
from ._record import Value, fields, find, integer, text

_UNREAD: Final = object()

# What to_json leaves out where the job has none, in Node's names.
_OTHERS: Final = {
    "timestamp": "timestamp",
    "repeatJobKey": "repeat_job_key",
    "parentKey": "parent_key",
    "parent": "parent",
    "deduplicationId": "deduplication_id",
    "deferredFailure": "deferred_failure",
    "processedOn": "processed_on",
    "finishedOn": "finished_on",
    "failedReason": "failed_reason",
    "processedBy": "processed_by",
    "token": "token",
}

# Held while a job gets its signal, which thread and loop may ask for at once.
_making_signal = threading.Lock()


class Owner(Protocol):
    """The queue or worker that a job came from: where its commands go."""

    name: str

    @property
    def prefix(self) -> str: ...
    async def call(self, command: bytes, args: Any, payload: bytes = b"") -> bytes: ...
    def job_progressed(self, job: JobFields, progress: Any) -> None: ...
    def job_removed(self, job: JobFields) -> None: ...


class JobFields:
    """What is known of a job; decoded from its record when it is first looked at."""

    __slots__ = ("_data", "_left", "_opts", "_owner", "_read", "_record", "_signal")

    def __init__(self, owner: Owner, record: bytes) -> None:
        self._owner = owner
        self._record = record
        self._data: Any = _UNREAD
        self._opts: dict[str, Any] | None = None
        self._read: dict[int, Value] | None = None
        self._left: tuple[int, dict[int, Value]] | None = None
        self._signal: CancelSignal | None = None

    @property
    def _values(self) -> dict[int, Value]:
        if self._read is None:
            self._read = dict(fields(self._record))
        if self._left is not None:
            (finished_on, left), self._left = self._left, None
            made = integer(self._read, _codes.TAG_ATTEMPTS_MADE) or 0
            self._read[_codes.TAG_ATTEMPTS_MADE] = made + 1
            self._read[_codes.TAG_FINISHED_ON] = finished_on
            self._read.update(left)
        return self._read

    def _first_field(self, tag: int) -> str | None:
        """A text that stands before most others in the record: they need not be decoded for it."""
        if self._read is not None or not self._record:
            return text(self._values, tag)
        raw = find(self._record, tag)
        return None if raw is None else raw.decode("utf-8", "replace")

    def _json_field(self, tag: int, absent: Any = None) -> Any:
        raw = self._values.get(tag)
        if not isinstance(raw, bytes):
            return absent
        try:
            return _json.decode(raw)
        except ValueError:
            return absent

    @property
    def id(self) -> str:
        """Id of the job in its queue."""
        return self._first_field(_codes.TAG_JOB_ID) or ""

    @property
    def name(self) -> str:
        """Name of the job."""
        return self._first_field(_codes.TAG_NAME) or ""

    @property
    def queue_name(self) -> str:
        """Name of the job's queue."""
        return self._owner.name

    @property
    def prefix(self) -> str:
        """First part of the keys of the job's queue."""
        return self._owner.prefix

    @property
    def queue_qualified_name(self) -> str:
        """Name of the job's queue with its prefix: "bull:emails"."""
        return f"{self._owner.prefix}:{self._owner.name}"

    @property
    def data(self) -> Any:
        """Data of the job. Raises BullMQError when what is stored is not JSON."""
        if self._data is _UNREAD:
            record = self._record
            raw = find(record, _codes.TAG_DATA) if record else self._values.get(_codes.TAG_DATA)
            self._data = _read_data(raw, self)
        return self._data

    @property
    def opts(self) -> dict[str, Any]:
        """Options of the job in Node's names."""
        if self._opts is None:
            opts = self._json_field(_codes.TAG_OPTS)
            self._opts = opts if isinstance(opts, dict) else {}
        return self._opts

    @property
    def timestamp(self) -> int | None:
        """Creation time, ms since epoch."""
        return integer(self._values, _codes.TAG_TIMESTAMP)

    @property
    def delay(self) -> float:
        """Delay, ms."""
        delay = self._values.get(_codes.TAG_DELAY, 0)
        return delay if isinstance(delay, (int, float)) else 0

    @property
    def priority(self) -> int:
        """0: none; else 1 runs first."""
        return integer(self._values, _codes.TAG_PRIORITY) or 0

    @property
    def attempts_made(self) -> int:
        """Attempts that ended; during the first attempt 0."""
        return integer(self._values, _codes.TAG_ATTEMPTS_MADE) or 0

    @property
    def attempts_started(self) -> int:
        """Attempts that began; during the first attempt 1."""
        return integer(self._values, _codes.TAG_ATTEMPTS_STARTED) or 0

    @property
    def stalled_counter(self) -> int:
        """How often the job was found stalled."""
        return integer(self._values, _codes.TAG_STALLED_COUNTER) or 0

    @property
    def processed_on(self) -> int | None:
        """Last start, ms since epoch."""
        return integer(self._values, _codes.TAG_PROCESSED_ON)

    @property
    def finished_on(self) -> int | None:
        """End, ms since epoch."""
        return integer(self._values, _codes.TAG_FINISHED_ON)

    @property
    def progress(self) -> Any:
        """Progress as last reported; 0 before."""
        return self._json_field(_codes.TAG_PROGRESS, 0)

    @property
    def returnvalue(self) -> Any:
        """What the handler returned."""
        return self._json_field(_codes.TAG_RETURNVALUE)

    @property
    def failed_reason(self) -> str | None:
        """Message of the last failure."""
        return text(self._values, _codes.TAG_FAILED_REASON)

    @property
    def stacktrace(self) -> list[str]:
        """One text per failed attempt, oldest first."""
        trace = self._json_field(_codes.TAG_STACKTRACE)
        return trace if isinstance(trace, list) else []

    @property
    def parent_key(self) -> str | None:
        """Full key of the parent job."""
        return text(self._values, _codes.TAG_PARENT_KEY)

    @property
    def parent(self) -> dict[str, Any] | None:
        """The parent: ``{"id", "queueKey"}`` and failure flags."""
        parent: dict[str, Any] | None = self._json_field(_codes.TAG_PARENT)
        return parent

    @property
    def repeat_job_key(self) -> str | None:
        """Id of the scheduler that made the job."""
        return text(self._values, _codes.TAG_REPEAT_JOB_KEY)

    @property
    def deduplication_id(self) -> str | None:
        """Deduplication id."""
        return text(self._values, _codes.TAG_DEDUPLICATION_ID)

    @property
    def deferred_failure(self) -> str | None:
        """The job must fail with this text when it is next taken."""
        return text(self._values, _codes.TAG_DEFERRED_FAILURE)

    @property
    def processed_by(self) -> str | None:
        """Name of the worker that took it."""
        return text(self._values, _codes.TAG_PROCESSED_BY)

    @property
    def token(self) -> str | None:
        """Lock token, while a worker of this process runs the job."""
        return self._first_field(_codes.TAG_TOKEN)

    @property
    def signal(self) -> CancelSignal:
        """Tells a handler that its job shall end; never set unless a worker runs the job."""
        if self._signal is None:
            with _making_signal:
                self._signal = self._signal or CancelSignal()
        return self._signal

    @property
    def cancelled(self) -> bool:
        """Whether the running job was asked to stop; ``signal.reason`` says why."""
        return self._signal is not None and self._signal.is_set()

    def to_json(self) -> dict[str, Any]:
        """What is known of the job, as ``job.toJSON()`` gives it in Node and under its names."""
        shown = {
            "name": self.name,
            "data": self.data,
            "opts": self.opts,
            "id": self.id,
            "progress": self.progress,
            "returnvalue": self.returnvalue,
            "stacktrace": self.stacktrace,
            "delay": self.delay,
            "priority": self.priority,
            "attemptsStarted": self.attempts_started,
            "attemptsMade": self.attempts_made,
            "stalledCounter": self.stalled_counter,
            "queueQualifiedName": self.queue_qualified_name,
        }
        others = {name: getattr(self, attribute) for name, attribute in _OTHERS.items()}
        return shown | {name: value for name, value in others.items() if value is not None}

    def _end(self, values: dict[int, Value]) -> None:
        """Show, once it is looked at, what an attempt that has just ended left."""
        self._left = (int(time.time() * 1000), values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id!r} {self.name!r} of queue {self.queue_name!r}>"


def _read_data(raw: Value | None, job: JobFields) -> Any:
    if not isinstance(raw, bytes):
        return {}
    try:
        return _json.decode(raw)
    except ValueError as error:
        raise BullMQError(f"data of job {job.id} is not JSON: {error}", job_id=job.id) from error
