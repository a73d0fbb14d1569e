"""QueueEvents, as the port has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._queue_event import QueueEvent
from .._queue_events import QueueEvents as CoreQueueEvents
from ._camel_case import camel_case
from ._options import options_of


@camel_case
class QueueEvents(CoreQueueEvents):
    """Hears of what happens in a queue, from its construction on.

    Listeners get the fields of the event, a dict, and the id of its entry; those of ``drained`` and
    others without fields the id alone.
    """

    def __init__(self, name: str, opts: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, options_of(opts))
        self.opts = dict(opts or {})
        if self.opts.get("autorun", True):
            self._usable_client()

    async def run(self) -> None:
        """Begin to read, where ``autorun`` is false."""
        await self.wait_until_ready()

    def _emit(self, event: str, *args: Any) -> None:
        if len(args) == 1 and isinstance(args[0], QueueEvent):
            told = args[0]
            args = (told.fields, told.id) if told.fields else (told.id,)
        super()._emit(event, *args)
