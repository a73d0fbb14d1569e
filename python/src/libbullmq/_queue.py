"""The producer's side: adds jobs, reads them, pauses and deletes the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from . import _codes, _core_events, _json, _log
from ._bulk import BulkEntry, bulk_parts, bulk_payload, bulk_results, encode_data, now_ms
from ._client import Client
from ._conf import Confs, merge
from ._emitter import Emitter
from ._errors import BulkError, BullMQError, ClosedError, OptionError
from ._job import NO_DATA, Job, added_job
from ._job_fields import JobFields
from ._options import JobOptions, QueueOptions
from ._record import fields, find, integer, text

# Time that calls under way have to be answered when the queue is closed, in ms.
CLOSE_GRACE_MS = 5000


class Queue(Emitter):
    """A queue of BullMQ jobs, for adding and looking.

    ``opts`` are the options of ``docs/options.md`` in Node's names; keyword arguments are options
    too, in snake_case, and win. Both are checked here, before any socket is opened: OptionError
    names the option. The connection is opened by the first call.

    While Redis cannot be reached, calls wait and are sent when it is back. They fail with
    ConnectionError after ``connection.maxRetriesPerRequest`` attempts (20: about 4 minutes), or at
    once with ``connection.enableOfflineQueue`` false. A call that was sent when the connection
    broke is sent again: a job without a ``jobId`` may then be added twice.

    Events: ``error(exception)`` for what belongs to no call, otherwise logged to
    "libbullmq.queue";
    ``ready()`` once connected; ``progress(job, progress)`` reported through this object.

    A queue belongs to one event loop. In a forked child it opens a connection of its own.
    """

    EVENTS = frozenset({"error", "progress", "ready"})
    _logger = _log.queue

    def __init__(
        self, name: str, opts: QueueOptions | Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        super().__init__()
        self.name = checked_name(name)
        self._confs = Confs(merge(opts, keywords), (_codes.CONF_CLIENT, _codes.CONF_QUEUE))
        self._defaults: Mapping[str, Any] = self._confs.options.get("defaultJobOptions") or {}
        self._client: Client | None = None
        self._queue = 0
        self._closed = False

    # ---- adding --------------------------------------------------------------------------

    async def add(
        self,
        name: str,
        data: Any = NO_DATA,
        opts: JobOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> Job:
        """Add one job and return it with its id.

        ``data`` is any JSON value, ``{}`` when left out. ``opts`` and keyword arguments are job
        options: ``delay`` (ms), ``priority``, ``attempts``, ``backoff``, ``jobId``, ... With the id
        of a job that exists, or a deduplication hit, nothing is added and the job that is there
        is meant. Raises OptionError for a bad option or data that has no JSON form, ScriptError
        when a parent is missing.
        """
        job_opts = merge(opts, keywords)
        payload = encode_data(name, data)
        args: dict[str, Any] = {"name": name}
        if job_opts:
            args["opts"] = job_opts
        reply = await self.call(b"add", args, payload)
        job_id = find(reply, _codes.TAG_VALUE) or b""
        return added_job(self, job_id, name, data, {**self._defaults, **job_opts}, now_ms())

    async def add_bulk(self, jobs: Iterable[BulkEntry]) -> list[Job]:
        """Add many jobs in one go: ``{"name", "data", "opts"}`` each.

        An invalid entry refuses the whole call with OptionError, before anything is sent. When
        Redis refuses some, the others are added and BulkError tells, per entry, which. More than
        65,535 jobs are added in several goes; when one of them is refused, BulkError tells that
        the entries of those before it have been added.
        """
        results: list[Job | BullMQError] = []
        entries = list(jobs)
        payloads = [(part, bulk_payload(part)) for part in bulk_parts(entries)]
        for part, payload in payloads:
            try:
                reply = await self.call(b"addBulk", {}, payload)
            except BullMQError as error:
                if not results:
                    raise
                results += [error] * (len(entries) - len(results))
                break
            results += bulk_results(self, part, reply, self._defaults)
        added = [result for result in results if isinstance(result, Job)]
        if len(added) < len(results):
            raise BulkError(results)
        return added

    # ---- looking -------------------------------------------------------------------------

    async def get_job(self, job_id: str) -> Job | None:
        """The job of that id as it is now; None when there is none."""
        reply = await self.call(b"getJob", {"id": str(job_id)})
        job = Job(self, reply)
        return job if job.id else None

    async def get_job_state(self, job_id: str) -> str:
        """completed, failed, delayed, prioritized, active, waiting, waiting-children or unknown."""
        reply = await self.call(b"getJobState", {"id": str(job_id)})
        return text(dict(fields(reply)), _codes.TAG_VALUE) or "unknown"

    async def get_job_counts(self, *types: str) -> dict[str, int]:
        """Number of jobs per type, by the names asked for; without any: all of them."""
        args: dict[str, Any] = {"types": list(types)} if types else {}
        counts: dict[str, int] = _json_value(await self.call(b"getJobCounts", args))
        return counts

    async def get_job_logs(
        self, job_id: str, start: int = 0, end: int = -1, asc: bool = True
    ) -> dict[str, Any]:
        """``{"logs": [rows start to end, both included], "count": number of all rows}``."""
        args = {"id": str(job_id), "start": start, "end": end, "asc": asc}
        logs: dict[str, Any] = _json_value(await self.call(b"getJobLogs", args))
        return logs

    async def is_paused(self) -> bool:
        """Whether the queue is paused for every worker."""
        reply = await self.call(b"isPaused", {})
        return bool(integer(dict(fields(reply)), _codes.TAG_VALUE))

    # ---- the whole queue -----------------------------------------------------------------

    async def pause(self) -> None:
        """Let no worker anywhere take another job. Jobs that run go on."""
        await self.call(b"pause", {})

    async def resume(self) -> None:
        """End the pause."""
        await self.call(b"resume", {})

    async def obliterate(self, force: bool = False) -> None:
        """Pause the queue and delete it with all its jobs.

        Refused with BullMQError (``QueueHasActiveJobs``) while jobs run, unless forced.
        """
        await self.call(b"obliterate", {"force": force})

    async def close(self) -> None:
        """End the connection and release everything. Closing twice is no error.

        Calls under way have 5 s to be answered; after that, and for calls made from now on, it is
        ClosedError.
        """
        self._closed = True
        client, self._client = self._client, None
        if client is not None and client.usable():
            await client.close(CLOSE_GRACE_MS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    # ---- the client ----------------------------------------------------------------------

    async def call(self, command: bytes, args: Any, payload: bytes = b"") -> bytes:
        """Run a command of ``docs/commands.md``; returns the record of its reply."""
        client = self._client
        if client is None or not client.usable():
            client = self._open()
        return await client.call(self._queue, command, encode_args(args), payload)

    def _open(self) -> Client:
        if self._closed:
            raise ClosedError(f"queue {self.name!r} is closed; make a new Queue")
        client = Client(self._confs[_codes.CONF_CLIENT], _core_events.of_queue(self))
        self._queue = client.open_queue(self.name, self._confs[_codes.CONF_QUEUE])
        self._client = client
        return client

    def job_progressed(self, job: JobFields, progress: Any) -> None:
        self._emit("progress", job, progress)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def checked_name(name: str) -> str:
    """The queue's name, refused as Node refuses it."""
    if not isinstance(name, str):
        raise OptionError(f"Queue name must be text, not {name!r}")
    if not name:
        raise OptionError("Queue name must be provided")
    if ":" in name:
        raise OptionError(f"Queue name cannot contain :, as {name!r} does")
    if "\0" in name or _is_no_text(name):
        raise OptionError(f"Queue name must be UTF-8 text without NUL, not {name!r}")
    return name


def _is_no_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return True
    return False


def encode_args(args: Any) -> bytes:
    """JSON text of a command's arguments."""
    if not args:
        return b""
    try:
        return _json.encode(args)
    except (TypeError, ValueError) as error:
        raise OptionError(f"an argument or option has no JSON form: {error}") from error


def _json_value(reply: bytes) -> Any:
    return _json.decode(find(reply, _codes.TAG_VALUE) or b"null")
