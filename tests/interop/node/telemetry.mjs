// bullmq-otel with an exporter that keeps its spans, for tests that compare traces.

let traced;

async function open() {
  const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace-node');
  const { BullMQOtel } = await import('bullmq-otel');
  const exporter = new InMemorySpanExporter();
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
  return { exporter, telemetry: new BullMQOtel('node') };
}

/** `telemetry: true` among the options becomes a BullMQOtel. */
export async function withTelemetry(options) {
  if (!options.telemetry) return options;
  traced ??= open();
  return { ...options, telemetry: (await traced).telemetry };
}

/** The spans that have ended, as plain objects. */
export async function finishedSpans() {
  if (!traced) return [];
  return (await traced).exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    kind: span.kind,
    trace: span.spanContext().traceId,
    id: span.spanContext().spanId,
    parent: span.parentSpanContext?.spanId ?? null,
    attributes: span.attributes,
    events: span.events.map((event) => event.name),
  }));
}
