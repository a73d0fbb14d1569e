"""The members of a mixed fleet: one client each of BullMQ 5.81.5, of 6.7.0, of 6.7.0 on our Lua commands,
and of libbullmq, all with the same few methods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import redis as redis_client
from libbullmq import Queue
from node_peer import NodePeer

NAME = "q"


class NodeMember:
    def __init__(self, peer: NodePeer) -> None:
        self.peer = peer

    async def add(self, opts: Any = None) -> str:
        added: dict[str, str] = await self.peer.add(NAME, "n", {}, opts or {})
        return added["id"]

    async def pause(self) -> None:
        await self.peer.queue(NAME, "pause")

    async def resume(self) -> None:
        await self.peer.queue(NAME, "resume")


class PythonMember:
    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    async def add(self, opts: Any = None) -> str:
        return (await self.queue.add("n", {}, opts or {})).id

    async def pause(self) -> None:
        await self.queue.pause()

    async def resume(self) -> None:
        await self.queue.resume()


Member = NodeMember | PythonMember
Fleet = dict[str, Member]
StartFleet = Callable[..., Awaitable[Fleet]]


async def act_out(fleet: Fleet, story: str) -> list[str]:
    """Plays "member.action member.action ..."; returns the ids of the jobs that were added."""
    added = []
    for step in story.split():
        member, action = step.split(".")
        made = await getattr(fleet[member], action)()
        if action == "add":
            added.append(made)
    return added


def waiting(keys: redis_client.Redis) -> set[str]:
    """The ids that a worker is going to find."""
    return set(keys.lrange(f"bull:{NAME}:wait", 0, -1))
