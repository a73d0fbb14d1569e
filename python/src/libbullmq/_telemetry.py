"""Traces of jobs, through whatever the program traces with."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, Protocol

from ._errors import OptionError
from ._job_fields import JobFields

SpanKind = Literal["internal", "producer", "consumer"]


class Span(Protocol):
    """One traced operation."""

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Tell more about it."""

    def add_event(self, name: str, attributes: Mapping[str, Any]) -> None:
        """Tell that something happened during it."""

    def fail(self, error: BaseException) -> None:
        """Tell that it failed."""

    def metadata(self) -> str | None:
        """What a job carries so that the one who runs it can go on with the trace."""


class NoSpan:
    """What is done without telemetry: nothing."""

    def set_attributes(self, attributes: Mapping[str, Any]) -> None: ...
    def add_event(self, name: str, attributes: Mapping[str, Any]) -> None: ...
    def fail(self, error: BaseException) -> None: ...
    def metadata(self) -> str | None:
        return None


class Meter(Protocol):
    """Measures jobs: what a telemetry may have as its ``meter``."""

    def attempt(self, state: str, duration: float, attributes: Mapping[str, Any]) -> None:
        """An attempt of ``duration`` ms has ended, and left its job in ``state``.

        That is completed, failed, retried, delayed, waiting or waiting-children.
        """

    def jobs(self, number: int, attributes: Mapping[str, Any]) -> None:
        """So many jobs are in a state of a queue now."""


class Telemetry(Protocol):
    """The option ``telemetry`` of queues, workers and flow producers.

    ``libbullmq.opentelemetry.Telemetry`` is one. It may have a ``meter`` too.
    """

    def span(
        self,
        kind: SpanKind,
        name: str,
        attributes: Mapping[str, Any],
        parent: str | None = None,
    ) -> AbstractContextManager[Span]:
        """Trace what happens in a ``with`` block, as part of the trace that a job carries."""


def checked(telemetry: Any) -> Telemetry | None:
    """The option, refused when it is no such object."""
    if telemetry is None or callable(getattr(telemetry, "span", None)):
        return telemetry  # type: ignore[no-any-return]
    raise OptionError(
        f'option "telemetry" must have a method "span", as libbullmq.opentelemetry.Telemetry has; '
        f"{type(telemetry).__name__} has none"
    )


def meter_of(telemetry: Telemetry | None) -> Meter | None:
    """What measures jobs, if anything does."""
    return getattr(telemetry, "meter", None)


@contextmanager
def traced(
    telemetry: Telemetry | None,
    kind: SpanKind,
    operation: str,
    queue: str,
    destination: str | None = None,
    **attributes: Any,
) -> Iterator[Span]:
    """A span with the name and the attributes that Node's has; none without telemetry."""
    if telemetry is None:
        yield NoSpan()
        return
    about = {"bullmq.queue.name": queue, "bullmq.queue.operation": operation, **attributes}
    with telemetry.span(kind, f"{operation} {destination or queue}", about) as span:
        yield span


def carrying(opts: Mapping[str, Any] | None, span: Span, keep: bool = True) -> Mapping[str, Any]:
    """Options of a job that carries the trace on, unless its options say that it must not.

    Metadata of the caller's own stays with ``keep``.
    """
    given = dict((opts or {}).get("telemetry") or {})
    metadata = span.metadata()
    if given.get("omitContext") or (keep and given.get("metadata")) or metadata is None:
        return opts or {}
    return {**(opts or {}), "telemetry": {**given, "metadata": metadata}}


def carried(job: JobFields) -> str | None:
    """The trace that a job carries, of who added it."""
    telemetry = job.opts.get("telemetry")
    metadata = telemetry.get("metadata") if isinstance(telemetry, Mapping) else None
    return metadata if isinstance(metadata, str) else None


def begun_attempt(job: JobFields, queue: str, worker: Any) -> dict[str, Any]:
    """Attributes of the span of an attempt."""
    return {
        "bullmq.queue.name": queue,
        "bullmq.queue.operation": "process",
        "bullmq.worker.name": str(worker or ""),
        "bullmq.job.id": job.id,
        "bullmq.job.name": job.name,
    }


def ended_attempt(job: JobFields) -> dict[str, Any]:
    """Attributes of a job whose attempt has just ended."""
    return {
        "bullmq.job.attempts.made": job.attempts_made + 1,
        "bullmq.job.attempt_finished_timestamp": int(time.time() * 1000),
        "bullmq.job.processed.timestamp": job.processed_on or 0,
    }


def measured_attempt(queue: str, job: JobFields, state: str) -> dict[str, Any]:
    """Attributes of the metrics of an attempt."""
    return {
        "bullmq.queue.name": queue,
        "bullmq.job.name": job.name,
        "bullmq.job.state": state,
    }
