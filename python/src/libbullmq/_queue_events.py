"""What happens in a queue, whoever makes it happen."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from . import _codes, _log
from ._answers import json_of
from ._arguments import encode_args, given
from ._client import Client, EventHandler
from ._conf import Confs, merge
from ._connected import Connected
from ._emitter import Listener
from ._errors import BullMQError
from ._options import QueueEventsOptions
from ._queue import checked_name
from ._queue_event import QueueEvent, event_of

# Events that wait for a loop over them, from which on no more are taken from the core.
MOST_WAITING: Final = 1000


class QueueEvents(Connected):
    """Hears of everything that happens in a queue, in any process and language.

        async with QueueEvents("emails") as events:
            async for event in events:
                print(event.name, event.job_id)

    ``opts`` are the options of ``docs/options.md`` in Node's names; keyword arguments are options
    too, in snake_case, and win. They are checked here, before any socket is opened: OptionError
    names the option. Without ``last_event_id`` hearing begins with what happens after
    ``async with``, ``wait_until_ready`` or the first use; with one, after that entry, and ``"0-0"``
    stands for all that the stream still holds. ``last_event_id`` of this object is the place that
    was reached: keep it to go on from there in another process.

    Events go to loops over this object, and to listeners: ``events.on("completed", listener)``
    calls ``listener(event)`` with a QueueEvent, and ``"completed:42"`` stands for job 42 alone.
    While there is neither a loop nor a listener events wait, and several loops share them. A loop
    that is slow makes reading wait, so memory stays bounded; Redis keeps the events meanwhile, as
    many as ``streams.events.maxLen`` of the queue.

    A lost connection comes back by itself, and reading goes on where it was. Events beside those of
    the queue: ``ready()`` when reading begins, and ``error(exception)``, otherwise logged to
    "libbullmq.queue_events": EventsMissed when Redis has trimmed what was not read yet,
    MalformedEvent for an entry that was skipped because it cannot be read.

    Queue events belong to one event loop, and end when they are closed or dropped. In a forked
    child they open a connection of their own and go on from the same place.
    """

    _logger = _log.queue_events

    def __init__(
        self,
        name: str,
        opts: QueueEventsOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> None:
        super().__init__()
        self.name = checked_name(name)
        options = {"skipMetasUpdate": True, **merge(opts, keywords)}
        scopes = (_codes.CONF_CLIENT, _codes.CONF_QUEUE, _codes.CONF_EVENTS)
        self._confs = Confs(options, scopes)
        self._place: str | None = self._confs.options.get("lastEventId")
        self._queue = self._reader = 0  # of the core
        self._loops: weakref.WeakSet[EventIterator] = weakref.WeakSet()
        self._waiting: deque[QueueEvent] = deque()  # for a loop over them
        self._calls = 0  # under way, so that events have to be taken

    @property
    def last_event_id(self) -> str | None:
        """Stream id of the last event that was handed over; None before the first."""
        return self._place

    async def wait_until_ready(self) -> None:
        """Wait until whatever happens from now on will be heard. Begins to read if need be.

        Waits for a lost connection. Raises BullMQError when Redis will never accept this one.
        """
        await super().wait_until_ready()

    async def close(self) -> None:
        """Stop reading, end loops over the events, release everything.

        Waits for the end of a job raise ClosedError. Closing twice is no error.
        """
        self._closed = True
        self._waiting.clear()
        self._readiness.changed()
        self._take_again()
        await super().close()

    async def __aenter__(self) -> Self:
        await self.wait_until_ready()
        return self

    # ---- listeners and loops -------------------------------------------------------------

    def on(self, event: str, listener: Listener) -> Listener:
        """Call ``listener`` at every ``event`` of that name, a custom one included."""
        first = not self._has_listeners()
        self._listeners.setdefault(event, []).append(listener)
        if first and self._client is not None and self._has_listeners():
            self._client.loop.call_soon_threadsafe(self._tell_waiting)
        return listener

    def __aiter__(self) -> EventIterator:
        self._usable_client()
        loop = EventIterator(self)
        self._loops.add(loop)
        return loop

    def _has_listeners(self) -> bool:
        return bool(self._listeners.keys() - {"error", "ready"})

    def _tell_waiting(self) -> None:
        """There is a listener now: what waited for one has waited long enough."""
        if not self._loops:
            while self._waiting:
                event = self._waiting.popleft()
                self._place = event.id
                self._tell(event)
            self._take_again()

    def _tell(self, event: QueueEvent) -> None:
        if event.name not in ("error", "ready"):
            self._emit(event.name, event)
        if event.job_id is not None:
            self._emit(f"{event.name}:{event.job_id}", event)

    async def _next(self) -> QueueEvent:
        while not self._waiting:
            self._readiness.raise_failure()
            if self._closed:
                raise StopAsyncIteration
            self._take_again()
            await self._readiness.change()
        event = self._waiting.popleft()
        self._place = event.id
        return event

    # ---- the end of jobs -----------------------------------------------------------------

    async def _wait_until_finished(self, job_id: str, ttl: int | None) -> Any:
        client = self._usable_client()
        args = given(id=job_id, events=self._reader, ttl=ttl)
        self._calls += 1
        self._take_again()
        try:
            return json_of(
                await client.call(self._queue, b"waitUntilFinished", encode_args(args), b"")
            )
        except BullMQError as error:
            error.job_id = job_id
            raise
        finally:
            self._calls -= 1

    # ---- what the core tells -------------------------------------------------------------

    def _opened(self, client: Client) -> None:
        self._queue = client.open_queue(self.name, self._confs[_codes.CONF_QUEUE])
        self._reader = client.open_events(self._queue, self._events_conf())
        self._waiting.clear()  # what has not been handed over is read again

    def _events_conf(self) -> Any:
        if self._place is None:
            return self._confs[_codes.CONF_EVENTS]
        options = {"lastEventId": self._place}
        if "blockingTimeout" in self._confs.options:
            options["blockingTimeout"] = self._confs.options["blockingTimeout"]
        return Confs(options, (_codes.CONF_EVENTS,))[_codes.CONF_EVENTS]

    def _handlers(self) -> dict[int, EventHandler]:
        return {
            **super()._handlers(),
            _codes.EV_QUEUE_EVENT: lambda _, record: self._heard(record),
        }

    def _heard(self, record: bytes) -> None:
        try:
            event = event_of(record)
        except BullMQError as error:
            self._emit_error(error)
            return
        if self._loops or not self._has_listeners():
            self._waiting.append(event)
            self._readiness.changed()
            if len(self._waiting) >= MOST_WAITING and not self._calls and self._client:
                self._client.stop_taking()
        else:
            self._waiting.clear()  # left by a loop that has ended
            self._place = event.id
        self._tell(event)

    def _take_again(self) -> None:
        if self._client is not None and self._client.usable():
            self._client.take_again()

    def _begun(self, identity: int) -> None:
        if identity == self._reader:  # else it is the queue that it reads
            super()._begun(identity)

    def _described(self) -> str:
        return f"the reader of events of queue {self.name!r}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class EventIterator:
    """One loop over queue events. While it exists, events wait for it."""

    def __init__(self, events: QueueEvents) -> None:
        self._events = events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> QueueEvent:
        return await self._events._next()

    async def take(self) -> list[QueueEvent]:
        """All that wait, at least one; none when the queue events are closed."""
        try:
            taken = [await self._events._next()]
        except StopAsyncIteration:
            return []
        while self._events._waiting:
            taken.append(await self._events._next())
        return taken

    def give_back(self, events: Iterable[QueueEvent], place: str | None) -> None:
        """Let events wait again that come after that place."""
        self._events._waiting.extendleft(reversed(list(events)))
        self._events._place = place
