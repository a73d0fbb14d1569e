"""Handlers of jobs: how they may be written, and what becomes of how they end."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import _json
from ._errors import OptionError, SandboxError, UnrecoverableError

# Where frames of a traceback are that say nothing of the handler.
_FOREIGN = (str(Path(__file__).parent), str(Path(importlib.__file__).parent), "<frozen importlib")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def takes_token(handler: Callable[..., Any]) -> bool:
    """Whether a handler is called with job and token, or with the job alone."""
    if not callable(handler):
        raise OptionError(f"the handler must be a function, not {type(handler).__name__}")
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):  # a function of an extension that does not say
        return True
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters):
        return True
    taken = sum(parameter.kind in _POSITIONAL for parameter in parameters)
    if taken == 0:
        raise OptionError(f"the handler {handler!r} must take the job, or the job and its token")
    return taken > 1


def is_coroutine_function(handler: Callable[..., Any]) -> bool:
    """Whether calling it gives a coroutine; objects with an async ``__call__`` count."""
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
        getattr(handler, "__call__", None)  # noqa: B004
    )


def message_of(error: BaseException) -> str:
    """Text of an exception; the name of its class when it has none."""
    try:
        return str(error) or type(error).__name__
    except Exception as broken:
        return f"{type(error).__name__} (its message is unreadable: {broken!r})"


def stack_of(error: BaseException) -> str:
    """Its traceback as Python prints it, from the handler on."""
    if isinstance(error, SandboxError):
        return error.stack
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_FOREIGN):
        trace = trace.tb_next
    try:
        lines = traceback.format_exception(type(error), error, trace)
    except Exception:
        return message_of(error)
    return "".join(lines).rstrip()


def storable(text: str) -> str:
    """Text without what UTF-8 JSON cannot carry everywhere: lone surrogates and NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def unreadable_data(error: Exception) -> UnrecoverableError:
    """The failure of a job whose data is not JSON: no retry can mend it."""
    return UnrecoverableError(str(error))


def encode_result(result: Any) -> bytes:
    """JSON text of what a handler returned; nothing for None.

    Raises UnrecoverableError for a value without JSON form: the work is done, and doing it again
    would not help.
    """
    if result is None:
        return b""
    try:
        return _json.encode(result)
    except (TypeError, ValueError) as error:
        raise UnrecoverableError(f"the handler's result has no JSON form: {error}") from error
