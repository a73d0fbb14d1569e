"""A private Redis: its own directory, unix socket and free TCP port, ended by its process id."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

START_TIMEOUT = 10.0  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """One redis-server process that a test can stop, kill, freeze and start again.

    Socket, port and data directory stay the same over restarts, so clients find it again.
    With ``append_only`` every acknowledged write survives even ``kill``.
    """

    def __init__(self, *, append_only: bool = False, password: str | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="bq-redis-"))  # short: socket paths are
        self.socket_path = self.directory / "redis.sock"
        self.port = free_port()
        self.append_only = append_only
        self.password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def unix_address(self) -> str:
        return f"unix:{self.socket_path}"

    @property
    def tcp_address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def connection(self) -> dict[str, str]:
        """The ``connection`` option of libbullmq and BullMQ, over the unix socket."""
        return {"path": str(self.socket_path)}

    @property
    def tcp_connection(self) -> dict[str, str | int]:
        return {"host": "127.0.0.1", "port": self.port}

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the Redis server is not running; call start() first")
        return self._process.pid

    def start(self) -> None:
        if self._process is not None:
            raise RuntimeError("the Redis server is already running")
        with (self.directory / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = (self.directory / "redis.log").read_text()
                self.kill()
                raise RuntimeError(f"redis-server did not start:\n{text}")
            time.sleep(0.01)

    def _command(self) -> list[str]:
        command = ["setpriv", "--pdeathsig", "KILL", "redis-server"]
        command += ["--dir", str(self.directory), "--unixsocket", str(self.socket_path)]
        command += ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--maxmemory-policy", "noeviction"]
        if self.append_only:
            command += ["--appendonly", "yes", "--appendfsync", "always"]
        if self.password is not None:
            command += ["--requirepass", self.password]
        return command

    def _answers(self) -> bool:
        """True once it serves: a PING gets +PONG, or -NOAUTH where a password is set."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            probe.connect(str(self.socket_path))
            probe.sendall(b"PING\r\n")
            return probe.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        return False

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it hold every connection open without answering anything."""
        process = self._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def _end(self, signal_number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal_number)
        process.wait(START_TIMEOUT)
        self.socket_path.unlink(missing_ok=True)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, *command: str) -> str:
        """Run one command with redis-cli and return its raw output."""
        cli = ["redis-cli", "-s", str(self.socket_path), "--raw"]
        if self.password is not None:
            cli += ["-a", self.password, "--no-auth-warning"]
        return subprocess.run([*cli, *command], check=True, capture_output=True, text=True).stdout.rstrip(
            "\n"
        )
