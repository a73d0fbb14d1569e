"""Traces and metrics in OpenTelemetry, as those of Node's ``bullmq-otel``, and linked with them.

Needs the extra: ``pip install "libbullmq[opentelemetry]"``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import metrics, propagate, trace

from ._codes import VERSION
from ._telemetry import SpanKind

_KINDS = {
    "internal": trace.SpanKind.INTERNAL,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
}

_ENDED = ("completed", "failed", "retried", "delayed", "waiting", "waiting-children")


class Telemetry:
    """The option ``telemetry`` of queues, workers and flow producers.

        queue = Queue("emails", telemetry=Telemetry("shop"))

    Adding a job is a producer span, running it a consumer span in the same trace, whichever of the
    two is Node's with ``bullmq-otel``; the span is current while the handler runs. ``tracer_name``
    and ``version`` are those of the tracer, ``tracer_provider`` the global one by default.

    With ``enable_metrics``, or a ``meter_provider``, workers count how attempts end
    (``bullmq.jobs.completed``, ``failed``, ``retried``, ``delayed``, ``waiting``,
    ``waiting_children``) and record how long they took (``bullmq.job.duration``, ms);
    ``Queue.record_job_counts_metric`` records ``bullmq.queue.jobs``. ``meter_name`` is by default
    that of the tracer.
    """

    def __init__(
        self,
        tracer_name: str = "libbullmq",
        version: str = VERSION,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        enable_metrics: bool = False,
        meter_name: str | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(tracer_name, version, tracer_provider)
        self.meter: OpenTelemetryMeter | None = None
        if enable_metrics or meter_provider is not None:
            meter = metrics.get_meter(meter_name or tracer_name, version, meter_provider)
            self.meter = OpenTelemetryMeter(meter)

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


class OpenTelemetryMeter:
    """Measures jobs with a meter of OpenTelemetry."""

    def __init__(self, meter: metrics.Meter) -> None:
        self._ended = {
            state: meter.create_counter(
                f"bullmq.jobs.{state.replace('-', '_')}", "1", f"Number of jobs {state}"
            )
            for state in _ENDED
        }
        self._durations = meter.create_histogram(
            "bullmq.job.duration", "ms", "Job processing duration"
        )
        self._jobs = meter.create_gauge(
            "bullmq.queue.jobs", "{jobs}", "Number of jobs in the queue by state"
        )

    def attempt(self, state: str, duration: float, attributes: Mapping[str, Any]) -> None:
        """Count an attempt by what became of its job, and record how long it took, in ms."""
        self._ended[state].add(1, dict(attributes))
        self._durations.record(duration, dict(attributes))

    def jobs(self, number: int, attributes: Mapping[str, Any]) -> None:
        """Record how many jobs are in a state of a queue."""
        self._jobs.set(number, dict(attributes))


def _carrier(metadata: str | None) -> dict[str, str] | None:
    """The context in a job's metadata; None where somebody else wrote something else."""
    try:
        carrier = json.loads(metadata) if metadata else None
    except ValueError:
        return None
    return carrier if isinstance(carrier, dict) else None
