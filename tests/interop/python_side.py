"""Types of the Python side of the tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from libbullmq import Job, Worker

Handler = Callable[[Job, str], Awaitable[Any]]
StartWorker = Callable[..., Awaitable[Worker]]
