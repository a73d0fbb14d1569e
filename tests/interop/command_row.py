"""Each command of the core beside the same call of Node's Queue or Job: one row per case.

``args`` (and ``payload``) are the core's, ``node`` is what Node is asked; both run on the keyspace that
``command_world.py`` makes. A language's own methods can use the rows of ``command_rows_*.py`` too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Args = dict[str, Any]


@dataclass(frozen=True)
class OnQueue:
    """A call of a method of Node's Queue "q"."""

    method: str
    args: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class OnJob:
    """A call of a method of Node's Job, read from queue "q" just before."""

    job_id: str
    method: str
    args: list[Any] = field(default_factory=list)


def same(value: Any) -> Any:
    return value


def nothing(_: Any) -> None:
    """Node tells a number that says nothing to its caller."""


@dataclass(frozen=True)
class Row:
    command: str
    args: Args
    node: OnQueue | OnJob
    payload: bytes = b""
    # Makes of Node's reply what ours is to be.
    reply: Callable[[Any], Any] = same
    # Begins of differences that are on purpose (lua/README.md).
    on_purpose: tuple[str, ...] = ()

    def differs(self, text: str) -> bool:
        return text.startswith(self.on_purpose)

    def __str__(self) -> str:
        given = ",".join(f"{name}={value}" for name, value in self.args.items())
        return f"{self.command}({given})"


def ids(jobs: Any) -> list[str]:
    return [job["id"] for job in jobs]


def items(page: Any) -> Any:
    return {"items": page["items"], "total": page["total"]}


def without_message(page: Any) -> Any:
    """Engines word differently why a text is not JSON."""
    marked = [{**item, "err": "..."} if "err" in item else item for item in page["items"]]
    return {"items": marked, "total": page["total"]}


def clients(listed: Any) -> list[tuple[str, str]]:
    return sorted((client["name"], client["rawname"]) for client in listed)
