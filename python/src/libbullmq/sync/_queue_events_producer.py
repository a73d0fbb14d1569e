"""A producer of queue events without asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._options import QueueOptions
from .._queue_events_producer import QueueEventsProducer as AsyncQueueEventsProducer
from ._twin import NamedTwin


class QueueEventsProducer(NamedTwin):
    """Publishes events of your own to whoever hears the events of a queue.

    Options, errors and what happens on connection loss are those of
    ``libbullmq.QueueEventsProducer``. May be used from any thread.
    """

    def __init__(
        self, name: str, opts: QueueOptions | Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        self._producer = AsyncQueueEventsProducer(name, opts, **keywords)
        super().__init__(self._producer, name)

    def publish_event(
        self,
        event_name: str,
        fields: Mapping[str, Any] | None = None,
        *,
        max_events: int | None = None,
    ) -> str:
        """Add an event. See ``libbullmq.QueueEventsProducer.publish_event``."""
        return self._wait(self._producer.publish_event(event_name, fields, max_events=max_events))
