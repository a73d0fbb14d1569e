"""How a running job learns that it shall end."""

from __future__ import annotations

import threading

from ._errors import JobCancelledError


class CancelSignal:
    """Whether, and why, a running job was asked to stop: ``job.signal``.

    A coroutine is cancelled besides and needs no look at it; a plain function looks now and then,
    or waits with it instead of sleeping. May be used from any thread.
    """

    __slots__ = ("_event", "_reason")

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """What the one who asked gave as the reason; None when nobody asked, or gave none."""
        return self._reason

    def is_set(self) -> bool:
        """Whether the job was asked to stop."""
        return self._event.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Block this thread until the job is asked to stop, at most ``timeout`` seconds.

        Returns whether it was.
        """
        return self._event.wait(timeout)

    def raise_if_set(self) -> None:
        """Raise JobCancelledError, which fails the attempt, when the job was asked to stop."""
        if self._event.is_set():
            raise JobCancelledError(self._reason)

    def set(self, reason: str | None = None) -> None:
        """Ask the job to stop. The first reason counts."""
        if not self._event.is_set():
            self._reason = reason
            self._event.set()
