"""Adds custom events to the event stream of a queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _codes, _json, _log
from ._answers import text_of
from ._arguments import encode_args, given
from ._client import Client
from ._conf import Confs, merge
from ._connected import Connected
from ._errors import OptionError
from ._options import QueueOptions
from ._queue import checked_name

# Fields that readers take as JSON: those of these events are always sent so.
_JSON_FIELDS = {"completed": "returnvalue", "progress": "data"}


class QueueEventsProducer(Connected):
    """Publishes events of your own to whoever hears the events of a queue.

    Options, checks and what happens on connection loss are those of Queue. Events: ``ready()``
    and ``error(exception)``, otherwise logged to "libbullmq.queue_events".

    Belongs to one event loop. In a forked child it opens a connection of its own.
    """

    EVENTS = frozenset({"error", "ready"})
    _logger = _log.queue_events

    def __init__(
        self, name: str, opts: QueueOptions | Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        super().__init__()
        self.name = checked_name(name)
        options = {"skipMetasUpdate": True, **merge(opts, keywords)}
        self._confs = Confs(options, (_codes.CONF_CLIENT, _codes.CONF_QUEUE))
        self._queue = 0  # of the core

    async def publish_event(
        self,
        event_name: str,
        fields: Mapping[str, Any] | None = None,
        *,
        max_events: int | None = None,
    ) -> str:
        """Add an event to the queue's event stream. Returns the id of its entry.

        Redis keeps texts: a field that is no ``str`` is sent as JSON text, and so are the
        ``returnvalue`` of an event ``completed`` and the ``data`` of one named ``progress``, which
        readers take as JSON. ``max_events`` is the length at which the stream is trimmed, about;
        left out, it is ``streams.events.maxLen`` of the queue.

        Raises OptionError for an event without a name, or a field named ``event`` or without JSON
        form. One whose answer was lost with the connection may be added twice.
        """
        args = given(
            eventName=event_name, fields=_texts(event_name, fields or {}), maxEvents=max_events
        )
        client = self._usable_client()
        record = await client.call(self._queue, b"publishEvent", encode_args(args), b"")
        return text_of(record)

    def _opened(self, client: Client) -> None:
        self._queue = client.open_queue(self.name, self._confs[_codes.CONF_QUEUE])

    def _described(self) -> str:
        return f"the producer of events of queue {self.name!r}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def _texts(event_name: str, fields: Mapping[str, Any]) -> dict[str, str]:
    if not isinstance(fields, Mapping):
        raise OptionError(f"fields must be a dict, not {type(fields).__name__}")
    json_field = _JSON_FIELDS.get(event_name)
    texts = {}
    for name, value in fields.items():
        try:
            as_it_is = isinstance(value, str) and name != json_field
            texts[name] = value if as_it_is else _json.encode(value).decode()
        except (TypeError, ValueError) as error:
            raise OptionError(f"field {name!r} has no JSON form: {error}") from error
    return texts
