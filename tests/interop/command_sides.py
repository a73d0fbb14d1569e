"""Two databases with the same keyspace: Node's on 0, ours on 1; and what one call makes of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import redis as redis_client
from command_row import OnJob, Row
from command_world import Dump, build, differences, dump, read, restore
from libbullmq import Queue
from node_peer import NodeError, NodePeer
from redis_server import RedisServer


class Sides:
    def __init__(self, node: NodePeer, queue: Queue, redis: RedisServer, world: Dump) -> None:
        self.node = node
        self.queue = queue
        self.connection = {**redis.connection, "db": 1}
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

    async def differences(
        self,
        row: Row,
        ask_node: Callable[[Row], Awaitable[Any]],
        ask_us: Callable[[Row], Awaitable[Any]],
    ) -> list[str]:
        """Where replies and keyspaces differ, but for what is on purpose."""
        restore(self.databases[0], self.world)
        nodes = await ask_node(row)
        restore(self.databases[1], self.world)
        ours = await ask_us(row)
        found = differences(ours, nodes, "reply")
        found += differences(read(self.databases[1]), read(self.databases[0]))
        return [text for text in found if not row.differs(text)]


@asynccontextmanager
async def two_sides() -> AsyncIterator[Sides]:
    with RedisServer() as redis:
        node = await NodePeer.start("bullmq6", redis.unix_address)
        holder = await NodePeer.start("bullmq6", redis.unix_address)
        with redis_client.Redis(unix_socket_path=str(redis.socket_path)) as database:
            await build(node, holder, database)
            world = dump(database)
        connection = {**redis.connection, "db": 1}
        async with Queue("q", {"connection": connection}) as queue:
            # It is open, has written its settings, and the server knows the script of bulk adds:
            # entries with a script that it does not know run after the others, as in Node.
            await queue.add_bulk([{"name": "first"}])
            yield Sides(node, queue, redis, world)
        await node.close()
        await holder.close()
