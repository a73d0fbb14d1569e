"""QueueEventsProducer, as the port has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._queue_events_producer import QueueEventsProducer as CoreQueueEventsProducer
from ._options import options_of


class QueueEventsProducer(CoreQueueEventsProducer):
    """Publishes events of your own."""

    def __init__(self, name: str, opts: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, options_of(opts))

    async def publishEvent(self, args: Mapping[str, Any], maxEvents: int = 1000) -> None:
        """Publish ``args``, of which ``eventName`` is the name and the rest the fields."""
        fields = dict(args)
        await self.publish_event(fields.pop("eventName", ""), fields, max_events=maxEvents)
