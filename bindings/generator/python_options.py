"""python/src/libbullmq/_options.py: the options as TypedDicts, in Node's names."""

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from .api import Api, Option
from .naming import GENERATED, pascal, snake
from .option_text import default_text

WIDTH = 96

PYTHON_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "retention": "bool | int | RetentionOptions",
    "backoff": "float | BackoffOptions",
    "parent": "ParentOptions",
    "deduplication": "DeduplicationOptions",
    "telemetry": "TelemetryOptions",
    "job options": "JobOptions",
    "stream id": "str",
    "function": "Callable[..., Any]",
    "telemetry object": "Telemetry",
    "time": "int | datetime",
}

# The structured values of options, which api.json names but does not take apart.
STRUCTURES = '''
class RetentionOptions(TypedDict, total=False):
    """Which finished jobs are kept."""

    # Newest jobs kept.
    count: int
    # Age in s beyond which jobs are removed.
    age: float
    # Jobs removed at most in one go.
    limit: int


class _BackoffType(TypedDict):
    # fixed or exponential.
    type: str


class BackoffOptions(_BackoffType, total=False):
    """Delay between the attempts of a job."""

    # In ms; exponential: of the first retry.
    delay: float
    # Share of the delay that is random, 0 to 1.
    jitter: float


class ParentOptions(TypedDict):
    """The job that waits for this one."""

    # Id of the parent.
    id: str
    # Name of the parent's queue with its prefix: "bull:emails".
    queue: str


class _DeduplicationId(TypedDict):
    # The id.
    id: str


class DeduplicationOptions(_DeduplicationId, total=False):
    """At most one job per id."""

    # Life of the id in ms, a whole number. Unset: until the job is finished.
    ttl: int
    # Every hit starts ttl anew.
    extend: bool
    # A hit replaces the job that waits delayed.
    replace: bool
    # The last hit while the job is active is added when that job ends. ttl is then ignored.
    keepLastIfActive: bool
    # A hit gives the delayed job a new delay.
    reschedule: bool


class TelemetryOptions(TypedDict, total=False):
    """Trace context carried with a job."""

    # The context, as the tracing library writes it.
    metadata: str
    # Do not carry the context of the caller.
    omitContext: bool
'''

HEAD = f'''\
# {GENERATED}
"""Options of queues, workers and jobs, under the names that Node uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from ._telemetry import Telemetry'''


@dataclass
class OptionsClass:
    """One TypedDict; the parts of a dotted name are classes inside classes."""

    name: str
    doc: str
    base: str = "TypedDict"
    options: dict[str, Option] = field(default_factory=dict)
    parts: dict[str, "OptionsClass"] = field(default_factory=dict)

    def add(self, path: list[str], option: Option) -> None:
        if len(path) == 1:
            self.options[path[0]] = option
            return
        prefix = "" if self.name in ROOTS else self.name.removesuffix("Options")
        name = prefix + pascal(path[0]) + "Options"
        part = self.parts.setdefault(path[0], OptionsClass(name, f"Options below {path[0]}."))
        part.add(path[1:], option)

    def render(self) -> list[str]:
        """The classes it is made of, then itself."""
        lines = [f"class {self.name}({self.base}, total=False):", f'    """{self.doc}"""', ""]
        for key, part in self.parts.items():
            lines.append(f"    {key}: {part.name}")
        for key, option in self.options.items():
            lines += textwrap.wrap(_doc(option), WIDTH, initial_indent="    # ", subsequent_indent="    # ")
            lines.append(f"    {key}: {_type(option)}")
        inner = [text for part in self.parts.values() for text in part.render()]
        return [*inner, "\n".join(lines)]


ROOTS = {
    "ClientOptions",
    "QueueOptions",
    "WorkerOptions",
    "QueueEventsOptions",
    "JobOptions",
    "RepeatOptions",
    "RepeatKeywords",
    "JobKeywords",
}


def render(api: Api, root: Path) -> dict[str, str]:
    classes = [
        _scope("job", api, OptionsClass("JobOptions", "Options of one job.")),
        _keywords("job", api, OptionsClass("JobKeywords", "JobOptions as keyword arguments.")),
        _scope("repeat", api, OptionsClass("RepeatOptions", "When the jobs of a scheduler run.")),
        _keywords("repeat", api, OptionsClass("RepeatKeywords", "RepeatOptions as keyword arguments.")),
        _scope("client", api, OptionsClass("ClientOptions", "Options of a client: one connection pool.")),
        _scope(
            "queue",
            api,
            OptionsClass("QueueOptions", "Options of a queue, and of the client it opens.", "ClientOptions"),
        ),
        _scope(
            "worker",
            api,
            OptionsClass(
                "WorkerOptions", "Options of a worker, and of the queue and client it opens.", "QueueOptions"
            ),
        ),
        _scope(
            "events",
            api,
            OptionsClass(
                "QueueEventsOptions",
                "Options of queue events, and of the queue and client they open.",
                "QueueOptions",
            ),
        ),
    ]
    text = "\n\n\n".join(
        [
            HEAD,
            STRUCTURES.strip(),
            *(text for options in classes for text in options.render()),
        ]
    )
    return {"python/src/libbullmq/_options.py": text + "\n"}


def _scope(scope: str, api: Api, into: OptionsClass) -> OptionsClass:
    for option in api.options[scope] + api.host_options.get(scope, []):
        into.add(option.name.split("."), option)
    return into


def _keywords(scope: str, api: Api, into: OptionsClass) -> OptionsClass:
    for option in api.options[scope]:
        into.add([snake(option.name)], option)
    return into


def _type(option: Option) -> str:
    text = PYTHON_TYPES[option.type]
    return f"{text} | None" if option.nullable else text


def _doc(option: Option) -> str:
    unit = f" In {option.unit}." if option.unit else ""
    default = default_text(option)
    return option.doc + unit + (f" Default: {default}." if default else "")
