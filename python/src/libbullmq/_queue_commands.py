"""How a queue asks Redis, and what its listeners hear of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from . import _json
from ._answers import integer_of, json_of
from ._connected import Connected
from ._job_fields import JobFields, Owner
from ._telemetry import Telemetry, traced

# The event that a command is to listeners: its name and what goes with it.
Event = tuple[Any, ...]
Announcement = Callable[[Mapping[str, Any], bytes, bytes], Event | None]  # args, payload, reply


class QueueCommands(Connected, Owner):
    """What the methods of a queue need."""

    _telemetry: Telemetry | None = None

    EVENTS = frozenset(
        {"cleaned", "error", "paused", "progress", "ready", "removed", "resumed", "waiting"}
    )

    async def _ask(self, command: bytes, args: dict[str, Any], payload: bytes = b"") -> bytes:
        """Send a command, and tell listeners what it did, as Node's Queue tells its own."""
        if self._telemetry is not None and command in _TRACED:
            with traced(self._telemetry, "internal", _TRACED[command], self.name):
                reply = await self.call(command, args, payload)
        else:
            reply = await self.call(command, args, payload)
        announcement = _ANNOUNCEMENTS.get(command)
        event = announcement(args, payload, reply) if announcement else None
        if event is not None:
            self._emit(*event)
        return reply

    def job_progressed(self, job: JobFields, progress: Any) -> None:
        self._emit("progress", job, progress)

    def job_removed(self, job: JobFields) -> None:
        self._emit("removed", job)


def _paused(args: Mapping[str, Any], payload: bytes, reply: bytes) -> Event:
    return ("paused",)


def _resumed(args: Mapping[str, Any], payload: bytes, reply: bytes) -> Event:
    return ("resumed",)


def _progress(args: Mapping[str, Any], payload: bytes, reply: bytes) -> Event:
    return ("progress", args["id"], _json.decode(payload))


def _removed(args: Mapping[str, Any], payload: bytes, reply: bytes) -> Event | None:
    return ("removed", args["id"]) if integer_of(reply) else None


def _cleaned(args: Mapping[str, Any], payload: bytes, reply: bytes) -> Event:
    return ("cleaned", json_of(reply), args["type"])


_ANNOUNCEMENTS: Final[dict[bytes, Announcement]] = {
    b"clean": _cleaned,
    b"obliterate": _paused,
    b"pause": _paused,
    b"removeJob": _removed,
    b"resume": _resumed,
    b"updateJobProgress": _progress,
}

# Commands that are traced, under the names that Node's spans have.
_TRACED: Final[dict[bytes, str]] = {
    b"clean": "clean",
    b"drain": "drain",
    b"obliterate": "obliterate",
    b"pause": "pause",
    b"promoteJobs": "promoteJobs",
    b"rateLimit": "rateLimit",
    b"removeDeduplicationKey": "removeDeduplicationKey",
    b"removeJob": "remove",
    b"resume": "resume",
    b"retryJobs": "retryJobs",
    b"trimEvents": "trimEvents",
    b"updateJobProgress": "updateJobProgress",
}
