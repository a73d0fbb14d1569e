"""Adds flows, and reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypedDict, Unpack

from . import _codes, _log
from ._answers import json_of
from ._arguments import encode_args
from ._bulk import now_ms
from ._client import Client
from ._conf import Confs, merge
from ._connected import Connected
from ._errors import BullMQError, FlowError, OptionError, error_of_code
from ._flows import FlowJob, FlowNode, FlowOptions, JobNode, flow_nodes, trees
from ._job import Job, added_job
from ._job_fields import JobFields, Owner
from ._options import ClientOptions
from ._record import fields, find, integer, split, text
from ._telemetry import Span, Telemetry, carrying, checked, traced


class FlowProducerOptions(ClientOptions, total=False):
    """Options of a flow producer."""

    # First part of the keys of jobs that name none. Default: "bull".
    prefix: str
    # Traces what is added: libbullmq.opentelemetry.Telemetry, for example.
    telemetry: Telemetry


class _FlowRoot(TypedDict):
    # Id of the root.
    id: str


class GetFlowOptions(_FlowRoot, total=False):
    """Which flow to read, and how much of it."""

    # Queue of the root: needed.
    queueName: str
    # First part of the queue's keys. Default: that of the flow producer.
    prefix: str
    # Levels to read, the root's among them. Default: 10.
    depth: int
    # About how many children of each kind are read per job. Default: 20.
    maxChildren: int


class GetFlowKeywords(TypedDict, total=False):
    """GetFlowOptions as keyword arguments."""

    id: str
    queue_name: str
    prefix: str
    depth: int
    max_children: int


class FlowProducer(Connected):
    """Adds flows: trees of jobs, in any queues, in which a parent waits for its children.

    ``opts`` are ``connection`` and ``prefix`` in Node's names; keyword arguments are options too
    and win. They are checked here, before any socket is opened: OptionError names the option. The
    connection is opened by the first call.

    While Redis cannot be reached, calls wait and are sent when it is back, as those of a Queue. A
    flow is not sent twice: when the connection breaks before the answer, its jobs are looked for
    once it is back, and ConnectionError tells that they are not there.

    Events: ``error(exception)`` for what belongs to no call, otherwise logged to
    "libbullmq.flow_producer"; ``ready()`` once connected.

    A flow producer belongs to one event loop. In a forked child it opens a connection of its own.
    """

    EVENTS = frozenset({"error", "ready"})
    _job_class: type[Job] = Job
    _logger = _log.flow_producer

    def __init__(
        self, opts: FlowProducerOptions | Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        super().__init__()
        self._confs = Confs(
            merge(opts, keywords), (_codes.CONF_CLIENT,), host=("prefix", "telemetry")
        )
        self._telemetry = checked(self._confs.host.get("telemetry"))
        self._queues: dict[tuple[str, str], FlowQueue] = {}
        FlowQueue(self, "", self._confs.host.get("prefix", "bull"))  # refuses a bad prefix

    async def add(
        self, flow: FlowJob | Mapping[str, Any], opts: FlowOptions | None = None
    ) -> JobNode[Job]:
        """Add one flow, whole, in one transaction, and return its jobs with their ids.

        ``flow`` is ``{"name", "queueName", "data", "opts", "prefix", "children"}``, its children
        likewise. A job without ``jobId`` gets a UUID. ``opts`` may have ``queuesOptions``:
        ``{queue name: {"defaultJobOptions": {...}}}``.

        Raises OptionError, which names the job (``flows[0].children[2]``), for a job that is not
        valid: then nothing was sent. What Redis refuses, with all that is below it, raises the
        refusal of the root, or FlowError, which tells for each job what became of it.
        """
        name = flow.get("name") if isinstance(flow, Mapping) else None
        with self._traced("addFlow", flow, **{"bullmq.flow.name": name}) as span:
            nodes, results = await self._add([flow], opts, span)
        if all(isinstance(result, BullMQError) for result in results):
            raise results[0]  # type: ignore[misc]
        return _added(nodes, results)[0]

    async def add_bulk(
        self, flows: Iterable[FlowJob | Mapping[str, Any]], opts: FlowOptions | None = None
    ) -> list[JobNode[Job]]:
        """Add many flows, each as ``add`` does. Returns them in the order given.

        A job that is not valid refuses the whole call with OptionError, before anything is sent.
        When Redis refuses some jobs, the others are added and FlowError tells which.
        """
        flows = list(flows) if not isinstance(flows, (Mapping, str)) else flows
        first = next(iter(flows), None)
        with self._traced("addBulkFlows", first) as span:
            nodes, results = await self._add(flows, opts, span)
        return _added(nodes, results)

    async def get_flow(
        self,
        opts: GetFlowOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Unpack[GetFlowKeywords],
    ) -> JobNode[Job] | None:
        """A job with those below it; None when there is no such job.

        ``opts`` and keyword arguments are ``id`` and ``queue_name`` of the root, ``prefix``,
        ``depth`` (levels, default 10) and ``max_children`` (per job and kind, default 20). A child
        that was removed since has its id, and nothing else.
        """
        args = {"prefix": self.prefix, **merge(opts, keywords)}
        record = await self._call(b"getFlow", args, b"")
        run = find(record, _codes.TAG_VALUE) or b""
        roots = trees(self._read(job) for _, _, job in split(run))
        return roots[0] if roots else None

    async def _add(
        self, flows: Iterable[FlowJob | Mapping[str, Any]], opts: FlowOptions | None, span: Span
    ) -> tuple[list[FlowNode], list[Job | BullMQError]]:
        if isinstance(flows, (Mapping, str)):
            raise OptionError(f"flows must be a list, not {type(flows).__name__}")
        options = _flow_options(opts)
        nodes = list(flow_nodes(flows))
        if not nodes:
            return [], []
        if self._telemetry is not None:
            for node in nodes:
                node.opts = carrying(node.opts, span)
        payload = b"".join([node.request() for node in nodes])
        record = await self._call(b"addFlows", {"prefix": self.prefix, **options}, payload)
        return nodes, self._results(nodes, json_of(record), options.get("queuesOptions") or {})

    def _traced(self, operation: str, flow: Any, **about: Any) -> AbstractContextManager[Span]:
        """A span of the queue of a flow's root."""
        root = flow if isinstance(flow, Mapping) else {}
        queue = root.get("queueName", root.get("queue_name", ""))
        return traced(self._telemetry, "producer", operation, str(queue), **about)

    def _results(
        self, nodes: list[FlowNode], answers: list[Any], defaults: Mapping[str, Any]
    ) -> list[Job | BullMQError]:
        now = now_ms()
        results: list[Job | BullMQError] = []
        above: list[dict[str, str]] = []  # what children call the jobs on the way to a node
        for node, answer in zip(nodes, answers, strict=True):
            queue = self._queue(node.prefix or self.prefix, node.queue_name)
            of_queue = (defaults.get(node.queue_name) or {}).get("defaultJobOptions") or {}
            opts = {**of_queue, **node.opts}
            del above[node.depth :]
            if above:
                opts["parent"] = above[-1]
            if isinstance(answer, dict):
                error = error_of_code(answer["code"], answer["message"], name=answer["name"])
                results.append(error)
                answer = ""
            else:
                job_id = answer.encode()
                results.append(added_job(queue, job_id, node.name, node.data, opts, now))
            above.append({"id": answer, "queue": f"{queue.prefix}:{queue.name}"})
        return results

    def _read(self, record: bytes) -> tuple[int, Job]:
        values = dict(fields(record))
        prefix, name = text(values, _codes.TAG_PREFIX), text(values, _codes.TAG_QUEUE_NAME)
        assert prefix is not None and name is not None
        job = self._job_class(self._queue(prefix, name), record)
        return integer(values, _codes.TAG_DEPTH) or 0, job

    def _queue(self, prefix: str, name: str) -> FlowQueue:
        queue = self._queues.get((prefix, name))
        if queue is None:
            queue = self._queues[prefix, name] = FlowQueue(self, name, prefix)
        return queue

    async def _call(self, command: bytes, args: Any, payload: bytes) -> bytes:
        client = self._usable_client()
        return await client.call(0, command, encode_args(args), payload)

    async def wait_until_ready(self) -> None:
        """Wait for a connection; opens it if need be.

        Waits as a call does while Redis cannot be reached, and raises what a call raises.
        """
        await self._call(
            b"getFlow", {"id": "0", "queueName": "unnamed", "prefix": self.prefix}, b""
        )

    def _opened(self, client: Client) -> None:
        for queue in self._queues.values():
            queue.handle = 0  # of the client before

    def _described(self) -> str:
        return "the flow producer"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.prefix!r}>"


class FlowQueue(Owner):
    """A queue that jobs of flows are in; their methods use the producer's connection."""

    def __init__(self, producer: FlowProducer, name: str, prefix: str) -> None:
        self.name = name
        self._prefix = prefix
        self._producer = producer
        self._job_class = producer._job_class
        options = {"prefix": prefix, "skipMetasUpdate": True}
        self._conf = Confs(options, (_codes.CONF_QUEUE,))[_codes.CONF_QUEUE]
        self.handle = 0  # of the core, once it is used

    @property
    def prefix(self) -> str:
        return self._prefix

    async def call(self, command: bytes, args: Any, payload: bytes = b"") -> bytes:
        client = self._producer._usable_client()
        if not self.handle:
            self.handle = client.open_queue(self.name, self._conf)
        return await client.call(self.handle, command, encode_args(args), payload)

    def job_progressed(self, job: JobFields, progress: Any) -> None:
        """A flow producer tells nobody."""

    def job_removed(self, job: JobFields) -> None:
        """A flow producer tells nobody."""


def _flow_options(opts: FlowOptions | None) -> dict[str, Any]:
    options = merge(opts, {})
    unknown = options.keys() - {"queuesOptions"}
    if unknown:
        raise OptionError(f'unknown option "{min(unknown)}" of adding flows; known: queuesOptions')
    return {name: value for name, value in options.items() if value is not None}


def _added(nodes: list[FlowNode], results: list[Job | BullMQError]) -> list[JobNode[Job]]:
    added = [result for result in results if isinstance(result, Job)]
    if len(added) < len(results):
        raise FlowError(results, [node.path for node in nodes])
    return trees(zip((node.depth for node in nodes), added, strict=True))
