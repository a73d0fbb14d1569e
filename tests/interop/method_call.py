"""Calls the method of Python's Queue or Job that has the name of Node's, with the arguments of a row."""

from __future__ import annotations

import json
import re
from typing import Any

from command_row import OnJob, Row
from libbullmq import BullMQError, Job, Queue
from method_rows import without_nothing
from node_peer import NodePeer


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


async def call_queue(queue: Queue, row: Row) -> Any:
    """The reply in Node's form, or the error as Node's error."""
    first, given = _arguments(row)
    try:
        return row.reply(plain(await getattr(queue, snake(row.node.method))(*first, **given)))
    except BullMQError as error:
        return described(error)


async def call_job(queue: Queue, row: Row) -> Any:
    """The same, and the job as it shows itself afterwards."""
    assert isinstance(row.node, OnJob)
    job = await queue.get_job(row.node.job_id)
    assert job is not None
    [_, *first], given = _arguments(row)
    try:
        reply = row.reply(await getattr(job, snake(row.node.method))(*first, **given))
    except BullMQError as error:
        reply = described(error)
    return {"reply": reply, "job": without_nothing(job.to_json())}


async def call_node_job(node: NodePeer, row: Row) -> Any:
    assert isinstance(row.node, OnJob)
    answer = await node.call(
        "callJob",
        queue="q",
        jobId=row.node.job_id,
        method=row.node.method,
        args=row.node.args,
        show=True,
    )
    reply = row.reply(answer.get("reply"))
    if "error" in answer:
        reply = {"error": answer["error"], "code": answer.get("code")}
    return {"reply": reply, "job": without_nothing(answer["job"])}


def described(error: BullMQError) -> dict[str, Any]:
    return {"error": str(error), "code": error.code if error.code < 0 else None}


def _arguments(row: Row) -> tuple[list[Any], dict[str, Any]]:
    """Ids and what a method takes any number of by position, the rest by name."""
    if row.command in ("add", "addBulk"):
        return row.node.args, {}
    given = {snake(name): value for name, value in row.args.items()}
    first = [given.pop("id")] if "id" in given else []
    if row.node.method in ("getJobCounts", "getJobCountByTypes"):
        first += given.pop("types", [])
    if row.payload and row.command in ("addJobLog", "log"):
        first.append(row.payload.decode())
    elif row.payload:
        first.append(json.loads(row.payload))
    return first, given


def plain(reply: Any) -> Any:
    """Jobs as they show themselves."""
    if isinstance(reply, list):
        return [plain(item) for item in reply]
    return reply.to_json() if isinstance(reply, Job) else reply
