"""A job as read from Redis, taken by a worker, or just added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import _codes, _json
from ._errors import OptionError
from ._job_calls import JobCalls
from ._job_fields import JobFields, Owner
from ._record import Value

if TYPE_CHECKING:
    from ._queue_events import QueueEvents

NO_DATA: Final = object()

# Options about the failure of a child, as they are stored with its parent.
_FAILURE_FLAGS: Final = {
    "failParentOnFailure": "fpof",
    "removeDependencyOnFailure": "rdof",
    "ignoreDependencyOnFailure": "idof",
    "continueParentOnFailure": "cpof",
}


class Job(JobCalls):
    """A job of a queue. What it shows is what was read, not what Redis holds since.

    Every method waits for Redis, over a lost connection as its queue's ``connection`` options say
    or, for a job that a worker runs, until the connection is back. A job that is gone raises
    ScriptError (``JobNotExist``), use after close ClosedError.
    """

    __slots__ = ()

    async def log(self, row: str) -> int:
        """Append a row to the job's log. Returns how many are kept, ``keepLogs`` at most."""
        return await self._log(row)

    async def remove(self, remove_children: bool = True) -> None:
        """Remove the job and, unless told not to, its children.

        Raises BullMQError (``JobLocked``) while it, or a child that was to go with it, is locked by
        a worker, ScriptError (``JobBelongsToJobScheduler``) for the next job of a scheduler.
        """
        await self._remove(remove_children)

    async def wait_until_finished(self, queue_events: QueueEvents, ttl: int | None = None) -> Any:
        """Wait until the job has finished, and return its result.

        ``queue_events`` are those of the job's queue, ``ttl`` the longest wait in ms (None: no
        limit). Raises JobFailedError with the failed reason, JobWaitTimeoutError when the time is
        over, ScriptError (``JobNotExist``) when there is no such job: one that is removed when it
        finishes has to be waited for before. A lost connection only delays the answer.
        """
        checked_events(self, queue_events.name, queue_events.prefix)
        return await queue_events._wait_until_finished(self.id, ttl)

    async def move_to_completed(
        self, returnvalue: Any = None, token: str | None = None, fetch_next: bool = False
    ) -> Job | None:
        """Complete a job that ``Worker.get_next_job`` gave, with any JSON value.

        ``token`` is that of the lock, by default the one that the job was taken with. With
        ``fetch_next`` the next job is taken in the same step, under the same token, and returned.
        Raises OptionError for a value without JSON form, ScriptError while the job cannot complete
        (``JobLockMismatch``, ``JobPendingChildren``, ...); it is then as it was. Waits for a lost
        connection.
        """
        return self._next(await self._complete_by_hand(returnvalue, token, fetch_next))

    async def move_to_failed(
        self, error: BaseException, token: str | None = None, fetch_next: bool = False
    ) -> Job | None:
        """Fail an attempt of a job that ``Worker.get_next_job`` gave.

        ``attempts`` and ``backoff`` decide on a retry, as they do for a worker; UnrecoverableError
        forbids one. The rest is as in ``move_to_completed``; no next job is taken when this one is
        retried at once.
        """
        return self._next(await self._fail_by_hand(error, token, fetch_next))

    def _next(self, record: bytes) -> Job | None:
        job = job_class(self._owner)(self._owner, record)
        return job if job.id else None


def job_class(owner: Owner) -> type[Job]:
    """The class of the jobs that a queue or worker hands out."""
    return getattr(owner, "_job_class", Job)


def checked_events(job: JobFields, name: str, prefix: str) -> None:
    """Refuse queue events that would not hear of the job."""
    if (name, prefix) != (job.queue_name, job.prefix):
        raise OptionError(
            f"the queue events are of {prefix}:{name}, the job of {job.queue_qualified_name}"
        )


def added_job(
    owner: Owner, job_id: Value, name: str, data: Any, opts: dict[str, Any], timestamp: int
) -> Job:
    """A job as its caller gave it, with the id that Redis answered."""
    job = job_class(owner)(owner, b"")
    job._read = {
        _codes.TAG_JOB_ID: job_id,
        _codes.TAG_NAME: name.encode(),
        _codes.TAG_TIMESTAMP: opts.get("timestamp") or timestamp,
        _codes.TAG_DELAY: opts.get("delay") or 0,
        _codes.TAG_PRIORITY: opts.get("priority") or 0,
    }
    if "parent" in opts or "deduplication" in opts:
        job._read |= _relations(opts)
    job._opts = opts
    job._data = {} if data is NO_DATA else data
    return job


def _relations(opts: dict[str, Any]) -> dict[int, Value]:
    """What the options of an added job say of its parent and its deduplication."""
    values: dict[int, Value] = {}
    parent, deduplication = opts.get("parent"), opts.get("deduplication")
    if parent:
        flags = {short: True for name, short in _FAILURE_FLAGS.items() if opts.get(name)}
        stored = {"id": parent["id"], "queueKey": parent["queue"], **flags}
        values[_codes.TAG_PARENT] = _json.encode(stored)
        values[_codes.TAG_PARENT_KEY] = f"{parent['queue']}:{parent['id']}".encode()
    if deduplication:
        values[_codes.TAG_DEDUPLICATION_ID] = deduplication["id"].encode()
    return values
