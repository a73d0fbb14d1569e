"""What a processor with a third parameter gets: whether its job was cancelled."""

from __future__ import annotations

import asyncio

from .._cancellation import CancelSignal
from .._errors import JobCancelledError

AbortError = JobCancelledError


class AbortSignal:
    """``job.signal`` under the port's names."""

    def __init__(self, signal: CancelSignal) -> None:
        self._signal = signal

    @property
    def aborted(self) -> bool:
        """Whether the job was cancelled."""
        return self._signal.is_set()

    @property
    def reason(self) -> str | None:
        """What was given as the reason."""
        return self._signal.reason

    def throw_if_aborted(self) -> None:
        """Raise AbortError, which fails the attempt, when the job was cancelled."""
        self._signal.raise_if_set()

    async def wait(self) -> None:
        """Until the job is cancelled, which ends this coroutine as it ends any other."""
        await asyncio.get_running_loop().create_future()
