"""Drives node/peer.mjs, a real Node BullMQ program, over JSON lines."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PEER = Path(__file__).parent / "node" / "peer.mjs"
TIMEOUT = 20.0  # seconds
MAX_LINE = 64 * 1024 * 1024

Event = dict[str, Any]


class NodeError(Exception):
    """An operation failed inside Node; carries the error's name, message and code there."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.name = error["name"]
        self.code = error["code"]


def node_program() -> str:
    """The node that scripts/setup put beside this Python, else the one on PATH."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("node", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if found is None:
        raise RuntimeError("no node program on PATH; run scripts/setup")
    return found


class NodePeer:
    """One Node process with one BullMQ version. Events it reports are kept in order of arrival."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.events: list[Event] = []
        self._process = process
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._arrived = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, version: str, address: str, scripts: Path | None = None) -> NodePeer:
        """``version`` is "bullmq6" or "bullmq5"; ``address`` is unix:/path or host:port; ``scripts``
        is a folder of Lua commands that "bullmq6" runs on instead of its own.
        """
        arguments = [version, address, *([str(scripts)] if scripts else [])]
        process = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", node_program(), str(PEER), *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=MAX_LINE,
        )  # fmt: skip
        peer = cls(process)
        await peer.event("peer", "ready")
        return peer

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            message = json.loads(line)
            if "id" in message:
                self._settle(message)
                continue
            async with self._arrived:
                self.events.append(message)
                self._arrived.notify_all()
        for answer in self._answers.values():
            answer.set_exception(ConnectionError("the Node peer has ended"))

    def _settle(self, message: dict[str, Any]) -> None:
        answer = self._answers.pop(message["id"])
        if answer.cancelled():
            return
        if "error" in message:
            answer.set_exception(NodeError(message["error"]))
        else:
            answer.set_result(message["result"])

    def request(self, op: str, **parameters: Any) -> asyncio.Future[Any]:
        """Send an operation now; the future resolves with its answer."""
        assert self._process.stdin is not None
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        line = json.dumps({"id": number, "op": op, **parameters})
        self._process.stdin.write(line.encode() + b"\n")
        return answer

    async def call(self, op: str, **parameters: Any) -> Any:
        return await asyncio.wait_for(self.request(op, **parameters), TIMEOUT)

    async def event(
        self,
        source: str,
        name: str,
        matches: Callable[[Event], bool] = lambda event: True,
        timeout: float = TIMEOUT,
    ) -> Event:
        """The first event so far, or the next to come, of that source and name."""

        def find() -> Event | None:
            for event in self.events:
                if event["source"] == source and event["name"] == name and matches(event):
                    return event
            return None

        async with self._arrived:
            try:
                await asyncio.wait_for(self._arrived.wait_for(find), timeout)
            except TimeoutError:
                seen = [(event["source"], event["name"]) for event in self.events]
                raise AssertionError(f"no {source} event {name!r} within {timeout} s: {seen}") from None
            found = find()
        assert found is not None
        return found

    def events_of_job(self, job_id: str) -> list[str]:
        """Names of the QueueEvents seen for one job, in stream order."""
        return [
            event["name"]
            for event in self.events
            if event["source"] == "queueEvents"
            and isinstance(event["args"][0], dict)
            and event["args"][0].get("jobId") == job_id
        ]

    async def add(self, queue: str, name: str, data: Any, opts: Any = None) -> Any:
        return await self.queue(queue, "add", name, data, opts or {})

    async def queue(self, queue: str, method: str, *args: Any) -> Any:
        """Call any public method of Node's Queue."""
        return await self.call("callQueue", queue=queue, method=method, args=args)

    async def describe(self, queue: str, job_id: str) -> Any:
        """What Node's Job reads, with ``state`` and ``logs``; None when there is no such job."""
        return await self.call("describeJob", queue=queue, jobId=job_id)

    async def counts(self, queue: str) -> dict[str, int]:
        counts: dict[str, int] = await self.queue(queue, "getJobCounts")
        return counts

    async def add_flow(self, flow: Any, options: Any = None) -> Any:
        """Adds a tree of jobs and returns it as ``get_flow`` does."""
        return await self.call("addFlow", flow=flow, options=options or {})

    async def get_flow(self, **options: Any) -> Any:
        """A tree of {"id", "name", "queue", "prefix", "job", "children"}; None for a job that is gone."""
        return await self.call("getFlow", options=options)

    async def watch(self, queue: str) -> None:
        """Report QueueEvents from now on."""
        await self.call("startQueueEvents", queue=queue)

    async def wait_until_finished(self, queue: str, job_id: str, ttl: int = 15000) -> Any:
        return await self.call("waitUntilFinished", queue=queue, jobId=job_id, ttl=ttl)

    async def work(
        self, queue: str, behaviour: str, *, worker: str = "node", options: Any = None, **with_: Any
    ) -> None:
        """Start a worker that behaves as named in node/behaviours.mjs."""
        await self.call(
            "startWorker",
            worker=worker,
            queue=queue,
            behaviour=behaviour,
            options=options or {},
            **{"with": with_},
        )

    async def release(self, worker: str = "node") -> None:
        """Let a worker that hangs go on."""
        await self.call("releaseWorker", worker=worker)

    async def close_worker(self, worker: str = "node") -> None:
        await self.call("closeWorker", worker=worker)

    async def kill(self) -> None:
        """End the process at once, as an outage would."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reader

    async def close(self) -> None:
        if self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
        await self._process.wait()
        await self._reader
