"""Delays between attempts, by the program's own strategy."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ._errors import OptionError
from ._job_fields import JobFields

if TYPE_CHECKING:
    from ._worker import Worker

# Gets the number of attempts made, this one included, the type of the job's backoff, the exception
# and the job. Returns the ms until the next attempt: 0 is at once, -1 never.
BackoffStrategy = Callable[[int, str, BaseException, Any], float | Awaitable[float]]

# Types that the core computes.
_BUILT_IN = frozenset({"fixed", "exponential"})


class Backoff:
    """The strategy of one worker, asked about jobs whose backoff is of a type of its own."""

    def __init__(self, strategy: BackoffStrategy) -> None:
        if not callable(strategy):
            kind = type(strategy).__name__
            raise OptionError(f'option "backoffStrategy" must be a function, not {kind}')
        self._strategy = strategy

    async def delay(self, worker: Worker, job: JobFields, error: BaseException) -> float | None:
        """What the strategy says; None where the core decides, and where the strategy fails."""
        kind = _type_of(job)
        if kind is None or kind in _BUILT_IN:
            return None
        try:
            delay = self._strategy(job.attempts_made + 1, kind, error, job)
            return _checked(await delay if inspect.isawaitable(delay) else delay)
        except Exception as broken:
            worker._emit_error(broken)
            return None


def _type_of(job: JobFields) -> str | None:
    backoff = job.opts.get("backoff")
    kind = backoff.get("type") if isinstance(backoff, dict) else None
    return kind if isinstance(kind, str) else None


def _checked(delay: Any) -> float:
    usable = isinstance(delay, int | float) and not isinstance(delay, bool) and delay == delay
    if not usable or delay in (float("inf"), float("-inf")):
        raise ValueError(f"the backoff strategy must return a number of ms, not {delay!r}")
    return float(delay) if isinstance(delay, float) else delay
