"""A reader who works a page through, from top to bottom, in a checkout of their own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from blocks import FOREIGN, Block
from redis_server import RedisServer

TIME_LIMIT = 120.0  # seconds, for one block
PORT = re.compile(r"\b6379\b")  # what the examples connect to
OWN_SCRIPTS = re.compile(r"^(scripts/(?:demo|test))\b", re.MULTILINE)


class Failure(Exception):
    """A block did not do what its page says."""


class Checkout:
    """A copy of the checkout whose examples connect to a private Redis, and an empty home."""

    def __init__(self, source: Path, folder: Path, redis: RedisServer) -> None:
        self.root = folder / "libbullmq"
        self.home = folder / "home"
        self.redis = redis
        self.home.mkdir()
        shutil.copytree(source, self.root, ignore=shutil.ignore_patterns(*FOREIGN, "__pycache__", ".*_cache"))
        for path in (self.root / "examples").rglob("*"):
            if path.is_file():
                path.write_text(self.redirected(path.read_text()))

    def redirected(self, text: str) -> str:
        return PORT.sub(str(self.redis.port), text)

    def environment(self) -> dict[str, str]:
        """Without what this machine has of the project; downloads and compiled Go are kept."""
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        hidden = {"PKG_CONFIG_PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "GEM_HOME", "VIRTUAL_ENV"}
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {**kept, "HOME": str(self.home), "XDG_CACHE_HOME": cache, "PYTHONUNBUFFERED": "1"}


class Program:
    """A started block: its output, its end."""

    def __init__(self, command: list[str], checkout: Checkout, environment: dict[str, str]) -> None:
        self.output = ""
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            cwd=checkout.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that what it starts can be interrupted as a terminal does
        )
        self._limit = threading.Timer(TIME_LIMIT, self._signal, [signal.SIGKILL])
        self._limit.start()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def wait_for(self, word: str) -> None:
        """Until it prints a line with this word."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output += line
            if word in line:
                return
        raise Failure(f"it ended without saying {word!r}:\n{self.output}")

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._signal(signal.SIGINT)

    def end(self) -> None:
        """Wait for it; its status must be 0."""
        assert self._process.stdout is not None
        self.output += self._process.stdout.read()
        status = self._process.wait()
        self._limit.cancel()
        if status != 0:
            raise Failure(f"it ended with status {status}:\n{self.output}")

    def kill(self) -> None:
        if self._process.poll() is None:
            self._signal(signal.SIGKILL)
            self._process.communicate()
        self._limit.cancel()


class Reader:
    """Runs the blocks of one page in order and remembers how each of them went.

    What a shell block exports holds for the blocks after it. A block that runs until it is
    interrupted runs beside the next one that ends by itself, has then done a job, and is interrupted.
    """

    def __init__(self, checkout: Checkout, folder: Path, python: Path) -> None:
        self.failures: dict[Block, Failure] = {}
        self._checkout = checkout
        self._environment = checkout.environment()
        self._environment["PATH"] = f"{python.parent}:{self._environment['PATH']}"
        self._beside: tuple[Block, Program] | None = None
        self._folder = folder
        self._exports = folder / "exports"  # sets the environment as the last block left it
        self._exports.touch()

    def follow(self, blocks: list[Block]) -> None:
        for block in blocks:
            if not block.ends_by_itself:
                self._interrupt_beside()
            self._run(block)
            if block.ends_by_itself:
                self._interrupt_beside()
        self._interrupt_beside()

    def _run(self, block: Block) -> None:
        program = self.start(block)
        if not block.ends_by_itself:
            self._beside = (block, program)
            return
        self._note(block, program, program.end)

    def _interrupt_beside(self) -> None:
        if self._beside is None:
            return
        (block, program), self._beside = self._beside, None

        def interrupt_after_a_job() -> None:
            program.wait_for("completed")
            program.interrupt()
            program.end()

        self._note(block, program, interrupt_after_a_job)

    def _note(self, block: Block, program: Program, finish: Callable[[], None]) -> None:
        try:
            finish()
        except Failure as failure:
            program.kill()
            self.failures[block] = failure

    def shell(self, commands: str) -> str:
        """What these commands print where the page has left off."""
        program = self.start(Block("commands", 0, "sh", commands))
        program.end()
        return program.output

    def start(self, block: Block) -> Program:
        """The block's program, in the environment that the page has made so far."""
        path = self._folder / f"block-{block.line}"
        path.write_text(self._checkout.redirected(OWN_SCRIPTS.sub(r"test -x \1", block.text)))
        run = f'. "{path}"' if block.language == "sh" else f'python "{path}"'
        script = f'. "{self._exports}"\n{run}\n'
        if block.ends_by_itself:
            script += f'export -p >"{self._exports}"\n'
        return Program(["bash", "-euo", "pipefail", "-c", script], self._checkout, self._environment)


def make_environment(folder: Path) -> Path:
    """The interpreter of an empty virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return folder / "bin" / "python"
