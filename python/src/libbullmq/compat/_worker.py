"""Worker, as the port has it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .._handler import is_coroutine_function
from .._worker import Worker as CoreWorker
from ._camel_case import camel_case
from ._job import Job
from ._options import options_of
from ._signal import AbortSignal


@camel_case
class Worker(CoreWorker):
    """Runs ``processor(job, token)`` on the jobs of a queue, from its construction on.

    Without the option ``autorun`` it has to be made in a running loop. See ``libbullmq.Worker``.
    """

    _job_class = Job

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init__(
        self,
        name: str,
        processor: Callable[..., Any] | None = None,
        opts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, _with_signal(processor), options_of(opts))
        self.opts = dict(opts or {})
        if processor is not None and self.opts.get("autorun", True):
            self._start()

    @property
    def closing(self) -> bool:
        """Whether the worker has begun to close."""
        return self._closing is not None

    @property
    def closed(self) -> bool:
        """Whether the worker is closed."""
        return self._closed

    @property
    def running(self) -> bool:
        """Whether the worker takes or runs jobs."""
        return self.is_running()

    async def run(self) -> None:  # type: ignore[override]
        """Take and run jobs until the worker is closed. Signals are the program's."""
        await super().run(handle_signals=False)

    async def close(self, force: bool = False) -> None:  # type: ignore[override]
        """Wait for running jobs and end; with ``force`` give them back at once."""
        await super().close(timeout=0 if force else None)

    async def pause(self, do_not_wait_active: bool = False) -> None:
        """Take no more jobs, and wait for those that run."""
        await super().pause(do_not_wait_active)

    def resume(self) -> asyncio.Task[None]:  # type: ignore[override]
        """Take jobs again. May be awaited, and need not be."""
        return asyncio.get_running_loop().create_task(super().resume())

    def _emit(self, event: str, *args: Any) -> None:
        super()._emit(event, *args, *(("waiting",) if event == "active" else ()))


def _with_signal(processor: Any) -> Any:
    """A processor with three parameters gets a signal as well."""
    if not callable(processor) or not is_coroutine_function(processor):
        return processor
    if len(inspect.signature(processor).parameters) < 3:
        return processor

    async def process(job: Job, token: str) -> Any:
        return await processor(job, token, AbortSignal(job.signal))

    return process
