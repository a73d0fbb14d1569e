"""Which event loop runs where."""

from __future__ import annotations

import asyncio


def is_running_here(loop: asyncio.AbstractEventLoop | None) -> bool:
    """Whether the calling thread is inside of that loop."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
