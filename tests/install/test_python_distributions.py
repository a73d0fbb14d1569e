"""What is inside the wheel and the source distribution of the Python package."""

from __future__ import annotations

import email
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from interpreters import supported
from python_distributions import Distributions, build_sdist
from shared_object import SharedObject


@pytest.fixture(scope="module")
def version(checkout: Path) -> str:
    return str(json.loads((checkout / "bindings" / "api.json").read_text())["version"])


def names(sdist: Path) -> set[str]:
    """Paths of the files inside, from the one folder on."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers()}


def tracked(checkout: Path, *folders: str) -> set[str]:
    command = ["git", "ls-files", "-z", "--", *folders]
    listed = subprocess.check_output(command, cwd=checkout, text=True)
    return {path for path in listed.split("\0") if path}


def test_one_wheel_serves_every_supported_cpython(distributions: Distributions, version: str) -> None:
    name, of, python, abi, _platform = distributions.repaired.stem.split("-")
    assert (name, of, python, abi) == ("libbullmq", version, "cp311", "abi3")


def test_wheel_runs_where_glibc_is_no_older_than_the_symbols_it_uses(
    distributions: Distributions, tmp_path: Path
) -> None:
    """manylinux_2_34 when built on Debian 12, whose glibc is 2.36: pthread_create and its like have been
    symbols of libc.so.6 itself since 2.34, and nothing newer is used. A wheel for older systems must be
    built on one.
    """
    with zipfile.ZipFile(distributions.wheel) as archive:
        extension = SharedObject(Path(archive.extract("libbullmq/_native.abi3.so", tmp_path)))
    newest = extension.newest_version_of("GLIBC")
    platform = distributions.repaired.stem.split("-")[-1].split(".")[0]
    assert platform.startswith(f"manylinux_{newest[0]}_{newest[1]}_"), newest


def test_repair_has_no_library_to_add(distributions: Distributions) -> None:
    before, after = (
        {name for name in zipfile.ZipFile(path).namelist() if not name.endswith("/")}
        for path in (distributions.wheel, distributions.repaired)
    )
    assert {name for name in after - before if ".dist-info/" not in name} == set()


def test_wheel_has_the_files_of_the_package_and_the_extension(
    distributions: Distributions, checkout: Path
) -> None:
    inside = {name for name in zipfile.ZipFile(distributions.wheel).namelist() if ".dist-info/" not in name}
    package = {path.removeprefix("python/src/") for path in tracked(checkout, "python/src")}
    assert "libbullmq/py.typed" in inside
    assert inside == package | {"libbullmq/_native.abi3.so"}


def test_wheel_says_what_it_is_and_carries_every_licence(
    distributions: Distributions, checkout: Path, version: str
) -> None:
    with zipfile.ZipFile(distributions.wheel) as archive:
        folder = f"libbullmq-{version}.dist-info"
        metadata = email.message_from_bytes(archive.read(f"{folder}/METADATA"))
        licences = {
            name: archive.read(f"{folder}/licenses/{name}") for name in metadata.get_all("License-File")
        }
    assert metadata["Version"] == version
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True) == (checkout / "python" / "README.md").read_bytes()
    for interpreter in supported():
        major, minor = interpreter.version[:2]
        assert f"Programming Language :: Python :: {major}.{minor}" in metadata.get_all("Classifier")
    bundled = ("hiredis", "jansson", "libuv", "msgpack-c")
    assert set(licences) == {"LICENSE", *(f"licenses/{name}.txt" for name in bundled)}
    assert licences["LICENSE"] == (checkout / "LICENSE").read_bytes()


def test_sdist_has_the_sources_and_nothing_else(distributions: Distributions, checkout: Path) -> None:
    library = {
        f"library/{path}" for path in tracked(checkout, "CMakeLists.txt", "LICENSE", "cmake", "core", "lua")
    }
    package = {
        path.removeprefix("python/")
        for path in tracked(checkout, "python")
        if not path.startswith("python/tests/")
    }
    assert names(distributions.sdist) == library | package | {"PKG-INFO"}


def test_sdist_makes_the_same_sdist_again(distributions: Distributions, tmp_path: Path) -> None:
    with tarfile.open(distributions.sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    assert names(build_sdist(source, tmp_path / "again")) == names(distributions.sdist)
