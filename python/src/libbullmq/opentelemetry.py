"""Traces in OpenTelemetry, linked with those of Node's ``bullmq-otel``.

Needs the extra: ``pip install "libbullmq[opentelemetry]"``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import propagate, trace

from ._codes import VERSION
from ._telemetry import SpanKind

_KINDS = {
    "internal": trace.SpanKind.INTERNAL,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
}


class Telemetry:
    """The option ``telemetry`` of queues, workers and flow producers.

        queue = Queue("emails", telemetry=Telemetry("shop"))

    Adding a job is a producer span, running it a consumer span in the same trace, whichever of the
    two is Node's with ``bullmq-otel``; the span is current while the handler runs. ``tracer_name``
    and ``version`` are those of the tracer, ``tracer_provider`` the global one by default.
    """

    def __init__(
        self,
        tracer_name: str = "libbullmq",
        version: str = VERSION,
        *,
        tracer_provider: trace.TracerProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(tracer_name, version, tracer_provider)

    @contextmanager
    def span(
        self,
        kind: SpanKind,
        name: str,
        attributes: Mapping[str, Any],
        parent: str | None = None,
    ) -> Iterator[OpenTelemetrySpan]:
        """Trace what happens in a ``with`` block; an exception fails the span."""
        carrier = _carrier(parent)
        with self._tracer.start_as_current_span(
            name,
            context=propagate.extract(carrier) if carrier else None,
            kind=_KINDS[kind],
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as current:
            span = OpenTelemetrySpan(current)
            try:
                yield span
            except BaseException as error:
                span.fail(error)
                raise


class OpenTelemetrySpan:
    """A span of OpenTelemetry."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Tell more about it."""
        self._span.set_attributes(dict(attributes))

    def add_event(self, name: str, attributes: Mapping[str, Any]) -> None:
        """Tell that something happened during it."""
        self._span.add_event(name, dict(attributes))

    def fail(self, error: BaseException) -> None:
        """Tell that it failed."""
        self._span.record_exception(error)
        self._span.set_status(trace.Status(trace.StatusCode.ERROR, str(error)))

    def metadata(self) -> str | None:
        """The span's context as JSON text, as ``bullmq-otel`` writes it."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier, trace.set_span_in_context(self._span))
        return json.dumps(carrier, separators=(",", ":")) if carrier else None


def _carrier(metadata: str | None) -> dict[str, str] | None:
    """The context in a job's metadata; None where somebody else wrote something else."""
    try:
        carrier = json.loads(metadata) if metadata else None
    except ValueError:
        return None
    return carrier if isinstance(carrier, dict) else None
