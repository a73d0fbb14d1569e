"""Every method of Python's Queue and Job does what Node's does: reply, keyspace, and the job's own values."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from command_row import OnJob, Row
from command_rows_jobs import JOB_ROWS
from command_rows_queue import QUEUE_ROWS
from command_sides import Sides, two_sides
from libbullmq import FlowProducer, Job, Queue, QueueEvents, QueueEventsProducer, Worker
from method_call import call_job, call_node_job, call_queue, snake
from method_rows import METHOD_ROWS

API = json.loads((Path(__file__).parents[2] / "bindings" / "api.json").read_text(encoding="utf-8"))
ROWS = [*METHOD_ROWS, *QUEUE_ROWS, *JOB_ROWS]
QUEUE_METHODS = [row for row in ROWS if not isinstance(row.node, OnJob)]
JOB_METHODS = [row for row in ROWS if isinstance(row.node, OnJob)]

# Compared by other files: schedulers, waiting for the end of a job, manual processing.
ELSEWHERE = {
    "Queue": {
        *("close", "waitUntilReady", "upsertJobScheduler", "getJobScheduler", "getJobSchedulers"),
        *("getJobSchedulersCount", "removeJobScheduler"),
    },
    "Job": {"waitUntilFinished", "moveToCompleted", "moveToFailed"},
}
# What only Node's own code calls, and what others replace.
LEFT_OUT = {
    "Queue": {
        *("constructor", "emit", "off", "on", "once", "trace", "Job", "addJob", "clientName", "base64Name"),
        *("commandByType", "sanitizeJobTypes", "baseGetClients", "parseClientList", "checkConnectionError"),
        *("createBackend", "getBackend", "disconnect"),
        *("getDebounceJobId", "removeDebounceKey"),  # deprecated names of getDeduplicationJobId, ...
    },
    "Job": {
        *("constructor", "createBackend", "asJSON", "asJSONSandbox", "addJob", "toFlowEntry", "toJSON"),
        *("shouldRetryJob", "getSpanOperation", "recordJobMetrics", "isInState", "validateOptions"),
        *("updateStacktrace", "setSpanJobAttributes"),
        "getFailedChildrenValues",  # the deprecated name of getIgnoredChildrenFailures
    },
}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sides() -> AsyncIterator[Sides]:
    async with two_sides() as opened:
        yield opened


@pytest.mark.parametrize("row", QUEUE_METHODS, ids=str)
async def test_method_of_queue_does_what_nodes_does(sides: Sides, row: Row) -> None:
    assert await sides.differences(row, sides.ask_node, partial(call_queue, sides.queue)) == []


@pytest.mark.parametrize("row", JOB_METHODS, ids=str)
async def test_method_of_job_does_what_nodes_does(sides: Sides, row: Row) -> None:
    found = await sides.differences(row, partial(call_node_job, sides.node), partial(call_job, sides.queue))
    assert found == []


@pytest.mark.parametrize(("name", "kind"), [("Queue", Queue), ("Job", Job)], ids=["Queue", "Job"])
async def test_every_method_of_node_is_compared(sides: Sides, name: str, kind: type) -> None:
    nodes = set(await sides.node.call("methodsOf", name=name))
    described = {command["methods"][name] for command in API["commands"] if name in command["methods"]}
    described |= {method["name"] for method in API["derivedMethods"] if method["of"] == name}
    assert described <= nodes
    methods = nodes - LEFT_OUT[name]
    compared = {row.node.method for row in (JOB_METHODS if name == "Job" else QUEUE_METHODS)}
    assert methods - compared - ELSEWHERE[name] == set()
    assert [method for method in methods if not hasattr(kind, snake(method))] == []


# What only Node's own code calls, and what others replace.
INSIDE_NODE = {
    *("constructor", "emit", "once", "trace", "getBackend", "createBackend", "base64Name", "clientName"),
    *("disconnect", "checkConnectionError", "consumeEvents", "createLockManager", "createSandbox"),
    *("callProcessJob", "createJob", "waitForRateLimit", "mainLoop", "_getNextJob", "isRateLimited"),
    *("moveToActive", "waitForJob", "getBlockTimeout", "getRateLimitDelay", "delay", "updateDelays"),
    *("nextJobFromJobData", "processJob", "getUnrecoverableErrorMessage", "handleCompleted"),
    *("handleFailed", "stalledChecker", "whenCurrentJobsFinished", "retryIfFailed"),
    *("moveStalledJobsToWait", "moveLimitedBackToWait", "addNode", "collectFlowEntry", "addNodes"),
    *("getNode", "validateFlowJobs", "addChildren", "getChildren", "queueFromNode", "toFlowError"),
    "extendJobLocks",  # of the lock manager: the core's thread renews locks
}


@pytest.mark.parametrize("kind", [Worker, FlowProducer, QueueEvents, QueueEventsProducer])
async def test_every_method_of_node_is_there(sides: Sides, kind: type) -> None:
    nodes = set(await sides.node.call("methodsOf", name=kind.__name__)) - INSIDE_NODE
    if kind is QueueEvents:
        nodes.discard("run")  # reading begins by itself
    assert [method for method in nodes if not hasattr(kind, snake(method))] == []
