"""Queue events without asyncio."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Self

from .._options import QueueEventsOptions
from .._queue_event import QueueEvent
from .._queue_events import EventIterator
from .._queue_events import QueueEvents as AsyncQueueEvents
from ._twin import NamedTwin


class QueueEvents(NamedTwin):
    """Hears of everything that happens in a queue, in any process and language.

        with QueueEvents("emails") as events:
            for event in events:
                print(event.name, event.job_id)

    Options, events, errors and what happens on connection loss are those of
    ``libbullmq.QueueEvents``. May be used from any thread. Listeners are called in a thread of the
    library and must not call blocking methods. ``close``, from another thread, ends a loop.
    """

    def __init__(
        self,
        name: str,
        opts: QueueEventsOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> None:
        self._events = AsyncQueueEvents(name, opts, **keywords)
        super().__init__(self._events, name)
        self._taken: deque[QueueEvent] = deque()  # by a loop that has not come to them
        self._place: str | None = None  # of that loop

    @property
    def last_event_id(self) -> str | None:
        """Stream id of the last event that was handed over; None before the first."""
        return self._place if self._taken else self._events.last_event_id

    def wait_until_ready(self) -> None:
        """Wait until whatever happens from now on will be heard.

        See ``libbullmq.QueueEvents.wait_until_ready``.
        """
        self._wait(self._events.wait_until_ready())

    def __enter__(self) -> Self:
        self.wait_until_ready()
        return self

    def __iter__(self) -> Iterator[QueueEvent]:
        loop = self._wait(self._begin())
        try:
            while batch := self._wait(loop.take()):
                self._taken.extend(batch)
                while self._taken:
                    event = self._taken.popleft()
                    self._place = event.id
                    yield event
        finally:
            taken, self._taken = self._taken, deque()
            if taken:
                self._running().loop.call_soon_threadsafe(loop.give_back, taken, self._place)

    async def _begin(self) -> EventIterator:
        return aiter(self._events)

    def _wait_until_finished(self, job_id: str, ttl: int | None) -> Any:
        return self._wait(self._events._wait_until_finished(job_id, ttl))
