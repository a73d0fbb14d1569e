"""Handlers that are named by text: ``"module:function"``."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable
from typing import Any

from ._errors import OptionError
from ._handler import takes_token

_SHAPE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


def checked_target(target: str) -> str:
    """The target, refused with OptionError when it is certain that it names no handler.

    Imports nothing. What only an import can tell comes out when the handler is loaded.
    """
    if not _SHAPE.fullmatch(target):
        raise OptionError(
            f'the handler must be named "module:function", as in "app.tasks:handle", not {target!r}'
        )
    module_name, _, path = target.partition(":")
    if module_name == "__main__":
        raise OptionError(
            f"the handler {target!r} is in the program itself, which another process cannot "
            "import; put it in a module of its own"
        )
    if module_name in sys.modules:
        _find(sys.modules[module_name], path, target)
    else:
        _require_package(module_name.partition(".")[0], target)
    return target


def load_target(target: str) -> Callable[..., Any]:
    """Import the handler.

    Raises OptionError when the module has no such function, and what the import raises.
    """
    module_name, _, path = checked_target(target).partition(":")
    handler = _find(importlib.import_module(module_name), path, target)
    takes_token(handler)  # refuses a function that cannot take a job
    return handler


def _require_package(name: str, target: str) -> None:
    """Refuse a module that is nowhere on sys.path; a package's parts are left to the import."""
    try:
        found = name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        raise OptionError(
            f"there is no module {name!r} for the handler {target!r}; is its folder on sys.path "
            "(PYTHONPATH, or the current folder)?"
        )


def _find(module: Any, path: str, target: str) -> Callable[..., Any]:
    value = module
    for name in path.split("."):
        if not hasattr(value, name):
            nearest = difflib.get_close_matches(name, dir(value), 1)
            hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
            place = getattr(value, "__name__", type(value).__name__)
            raise OptionError(f"{place!r} has no {name!r} for the handler {target!r}{hint}")
        value = getattr(value, name)
    if not callable(value):
        kind = type(value).__name__
        raise OptionError(f"the handler {target!r} must be a function, not {kind}")
    handler: Callable[..., Any] = value
    return handler
