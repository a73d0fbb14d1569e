"""Tells the core what became of jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import _codes
from ._client import Client, Outcome
from ._errors import error_of_refusal

if TYPE_CHECKING:
    from ._worker import Worker

# Pause before an outcome is offered again to a core that is full, in seconds.
FULL_PAUSE = 0.05

# Results that the core stores in one command: to wait for more would only leave Redis idle.
TOGETHER = 16

_GIVE_BACK = b'{"giveBack":true}'


class Outcomes:
    """The outcomes of one worker's jobs, on their way to the core.

    Results of one turn of the loop go together: a call for each would wake the core's thread for
    each, and they would leave for Redis one by one.
    """

    def __init__(self, worker: Worker, client: Client) -> None:
        self._worker = worker
        self._client = client
        self._results: list[tuple[int, bytes, Outcome | None]] = []

    def complete(self, job: int, result: bytes, told: Outcome | None, alone: bool) -> None:
        """Store a result, at once when the job runs ``alone``; ``told`` learns how that went."""
        self._results.append((job, result, told))
        if alone or len(self._results) == TOGETHER:
            self.send()
        elif len(self._results) == 1:
            self._client.loop.call_soon(self.send)

    def send(self) -> None:
        """Let go of the results that wait."""
        results, self._results = self._results, []
        if len(results) == 1:
            job, result, told = results[0]
            self._settle(self._client.done, job, result, told)
            return
        if not results:
            return
        jobs, payloads, outcomes = zip(*results, strict=True)
        for job, payload, told, operation in zip(
            jobs, payloads, outcomes, self._client.done_many(jobs, payloads), strict=True
        ):
            self._settled(operation, self._client.done, job, payload, told)

    def fail(self, job: int, failure: bytes, told: Outcome | None) -> None:
        """Store a failure; ``told`` learns how that went."""
        self._settle(self._client.fail, job, failure, told)

    def give_back(self, job: int) -> None:
        """Let the job wait again, as if it had not been taken."""
        self._settle(self._client.fail, job, _GIVE_BACK, None)

    def _settle(
        self,
        settle: Callable[[int, bytes], int],
        job: int,
        payload: bytes,
        told: Outcome | None,
    ) -> None:
        self._settled(settle(job, payload), settle, job, payload, told)

    def _settled(
        self,
        operation: int,
        settle: Callable[[int, bytes], int],
        job: int,
        payload: bytes,
        told: Outcome | None,
    ) -> None:
        if operation > 0:
            if told is not None:
                self._client.expect(operation, told)
        elif operation == _codes.EFULL:
            self._client.loop.call_later(FULL_PAUSE, self._settle, settle, job, payload, told)
        elif operation != _codes.EFORKED:  # else it is a forked child's copy of a job
            self._worker._emit_error(error_of_refusal(operation))
