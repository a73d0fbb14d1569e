"""What a worker asks of Redis beside what its engine does."""

from __future__ import annotations

import os
from typing import Any

from ._arguments import encode_args
from ._client import Client
from ._conf import Confs, prefix_of
from ._emitter import Emitter
from ._errors import ForkedError
from ._job import Job
from ._job_answers import job_of
from ._job_fields import JobFields
from ._readiness import Readiness


class WorkerCommands(Emitter):
    """Commands of a worker, its own and those of its jobs."""

    name: str
    handle = 0  # of the core
    readiness: Readiness
    _confs: Confs
    _client: Client | None = None
    _queue = 0

    async def wait_until_ready(self) -> None:
        """Wait until the worker has its connections, for the first time.

        Waits while Redis cannot be reached. Raises BullMQError when it will never accept this one.
        """
        self._own_client()
        await self.readiness.wait()

    async def rate_limit(self, expire_time_ms: int) -> None:
        """Let no worker of this queue take a job for so many ms.

        A handler that raises RateLimitError afterwards gives its job back, attempt uncounted.
        Raises OptionError for a time below 0. Waits for a lost connection.
        """
        await self.call(b"rateLimit", {"expireTimeMs": expire_time_ms})

    async def start_stalled_check_timer(self) -> None:
        """Look for stalled jobs, every ``stalledInterval``, in a worker without a handler."""
        await self._by_hand(b"startStalledCheckTimer", {})

    async def get_next_job(self, token: str, block: bool = True) -> Job | None:
        """Take a job yourself, under a lock ``token`` of your own: any text nobody else uses.

        Made for a worker without a handler, whose options apply. None when there is no job: with
        ``block``, after having waited for one up to ``drainDelay`` seconds, except at the first
        call; and at once while the worker is paused or the queue rate limited. The lock lasts for
        ``lockDuration`` and is not renewed: see ``job.extend_lock``. End the job with
        ``job.move_to_completed`` or ``job.move_to_failed``. Waits for a lost connection.
        """
        record = await self._by_hand(b"getNextJob", {"token": token, "block": block})
        return job_of(self, record)

    async def call(self, command: bytes, args: Any, payload: bytes = b"") -> bytes:
        """Run a command of ``docs/commands.md``; returns the record of its reply."""
        client = self._own_client()
        return await client.call(self._queue, command, encode_args(args), payload)

    async def _by_hand(self, command: bytes, args: dict[str, Any]) -> bytes:
        self._own_client()
        return await self.call(command, {"worker": self.handle, **args})

    @property
    def prefix(self) -> str:
        """First part of the queue's keys."""
        return prefix_of(self._confs)

    def job_progressed(self, job: JobFields, progress: Any) -> None:
        self._emit("progress", job, progress)

    def job_removed(self, job: JobFields) -> None:
        """A worker has no event for it."""

    def _own_client(self) -> Client:
        if self._client is None:
            raise RuntimeError("the worker does not run; await its run() first")
        if self._client.pid != os.getpid():
            raise ForkedError(
                f"{self!r} runs in process {self._client.pid}; make a new Worker after fork",
                name="BQ_EFORKED",
            )
        return self._client
