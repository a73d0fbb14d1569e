"""A job as read from Redis, taken by a worker, or just added."""

from __future__ import annotations

from typing import Any, Final

from . import _codes, _json
from ._job_calls import JobCalls
from ._job_fields import Owner
from ._record import Value

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


def added_job(
    owner: Owner, job_id: Value, name: str, data: Any, opts: dict[str, Any], timestamp: int
) -> Job:
    """A job as its caller gave it, with the id that Redis answered."""
    job = Job(owner, b"")
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
