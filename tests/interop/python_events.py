"""What Python's QueueEvents hears, as Node's hands it to listeners."""

from __future__ import annotations

import asyncio
from typing import Any

from libbullmq import Queue, QueueEvent, QueueEvents, QueueEventsProducer
from redis_server import RedisServer

TIMEOUT = 20.0  # seconds

# Name, arguments and entry id, as Node's QueueEvents hands them to a listener.
Heard = tuple[str, dict[str, Any], str]


class PythonEvents:
    """A reader of one queue. What a loop over it got is kept in order."""

    def __init__(self, redis: RedisServer, name: str, **options: Any) -> None:
        self.events: list[Heard] = []
        self.reader = QueueEvents(name, {"connection": redis.connection, **options})
        self.producer = QueueEventsProducer(name, connection=redis.connection)
        self._queue = Queue(name, connection=redis.connection, skip_metas_update=True)
        self._arrived = asyncio.Condition()
        self._loop: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        await self.reader.wait_until_ready()
        self._loop = asyncio.ensure_future(self._hear())

    async def until(self, condition: Any) -> None:
        """Wait until it holds, looking again after each event."""
        async with self._arrived:
            try:
                await asyncio.wait_for(self._arrived.wait_for(condition), TIMEOUT)
            except TimeoutError:
                raise AssertionError(f"it did not come to it; read were {self.events}") from None

    async def seen(self, name: str, count: int = 1) -> None:
        await self.until(lambda: [event[0] for event in self.events].count(name) >= count)

    async def wait_until_finished(self, job_id: str, ttl: int = 15000) -> Any:
        job = await self._queue.get_job(job_id)
        if job is None:  # there is a wait for it all the same
            return await self.reader._wait_until_finished(job_id, ttl)
        return await job.wait_until_finished(self.reader, ttl)

    async def close(self) -> None:
        await self.reader.close()
        await self.producer.close()
        await self._queue.close()
        if self._loop is not None:
            await self._loop

    async def _hear(self) -> None:
        async for event in self.reader:
            assert isinstance(event, QueueEvent)
            self.events.append((event.name, event.fields, event.id))
            async with self._arrived:
                self._arrived.notify_all()
