/**
 * OpenTelemetry's SDK behind two verbs. Loaded by itself, and only where somebody listens: it takes longer to load than all else together.
 * Nothing is instrumented and nothing is global: what is told was measured by whoever tells it.
 */
import { type Attributes, type Link, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { type IMetricReader, MeterProvider } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, type IdGenerator, RandomIdGenerator, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { type Measure, METRICS } from "../domain/telling/metrics.ts";
import type { Span, SpanContext } from "../domain/telling/trace.ts";
import type { Emitter } from "./telemetry.ts";

export type EmitterOptions = {
  version: string;
  /** Of the environment it runs in, such as the function app's resource id. */
  attributes: Attributes;
  processors: SpanProcessor[];
  readers: IMetricReader[];
};

const NAME = "keymend";
/** An incident's timeline is kept to 300 lines (domain/incident.ts). */
const MOST_EVENTS = 300;

/** The SDK makes ids by itself, but for the spans whose ids are known beforehand: it asks for them while the span is begun. */
class GivenIds implements IdGenerator {
  given: SpanContext | undefined;
  readonly #random = new RandomIdGenerator();
  generateTraceId = (): string => this.given?.traceId ?? this.#random.generateTraceId();
  generateSpanId = (): string => this.given?.spanId ?? this.#random.generateSpanId();
}

const contextOf = (context: SpanContext) => ({ ...context, traceFlags: TraceFlags.SAMPLED, isRemote: true });
const linkTo = (context: SpanContext): Link => ({ context: contextOf(context) });

export function createEmitter({ version, attributes, processors, readers }: EmitterOptions): Emitter {
  const resource = resourceFromAttributes({ "service.name": NAME, "service.version": version, ...attributes });
  const ids = new GivenIds();
  const tracers = new BasicTracerProvider({
    resource,
    idGenerator: ids,
    spanProcessors: processors,
    spanLimits: { eventCountLimit: MOST_EVENTS },
  });
  const meters = new MeterProvider({ resource, readers });
  const tracer = tracers.getTracer(NAME, version);
  const meter = meters.getMeter(NAME, version);

  const record = new Map<string, (value: number, of: Attributes) => void>(
    Object.entries(METRICS).map(([name, metric]) => {
      const { kind, unit, description } = metric;
      if (kind === "counter") {
        const counter = meter.createCounter(name, { unit, description });
        return [name, (value: number, of: Attributes) => counter.add(value, of)];
      }
      const options = {
        unit,
        description,
        ...("boundaries" in metric && { advice: { explicitBucketBoundaries: [...metric.boundaries] } }),
      };
      const instrument = kind === "gauge" ? meter.createGauge(name, options) : meter.createHistogram(name, options);
      return [name, (value: number, of: Attributes) => instrument.record(value, of)];
    }),
  );

  return {
    span({ context, parent, name, kind, startMs, endMs, failure, attributes: told, events = [], links = [] }: Span): void {
      const above = parent ? trace.setSpanContext(ROOT_CONTEXT, contextOf(parent)) : ROOT_CONTEXT;
      ids.given = context;
      const options = {
        kind: kind === "client" ? SpanKind.CLIENT : SpanKind.INTERNAL,
        startTime: startMs,
        attributes: told,
        links: links.map(linkTo),
      };
      const span = tracer.startSpan(name, options, above);
      ids.given = undefined;
      for (const event of events) span.addEvent(event.name, event.atMs);
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end(endMs);
    },
    measure: ({ metric, value, attributes: of }: Measure) => record.get(metric)!(value, of),
    async flush() {
      await Promise.all([tracers.forceFlush(), meters.forceFlush()]);
    },
  };
}
