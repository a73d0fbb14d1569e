"""What has a connection of its own: a queue, a flow producer."""

from __future__ import annotations

import abc
from types import TracebackType
from typing import Self

from . import _codes, _core_events
from ._client import Client, EventHandler
from ._conf import Confs, prefix_of
from ._emitter import Emitter
from ._errors import BullMQError, ClosedError, error_of_record
from ._readiness import Readiness

# Time that calls under way have to be answered at the end, in ms.
CLOSE_GRACE_MS = 5000


class Connected(Emitter):
    """Opens a client when it is first needed, and another in a forked child or a new loop."""

    _confs: Confs

    def __init__(self) -> None:
        super().__init__()
        self._client: Client | None = None
        self._closed = False
        self._readiness = Readiness()

    @property
    def prefix(self) -> str:
        """First part of the keys."""
        return prefix_of(self._confs)

    async def wait_until_ready(self) -> None:
        """Wait for the first connection; opens it if need be.

        Waits while Redis cannot be reached. Raises BullMQError when it will never accept this one.
        """
        self._usable_client()
        await self._readiness.wait()

    async def close(self) -> None:
        """End the connection and release everything. Closing twice is no error.

        Calls under way have 5 s to be answered; after that, and for calls made from now on, it is
        ClosedError.
        """
        self._closed = True
        client, self._client = self._client, None
        if client is not None and client.usable():
            await client.close(CLOSE_GRACE_MS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _usable_client(self) -> Client:
        client = self._client
        if client is None or not client.usable():
            client = self._open()
        return client

    def _open(self) -> Client:
        if self._closed:
            raise self._closed_error()
        client = Client(self._confs[_codes.CONF_CLIENT], self._handlers())
        self._readiness = Readiness()
        self._opened(client)
        self._client = client
        return client

    def _handlers(self) -> dict[int, EventHandler]:
        """What is done with the events of the client."""
        return {
            **_core_events.of_connection(self),
            _codes.EV_READY: lambda identity, _: self._begun(identity),
            _codes.EV_ERROR: lambda _, record: self._failed(error_of_record(record)),
        }

    def _begun(self, identity: int) -> None:
        self._readiness.begin()
        self._emit("ready")

    def _failed(self, error: BullMQError) -> None:
        self._emit_error(error)
        if error.fatal:
            self._readiness.fail(error)

    def _opened(self, client: Client) -> None:
        """Open in a new client what calls need."""

    def _closed_error(self) -> ClosedError:
        return ClosedError(f"{self._described()} is closed; make a new {type(self).__name__}")

    @abc.abstractmethod
    def _described(self) -> str:
        """What it is, for messages."""
