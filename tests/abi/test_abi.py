"""The binary interface is the one that is written down here: symbols, signatures, numbers, SONAME.

A line of symbols.txt, signatures.txt or numbers.txt is never changed and never removed while the SONAME
stays (core/README.md, "ABI rules"); what is new is added by hand. That each public header compiles alone
as C99 and C++11 is tested in bindings/tests/test_generated.py.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HEADERS = ROOT / "core" / "include" / "bq"
VERSION_NODE = "LIBBULLMQ_0"


@pytest.fixture(scope="module")
def library() -> Path:
    path = ROOT / "build" / "release" / "core" / "libbullmq.so"
    if not path.exists():
        pytest.fail(
            f"no {path.relative_to(ROOT)}; run: cmake --preset release && cmake --build build/release"
        )
    return path


def written_down(name: str) -> list[str]:
    return (HERE / name).read_text().splitlines()


def output_of(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_library_exports_the_symbols_written_down_and_no_others(library: Path) -> None:
    rows = [line.split() for line in output_of("nm", "-D", "--defined-only", library).splitlines()]
    exported = [name for _, kind, name in rows if kind != "A"]
    assert sorted(exported) == [f"{name}@@{VERSION_NODE}" for name in written_down("symbols.txt")]


def test_version_script_lists_the_symbols_written_down() -> None:
    script = (ROOT / "core" / "libbullmq.map").read_text()
    assert script.startswith(f"{VERSION_NODE} {{")
    assert re.findall(r"^    (\w+);$", script, re.MULTILINE) == written_down("symbols.txt")


def test_header_declares_the_signatures_written_down() -> None:
    text = re.sub(r"/\*.*?\*/", "", (HEADERS / "bq.h").read_text(), flags=re.DOTALL)
    declared = [" ".join(found.split()) for found in re.findall(r"^BQ_API ([^;]+;)", text, re.MULTILINE)]
    assert sorted(declared) == written_down("signatures.txt")


def test_every_signature_belongs_to_a_symbol() -> None:
    names = [found[1] for line in written_down("signatures.txt") if (found := re.search(r"(\w+)\(", line))]
    assert sorted(names) == written_down("symbols.txt")


def test_numbers_are_those_written_down() -> None:
    found = re.findall(r"^    (BQ_\w+) = (-?\d+),?$", (HEADERS / "bq_codes.h").read_text(), re.MULTILINE)
    assert [f"{name} {number}" for name, number in found] == written_down("numbers.txt")


def test_soname_has_the_number_of_the_version_node(library: Path) -> None:
    dynamic = output_of("readelf", "-d", library)
    assert re.findall(r"\(SONAME\).*\[(.*)\]", dynamic) == [f"libbullmq.so.{VERSION_NODE.rpartition('_')[2]}"]


def test_bytes_is_a_pointer_and_a_length(tmp_path: Path) -> None:
    source = tmp_path / "layout.c"
    source.write_text(
        "#include <bq/bq.h>\n"
        '_Static_assert(offsetof(bq_bytes, ptr) == 0, "");\n'
        '_Static_assert(offsetof(bq_bytes, len) == sizeof(void *), "");\n'
        '_Static_assert(sizeof(bq_bytes) == 2 * sizeof(void *), "");\n'
        '_Static_assert(sizeof(bq_id) == 8, "");\n'
    )
    subprocess.run(["cc", "-std=c11", "-fsyntax-only", "-I", HEADERS.parent, source], check=True)
