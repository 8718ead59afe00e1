/** What is told, by OpenTelemetry's own SDK with its exporters in memory. */
import { AggregationTemporality, DataPointType, InMemoryMetricExporter, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { SpanStatusCode } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import { type Incident, openIncident } from "../../src/domain/incident.ts";
import type { Request } from "../../src/domain/telling/trace.ts";
import { toMs } from "../../src/domain/time.ts";
import { hashText } from "../../src/storage/canonical-json.ts";
import { createEmitter } from "../../src/telemetry/emitter.ts";
import { createTelemetry, type Emitter } from "../../src/telemetry/telemetry.ts";
import { ACCOUNT_ID, NOW, VAULT_ID } from "../support/builders.ts";
import { after, PATIENT } from "../support/turns.ts";

const HOST = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const TRACEPARENT = `00-${HOST.traceId}-${HOST.spanId}-01`;

function setUp(load?: (() => Promise<Emitter>) | null) {
  const spans = new InMemorySpanExporter();
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const emitter = () =>
    createEmitter({
      version: "1.2.3",
      attributes: { "cloud.resource_id": "/app" },
      processors: [new SimpleSpanProcessor(spans)],
      readers: [new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 })],
    });
  const warned: string[] = [];
  const clock = { at: NOW };
  let loads = 0;
  const telemetry = createTelemetry({
    load:
      load === undefined
        ? async () => {
            loads += 1;
            return emitter();
          }
        : load,
    hash: hashText,
    periodMs: 300_000,
    now: () => new Date(clock.at),
    warn: (text) => void warned.push(text),
  });
  const points = async () => {
    await telemetry.flush();
    const all = metrics
      .getMetrics()
      .at(-1)!
      .scopeMetrics.flatMap((scope) => scope.metrics);
    return all.flatMap(({ descriptor: { name, unit }, dataPointType, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => ({
        name,
        unit,
        attributes,
        value: dataPointType === DataPointType.HISTOGRAM ? (value as { sum?: number }).sum : value,
      })),
    );
  };
  return {
    telemetry,
    clock,
    warned,
    points,
    loads: () => loads,
    spans: async () => {
      await telemetry.flush();
      return spans.getFinishedSpans();
    },
  };
}

const request = (over: Partial<Request> = {}): Request => ({
  method: "GET",
  url: "https://management.azure.com/subscriptions/s1/x?api-version=1&sig=secret",
  budget: "reads s1",
  startMs: toMs(NOW),
  endMs: toMs(NOW) + 1500,
  status: 200,
  remaining: 249,
  requestId: "azure-id",
  correlationId: "c1",
  error: null,
  ...over,
});

const closed = (over: Partial<Incident> = {}): Incident => ({
  ...openIncident("i1", PATIENT, NOW, 0),
  since: after(-1),
  state: "closed",
  closedAt: after(70),
  outcome: "OutageAvoided",
  detail: "all is well",
  causes: [{ code: "AccessMissing", targetIds: [ACCOUNT_ID], evidence: [], contradictions: [] }],
  targets: [
    {
      id: ACCOUNT_ID,
      kind: "account",
      phase: "healthy",
      phaseBefore: "inGrace",
      worst: "inGrace",
      pathOkSince: after(8),
      healthySince: after(8),
      serviceSays: null,
      outcome: "OutageAvoided",
      reason: null,
      detail: "",
    },
  ],
  applied: [{ id: "s", name: "EnableKeyVersion", on: "x", at: after(1), result: "done", detail: "", targetIds: [] }],
  timeline: [
    { at: NOW, what: "told of an event" },
    { at: after(70), what: "OutageAvoided" },
  ],
  signalIds: ["e1"],
  ...over,
});

const looks = { patient: PATIENT, incidentId: null, newId: "i1", turn: 1 };

test("one trace goes from the event over every look and write to the outcome, whichever process told of it", async () => {
  const first = setUp();
  await first.telemetry.within("assess", looks, TRACEPARENT, async () => {
    first.telemetry.requested(request());
    first.clock.at = after(1);
    return { kind: "wait", incidentId: "i1" };
  });
  const second = setUp();
  const step = { name: "EnableKeyVersion" };
  await second.telemetry.within("applyStep", { ...looks, incidentId: "i1", turn: 2, step }, null, async () => ({ kind: "settled" }));
  second.telemetry.closed(closed());

  const all = [...(await first.spans()), ...(await second.spans())];
  expect(new Set(all.map((span) => span.spanContext().traceId)).size).toBe(1);
  const root = all.find(({ name }) => name === "incident")!;
  expect(root.parentSpanContext).toBeUndefined();
  const [look, asked, write] = ["assess", "GET", "applyStep"].map((name) => all.find((span) => span.name === name)!);
  expect(look!.parentSpanContext?.spanId).toBe(root.spanContext().spanId);
  expect(write!.parentSpanContext?.spanId).toBe(root.spanContext().spanId);
  expect(asked!.parentSpanContext?.spanId).toBe(look!.spanContext().spanId);
  expect(look!.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([[HOST.traceId, HOST.spanId]]);
  expect(look!.attributes).toEqual({
    "keymend.incident.id": "i1",
    "keymend.vault.id": VAULT_ID,
    "keymend.turn": 1,
    "keymend.result": "wait",
  });
  expect(write!.attributes).toMatchObject({ "keymend.step": "EnableKeyVersion", "keymend.result": "settled" });
  expect([root.startTime[0], root.endTime[0]]).toEqual([toMs(after(-1)) / 1000, toMs(after(70)) / 1000]);
  expect(root.events.map(({ name }) => name)).toEqual(["told of an event", "OutageAvoided"]);
  expect(root.attributes).toMatchObject({
    "keymend.outcome": "OutageAvoided",
    "keymend.causes": ["AccessMissing"],
    "keymend.signals": ["e1"],
  });
  expect(root.resource.attributes).toMatchObject({ "service.name": "keymend", "service.version": "1.2.3", "cloud.resource_id": "/app" });
});

test("a scan of ids is no turn's", async () => {
  const { telemetry, spans } = setUp();
  await telemetry.within("scanIds", { patient: PATIENT, incidentId: "i1" }, null, async () => ({ kind: "scanned" }));
  const [scan] = await spans();
  expect(scan!.attributes).toEqual({ "keymend.incident.id": "i1", "keymend.vault.id": VAULT_ID, "keymend.result": "scanned" });
});

test("a request is told as the conventions have it, without what a signed URL carries", async () => {
  const { telemetry, spans } = setUp();
  await telemetry.within("pollStep", { ...looks, incidentId: "i1" }, null, async () => {
    telemetry.requested(request({ status: 429 }));
    telemetry.requested(request({ status: null, remaining: null, requestId: null, correlationId: null, error: "ETIMEDOUT" }));
    return { kind: "again" };
  });
  const [, refused, lost] = await spans();
  expect(refused!.attributes).toEqual({
    "http.request.method": "GET",
    "url.full": "https://management.azure.com/subscriptions/s1/x",
    "server.address": "management.azure.com",
    "http.response.status_code": 429,
    "error.type": "429",
    "azure.service.request.id": "azure-id",
  });
  expect(refused!.status.code).toBe(SpanStatusCode.ERROR);
  expect(lost!.attributes["error.type"]).toBe("ETIMEDOUT");
});

test("a look that opens no incident leaves no span, and one that throws leaves its words", async () => {
  const { telemetry, spans } = setUp();
  await telemetry.within("assess", looks, null, async () => ({ kind: "end", incidentId: null }));
  const threw = telemetry.within("assess", { ...looks, incidentId: "i1" }, "none", async () => {
    throw new Error("no such table");
  });
  await expect(threw).rejects.toThrow("no such table");
  const [only, ...more] = await spans();
  expect(more).toEqual([]);
  expect(only!.status).toEqual({ code: SpanStatusCode.ERROR, message: "no such table" });
  expect(only!.links).toEqual([]);
});

test("metrics have units, and tell what the incident, its steps, the sweeps and the requests came to", async () => {
  const { telemetry, points } = setUp();
  telemetry.closed(closed());
  telemetry.closed(closed({ state: "waiting", closedAt: null, outcome: null }));
  telemetry.closed(closed({ outcome: "Refused", reason: "Paused" }));
  telemetry.swept({ sweeps: [], doubtSince: null, rounds: [{ at: after(-2), vaults: 1000, late: 3 }] });
  telemetry.swept(null);
  telemetry.requested(request());
  telemetry.requested(request({ budget: "vault kv-orders.vault.azure.net", remaining: null }));
  const all = await points();
  const of = (name: string) => all.filter((point) => point.name === name).map(({ unit, value, attributes }) => [value, unit, attributes]);
  expect(of("keymend.incidents")).toEqual([
    [1, "{incident}", { "keymend.outcome": "OutageAvoided" }],
    [1, "{incident}", { "keymend.outcome": "Refused", "keymend.reason": "Paused" }],
  ]);
  expect(of("keymend.repair.duration")).toEqual([[9 * 60, "s", { "keymend.outcome": "OutageAvoided" }]]);
  expect(of("keymend.steps")).toEqual([[2, "{step}", { "keymend.step": "EnableKeyVersion", "keymend.result": "done" }]]);
  expect(of("keymend.vaults")).toEqual([[1000, "{vault}", {}]]);
  expect(of("keymend.vaults.seen_share")).toEqual([[0.997, "1", {}]]);
  expect(of("keymend.sweep.age")).toEqual([[120, "s", {}]]);
  expect(of("keymend.azure.request.duration")).toEqual([
    [1.5, "s", { "keymend.budget": "reads", "http.request.method": "GET", "http.response.status_code": 200 }],
    [1.5, "s", { "keymend.budget": "vault", "http.request.method": "GET", "http.response.status_code": 200 }],
  ]);
  expect(of("keymend.azure.remaining")).toEqual([[249, "{request}", { "keymend.budget": "reads", "keymend.subscription.id": "s1" }]]);
});

test("the SDK is loaded once, with the first that is told", async () => {
  const { telemetry, loads, spans } = setUp();
  await telemetry.flush();
  expect(loads()).toBe(0);
  telemetry.closed(closed());
  telemetry.closed(closed());
  await spans();
  expect(loads()).toBe(1);
});

test("where nobody listens nothing is loaded or told, and work is done all the same", async () => {
  const { telemetry, warned } = setUp(null);
  await expect(telemetry.within("assess", looks, null, async () => ({ kind: "end" }))).resolves.toEqual({ kind: "end" });
  telemetry.closed(closed());
  await telemetry.flush();
  expect(warned).toEqual([]);
});

test("what can't be told fails nothing, and is said once", async () => {
  const { telemetry, warned } = setUp(async () => {
    throw new Error("no such file");
  });
  await telemetry.within("assess", { ...looks, incidentId: "i1" }, null, async () => ({ kind: "end" }));
  telemetry.closed(closed());
  await telemetry.flush();
  expect(warned.filter((text) => text.startsWith("traces"))).toEqual(["traces and metrics can't be told: no such file"]);
});
