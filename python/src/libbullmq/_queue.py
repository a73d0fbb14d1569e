"""A queue: adds and schedules jobs; the commands are in QueueCalls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from . import _codes, _log
from ._arguments import encode_args
from ._bulk import (
    BulkEntry,
    bulk_parts,
    bulk_payload,
    bulk_results,
    carrying_all,
    encode_data,
    now_ms,
)
from ._client import Client
from ._conf import Confs, merge
from ._errors import BulkError, BullMQError, OptionError
from ._job import NO_DATA, Job, added_job
from ._job_answers import job_of
from ._options import JobKeywords, JobOptions, QueueOptions, RepeatKeywords, RepeatOptions
from ._queue_calls import QueueCalls
from ._record import find
from ._schedulers import JobTemplate, scheduler_args
from ._telemetry import carrying, checked, meter_of, traced


class Queue(QueueCalls):
    """A queue of BullMQ jobs: adds them, finds them, and looks after them all.

    ``opts`` are the options of ``docs/options.md`` in Node's names; keyword arguments are options
    too, in snake_case, and win. Both are checked here, before any socket is opened: OptionError
    names the option. The connection is opened by the first call.

    While Redis cannot be reached, calls wait and are sent when it is back. They fail with
    ConnectionError after ``connection.maxRetriesPerRequest`` attempts (20: about 4 minutes), or at
    once with ``connection.enableOfflineQueue`` false. A call that was sent when the connection
    broke is sent again: a job without a ``jobId`` may then be added twice.

    Events: ``error(exception)`` for what belongs to no call, otherwise logged to
    "libbullmq.queue"; ``ready()`` once connected; and what is done through this object:
    ``waiting(job)``, ``progress(job, progress)``, ``removed(job)``, ``paused()``, ``resumed()``,
    ``cleaned(ids, type)``. A job is its id where a method of the queue was used on it.

    A queue belongs to one event loop. In a forked child it opens a connection of its own.
    """

    _logger = _log.queue

    def __init__(
        self, name: str, opts: QueueOptions | Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        super().__init__()
        self.name = checked_name(name)
        scopes = (_codes.CONF_CLIENT, _codes.CONF_QUEUE)
        self._confs = Confs(merge(opts, keywords), scopes, host=("telemetry",))
        self._telemetry = checked(self._confs.host.get("telemetry"))
        self._defaults: Mapping[str, Any] = self._confs.options.get("defaultJobOptions") or {}
        self._queue = 0  # of the core

    # ---- adding --------------------------------------------------------------------------

    async def add(
        self,
        name: str,
        data: Any = NO_DATA,
        opts: JobOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Unpack[JobKeywords],
    ) -> Job:
        """Add one job and return it with its id.

        ``data`` is any JSON value, ``{}`` when left out. ``opts`` and keyword arguments are job
        options: ``delay`` (ms), ``priority``, ``attempts``, ``backoff``, ``jobId``, ... With the id
        of a job that exists, or a deduplication hit, nothing is added and the job that is there
        is meant. Raises OptionError for a bad option or data that has no JSON form, ScriptError
        when a parent is missing.
        """
        job_opts = merge(opts, keywords)
        if self._telemetry is None:
            return await self._add(name, data, job_opts)
        to = f"{self.name}.{name}"
        about = {"bullmq.job.name": name}
        with traced(self._telemetry, "producer", "add", self.name, to, **about) as span:
            job = await self._add(name, data, carrying(job_opts, span, keep=False))
            span.set_attributes({"bullmq.job.id": job.id})
            return job

    async def _add(self, name: str, data: Any, opts: Mapping[str, Any]) -> Job:
        payload = encode_data(name, data)
        args: dict[str, Any] = {"name": name}
        if opts:
            args["opts"] = opts
        reply = await self.call(b"add", args, payload)
        job_id = find(reply, _codes.TAG_VALUE) or b""
        job = added_job(self, job_id, name, data, {**self._defaults, **opts}, now_ms())
        self._emit("waiting", job)
        return job

    async def add_bulk(self, jobs: Iterable[BulkEntry]) -> list[Job]:
        """Add many jobs in one go: ``{"name", "data", "opts"}`` each.

        An invalid entry refuses the whole call with OptionError, before anything is sent. When
        Redis refuses some, the others are added and BulkError tells, per entry, which. More than
        65,535 jobs are added in several goes; when one of them is refused, BulkError tells that
        the entries of those before it have been added.
        """
        if self._telemetry is None:
            return await self._add_bulk(list(jobs))
        with traced(self._telemetry, "producer", "addBulk", self.name) as span:
            added = await self._add_bulk(carrying_all(jobs, span))
            names = [job.name for job in added]
            span.set_attributes(
                {"bullmq.job.bulk.names": names, "bullmq.job.bulk.count": len(names)}
            )
            return added

    async def _add_bulk(self, entries: list[BulkEntry]) -> list[Job]:
        results: list[Job | BullMQError] = []
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

    async def upsert_job_scheduler(
        self,
        scheduler_id: str,
        repeat: RepeatOptions | Mapping[str, Any] | None = None,
        template: JobTemplate | Mapping[str, Any] | None = None,
        **keywords: Unpack[RepeatKeywords],
    ) -> Job | None:
        """Create a job scheduler, or change the one with that id, and its next job.

        ``repeat`` and keyword arguments say when its jobs run: ``every`` (ms) or ``pattern`` (cron)
        with ``tz``, ``limit``, ``start_date`` and ``end_date`` (ms since epoch or a datetime, local
        time without a zone), ``offset``, ``immediately``, ... ``template`` is what its jobs are
        made of: ``{"name", "data", "opts"}``. Each further job is made when a worker takes the one
        before it.

        Returns the next job; None when there is none, because ``limit`` or ``end_date`` is reached
        or the pattern has no further run: then nothing is written. Raises OptionError for a bad
        rule or template, before anything is written.
        """
        args, payload = scheduler_args(scheduler_id, repeat, template, keywords)
        return job_of(self, await self._ask(b"upsertJobScheduler", args, payload))

    async def record_job_counts_metric(self, *types: str) -> dict[str, int]:
        """Number of jobs per type, as ``get_job_counts``; also recorded by the ``telemetry``.

        A gauge ``bullmq.queue.jobs`` shows them, where the telemetry has metrics. To be called
        every so often by one program.
        """
        counts = await self.get_job_counts(*types)
        if meter := meter_of(self._telemetry):
            for state, number in counts.items():
                about = {"bullmq.queue.name": self.name, "bullmq.queue.jobs.state": state}
                meter.jobs(number, about)
        return counts

    # ---- the client ----------------------------------------------------------------------

    async def call(self, command: bytes, args: Any, payload: bytes = b"") -> bytes:
        """Run a command of ``docs/commands.md``; returns the record of its reply."""
        client = self._usable_client()
        return await client.call(self._queue, command, encode_args(args), payload)

    def _opened(self, client: Client) -> None:
        self._queue = client.open_queue(self.name, self._confs[_codes.CONF_QUEUE])

    def _described(self) -> str:
        return f"queue {self.name!r}"

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
