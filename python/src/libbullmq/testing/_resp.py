"""Asking a Redis directly, one blocking command at a time."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias

TIMEOUT = 10.0  # seconds, for connecting and for each answer

Reply: TypeAlias = "str | int | list[Reply] | None"


class RedisConnection:
    """A connection as the ``connection`` option describes it."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        self._socket = _connect(connection)
        self._answers: BinaryIO = self._socket.makefile("rb")
        if connection.get("password"):
            user = connection.get("username") or "default"
            self.call("AUTH", user, connection["password"])
        if connection.get("db"):
            self.call("SELECT", str(connection["db"]))

    def call(self, *command: str) -> Reply:
        """Run a command. Raises RuntimeError with what Redis refuses, OSError without Redis."""
        parts = [part.encode() for part in command]
        message = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        self._socket.sendall(b"*%d\r\n%s" % (len(parts), message))
        return self._reply()

    def _reply(self) -> Reply:
        line = self._answers.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError("Redis closed the connection")
        kind, text = line[:1], line[1:-2].decode()
        match kind:
            case b"-":
                raise RuntimeError(f"Redis refused: {text}")
            case b":":
                return int(text)
            case b"$":
                return self._bulk(int(text))
            case b"*":
                return None if text == "-1" else [self._reply() for _ in range(int(text))]
        return text

    def _bulk(self, length: int) -> str | None:
        if length < 0:
            return None
        return self._answers.read(length + 2)[:-2].decode("utf-8", "replace")

    def close(self) -> None:
        self._answers.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _connect(connection: Mapping[str, Any]) -> socket.socket:
    path = connection.get("path")
    if not path:
        place = (connection.get("host") or "127.0.0.1", connection.get("port") or 6379)
        return socket.create_connection(place, TIMEOUT)
    unix = socket.socket(socket.AF_UNIX)
    try:
        unix.settimeout(TIMEOUT)
        unix.connect(str(path))
    except BaseException:
        unix.close()
        raise
    return unix
