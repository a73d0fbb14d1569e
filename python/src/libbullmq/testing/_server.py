"""A Redis for tests, in a folder that goes with it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .._spawn import spawn
from ._resp import RedisConnection, Reply

START_TIMEOUT = 10.0  # seconds


class RedisServer:
    """A private ``redis-server`` on a unix socket, without eviction and without a port.

    Use it as a context manager, or call ``start`` and ``close``. It ends with the process that
    started it, on Linux even with one that is killed. Raises RuntimeError where it cannot start.
    """

    def __init__(self, program: str = "redis-server") -> None:
        self._program = program
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def connection(self) -> dict[str, Any]:
        """The ``connection`` option of queues and workers."""
        return {"path": str(self._running() / "redis.sock")}

    @property
    def url(self) -> str:
        """The same for the command line's ``--redis``."""
        return f"unix://{self._running() / 'redis.sock'}"

    @property
    def pid(self) -> int | None:
        """Id of the server's process while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        if self._process is not None:
            raise RuntimeError("the Redis server runs already")
        program = shutil.which(self._program)
        if program is None:
            raise RuntimeError(
                f"{self._program!r} was not found on PATH; install Redis (Debian: redis-server), "
                "its service need not run"
            )
        self._folder = Path(tempfile.mkdtemp(prefix="bullmq-"))  # short: socket paths are
        with (self._folder / "redis.log").open("wb") as log:
            command = _command(program, self._folder)
            self._process = spawn("libbullmq.testing._exec", command, stdout=log, stderr=log)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            with contextlib.suppress(OSError, RuntimeError):
                self.call("PING")
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = (self._running() / "redis.log").read_text(errors="replace")
                self.close()
                raise RuntimeError(f"{self._program} did not start:\n{log}")
            time.sleep(0.01)

    def call(self, *command: str) -> Reply:
        """Run a Redis command, ``call("HGETALL", "bull:emails:1")``."""
        with RedisConnection(self.connection) as redis:
            return redis.call(*command)

    def close(self) -> None:
        """End it and delete its folder. Closing twice is no error."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        if process is not None:
            process.kill()
            process.wait()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _running(self) -> Path:
        if self._folder is None:
            raise RuntimeError("the Redis server does not run; call start() first")
        return self._folder

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _command(program: str, folder: Path) -> list[str]:
    options = {
        "dir": str(folder),
        "unixsocket": str(folder / "redis.sock"),
        "unixsocketperm": "700",
        "port": "0",
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
    }
    return [program, *(part for name, value in options.items() for part in (f"--{name}", value))]
