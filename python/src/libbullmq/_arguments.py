"""Arguments of commands, made ready to be sent; what cannot be is refused before anything is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from . import _json
from ._errors import OptionError


class PageOptions(TypedDict, total=False):
    """Which of a job's children to read."""

    # Where the page begins: 0, or the cursor of the page before.
    cursor: int
    # About how many children. Default: 20.
    count: int


class JobReference(TypedDict):
    """A job of any queue."""

    # Its id.
    id: str
    # Name of its queue with the prefix: "bull:emails".
    queue: str


def given(**args: Any) -> dict[str, Any]:
    """The arguments that are not None."""
    return {name: value for name, value in args.items() if value is not None}


def texts(value: str | Iterable[str] | None) -> list[str] | None:
    """A list of texts; one text stands for a list of it."""
    if value is None:
        return None
    return [value] if isinstance(value, str) else list(value)


def milliseconds(time: int | datetime | None) -> int | None:
    """A time as ms since epoch. A datetime without a zone is local time."""
    return round(time.timestamp() * 1000) if isinstance(time, datetime) else time


def encode_args(args: Any) -> bytes:
    """JSON text of a command's arguments."""
    return encode_json(args, "an argument or option") if args else b""


def encode_json(value: Any, what: str) -> bytes:
    """JSON text of a value, named by ``what`` when it is refused."""
    try:
        return _json.encode(value)
    except (TypeError, ValueError) as error:
        raise OptionError(f"{what} has no JSON form: {error}") from error


def encode_text(value: str, what: str) -> bytes:
    """UTF-8 of a text, named by ``what`` when it is refused."""
    if not isinstance(value, str):
        raise OptionError(f"{what} must be text, not {type(value).__name__}")
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise OptionError(f"{what} has no UTF-8 form: {error}") from error
