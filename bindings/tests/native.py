"""The few calls of the C ABI that the tests of the description need, by ctypes."""

import ctypes
import json
import struct
from typing import Any

REPLY, ERROR = 1, 2
CODE, MESSAGE = 2, 4


class Bytes(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_void_p), ("len", ctypes.c_size_t)]

    @staticmethod
    def of(raw: bytes) -> "Bytes":
        return Bytes(ctypes.cast(ctypes.c_char_p(raw), ctypes.c_void_p), len(raw))


class Library:
    def __init__(self, calls: ctypes.CDLL) -> None:
        self.calls = calls
        for name in ("bq_conf_new", "bq_client_new", "bq_take"):
            getattr(calls, name).restype = ctypes.c_void_p
        for name in ("bq_queue_open", "bq_call"):
            getattr(calls, name).restype = ctypes.c_int64
        calls.bq_conf_error.restype = ctypes.c_char_p
        calls.bq_strerror.restype = ctypes.c_char_p
        calls.bq_version.restype = ctypes.c_char_p
        calls.bq_batch_bytes.restype = Bytes

    def refusal(self, scope: int, options: dict[str, Any]) -> str:
        """Why options are refused; "" when they are taken."""
        conf = ctypes.c_void_p(self.calls.bq_conf_new(scope))
        try:
            code = self.calls.bq_conf_set_json(conf, Bytes.of(json.dumps(options).encode()))
            return self.calls.bq_conf_error(conf).decode() if code < 0 else ""
        finally:
            self.calls.bq_conf_free(conf)


class Client:
    """A client with one queue, on the Redis of a unix socket."""

    def __init__(self, library: Library, socket: str) -> None:
        self._calls = library.calls
        conf = ctypes.c_void_p(self._calls.bq_conf_new(1))
        options = json.dumps({"connection": {"path": socket}}).encode()
        assert self._calls.bq_conf_set_json(conf, Bytes.of(options)) == 0
        self._client = ctypes.c_void_p(self._calls.bq_client_new(conf))
        self._calls.bq_conf_free(conf)
        self._queue = ctypes.c_int64(self._calls.bq_queue_open(self._client, b"api", None))
        assert self._queue.value > 0

    def free(self) -> None:
        self._calls.bq_client_free(self._client)

    def error_of(self, command: str, *, on_client: bool = False) -> tuple[int, str] | None:
        """Code and message of what a command without arguments answers, None for a reply."""
        operation = self._calls.bq_call(
            self._client,
            ctypes.c_int64(0) if on_client else self._queue,
            command.encode(),
            Bytes.of(b"{}"),
            Bytes.of(b""),
        )
        assert operation > 0, self._calls.bq_strerror(operation)
        while self._calls.bq_wait(self._client, 20_000) == 1:
            batch = ctypes.c_void_p(self._calls.bq_take(self._client, 0))
            view = self._calls.bq_batch_bytes(batch)
            run = ctypes.string_at(view.ptr, view.len) if view.len else b""
            self._calls.bq_batch_free(batch)
            for kind, identity, fields in records(run):
                if identity == operation and kind in (REPLY, ERROR):
                    return (fields[CODE], fields[MESSAGE].decode()) if kind == ERROR else None
        raise AssertionError(f"{command} was not answered")


def records(run: bytes) -> list[tuple[int, int, dict[int, Any]]]:
    found, offset = [], 0
    while offset < len(run):
        length, kind, count, identity = struct.unpack_from("<IHHq", run, offset)
        found.append((kind, identity, fields_of(run, offset + 16, count)))
        offset += length
    return found


def fields_of(run: bytes, offset: int, count: int) -> dict[int, Any]:
    fields: dict[int, Any] = {}
    for _ in range(count):
        tag, kind, _reserved, size = struct.unpack_from("<HBBI", run, offset)
        raw = run[offset + 8 : offset + 8 + size]
        fields[tag] = struct.unpack("<q", raw)[0] if kind == 1 else raw
        offset += 8 + size
    return fields
