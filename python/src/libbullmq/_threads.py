"""Threads for handlers that are plain functions.

Not concurrent.futures: its threads are waited for at interpreter exit, and a handler that hangs
would keep a process alive that was told twice to stop.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ended(Generic[Result]):
    """How a call ended: with ``error``, or with ``result``."""

    result: Result | None = None
    error: BaseException | None = None


@dataclass(frozen=True)
class _Call:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    context: contextvars.Context
    loop: asyncio.AbstractEventLoop
    ended: asyncio.Future[Ended[Any]]


class ThreadPool:
    """Runs calls in at most ``size`` daemon threads, started when they are needed."""

    def __init__(self, size: int, name: str) -> None:
        self.size = size
        self._name = name
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._threads: set[threading.Thread] = set()
        self._busy = 0  # calls handed in whose end the loop has not seen

    async def run(self, function: Callable[..., Any], *args: Any) -> Ended[Any]:
        """Call a function in a thread, with a copy of the current context.

        Cancelling gives up waiting; the function itself runs on.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Ended[Any]] = loop.create_future()
        self._busy += 1
        if len(self._threads) < min(self._busy, self.size):
            self._start_thread()
        self._calls.put(_Call(function, args, contextvars.copy_context(), loop, ended))
        return await ended

    def _start_thread(self) -> None:
        name = f"{self._name}-{next(_numbers)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.add(thread)
        thread.start()

    def owns_thread(self) -> bool:
        """Whether the calling thread is one of the pool."""
        return threading.current_thread() in self._threads

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            ended = _run(call)
            try:
                call.loop.call_soon_threadsafe(self._settle, call.ended, ended)
            except RuntimeError:  # the loop is closed: nobody waits
                return
            del call, ended

    def _settle(self, future: asyncio.Future[Ended[Any]], ended: Ended[Any]) -> None:
        self._busy -= 1
        if not future.done():
            future.set_result(ended)

    def close(self) -> None:
        """Let the threads end once their calls have; waits for none."""
        for _ in self._threads:
            self._calls.put(None)


def _run(call: _Call) -> Ended[Any]:
    try:
        return Ended(result=call.context.run(call.function, *call.args))
    except BaseException as error:
        return Ended(error=error)
