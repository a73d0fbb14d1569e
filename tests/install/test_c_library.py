"""The C library installed, moved, found by pkg-config and CMake, and taken into a project as sources."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from redis_server import RedisServer

PROGRAM = Path(__file__).parent / "c" / "program.c"

PACKAGE = """
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(libbullmq 0.1 REQUIRED)
add_executable(program "${PROGRAM}")
target_link_libraries(program PRIVATE libbullmq::bullmq)
"""

SUBDIRECTORY = """
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
set(BQ_BUILD_TESTS OFF)
set(BQ_BUILD_BENCH OFF)
set(BQ_BUILD_SHARED OFF)
add_subdirectory("${CHECKOUT}" libbullmq)
add_executable(program "${PROGRAM}")
target_link_libraries(program PRIVATE libbullmq::static)
"""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Path:
    """Where the library ended up: installed, and then moved as a package of a distribution is."""
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--build", checkout / "build" / "release"], check=True)
    install = ["cmake", "--install", checkout / "build" / "release", "--prefix", folder / "staged"]
    subprocess.run(install, check=True)
    return (folder / "staged").rename(folder / "final")


def outcome(program: Path, redis: RedisServer, **environment: str) -> str:
    command = [str(program), str(redis.socket_path)]
    clean = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60, env={**clean, **environment}
    ).stdout.strip()


def built_by_cmake(folder: Path, text: str, **variables: Path) -> Path:
    """The program of a project that has nothing but this CMakeLists.txt."""
    (folder / "CMakeLists.txt").write_text(text)
    definitions = [f"-D{name}={value}" for name, value in {"PROGRAM": PROGRAM, **variables}.items()]
    subprocess.run(["cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja", *definitions], check=True)
    subprocess.run(["cmake", "--build", folder / "build", "-j", "2"], check=True)
    return folder / "build" / "program"


def version(checkout: Path) -> str:
    found = re.search(r"project\(libbullmq VERSION (\S+)", (checkout / "CMakeLists.txt").read_text())
    assert found
    return found[1]


def test_a_program_is_built_through_pkg_config(
    prefix: Path, checkout: Path, redis: RedisServer, tmp_path: Path
) -> None:
    environment = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
    command = f'cc "{PROGRAM}" -o program $(pkg-config --cflags --libs libbullmq)'
    subprocess.run(["bash", "-euc", command], check=True, cwd=tmp_path, env=environment)
    told = outcome(tmp_path / "program", redis, LD_LIBRARY_PATH=str(prefix / "lib"))
    assert told == f"{version(checkout)} completed"


def test_a_project_finds_the_cmake_package(
    prefix: Path, checkout: Path, redis: RedisServer, tmp_path: Path
) -> None:
    program = built_by_cmake(tmp_path, PACKAGE, CMAKE_PREFIX_PATH=prefix)
    assert outcome(program, redis) == f"{version(checkout)} completed"


def test_a_project_takes_the_sources_in_and_links_statically(
    checkout: Path, redis: RedisServer, tmp_path: Path
) -> None:
    program = built_by_cmake(tmp_path, SUBDIRECTORY, CHECKOUT=checkout)
    assert "libbullmq" not in subprocess.check_output(["ldd", program], text=True)
    assert outcome(program, redis) == f"{version(checkout)} completed"


def test_nothing_but_library_headers_and_descriptions_is_installed(prefix: Path, checkout: Path) -> None:
    files = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir()}
    headers = {f"include/bq/{path.name}" for path in (checkout / "core" / "include" / "bq").glob("*.h")}
    found = version(checkout)
    libraries = {"lib/libbullmq.so", f"lib/libbullmq.so.{found.split('.')[0]}", f"lib/libbullmq.so.{found}"}
    rest = files - headers - libraries - {"lib/pkgconfig/libbullmq.pc"}
    assert headers | libraries <= files
    assert {str(Path(name).parent) for name in rest} == {"lib/cmake/libbullmq"}
