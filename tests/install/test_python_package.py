"""``pip install ./python`` into an empty virtual environment outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis_server import RedisServer

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


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Path:
    """The interpreter of an environment that has nothing but the package."""
    environment = tmp_path_factory.mktemp("pip") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "pip"), "install", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, str(checkout / "python")], check=True, cwd=environment)
    return environment / "bin" / "python"


def run(python: Path, program: str, redis: RedisServer) -> str:
    clean = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "LD_LIBRARY_PATH")
    }
    return subprocess.run(
        [str(python), "-c", program, str(redis.socket_path)],
        cwd=python.parent,
        env=clean,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.strip()


def test_asyncio_queue_and_worker_work(python: Path, redis: RedisServer) -> None:
    assert run(python, ASYNC_PROGRAM, redis) == "{'sent': 7}"


def test_blocking_queue_works(python: Path, redis: RedisServer) -> None:
    assert run(python, SYNC_PROGRAM, redis) == "{'user': 8}"


def test_extension_needs_no_installed_libbullmq(python: Path) -> None:
    package = subprocess.check_output(
        [str(python), "-c", "import libbullmq; print(libbullmq.__path__[0])"], text=True, cwd=python.parent
    ).strip()
    extensions = list(Path(package).rglob("*.so"))
    assert extensions
    for extension in extensions:
        assert "libbullmq.so" not in subprocess.check_output(["ldd", str(extension)], text=True)
