"""The wrappers that SWIG makes of bindings/bq.i: a Ruby extension and a Go package.

Another version of SWIG writes other text. Wrappers that are there are therefore made anew and compared only
by the version that made them; without SWIG, or without gofmt, they are left alone.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .api import Api

INTERFACE = "bindings/bq.i"
RUBY_FOLDER = Path("ruby/ext/libbullmq")
GO_FOLDER = Path("go/internal/native")


def render(api: Api, root: Path) -> dict[str, str]:
    installed = _installed_version()
    committed = _committed_version(root)
    if installed is None or committed not in (None, installed):
        print(
            f"bindings/generate: left the wrappers alone: they are made by SWIG {committed}, "
            f"here is {installed or 'none'}",
            file=sys.stderr,
        )
        return {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        _swig(root, ["-ruby", "-o", str(out / "ruby_wrap.c")])
        _swig(root, ["-go", "-cgo", "-package", "native", "-outdir", folder, "-o", str(out / "go_wrap.c")])
        head = f"enerated by bindings/generate with SWIG {installed} from {INTERFACE}."
        return {
            str(RUBY_FOLDER / "native_wrap.c"): f"/* G{head} Do not edit. */\n{_read(out / 'ruby_wrap.c')}",
            str(GO_FOLDER / "native_wrap.c"): f"/* G{head} Do not edit. */\n{_read(out / 'go_wrap.c')}",
            str(GO_FOLDER / "native.go"): _gofmt(
                f"// Code g{head} DO NOT EDIT.\n\n{_read(out / 'native.go')}"
            ),
        }


def _installed_version() -> str | None:
    if shutil.which("swig") is None or shutil.which("gofmt") is None:
        return None
    answer = subprocess.run(["swig", "-version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"SWIG Version (\S+)", answer)
    return found.group(1) if found else None


def _committed_version(root: Path) -> str | None:
    wrapper = root / RUBY_FOLDER / "native_wrap.c"
    if not wrapper.exists():
        return None
    with wrapper.open(encoding="utf-8") as file:
        found = re.search(r"with SWIG (\S+) from", file.readline())
    return found.group(1) if found else None


def _swig(root: Path, arguments: list[str]) -> None:
    subprocess.run(["swig", *arguments, INTERFACE], cwd=root, check=True)


def _gofmt(text: str) -> str:
    return subprocess.run(["gofmt"], input=text, capture_output=True, text=True, check=True).stdout


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
