"""A private Redis on a unix socket, and queues on which the exported Lua commands run."""

import pathlib
import shutil
import subprocess

import pytest
import redis
from lua_queue import LuaQueue, read_commands
from redis.backoff import ConstantBackoff
from redis.retry import Retry

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The folder with the final text of every command."""
    folder = tmp_path_factory.mktemp("exported")
    subprocess.run([ROOT / "scripts" / "export-lua", folder], check=True, cwd="/")
    return folder


@pytest.fixture(scope="session")
def redis_socket(tmp_path_factory):
    """The socket of a Redis of this session's own."""
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "redis.sock"
    server = subprocess.Popen(
        [shutil.which("redis-server"), "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )
    retry = Retry(ConstantBackoff(0.05), 200)
    client = redis.Redis(unix_socket_path=str(socket), retry=retry, retry_on_error=[redis.ConnectionError])
    client.ping()
    yield str(socket)
    server.terminate()
    server.wait()


@pytest.fixture(scope="session")
def commands(exported):
    return read_commands(exported)


@pytest.fixture(scope="session")
def batch_commands(exported):
    return read_commands(exported / "batch")


@pytest.fixture
def connection(redis_socket):
    client = redis.Redis(unix_socket_path=redis_socket, decode_responses=True)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def queue(connection, commands):
    return LuaQueue(connection, commands, "bull:orders")


@pytest.fixture
def other_queue(connection, commands):
    return LuaQueue(connection, commands, "bull:invoices")
