"""Flows: Python and Node write the same, read each other's, and run each other's parts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import redis as redis_client
from flow_kinds import FAILURE_OPTIONS, FLOWS, T, flat_ids, keyspace, names_of, node
from libbullmq import BullMQError, Job, Queue
from method_rows import added, without_nothing
from node_peer import NodeError, NodePeer
from python_flows import PythonFlows, Tree, in_order, shown_tree
from python_side import StartWorker
from redis_server import RedisServer


@pytest_asyncio.fixture
async def flows(redis: RedisServer) -> AsyncIterator[PythonFlows]:
    opened = PythonFlows(redis)
    async with opened.producer:
        yield opened


@pytest_asyncio.fixture
async def node6(start_peer: Any, redis: RedisServer) -> NodePeer:
    """Node 6.7.0, the version whose writing is compared."""
    peer: NodePeer = await start_peer("bullmq6", redis)
    return peer


def without_chance(tree: Tree, flow: Tree) -> Any:
    """Each job as it shows itself, with names in the place of ids that no option asked for."""
    text = json.dumps([{"data": {}, **added(node["job"])} for node, _ in in_order(tree)])
    for drawn, name in names_of(flow, flat_ids(tree)).items():
        text = text.replace(drawn, name)
    return json.loads(text)


# ---- writing -----------------------------------------------------------------------------------


async def both(
    node6: NodePeer, flows: PythonFlows, keys: redis_client.Redis, flow: Tree, **options: Any
) -> Any:
    """What Redis holds after Node has added the flow, and after Python has."""
    theirs = flat_ids(await node6.add_flow(flow, options))
    written_by_node = keyspace(keys, names_of(flow, theirs))
    keys.flushall()
    ours = await flows.add(flow, **options)
    return written_by_node, keyspace(keys, names_of(flow, ours))


@pytest.mark.parametrize("name", FLOWS)
async def test_the_same_flow_is_written_as_node_writes_it(
    node6: NodePeer, flows: PythonFlows, keys: redis_client.Redis, name: str
) -> None:
    written_by_node, written_by_us = await both(node6, flows, keys, FLOWS[name])
    assert written_by_us == written_by_node


@pytest.mark.parametrize("name", FLOWS)
async def test_the_jobs_that_are_returned_show_themselves_as_node_s_do(
    node6: NodePeer, flows: PythonFlows, keys: redis_client.Redis, name: str
) -> None:
    theirs = await node6.add_flow(FLOWS[name])
    keys.flushall()
    ours = shown_tree(await flows.producer.add(FLOWS[name]))
    assert without_chance(ours, FLOWS[name]) == without_chance(theirs, FLOWS[name])
    read = await flows.get(id=ours["id"], queueName=ours["queue"], prefix=ours["prefix"])
    assert read is not None
    nodes = await node6.get_flow(id=ours["id"], queueName=ours["queue"], prefix=ours["prefix"])
    assert [without_nothing(node["job"]) for node, _ in in_order(read)] == [
        without_nothing(node["job"]) for node, _ in in_order(nodes)
    ]


async def test_options_of_queues_are_taken_as_node_takes_them(
    node6: NodePeer, flows: PythonFlows, keys: redis_client.Redis
) -> None:
    flow = node("root", "a", node("one", "b", attempts=1), node("two", "b", node("three", "c")))
    options = {
        "a": {"defaultJobOptions": {"attempts": 5, "removeOnFail": {"count": 3}}},
        "b": {"defaultJobOptions": {"attempts": 7, "priority": 3, "failParentOnFailure": True}},
    }
    written_by_node, written_by_us = await both(node6, flows, keys, flow, queuesOptions=options)
    assert written_by_us == written_by_node


async def test_a_flow_over_jobs_that_exist_is_linked_as_node_links_it(
    node6: NodePeer, flows: PythonFlows, keys: redis_client.Redis
) -> None:
    """Children that are done, failed, waiting, of the same parent, of a parent that is gone."""
    jobs = [
        node("done", "k", jobId="done"), node("bad", "k", jobId="bad"), node("idle", "w", jobId="idle"),
        node("old", "p", node("lost", "w", jobId="lost"), jobId="old"),
    ]  # fmt: skip
    flow = node(
        "root", "p",
        *(node(name, queue, jobId=name) for name, queue in (("done", "k"), ("bad", "k"))),
        *(node(name, "w", jobId=name) for name in ("idle", "lost")),
        node("again", "p", node("done", "k", jobId="done2"), jobId="R2"),
        jobId="R",
    )  # fmt: skip

    async def prepare() -> None:
        for job in jobs:
            await node6.add_flow(job)
        keys.lrem("bull:k:wait", 0, "done")
        keys.zadd("bull:k:completed", {"done": T})
        keys.hset("bull:k:done", "returnvalue", "42")
        keys.lrem("bull:k:wait", 0, "bad")
        keys.zadd("bull:k:failed", {"bad": T})
        keys.delete("bull:p:old")

    await prepare()
    await node6.add_flow(flow)
    written_by_node = keyspace(keys, {})
    keys.flushall()
    await prepare()
    await flows.add(flow)
    assert keyspace(keys, {}) == written_by_node


async def test_children_done_before_release_their_parent_as_node_does(
    node6: NodePeer, flows: PythonFlows, keys: redis_client.Redis
) -> None:
    """Also an outer parent, by a leaf that becomes its child; and one that belongs to another parent."""
    first = node("top", "t", node("busy", "k", jobId="busy"), jobId="T")
    done = node("done", "k", jobId="done")
    released = node("root", "p", node("done", "k", jobId="done"), jobId="R", priority=4)
    refused = node("root", "p", node("busy", "k", jobId="busy"), jobId="S")
    attached = node("leaf", "k", jobId="leaf", parent={"id": "T", "queue": "bull:t"})

    async def run(add: Any) -> dict[str, Any]:
        await node6.add_flow(first)
        await node6.add_flow(done)
        keys.lrem("bull:k:wait", 0, "done")
        keys.zadd("bull:k:completed", {"done": T})
        keys.hset("bull:k:done", "returnvalue", '{"v":1}')
        for flow in (released, refused, attached):
            await add(flow)
        return keyspace(keys, {})

    written_by_node = await run(node6.add_flow)
    keys.flushall()
    assert await run(flows.add) == written_by_node


async def test_several_flows_are_written_as_node_writes_them(
    node6: NodePeer, flows: PythonFlows, keys: redis_client.Redis
) -> None:
    trees = [
        node("r1", "a", node("c1", "b", jobId="C1"), jobId="R1"),
        node("r2", "a", node("c2", "b", node("l2", "a", jobId="L2"), jobId="C2"), jobId="R2"),
        node("r3", "b", jobId="R3", parent={"id": "R1", "queue": "bull:a"}),
        node("r4", "b", jobId="R4", parent={"id": "none", "queue": "bull:a"}),
    ]
    await node6.call("addFlows", flows=trees)
    written_by_node = keyspace(keys, {})
    keys.flushall()
    results = await flows.add(*trees)
    assert keyspace(keys, {}) == written_by_node
    assert results[-1].code == -5


REFUSED = {
    "deduplication with children": node("r", "a", node("c", "b"), deduplication={"id": "d"}),
    "keepLastIfActive with a parent": node(
        "r", "a", node("c", "b", deduplication={"id": "d", "keepLastIfActive": True})
    ),
    "deduplication with a parent": node("r", "a", node("c", "b", deduplication={"id": "d"})),
    "two failure options": node(
        "r", "a", node("c", "b", failParentOnFailure=True, removeDependencyOnFailure=True)
    ),
    "integer id": node("r", "a", node("c", "b", jobId="12")),
    "id with a colon": node("r", "a", node("c", "b", jobId="a:b")),
    "priority": node("r", "a", node("c", "b", priority=2097152)),
    "size": node("r", "a", node("c", "b", sizeLimit=2)),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_node_refuses_is_refused_with_its_words(
    node6: NodePeer, flows: PythonFlows, keys: redis_client.Redis, name: str
) -> None:
    with pytest.raises(NodeError) as theirs:
        await node6.add_flow(REFUSED[name])
    with pytest.raises(BullMQError) as ours:
        await flows.add(REFUSED[name])
    assert str(ours.value).endswith(f" of addFlows: {theirs.value}")
    assert keys.dbsize() == 0


async def test_a_root_that_redis_refuses_has_node_s_error(node6: NodePeer, flows: PythonFlows) -> None:
    flow = node("r", "a", node("c", "b"), parent={"id": "none", "queue": "bull:p"})
    with pytest.raises(NodeError) as theirs:
        await node6.add_flow(flow)
    [root, child] = await flows.add(flow)
    assert (str(root), root.code) == (str(theirs.value), theirs.value.code)
    assert child.code == -5
    with pytest.raises(BullMQError) as ours:
        await flows.producer.add(flow)
    assert (str(ours.value), ours.value.code) == (str(theirs.value), theirs.value.code)


# ---- reading -----------------------------------------------------------------------------------


async def test_node_and_python_read_the_same_tree(node: NodePeer, flows: PythonFlows) -> None:
    ours = (await flows.add(FLOWS["deep"]))[0]
    theirs = (await node.add_flow(FLOWS["deep"]))["id"]
    for root in (ours, theirs):
        read = await flows.get(id=root, queueName="a")
        assert read == await node.get_flow(id=root, queueName="a")
        assert read is not None and len(flat_ids(read)) == 7


@pytest.mark.parametrize("depth", [1, 2, 3])
async def test_node_and_python_stop_at_the_same_depth(node: NodePeer, flows: PythonFlows, depth: int) -> None:
    [root, *_] = await flows.add(FLOWS["deep"])
    read = await flows.get(id=root, queueName="a", depth=depth)
    assert read == await node.get_flow(id=root, queueName="a", depth=depth)


async def test_a_child_that_is_gone_has_its_place(
    node: NodePeer, flows: PythonFlows, keys: redis_client.Redis
) -> None:
    await flows.add(FLOWS["every kind of leaf"])
    keys.delete("bull:kids:K3")
    ours = await flows.get(id="R", queueName="parents")
    theirs = await node.get_flow(id="R", queueName="parents")
    assert ours is not None
    expected = [{"gone": "bull:kids:K3"} if child is None else child for child in theirs["children"]]
    assert [child.get("id") for child in ours["children"]] == [child.get("id") for child in expected]
    assert {"gone": "bull:kids:K3"} in ours["children"]


async def test_a_root_that_is_missing_is_nothing(node: NodePeer, flows: PythonFlows) -> None:
    assert await flows.get(id="none", queueName="a") is None
    assert await node.get_flow(id="none", queueName="a") is None


# ---- running -----------------------------------------------------------------------------------


async def as_told(job: Job, token: str) -> Any:
    """What the Node behaviour of the same name does."""
    if "fail" in job.data:
        raise RuntimeError(job.data["fail"])
    return job.data.get("value")


def family(option: str | None) -> Tree:
    """A root, one child that succeeds and then one that fails."""
    bad: dict[str, Any] = {"name": "bad", "queueName": "kids", "data": {"fail": "boom"}}
    bad["opts"] = {"jobId": "bad", **({option: True} if option else {})}
    good = {"name": "good", "queueName": "kids", "data": {"value": 7}, "opts": {"jobId": "good"}}
    root = {"name": "root", "queueName": "parents", "data": {"value": "all"}, "opts": {"jobId": "R"}}
    return {**root, "children": [good, bad]}


# What becomes of the root, and what it is told of the child that failed.
OUTCOMES: dict[str | None, tuple[str, dict[str, str]]] = {
    "failParentOnFailure": ("failed", {}),
    "continueParentOnFailure": ("completed", {"bull:kids:bad": "boom"}),
    "ignoreDependencyOnFailure": ("completed", {"bull:kids:bad": "boom"}),
    "removeDependencyOnFailure": ("completed", {}),
    None: ("waiting-children", {}),
}


async def assert_outcome(node: NodePeer, keys: redis_client.Redis, option: str | None) -> None:
    state, failures = OUTCOMES[option]
    await node.watch("kids")
    await node.watch("parents")
    await node.event("queueEvents", "failed", lambda event: event["args"][0]["jobId"] == "bad")
    if state != "waiting-children":
        await node.event("queueEvents", state, lambda event: event["args"][0]["jobId"] == "R")
    root = await node.describe("parents", "R")
    assert root["state"] == state
    assert keys.hgetall("bull:parents:R:processed") == {"bull:kids:good": "7"}
    assert keys.hgetall("bull:parents:R:failed") == failures
    if state == "failed":
        assert root["failedReason"] == "child bull:kids:bad failed"
    if state == "completed":
        assert root["returnvalue"] == "all"


@pytest.mark.parametrize("option", [*FAILURE_OPTIONS, None])
async def test_node_runs_the_children_and_python_the_parent(
    node: NodePeer,
    flows: PythonFlows,
    start_worker: StartWorker,
    keys: redis_client.Redis,
    option: str | None,
) -> None:
    await flows.add(family(option))
    await start_worker("parents", as_told)
    await node.work("kids", "asTold")
    await assert_outcome(node, keys, option)


@pytest.mark.parametrize("option", [*FAILURE_OPTIONS, None])
async def test_python_runs_the_children_and_node_the_parent(
    node: NodePeer,
    flows: PythonFlows,
    start_worker: StartWorker,
    keys: redis_client.Redis,
    option: str | None,
) -> None:
    await flows.add(family(option))
    await node.work("parents", "asTold")
    await start_worker("kids", as_told)
    await assert_outcome(node, keys, option)


@pytest.mark.parametrize("option", [*FAILURE_OPTIONS, None])
async def test_a_flow_of_node_is_run_by_python_alone(
    node: NodePeer, start_worker: StartWorker, keys: redis_client.Redis, option: str | None
) -> None:
    await node.add_flow(family(option))
    await start_worker("parents", as_told)
    await start_worker("kids", as_told)
    await assert_outcome(node, keys, option)


async def test_node_reads_what_the_children_of_a_flow_of_ours_returned(
    node: NodePeer, flows: PythonFlows, start_worker: StartWorker
) -> None:
    await flows.add(family("ignoreDependencyOnFailure"))
    await start_worker("kids", as_told)
    await node.work("parents", "asTold")
    assert await node.wait_until_finished("parents", "R") == "all"
    values = await node.call("callJob", queue="parents", jobId="R", method="getChildrenValues")
    assert values == {"bull:kids:good": 7}


async def test_bulk_add_tells_of_each_entry_what_redis_refused(
    flows: PythonFlows, redis: RedisServer
) -> None:
    r2 = {"name": "r", "queueName": "parents", "opts": {"jobId": "R2"}}
    await flows.add(family(None), r2)
    async with Queue("kids", {"connection": redis.connection}) as kids:
        entries: list[Any] = [
            {"name": "ok", "opts": {"parent": {"id": "R", "queue": "bull:parents"}}},
            {"name": "lost", "opts": {"parent": {"id": "none", "queue": "bull:parents"}}},
            {"name": "taken", "opts": {"jobId": "good", "parent": {"id": "R2", "queue": "bull:parents"}}},
            {"name": "once", "opts": {"deduplication": {"id": "d"}}},
            {"name": "twice", "opts": {"deduplication": {"id": "d"}}},
        ]
        with pytest.raises(BullMQError) as failure:
            await kids.add_bulk(entries)
    results: list[Any] = failure.value.results  # type: ignore[attr-defined]
    assert [getattr(result, "code", None) for result in results] == [None, -5, -7, None, None]
    assert results[3].id == results[4].id
    assert str(results[2]) == "The parent job bull:parents:R2 cannot be replaced. addJob"
