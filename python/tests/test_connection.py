"""Servers that are away, refuse, or are not what they should be."""

import asyncio
import contextlib

import pytest
from conftest import Ear, ended
from redis_server import RedisServer, free_port

from libbullmq import (
    AuthenticationError,
    BullMQError,
    ClosedError,
    CommandTimeoutError,
    ConnectionError,
    FlowProducer,
    Queue,
    QueueEvents,
    QueueEventsProducer,
    UnsupportedServerError,
    Worker,
)

INFO = b"# Server\r\nredis_version:%s\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n"


async def nothing(job):
    return None


@contextlib.asynccontextmanager
async def server_that_says(answer):
    """A server that gives one answer to whatever is asked."""

    async def serve(reader, writer):
        with contextlib.suppress(OSError):
            while await reader.read(4096):
                writer.write(answer)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}


async def test_calls_wait_for_a_server_that_comes_later(own_redis):
    own_redis.stop()
    async with Queue("q", connection=own_redis.connection) as queue:
        queue.on("error", lambda error: None)
        adding = asyncio.create_task(queue.add("x"))
        done, _ = await asyncio.wait([adding], timeout=0.2)
        assert not done
        own_redis.start()
        assert (await adding).id == "1"


async def test_calls_fail_at_once_without_an_offline_queue():
    connection = {"host": "127.0.0.1", "port": free_port(), "enableOfflineQueue": False}
    async with Queue("q", connection=connection) as queue:
        queue.on("error", lambda error: None)
        with pytest.raises(ConnectionError) as caught:
            await queue.add("x")
    assert caught.value.retriable
    assert isinstance(caught.value, OSError)


async def test_a_command_can_time_out(own_redis):
    connection = {**own_redis.connection, "commandTimeout": 100}
    async with Queue("q", connection=connection) as queue:
        await queue.add("x")
        with own_redis.frozen(), pytest.raises(CommandTimeoutError):
            await queue.add("y")


async def test_calls_beyond_the_limit_are_refused_as_retriable(own_redis):
    async with Queue("q", connection=own_redis.connection, max_pending_commands=3) as queue:
        await queue.add("x")
        with own_redis.frozen():
            adding = [asyncio.create_task(queue.add("y")) for _ in range(3)]
            await asyncio.sleep(0)
            with pytest.raises(BullMQError) as caught:
                await queue.add("z")
        assert (caught.value.name, caught.value.retriable) == ("BQ_EFULL", True)
        assert len({job.id for job in await asyncio.gather(*adding)}) == 3


async def test_a_worker_with_a_low_limit_still_stores_every_outcome(queue, start_worker):
    ear = Ear(start_worker(nothing, concurrency=20, max_pending_commands=1), "completed", "error")
    await queue.add_bulk([{"name": "x"}] * 200)
    await ear.count(200)
    assert {event[0] for event in ear.heard} == {"completed"}


async def test_errors_of_a_lost_connection_reach_listeners(monkeypatch):
    monkeypatch.setattr("libbullmq._connected.CLOSE_GRACE_MS", 50)
    async with Queue("q", connection={"host": "127.0.0.1", "port": free_port()}) as queue:
        ear = Ear(queue, "error")
        adding = asyncio.create_task(queue.add("x"))
        _, error = await ear.event()
        assert isinstance(error, ConnectionError)
        adding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await adding


async def test_close_fails_what_still_waits_for_a_connection(monkeypatch):
    monkeypatch.setattr("libbullmq._connected.CLOSE_GRACE_MS", 50)
    queue = Queue("q", connection={"host": "127.0.0.1", "port": free_port()})
    queue.on("error", lambda error: None)
    adding = asyncio.create_task(queue.add("x"))
    await asyncio.sleep(0)
    await queue.close()
    with pytest.raises(ClosedError):
        await adding


@pytest.mark.parametrize("password", ["not-the-one", None])
async def test_a_wrong_password_is_fatal(password):
    with RedisServer(password="right") as server:
        connection = {**server.tcp_connection, "password": password}
        async with Queue("q", connection=connection) as queue:
            queue.on("error", lambda error: None)
            with pytest.raises(AuthenticationError) as caught:
                await queue.add("x")
            assert caught.value.fatal
            assert "not-the-one" not in str(caught.value)
        worker = Worker("q", nothing, connection=connection)
        worker.on("error", lambda error: None)
        with pytest.raises(AuthenticationError):
            await asyncio.wait_for(worker.run(), 10)
        connection["password"] = "right"
        async with Queue("q", connection=connection) as queue:
            assert (await queue.add("x")).id == "1"


async def test_a_server_that_is_not_redis_is_named_as_such():
    async with server_that_says(b"HTTP/1.1 400 Bad Request\r\n\r\n") as connection:
        worker = Worker("q", nothing, connection=connection)
        worker.on("error", lambda error: None)
        with pytest.raises(UnsupportedServerError):
            await asyncio.wait_for(worker.run(), 10)


async def test_a_server_that_is_too_old_is_refused():
    info = INFO % b"5.0.14"
    async with server_that_says(b"$%d\r\n%s\r\n" % (len(info), info)) as connection:
        queue = Queue("q", connection=connection)
        queue.on("error", lambda error: None)
        with pytest.raises(UnsupportedServerError, match=r"5\.0\.14"):
            await asyncio.wait_for(queue.add("x"), 10)
        await queue.close()


async def test_an_eviction_policy_that_endangers_jobs_is_logged(own_redis, caplog):
    own_redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    async with Queue("q", connection=own_redis.connection) as queue:
        await queue.add("x")
    assert 'Eviction policy is allkeys-lru. It should be "noeviction"' in caplog.text


async def test_a_restart_in_the_middle_loses_nothing(own_redis):
    gate = asyncio.Event()
    started = []

    async def handle(job):
        started.append(job.id)
        await gate.wait()
        return job.data

    async with Queue("q", connection=own_redis.connection) as queue:
        worker = Worker("q", handle, connection=own_redis.connection, concurrency=2)
        for source in (queue, worker):
            source.on("error", lambda error: None)
        jobs = await queue.add_bulk([{"name": "x", "data": n} for n in range(6)])
        async with worker:
            await Ear(worker, "active").count(2)
            own_redis.restart()
            gate.set()
            for job in jobs:
                assert await ended(queue, job.id) == "completed"
        assert sorted(started) == sorted(job.id for job in jobs)
        for n, job in enumerate(jobs):
            assert (await queue.get_job(job.id)).returnvalue == n


async def test_an_idle_worker_closes_while_redis_is_away(own_redis):
    worker = Worker("q", nothing, connection=own_redis.connection)
    worker.on("error", lambda error: None)
    drained = Ear(worker, "drained")
    async with Queue("q", connection=own_redis.connection) as queue:
        await queue.add("x")
    async with worker:
        await drained.event()
        own_redis.kill()
        await asyncio.wait_for(worker.close(), 5)


async def test_a_worker_that_never_connected_closes(own_redis):
    own_redis.kill()
    worker = Worker("q", nothing, connection=own_redis.connection)
    ear = Ear(worker, "error")
    async with worker:
        await ear.event()
        await asyncio.wait_for(worker.close(), 5)


async def test_a_lost_connection_is_logged(own_redis, caplog):
    async with Queue("q", connection=own_redis.connection) as queue:
        queue.on("error", lambda error: None)
        await queue.add("x")
        own_redis.restart()
        await queue.add("y")
    assert "connection lost" in caplog.text


def users(connection, name="q"):
    """One of everything that has a connection of its own."""
    options = {"connection": connection}
    return [
        Queue(name, options),
        QueueEvents(name, options),
        QueueEventsProducer(name, options),
        FlowProducer(options),
    ]


async def test_everything_waits_for_its_first_connection(own_redis):
    own_redis.stop()
    opened = users(own_redis.connection)
    worker = Worker("q", lambda job: None, connection=own_redis.connection)
    for user in (*opened, worker):
        user.on("error", lambda error: None)
    async with worker:
        waits = [asyncio.ensure_future(user.wait_until_ready()) for user in (*opened, worker)]
        done, _ = await asyncio.wait(waits, timeout=0.2)
        assert not done
        own_redis.start()
        await asyncio.wait_for(asyncio.gather(*waits), 15)
    for user in opened:
        await user.wait_until_ready()
        await user.close()


async def test_nothing_waits_for_a_connection_that_will_never_be(own_redis):
    own_redis.call("CONFIG", "SET", "requirepass", "secret")
    for user in users({**own_redis.connection, "password": "wrong"}):
        user.on("error", lambda error: None)
        with pytest.raises(AuthenticationError):
            await user.wait_until_ready()
        await user.close()


async def test_a_worker_that_does_not_run_is_not_waited_for():
    with pytest.raises(RuntimeError, match="does not run"):
        await Worker("q", lambda job: None).wait_until_ready()
