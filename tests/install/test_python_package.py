"""The Python package in an environment that has nothing else, outside the checkout: installed from its
wheel and from its source distribution, by the oldest and the newest supported CPython of this machine.
"""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest
from interpreters import Interpreter, supported
from node_peer import NodePeer
from python_distributions import Distributions, clean_environment
from redis_server import RedisServer
from shared_object import SharedObject

ASYNC_PROGRAM = """
import asyncio, sys
from libbullmq import Queue, Worker

async def main(path):
    connection = {"path": path}
    done = asyncio.Event()

    async def handle(job, token):
        return {"sent": job.data["user"]}

    async with Queue("emails", {"connection": connection}) as queue:
        job = await queue.add("welcome", {"user": 7}, {"attempts": 3})
        worker = Worker("emails", handle, {"connection": connection, "concurrency": 50})
        worker.on("completed", lambda *_: done.set())
        running = asyncio.create_task(worker.run())
        await asyncio.wait_for(done.wait(), 20)
        await worker.close()
        await running
        print((await queue.get_job(job.id)).returnvalue)

asyncio.run(main(sys.argv[1]))
"""

SYNC_PROGRAM = """
import sys
from libbullmq.sync import Queue

with Queue("calls", {"connection": {"path": sys.argv[1]}}) as queue:
    job = queue.add("ring", {"user": 8})
    print(queue.get_job(job.id).data)
"""

ONE_JOB_PROGRAM = """
import asyncio, sys
from libbullmq import Worker

async def main(path):
    done = asyncio.Event()

    async def handle(job, token):
        await job.update_progress(50)
        return {"sent": job.data["user"]}

    async with Worker("reports", handle, {"connection": {"path": path}}) as worker:
        worker.on("completed", lambda *_: done.set())
        await asyncio.wait_for(done.wait(), 20)

asyncio.run(main(sys.argv[1]))
"""

C_LIBRARY = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"}


@pytest.fixture(scope="module", params=["oldest", "newest"])
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    found = supported()
    if request.param == "newest" and len(found) == 1:
        pytest.skip(f"the only supported CPython here is {found[0]}, the oldest")
    return found[0] if request.param == "oldest" else found[-1]


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def python(
    request: pytest.FixtureRequest,
    interpreter: Interpreter,
    distributions: Distributions,
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The interpreter of an environment that has nothing but the package."""
    folder = tmp_path_factory.mktemp(request.param)
    python = interpreter.make_environment(folder / "venv")
    pip = [str(python), "-m", "pip", "install", "-q"]
    command = [*pip, str(distributions.repaired)]
    if request.param == "sdist":
        command = [*pip, f"--config-settings=build-dir={folder / 'build'}", str(distributions.sdist)]
    subprocess.run(command, check=True, cwd=folder, env=clean_environment(checkout))
    return python


@pytest.fixture(scope="module")
def extension(python: Path) -> SharedObject:
    where = "import libbullmq._native; print(libbullmq._native.__file__)"
    found = subprocess.check_output([str(python), "-c", where], text=True, cwd=python.parent)
    return SharedObject(Path(found.strip()))


def run(python: Path, program: str, redis: RedisServer, checkout: Path) -> str:
    return subprocess.run(
        [str(python), "-c", program, str(redis.socket_path)],
        cwd=python.parent,
        env=clean_environment(checkout),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.strip()


def test_asyncio_queue_and_worker_work(python: Path, redis: RedisServer, checkout: Path) -> None:
    assert run(python, ASYNC_PROGRAM, redis, checkout) == "{'sent': 7}"


def test_blocking_queue_works(python: Path, redis: RedisServer, checkout: Path) -> None:
    assert run(python, SYNC_PROGRAM, redis, checkout) == "{'user': 8}"


def test_job_that_node_added_is_run(python: Path, redis: RedisServer, checkout: Path) -> None:
    async def add_and_describe() -> Any:
        node = await NodePeer.start("bullmq6", redis.unix_address)
        try:
            job = await node.add("reports", "monthly", {"user": 9})
            await asyncio.to_thread(run, python, ONE_JOB_PROGRAM, redis, checkout)
            return await node.describe("reports", job["id"])
        finally:
            await node.close()

    job = asyncio.run(add_and_describe())
    assert (job["state"], job["returnvalue"], job["progress"]) == ("completed", {"sent": 9}, 50)


def test_types_are_found(python: Path) -> None:
    program = "import importlib.resources as r; print((r.files('libbullmq') / 'py.typed').is_file())"
    assert subprocess.check_output([str(python), "-c", program], text=True, cwd=python.parent) == "True\n"


def test_extension_needs_the_c_library_alone(extension: SharedObject) -> None:
    loaders = {name for name in extension.needed if name.startswith("ld-linux")}
    assert extension.needed - loaders <= C_LIBRARY


def test_extension_shows_nothing_but_its_module(extension: SharedObject) -> None:
    assert extension.exported == {"PyInit__native"}


def test_extension_does_not_tell_where_it_was_built(
    extension: SharedObject, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    places = [
        checkout,
        tmp_path_factory.getbasetemp(),
        Path.home(),
        "/tmp/",
        "/build/",
        "/usr/src/",
        "/home/",
    ]
    assert [place for place in map(str, places) if place.encode() in extension.content] == []
    assert not extension.has_search_path


@pytest.mark.parametrize("python", ["sdist"], indirect=True, scope="module")
def test_sdist_is_built_from_what_is_inside(python: Path, checkout: Path) -> None:
    build = python.parents[2] / "build"
    described = [(build / name).read_text() for name in ("CMakeCache.txt", "build.ninja")]
    assert not any(str(checkout) in text for text in described)
