"""Flows as callers write them and as the core wants them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypedDict, TypeVar

from . import _codes
from ._arguments import encode_json, encode_text
from ._bulk import encode_data
from ._errors import OptionError
from ._job import NO_DATA
from ._job_fields import JobFields
from ._options import JobOptions
from ._record import Value, request

# Nodes that one flow can have.
MOST_NODES: Final = 100_000


class _JobName(TypedDict):
    # Name of the job.
    name: str


class FlowJob(_JobName, total=False):
    """A job of a flow, and those that it waits for."""

    # Name of its queue: needed, in Node's spelling or in Python's.
    queueName: str
    queue_name: str
    # First part of the queue's keys. Default: that of the flow producer.
    prefix: str
    # Any JSON value. Default: {}.
    data: Any
    # Options of the job; a job with children takes no deduplication that keeps the last.
    opts: JobOptions | Mapping[str, Any]
    # Jobs that have to finish before this one starts. Default: none.
    children: Sequence[FlowJob | Mapping[str, Any]]


class QueuesOptions(TypedDict, total=False):
    """Options of the jobs that a flow has in one queue."""

    # Options of each job, unless it gives its own.
    defaultJobOptions: JobOptions | Mapping[str, Any]


class FlowOptions(TypedDict, total=False):
    """Options of adding flows."""

    # By the name of the queue.
    queuesOptions: Mapping[str, QueuesOptions]


AnyJob = TypeVar("AnyJob", bound=JobFields)
OtherJob = TypeVar("OtherJob", bound=JobFields)


@dataclass(slots=True)
class JobNode(Generic[AnyJob]):
    """A job and its children, as Redis has them."""

    job: AnyJob
    children: list[JobNode[AnyJob]] = field(default_factory=list)


@dataclass(slots=True)
class FlowNode:
    """A job of a flow as its caller wrote it."""

    above: FlowNode | None
    place: int  # among the children of that one, or among the flows
    depth: int
    queue_name: str
    prefix: str | None
    name: str
    data: Any
    opts: Mapping[str, Any]
    children: Sequence[Any]

    @property
    def path(self) -> str:
        """Where in the flows it is: ``flows[0].children[2]``."""
        return _path(self.above, self.place)

    def request(self) -> bytes:
        """The FLOW_NODE record of the job."""
        try:
            return self._request()
        except OptionError as error:
            raise OptionError(f"{self.path}: {error}") from error

    def _request(self) -> bytes:
        values: list[tuple[int, Value]] = [
            (_codes.TAG_DEPTH, self.depth),
            (_codes.TAG_QUEUE_NAME, encode_text(self.queue_name, "queueName")),
            (_codes.TAG_NAME, encode_text(self.name, "name")),
            (_codes.TAG_DATA, encode_data(self.name, self.data)),
        ]
        if self.prefix is not None:
            values.append((_codes.TAG_PREFIX, encode_text(self.prefix, "prefix")))
        if self.opts:
            values.append((_codes.TAG_OPTS, encode_json(self.opts, "opts")))
        return request(_codes.REC_FLOW_NODE, values)


def flow_nodes(flows: Iterable[Any]) -> Iterator[FlowNode]:
    """The nodes of flows, each before its children. A bad one raises OptionError."""
    for at, flow in enumerate(flows):
        # Not by recursion: flows may be deeper than Python's stack.
        waiting: list[tuple[FlowNode | None, int, Any]] = [(None, at, flow)]
        count = 0
        while waiting:
            node = _node(*waiting.pop())
            count += 1
            if count > MOST_NODES:
                raise OptionError(f"flows[{at}] has more than {MOST_NODES} jobs; make it smaller")
            waiting += [(node, place, child) for place, child in enumerate(node.children)][::-1]
            yield node


def trees(jobs: Iterable[tuple[int, AnyJob]]) -> list[JobNode[AnyJob]]:
    """The trees that jobs and their depths are, each job before its children."""
    roots: list[JobNode[AnyJob]] = []
    above: list[JobNode[AnyJob]] = []
    for depth, job in jobs:
        node = JobNode(job)
        del above[depth:]
        (above[-1].children if above else roots).append(node)
        above.append(node)
    return roots


def each_job(root: JobNode[AnyJob], become: Callable[[AnyJob], OtherJob]) -> JobNode[OtherJob]:
    """The same tree of what the jobs become."""
    waiting = [(0, root)]
    became: list[tuple[int, OtherJob]] = []
    while waiting:
        depth, node = waiting.pop()
        became.append((depth, become(node.job)))
        waiting += [(depth + 1, child) for child in reversed(node.children)]
    return trees(became)[0]


_KEYS = frozenset({"name", "queueName", "queue_name", "prefix", "data", "opts", "children"})


def _node(above: FlowNode | None, place: int, flow: Any) -> FlowNode:
    wrong = _what_is_wrong(flow)
    if wrong is not None:
        raise OptionError(f"{_path(above, place)} {wrong}")
    return FlowNode(
        above,
        place,
        0 if above is None else above.depth + 1,
        flow.get("queueName", flow.get("queue_name")),
        flow.get("prefix"),
        flow["name"],
        flow.get("data", NO_DATA),
        flow.get("opts") or {},
        flow.get("children") or (),
    )


def _what_is_wrong(flow: Any) -> str | None:
    if not isinstance(flow, Mapping):
        return f"must be a dict, not {type(flow).__name__}"
    for key in flow:
        if key not in _KEYS:
            nearest = difflib.get_close_matches(str(key), _KEYS, 1)
            hint = f'did you mean "{nearest[0]}"?' if nearest else f"known: {sorted(_KEYS)}"
            return f'has an unknown "{key}"; {hint}'
    if "name" not in flow or ("queueName" in flow) == ("queue_name" in flow):
        return 'must have a "name", and either "queueName" or "queue_name"'
    opts, children = flow.get("opts"), flow.get("children")
    if opts is not None and not isinstance(opts, Mapping):
        return f"must have a dict as opts, not {type(opts).__name__}"
    if children is not None and (not isinstance(children, Sequence) or isinstance(children, str)):
        return f"must have a list of children, not {type(children).__name__}"
    return None


def _path(above: FlowNode | None, place: int) -> str:
    steps = []
    while above is not None:
        steps.append(f".children[{place}]")
        place, above = above.place, above.above
    return f"flows[{place}]" + "".join(reversed(steps))
