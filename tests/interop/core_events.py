"""A reader of queue events on the C core, as a language layer would build one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from libbullmq import _codes
from libbullmq._client import Client
from libbullmq._conf import Confs
from libbullmq._native import lib
from libbullmq._record import fields
from redis_server import RedisServer

TIMEOUT = 20.0  # seconds
SCOPES = (_codes.CONF_CLIENT, _codes.CONF_QUEUE, _codes.CONF_EVENTS)

# Name, arguments and entry id, as Node's QueueEvents hands them to a listener.
QueueEvent = tuple[str, dict[str, Any], str]


class CoreEvents:
    """One client, one queue, one reader. What it read is kept in order."""

    def __init__(self, redis: RedisServer, name: str, **options: Any) -> None:
        confs = Confs({"connection": redis.connection, **options}, SCOPES)
        handlers = {_codes.EV_QUEUE_EVENT: self._on_event, _codes.EV_READY: self._on_ready}
        self.events: list[QueueEvent] = []
        self._client = Client(confs[_codes.CONF_CLIENT], handlers)
        self._arrived = asyncio.Condition()
        self._ready: set[int] = set()
        self._queue = self._client.open_queue(name, confs[_codes.CONF_QUEUE])
        self._reader = lib.bq_events_open(self._client._live(), self._queue, confs[_codes.CONF_EVENTS])
        assert self._reader > 0

    async def until(self, condition: Any) -> None:
        """Wait until it holds, looking again after each event."""
        async with self._arrived:
            try:
                await asyncio.wait_for(self._arrived.wait_for(condition), TIMEOUT)
            except TimeoutError:
                raise AssertionError(f"it did not come to it; read were {self.events}") from None

    async def ready(self) -> None:
        await self.until(lambda: self._reader in self._ready)

    async def seen(self, name: str, count: int = 1) -> None:
        await self.until(lambda: [event[0] for event in self.events].count(name) >= count)

    async def call(self, command: str, **arguments: Any) -> str:
        """Run a command; the text of its reply."""
        record = await asyncio.wait_for(
            self._client.call(self._queue, command.encode(), json.dumps(arguments).encode(), b""), TIMEOUT
        )
        return bytes(dict(fields(record))[_codes.TAG_VALUE]).decode()  # type: ignore[arg-type]

    async def wait_until_finished(self, job_id: str, ttl: int = 15000) -> Any:
        return json.loads(await self.call("waitUntilFinished", id=job_id, events=self._reader, ttl=ttl))

    async def close(self) -> None:
        await self._client.close(0)

    def _on_ready(self, identity: int, record: bytes) -> None:
        self._ready.add(identity)
        self._notify()

    def _on_event(self, identity: int, record: bytes) -> None:
        assert identity == self._reader
        values = dict(fields(record))
        name, entry = (bytes(values[tag]).decode() for tag in (_codes.TAG_EVENT_NAME, _codes.TAG_STREAM_ID))  # type: ignore[arg-type]
        arguments = json.loads(values[_codes.TAG_FIELDS])  # type: ignore[arg-type]
        assert values.get(_codes.TAG_JOB_ID, b"").decode() == arguments.get("jobId", "")  # type: ignore[union-attr]
        self.events.append((name, as_node_hands_over(name, arguments), entry))
        self._notify()

    def _notify(self) -> None:
        async def notify() -> None:
            async with self._arrived:
                self._arrived.notify_all()

        self._tasks = asyncio.ensure_future(notify())


def as_node_hands_over(name: str, arguments: dict[str, str]) -> dict[str, Any]:
    """What Node parses of the texts of an event."""
    parsed: dict[str, Any] = dict(arguments)
    if name == "progress":
        parsed["data"] = json.loads(arguments["data"])
    elif name == "completed":
        parsed["returnvalue"] = json.loads(arguments["returnvalue"])
    elif name == "delayed":
        parsed["delay"] = float(arguments["delay"])
    return parsed
