"""Starts the command again whenever a Python file has changed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import _log
from ._spawn import spawn

# Between two looks at the files, in seconds.
INTERVAL = 0.5
# Folders that hold no code of the program; others whose names begin with a dot neither.
FOREIGN = {"__pycache__", "node_modules"}
# Argument of the command that is started here: not to watch files itself.
ONCE = "--once"


def run(arguments: Sequence[str], folders: Sequence[str]) -> int:
    """Run the command with these arguments until a signal ends it. Returns its exit status."""
    return Reloader(arguments, folders).run()


class Reloader:
    """One started command at a time."""

    def __init__(self, arguments: Sequence[str], folders: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._folders = folders
        self._process: subprocess.Popen[bytes] | None = None
        self._signalled = False

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        seen = dict(files(self._folders))
        self._start()
        while not self._signalled:
            time.sleep(INTERVAL)
            self._notice_end()
            now = dict(files(self._folders))
            if now != seen:
                changed = sorted(path for path, _ in now.items() ^ seen.items())
                seen = now
                self._restart(changed[0])
        return 0 if self._process is None else _status(self._process.wait())

    def _start(self) -> None:
        self._process = spawn("libbullmq._command", [*self._arguments, ONCE])

    def _restart(self, changed: str) -> None:
        _log.command.info("%s changed; starting again", changed)
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        if not self._signalled:
            self._start()

    def _notice_end(self) -> None:
        if self._process is not None and self._process.poll() is not None and not self._signalled:
            status = _status(self._process.returncode)
            _log.command.error("the worker ended with status %s; waiting for a change", status)
            self._process = None

    def _on_signal(self, number: int, frame: object) -> None:
        self._signalled = True
        if self._process is not None:
            self._process.send_signal(number)


def files(folders: Sequence[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Path, time of change and size of each Python file in the folders."""
    for folder in folders:
        for path, names, file_names in os.walk(folder):
            names[:] = [name for name in names if _is_own(Path(path, name))]
            for file_name in file_names:
                if file_name.endswith(".py"):
                    yield from _state(Path(path, file_name))


def _is_own(folder: Path) -> bool:
    name = folder.name
    return not (name in FOREIGN or name.startswith(".") or (folder / "pyvenv.cfg").exists())


def _state(path: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    try:
        status = path.stat()
    except OSError:  # gone, or a link to nowhere
        return
    yield str(path), (status.st_mtime_ns, status.st_size)


def _status(code: int) -> int:
    return 128 - code if code < 0 else code
