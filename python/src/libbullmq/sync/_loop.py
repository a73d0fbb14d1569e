"""The event loop that the blocking queues of a process share, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import threading


class LoopThread:
    """A running loop; it stops when its last user has released it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.pid = os.getpid()
        self.users = 0
        threading.Thread(target=self._run, name="libbullmq-sync", daemon=True).start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()


_lock = threading.Lock()
_shared: LoopThread | None = None


def acquire() -> LoopThread:
    """The shared loop of this process, started by its first user."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = LoopThread()
        _shared.users += 1
        return _shared


def release(thread: LoopThread) -> None:
    """Give up one use. Does not wait for the thread."""
    global _shared
    if thread.pid != os.getpid():
        return
    with _lock:
        thread.users -= 1
        if thread.users > 0:
            return
        if _shared is thread:
            _shared = None
    thread.loop.call_soon_threadsafe(thread.loop.stop)


def _forget_in_child() -> None:
    """The thread did not come along, and the lock may have been held."""
    global _lock, _shared
    _lock = threading.Lock()
    _shared = None


os.register_at_fork(after_in_child=_forget_in_child)
