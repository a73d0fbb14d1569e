"""Listeners of a queue or worker."""

from __future__ import annotations

import asyncio
import difflib
import inspect
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from . import _log

Listener = TypeVar("Listener", bound=Callable[..., Any])


class Emitter:
    """Calls listeners by event name; what goes wrong without a listener is logged.

    A listener is a function or a coroutine function. One that raises is reported as ``error``.
    """

    EVENTS: frozenset[str] = frozenset()
    _logger: logging.Logger = _log.root

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callable[..., Any]]] = {}
        self._listener_tasks: set[asyncio.Task[None]] = set()

    def on(self, event: str, listener: Listener) -> Listener:
        """Call ``listener`` at every ``event``. Raises ValueError for an unknown event."""
        if event not in self.EVENTS:
            nearest = difflib.get_close_matches(event, self.EVENTS, 1)
            known = ", ".join(sorted(self.EVENTS))
            hint = f'did you mean "{nearest[0]}"?' if nearest else f"known: {known}"
            raise ValueError(f'{type(self).__name__} has no event "{event}"; {hint}')
        self._listeners.setdefault(event, []).append(listener)
        return listener

    def off(self, event: str, listener: Callable[..., Any]) -> None:
        """Stop calling a listener. One that is not there is no error."""
        remaining = [known for known in self._listeners.get(event, ()) if known != listener]
        if remaining:
            self._listeners[event] = remaining
        else:
            self._listeners.pop(event, None)

    def _emit(self, event: str, *args: Any) -> None:
        for listener in tuple(self._listeners.get(event, ())):
            try:
                result = listener(*args)
                if inspect.iscoroutine(result):
                    self._keep(self._await_listener(event, result))
            except Exception as error:
                self._listener_failed(event, error)

    def _emit_error(self, error: BaseException) -> None:
        if "error" in self._listeners:
            self._emit("error", error)
        else:
            job_id = getattr(error, "job_id", None)
            self._logger.error("%r: %s", self, error, extra=self._log_fields(job_id))

    def _log_fields(self, job_id: str | None = None) -> dict[str, Any]:
        return _log.fields(getattr(self, "name", None), job_id)

    def _keep(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._listener_tasks.add(task)
        task.add_done_callback(self._listener_tasks.discard)

    async def _await_listener(self, event: str, result: Coroutine[Any, Any, None]) -> None:
        try:
            await result
        except Exception as error:
            self._listener_failed(event, error)

    def _listener_failed(self, event: str, error: Exception) -> None:
        if event == "error":
            message = "%r: a listener of error events failed"
            self._logger.error(message, self, exc_info=error, extra=self._log_fields())
        else:
            self._emit_error(error)
