"""Whether something can be used, and waiting until that changes."""

from __future__ import annotations

import asyncio

from ._errors import BullMQError


class Readiness:
    """Not ready at first, then ready or failed for good."""

    def __init__(self) -> None:
        self._ready = False
        self._failure: BullMQError | None = None
        self._sleepers: list[asyncio.Future[None]] = []

    async def wait(self) -> None:
        """Until it is ready. Raises what it has failed with for good."""
        while not self._ready:
            self.raise_failure()
            await self.change()

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def begin(self) -> None:
        self._ready = True
        self.changed()

    def fail(self, error: BullMQError) -> None:
        self._failure = error
        self.changed()

    async def change(self) -> None:
        """Until ``changed`` is called, by the methods above or from outside."""
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        await sleeper

    def changed(self) -> None:
        sleepers, self._sleepers = self._sleepers, []
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)
