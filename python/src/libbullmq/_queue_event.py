"""One entry of a queue's event stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import _codes, _json
from ._errors import BullMQError
from ._record import fields, find, text


@dataclass(frozen=True, slots=True)
class QueueEvent:
    """Something that happened in a queue.

    ``name`` is what happened: ``added``, ``waiting``, ``active``, ``progress``, ``completed``,
    ``failed``, ``delayed``, ``removed``, ``drained``, ... or the name of a custom event. ``id`` is
    that of the entry in the stream: the ms since epoch at which it was written, and a number.
    ``fields`` has what goes with it under Node's names; Redis keeps texts, so each is a ``str`` but
    the ``returnvalue`` of a completed job and the ``data`` of a progress event, any JSON value, and
    the ``delay`` of a delayed job, the ms since epoch at which it is due.
    """

    name: str
    id: str
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def job_id(self) -> str | None:
        """Id of the job concerned; None for events of the whole queue."""
        return self.fields.get("jobId")

    @property
    def returnvalue(self) -> Any:
        """What a completed job returned."""
        return self.fields.get("returnvalue")

    @property
    def failed_reason(self) -> str | None:
        """Why a job failed."""
        return self.fields.get("failedReason")

    @property
    def data(self) -> Any:
        """The progress of a job, in an event ``progress``."""
        return self.fields.get("data")

    @property
    def prev(self) -> str | None:
        """The state that the job was in before."""
        return self.fields.get("prev")


def event_of(record: bytes) -> QueueEvent:
    """The event in a record of the core. Raises BullMQError when its JSON cannot be read."""
    values = dict(fields(record))
    name = text(values, _codes.TAG_EVENT_NAME) or ""
    entry = text(values, _codes.TAG_STREAM_ID) or ""
    event = QueueEvent(name, entry, _json.decode(find(record, _codes.TAG_FIELDS) or b"{}"))
    decode = _DECODED.get(name)
    if decode is not None and decode[0] in event.fields:
        key, read = decode
        try:
            event.fields[key] = read(event.fields[key])
        except ValueError as error:
            raise BullMQError(
                f"skipped event {name} {entry}: its {key} {event.fields[key]!r} cannot be read",
                code=_codes.ERR_MALFORMED_EVENT,
                job_id=event.job_id,
            ) from error
    return event


def _json_value(value: str) -> Any:
    return _json.decode(value.encode("utf-8", "surrogatepass"))


def _number(value: str) -> float:
    number = float(value)
    return int(number) if number.is_integer() else number


# What Node reads of the texts of an event: the field, and how.
_DECODED = {
    "completed": ("returnvalue", _json_value),
    "delayed": ("delay", _number),
    "progress": ("data", _json_value),
}
