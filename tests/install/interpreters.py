"""The CPythons of this machine that the Python package is made for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OLDEST_SUPPORTED = (3, 11)

# What only a final CPython with the GIL and everything that venv needs can say of itself.
ASK = """
import ensurepip, json, sys, sysconfig, venv
assert sys.implementation.name == "cpython" and sys.version_info.releaselevel == "final"
assert not sysconfig.get_config_var("Py_GIL_DISABLED")
print(json.dumps([sys.version_info[:3], sys._base_executable]))
"""


@dataclass(frozen=True, order=True)
class Interpreter:
    version: tuple[int, ...]
    path: str

    def __str__(self) -> str:
        return ".".join(map(str, self.version))

    def make_environment(self, folder: Path) -> Path:
        """The interpreter of an empty virtual environment."""
        subprocess.run([self.path, "-m", "venv", str(folder)], check=True)
        return folder / "bin" / "python"


@cache
def supported() -> list[Interpreter]:
    """Oldest first; there is at least the one that runs the tests."""
    found = {answer.version: answer for answer in map(_asked, dict.fromkeys(_candidates())) if answer}
    return sorted(found.values())


def _candidates() -> Iterator[str]:
    yield sys.executable
    for folder in map(Path, os.get_exec_path()):
        yield from map(str, folder.glob("python3.[0-9]*[0-9]"))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, pyenv.glob("versions/3.*/bin/python3"))


def _asked(candidate: str) -> Interpreter | None:
    answer = subprocess.run([candidate, "-c", ASK], capture_output=True, text=True)
    if answer.returncode != 0:  # also pyenv's shims of versions that are not switched on
        return None
    version, path = json.loads(answer.stdout)
    return Interpreter(tuple(version), path) if tuple(version) >= OLDEST_SUPPORTED else None
