/** A composition root of its own: who listens, by the settings that Azure Functions and OpenTelemetry have for it. */
import { AzureMonitorMetricExporter, AzureMonitorTraceExporter } from "@azure/monitor-opentelemetry-exporter";
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { PeriodicExportingMetricReader, type PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import { createEmitter } from "./emitter.ts";
import type { Emitter } from "./telemetry.ts";

export type Listeners = {
  /** Application Insights; credential: null where its connection string is enough. httpClient: where the network is not what the environment says. */
  insights: { connectionString: string; credential: TokenCredential | null; httpClient?: HttpClient } | null;
  /** Any collector: the exporter reads OTEL_EXPORTER_OTLP_* itself, as the host does. */
  otlp: boolean;
  version: string;
  attributes: Record<string, string>;
};

function exportersOf({ insights, otlp }: Listeners): { spans: SpanExporter[]; metrics: PushMetricExporter[] } {
  // What can't be sent is not kept on a disk that goes with the instance.
  const options = insights && {
    connectionString: insights.connectionString,
    disableOfflineStorage: true,
    ...(insights.credential && { credential: insights.credential }),
    ...(insights.httpClient && { httpClient: insights.httpClient }),
  };
  return {
    spans: [...(options ? [new AzureMonitorTraceExporter(options)] : []), ...(otlp ? [new OTLPTraceExporter()] : [])],
    metrics: [...(options ? [new AzureMonitorMetricExporter(options)] : []), ...(otlp ? [new OTLPMetricExporter()] : [])],
  };
}

export function startTelemetry(listeners: Listeners): Emitter {
  const { spans, metrics } = exportersOf(listeners);
  return createEmitter({
    version: listeners.version,
    attributes: listeners.attributes,
    processors: spans.map((exporter) => new BatchSpanProcessor(exporter)),
    readers: metrics.map((exporter) => new PeriodicExportingMetricReader({ exporter })),
  });
}
