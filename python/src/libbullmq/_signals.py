"""SIGINT and SIGTERM close the workers that run in the main thread's loop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_workers: dict[int, Callable[[], None]] = {}  # by registration
_previous: dict[signal.Signals, Any] = {}
_loop: asyncio.AbstractEventLoop | None = None


def watch(stop: Callable[[], None]) -> Callable[[], None]:
    """Call ``stop`` at every SIGINT and SIGTERM from now on; returns what ends that.

    Outside the main thread signals cannot be watched and nothing happens. The handlers that were
    there before come back when the last worker has ended.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    key = id(stop)
    if not _workers:
        _install()
    _workers[key] = stop
    return lambda: _unwatch(key)


def _unwatch(key: int) -> None:
    if _workers.pop(key, None) is not None and not _workers:
        _restore()


def _install() -> None:
    global _loop
    _loop = asyncio.get_running_loop()
    for number in SIGNALS:
        _previous[number] = signal.getsignal(number)
        _loop.add_signal_handler(number, _stop_all)


def _restore() -> None:
    assert _loop is not None
    for number, handler in _previous.items():
        if not _loop.is_closed():
            _loop.remove_signal_handler(number)
        if handler is not None:  # None: set by something else than Python
            signal.signal(number, handler)
    _previous.clear()


def _stop_all() -> None:
    for stop in tuple(_workers.values()):
        stop()


def _forget_in_child() -> None:
    """A forked child shares the parent's wake-up socket: its signals would stop the parent."""
    global _loop
    if _workers:
        signal.set_wakeup_fd(-1)
        for number, handler in _previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    _workers.clear()
    _previous.clear()
    _loop = None


os.register_at_fork(after_in_child=_forget_in_child)
