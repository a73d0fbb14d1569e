"""A job as read from Redis, taken by a worker, or just added."""

from __future__ import annotations

from typing import Any, Final

from . import _codes, _json
from ._errors import OptionError
from ._job_fields import JobFields, Owner
from ._record import Value, fields, integer, text

NO_DATA: Final = object()


class JobCommands(JobFields):
    """What can be asked of Redis about a job; the public classes say how to wait for it."""

    __slots__ = ()

    async def _update_progress(self, progress: Any) -> None:
        payload = _encode(progress, "progress", self)
        await self._owner.call(b"updateJobProgress", {"id": self.id}, payload)
        self._values[_codes.TAG_PROGRESS] = payload
        self._owner.job_progressed(self, progress)

    async def _log(self, row: str) -> int:
        args: dict[str, Any] = {"id": self.id}
        if "keepLogs" in self.opts:
            args["keepLogs"] = self.opts["keepLogs"]
        reply = await self._owner.call(b"addJobLog", args, str(row).encode())
        return integer(dict(fields(reply)), _codes.TAG_VALUE) or 0

    async def _update_data(self, data: Any) -> None:
        payload = _encode(data, "data", self)
        await self._owner.call(b"updateJobData", {"id": self.id}, payload)
        self._data = data

    async def _get_state(self) -> str:
        reply = await self._owner.call(b"getJobState", {"id": self.id})
        return text(dict(fields(reply)), _codes.TAG_VALUE) or "unknown"


class Job(JobCommands):
    """A job of a queue. What it shows is what was read, not what Redis holds since.

    Every method waits for Redis, over a lost connection as its queue's ``connection`` options say
    or, for a job that a worker runs, until the connection is back. A job that is gone raises
    ScriptError (``JobNotExist``), use after close ClosedError.
    """

    __slots__ = ()

    async def update_progress(self, progress: Any) -> None:
        """Store the job's progress, any JSON value, and tell listeners everywhere."""
        await self._update_progress(progress)

    async def log(self, row: str) -> int:
        """Append a row to the job's log. Returns the number of rows kept."""
        return await self._log(row)

    async def update_data(self, data: Any) -> None:
        """Replace the job's data by another JSON value."""
        await self._update_data(data)

    async def get_state(self) -> str:
        """Where the job is now: completed, failed, delayed, prioritized, active, waiting,
        waiting-children or unknown.
        """
        return await self._get_state()


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
    job._opts = opts
    job._data = {} if data is NO_DATA else data
    return job


def _encode(value: Any, what: str, job: JobFields) -> bytes:
    try:
        return _json.encode(value)
    except (TypeError, ValueError) as error:
        raise OptionError(f"{what} of job {job.id} has no JSON form: {error}") from error
