"""Every command of the core answers what the same call of Node's API does, and leaves an equal keyspace."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import redis as redis_client
from command_row import OnJob, Row, clients, ids, without_message
from command_rows_jobs import JOB_ROWS
from command_rows_queue import QUEUE_ROWS
from command_world import Dump, build, differences, dump, read, restore
from libbullmq import BullMQError, Queue, _codes, _record
from node_peer import NodeError, NodePeer
from redis_server import RedisServer

API = json.loads((Path(__file__).parents[2] / "bindings" / "api.json").read_text(encoding="utf-8"))
REPLIES = {command["name"]: command["reply"] for command in API["commands"]}

ROWS = [*QUEUE_ROWS, *JOB_ROWS]

# Families that other files compare with Node.
SCHEDULERS = {
    "upsertJobScheduler",
    "getJobScheduler",
    "getJobSchedulers",
    "getJobSchedulersCount",
    "removeJobScheduler",
}
FLOWS = {"addFlows", "getFlow"}
ELSEWHERE = {"add", "addBulk", "getJob", "publishEvent", "waitUntilFinished"} | SCHEDULERS | FLOWS

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Sides:
    """Node on database 0, the core on database 1."""

    def __init__(self, node: NodePeer, queue: Queue, redis: RedisServer, world: Dump) -> None:
        self.node = node
        self.queue = queue
        self.world = world
        path = str(redis.socket_path)
        self.databases = [redis_client.Redis(unix_socket_path=path, db=number) for number in (0, 1)]

    async def ask_node(self, row: Row) -> Any:
        call = row.node
        try:
            if isinstance(call, OnJob):
                return row.reply(
                    await self.node.call(
                        "callJob", queue="q", jobId=call.job_id, method=call.method, args=call.args
                    )
                )
            return row.reply(await self.node.queue("q", call.method, *call.args))
        except NodeError as error:
            return {"error": str(error), "code": error.code}

    async def ask_core(self, row: Row) -> Any:
        try:
            record = await self.queue.call(row.command.encode(), row.args, row.payload)
        except BullMQError as error:
            return {"error": str(error), "code": error.code if error.code < 0 else None}
        reply = decoded(REPLIES[row.command], dict(_record.fields(record)))
        return row.reply(reply) if row.reply in (clients, ids, without_message) else reply


def decoded(kind: str, fields: dict[int, Any]) -> Any:
    value = fields.get(_codes.TAG_VALUE)
    match kind:
        case "none":
            return None
        case "text":
            return value.decode()
        case "json" | "page":
            return json.loads(value)
        case "boolean":
            return bool(value)
        case "jobs":
            jobs = (dict(_record.fields(record)) for _, _, record in _record.split(value))
            return [{"id": job[_codes.TAG_JOB_ID].decode()} for job in jobs]
        case _:
            return value


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sides() -> AsyncIterator[Sides]:
    with RedisServer() as redis:
        node = await NodePeer.start("bullmq6", redis.unix_address)
        holder = await NodePeer.start("bullmq6", redis.unix_address)
        with redis_client.Redis(unix_socket_path=str(redis.socket_path)) as database:
            await build(node, holder, database)
            world = dump(database)
        connection = {**redis.connection, "db": 1}
        async with Queue("q", {"connection": connection}) as queue:
            await queue.call(b"count", {})  # it is open, and has written its settings
            yield Sides(node, queue, redis, world)
        await node.close()
        await holder.close()


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_command_does_what_node_does(sides: Sides, row: Row) -> None:
    restore(sides.databases[0], sides.world)
    nodes = await sides.ask_node(row)
    restore(sides.databases[1], sides.world)
    ours = await sides.ask_core(row)
    found = differences(ours, nodes, "reply")
    found += differences(read(sides.databases[1]), read(sides.databases[0]))
    assert [text for text in found if not row.differs(text)] == [], "\n".join(found)


async def test_every_command_has_a_row() -> None:
    assert {row.command for row in ROWS} | ELSEWHERE >= REPLIES.keys()
