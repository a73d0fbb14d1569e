"""Every command of the core answers what the same call of Node's API does, and leaves an equal keyspace."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from command_row import Row, clients, ids, without_message
from command_rows_jobs import JOB_ROWS
from command_rows_queue import QUEUE_ROWS
from command_sides import Sides, two_sides
from libbullmq import BullMQError, Queue, _codes, _record

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
MANUAL = {"getNextJob", "moveJobToCompleted", "moveJobToFailed", "startStalledCheckTimer"}
ELSEWHERE = {"add", "addBulk", "getJob", "publishEvent", "waitUntilFinished"} | SCHEDULERS | FLOWS | MANUAL

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask_core(queue: Queue, row: Row) -> Any:
    try:
        record = await queue.call(row.command.encode(), row.args, row.payload)
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
    async with two_sides() as opened:
        yield opened


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_command_does_what_node_does(sides: Sides, row: Row) -> None:
    assert await sides.differences(row, sides.ask_node, partial(ask_core, sides.queue)) == []


async def test_every_command_has_a_row() -> None:
    assert {row.command for row in ROWS} | ELSEWHERE >= REPLIES.keys()
