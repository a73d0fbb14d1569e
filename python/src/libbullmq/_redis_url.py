"""The ``connection`` option, written as a URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ._errors import OptionError

FORMS = "redis://[user:password@]host[:port][/db] or unix:///path/to/socket[?db=N]"


def connection_of(url: str) -> dict[str, Any]:
    """The connection that a URL names. Raises OptionError, without showing a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OptionError(f"the Redis URL is not one: {error}; write {FORMS}") from None
    if parts.scheme == "rediss":
        raise OptionError("rediss:// asks for TLS, which is not there yet; use redis://")
    if parts.scheme not in ("redis", "unix") or parts.fragment:
        raise OptionError(f"a Redis URL begins with redis:// or unix://; write {FORMS}")
    connection = _place(parts, port)
    if parts.username:
        connection["username"] = unquote(parts.username)
    if parts.password:
        connection["password"] = unquote(parts.password)
    return connection


def _place(parts: SplitResult, port: int | None) -> dict[str, Any]:
    database = _database(parts)
    if parts.scheme == "unix":
        path = unquote(parts.path)
        if parts.hostname or not path:
            raise OptionError(f"the path of a unix URL is absolute: write {FORMS}")
        return {"path": path, **database}
    place: dict[str, Any] = {"host": parts.hostname or "127.0.0.1", **database}
    if port is not None:
        place["port"] = port
    return place


def _database(parts: SplitResult) -> dict[str, int]:
    numbers = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name != "db":
            raise OptionError(f"unknown part {name!r} of the Redis URL; known: db")
        numbers.append(value)
    if parts.scheme == "redis" and parts.path.strip("/"):
        numbers.append(parts.path.strip("/"))
    if not numbers:
        return {}
    if len(numbers) > 1 or not numbers[0].isdecimal():
        named = " and ".join(map(repr, numbers))
        raise OptionError(f"the database of a Redis URL is one number, not {named}")
    return {"db": int(numbers[0])}
