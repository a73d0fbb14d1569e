"""A worker's process talking to its parent."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ._errors import BullMQError, error_of_code
from ._frames import frame, read_frame_blocking
from ._job_fields import JobFields


class Link:
    """Sends frames from any thread, and listens in one of its own."""

    def __init__(self, parent: socket.socket) -> None:
        self._socket = parent
        self._source = parent.makefile("rb")
        self._sending = threading.Lock()
        self._cut = False
        self._prefix = ""
        self._numbers = itertools.count(1)
        self._calls: dict[int, Future[bytes]] = {}
        self.on_start: Callable[[str, bytes], object] = lambda queue, record: None
        self.on_cancel: Callable[[str | None], None] = lambda reason: None
        self.on_stop: Callable[[], None] = lambda: None

    def target(self) -> str:
        """The handler's name, which the parent sends first."""
        received = read_frame_blocking(self._source)
        if received is None:
            os._exit(1)
        self._prefix = str(received[0]["prefix"])
        return str(received[0]["target"])

    def listen(self) -> None:
        """Hear the parent from now on. When it goes, so does this process."""
        threading.Thread(target=self._listen, name="bullmq-parent", daemon=True).start()

    def _listen(self) -> None:
        try:
            while (received := read_frame_blocking(self._source)) is not None:
                self._dispatch(*received)
        finally:
            os._exit(1)

    def _dispatch(self, head: dict[str, Any], body: bytes) -> None:
        match head["type"]:
            case "start":
                self.on_start(head["queue"], body)
            case "cancel":
                self.on_cancel(head["reason"])
            case "stop":
                self.on_stop()
            case "reply":
                self._calls.pop(head["call"]).set_result(body)
            case "refusal":
                self._calls.pop(head["call"]).set_exception(_error_of(head["error"]))

    def send(self, kind: str, body: bytes = b"", **head: Any) -> None:
        """Send a frame. Ends the process when an earlier one was cut by a signal's exception."""
        message = frame(kind, body, **head)
        with self._sending:
            if self._cut:
                os._exit(1)
            self._cut = True
            self._socket.sendall(message)
            self._cut = False

    def call(self, command: bytes, args: Any, payload: bytes) -> Future[bytes]:
        """Have the parent run a command; the future brings the record of its reply."""
        future: Future[bytes] = Future()
        future.set_running_or_notify_cancel()  # so that nobody who waits can cancel it
        number = next(self._numbers)
        self._calls[number] = future
        self.send("call", payload, call=number, command=command.decode(), args=args)
        return future

    def owner(self, queue_name: str, *, blocking: bool) -> LinkOwner:
        """What a job of a queue sends its commands to."""
        kind = BlockingLinkOwner if blocking else LinkOwner
        return kind(self, queue_name, self._prefix)


class LinkOwner:
    """The owner of a job in this process: the worker in the parent."""

    def __init__(self, link: Link, name: str, prefix: str) -> None:
        self._link = link
        self.name = name
        self.prefix = prefix

    async def call(self, command: bytes, args: Any, payload: bytes = b"") -> bytes:
        return await asyncio.wrap_future(self._link.call(command, args, payload))

    def job_progressed(self, job: JobFields, progress: Any) -> None:
        """Listeners are the parent's; it has seen the command."""

    def job_removed(self, job: JobFields) -> None:
        """The same."""


class BlockingLinkOwner(LinkOwner):
    """The same for plain functions: a call blocks its thread and never suspends."""

    async def call(self, command: bytes, args: Any, payload: bytes = b"") -> bytes:
        return self._link.call(command, args, payload).result()


def _error_of(described: dict[str, Any]) -> BullMQError:
    return error_of_code(described.pop("code"), described.pop("message"), **described)
