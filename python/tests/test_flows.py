"""Flows: added whole, read as trees, refused before anything is written."""

import asyncio

import pytest

from libbullmq import (
    BullMQError,
    ClosedError,
    FlowError,
    FlowProducer,
    OptionError,
    Worker,
    sync,
)

LEAF = {"name": "leaf", "queueName": "kids", "data": {"n": 1}, "opts": {"jobId": "leaf"}}
TREE = {
    "name": "root",
    "queue_name": "parents",
    "data": {"of": "root"},
    "children": [LEAF, {"name": "other", "queue_name": "kids", "prefix": "alt"}],
}


@pytest.fixture
async def producer(redis):
    async with FlowProducer(connection=redis.connection) as producer:
        yield producer


async def test_a_flow_comes_back_with_its_ids_as_it_is_read_again(producer):
    root = await producer.add(TREE)
    assert [child.job.name for child in root.children] == ["leaf", "other"]
    assert root.children[0].job.id == "leaf"
    assert root.children[1].job.queue_qualified_name == "alt:kids"
    read = await producer.get_flow(id=root.job.id, queue_name="parents")
    assert read.job.data == {"of": "root"}
    assert {child.job.id for child in read.children} == {child.job.id for child in root.children}
    assert await producer.get_flow({"id": "none", "queueName": "parents"}) is None


async def test_the_jobs_of_a_flow_ask_their_own_queues(producer):
    root = await producer.add(TREE)
    assert await root.job.get_state() == "waiting-children"
    for child in root.children:
        assert await child.job.get_state() == "waiting"
        await child.job.update_data({"n": 2})
        assert child.job.data == {"n": 2}
    assert (await root.job.get_dependencies_count())["unprocessed"] == 2
    await root.children[0].job.remove()
    assert await producer.get_flow(id="leaf", queue_name="kids") is None


async def test_a_worker_reads_what_the_children_returned(producer, redis):
    async def child(job):
        return job.data["n"] * 10

    async def parent(job):
        return await job.get_children_values()

    leaves = [{"name": "c", "queueName": "kids", "data": {"n": n}} for n in (1, 2, 3)]
    root = await producer.add({"name": "sum", "queueName": "parents", "children": leaves})
    options = {"connection": redis.connection}
    done = asyncio.Event()
    async with Worker("kids", child, options), Worker("parents", parent, options) as worker:
        worker.on("completed", lambda job, result: done.set())
        await done.wait()
    read = await producer.get_flow(id=root.job.id, queue_name="parents")
    assert sorted(read.job.returnvalue.values()) == [10, 20, 30]


async def test_a_flow_deeper_than_the_stack_of_python(producer):
    flow = dict(LEAF)
    for depth in range(3000):
        flow = {"name": f"{depth}", "queueName": "q", "children": [flow]}
    node = root = await producer.add(flow)
    depth = 0
    while node.children:
        [node] = node.children
        depth += 1
    assert (depth, node.job.id) == (3000, "leaf")
    assert await root.job.get_state() == "waiting-children"


async def test_options_of_queues_reach_the_jobs(producer):
    options = {"queuesOptions": {"kids": {"defaultJobOptions": {"attempts": 4, "jobId": "no"}}}}
    root = await producer.add(TREE, options)
    assert [child.job.opts.get("attempts") for child in root.children] == [4, 4]
    read = await producer.get_flow(id=root.job.id, queue_name="parents")
    assert all(child.job.opts["attempts"] == 4 for child in read.children)


BAD_FLOWS = {
    "no dict": ("text", r"^flows\[0\] must be a dict, not str"),
    "no queue": ({"name": "x"}, r'flows\[0\] must have a "name", and either'),
    "both spellings": ({"name": "x", "queueName": "q", "queue_name": "q"}, "either"),
    "a typo": ({"name": "x", "queueName": "q", "childs": []}, 'did you mean "children"'),
    "children": ({"name": "x", "queueName": "q", "children": LEAF}, "must have a list of children"),
    "opts": ({"name": "x", "queueName": "q", "opts": 5}, "must have a dict as opts"),
    "data": ({"name": "x", "queueName": "q", "data": {1, 2}}, "has no JSON form"),
    "name": ({"name": 5, "queueName": "q"}, r"flows\[0\]: name must be text"),
    "queue name": ({"name": "x", "queueName": "a:b"}, "cannot contain :"),
    "surrogate": ({"name": "\ud800", "queueName": "q"}, "no UTF-8 form"),
    "option": (
        {"name": "x", "queueName": "q", "opts": {"attempts": "three"}},
        r"flows\[0\].*attempts",
    ),
}


@pytest.mark.parametrize("name", BAD_FLOWS)
async def test_a_bad_job_anywhere_refuses_the_flow_before_anything_is_written(
    producer, redis, name
):
    bad, wording = BAD_FLOWS[name]
    with pytest.raises(OptionError, match=wording):
        await producer.add(bad)
    nested = wording.replace(r"flows\[0\]", r"flows\[1\]\.children\[1\]")
    with pytest.raises(OptionError, match=nested):
        await producer.add_bulk([LEAF, {**TREE, "children": [LEAF, bad]}])
    assert redis.call("DBSIZE") == "0"


async def test_a_flow_that_holds_itself_is_refused(producer):
    flow = {"name": "x", "queueName": "q"}
    flow["children"] = [flow]
    with pytest.raises(OptionError, match="more than 100000 jobs"):
        await producer.add(flow)


async def test_what_redis_refuses_is_told_for_each_job(producer):
    orphan = {
        "name": "orphan",
        "queueName": "q",
        "opts": {"parent": {"id": "none", "queue": "bull:q"}},
        "children": [LEAF],
    }
    with pytest.raises(BullMQError) as alone:
        await producer.add(orphan)
    assert (alone.value.code, alone.type is FlowError) == (-5, False)
    with pytest.raises(FlowError, match="2 of 5 jobs were refused") as error:
        await producer.add_bulk([{**TREE, "children": TREE["children"][1:]}, LEAF, orphan])
    assert error.value.paths[2:] == ["flows[1]", "flows[2]", "flows[2].children[0]"]
    refused = [isinstance(result, BullMQError) for result in error.value.results]
    assert refused == [False, False, False, True, True]
    assert error.value.results[2].id == "leaf"


async def test_nothing_to_add_is_no_error(producer):
    assert await producer.add_bulk([]) == []


async def test_bad_options_of_a_producer_are_refused(redis):
    with pytest.raises(OptionError, match="which this is not"):
        FlowProducer(connection=redis.connection, default_job_options={})
    with pytest.raises(OptionError, match="prefix"):
        FlowProducer(connection=redis.connection, prefix=5)
    async with FlowProducer(connection=redis.connection) as producer:
        with pytest.raises(OptionError, match="known: queuesOptions"):
            await producer.add(LEAF, {"queueOptions": {}})
        with pytest.raises(OptionError, match="depth"):
            await producer.get_flow(id="1", queue_name="q", depth=0)
        with pytest.raises(OptionError, match="queueName"):
            await producer.get_flow(id="1")


async def test_a_closed_producer_says_so(redis):
    producer = FlowProducer(connection=redis.connection, prefix="own")
    root = await producer.add(LEAF)
    assert root.job.prefix == "own"
    await producer.close()
    with pytest.raises(ClosedError, match="the flow producer is closed; make a new FlowProducer"):
        await producer.add(LEAF)
    with pytest.raises(ClosedError):
        await root.job.get_state()


def test_flows_without_asyncio(redis):
    with sync.FlowProducer(connection=redis.connection) as producer:
        root = producer.add(TREE)
        assert root.job.get_state() == "waiting-children"
        assert [child.job.get_state() for child in root.children] == ["waiting", "waiting"]
        read = producer.get_flow(id=root.job.id, queue_name="parents")
        assert isinstance(read.children[0].job, sync.Job)
        assert len(producer.add_bulk([LEAF, LEAF])) == 2
        orphan = {**LEAF, "opts": {"parent": {"id": "none", "queue": "bull:q"}}}
        with pytest.raises(FlowError) as error:
            producer.add_bulk([LEAF, orphan])
        assert isinstance(error.value.results[0], sync.Job)
    with pytest.raises(ClosedError):
        producer.add(TREE)
