/** What metrics tell: names and units by OpenTelemetry's conventions, plain values, few series whatever the size of the estate. */
import type { Incident } from "../incident.ts";
import { toMs } from "../time.ts";
import { fixedAt, troubleAt } from "../turn/fix.ts";
import type { SweepRecord } from "../turn/sweep-record.ts";
import { shareSeen } from "../turn/well-being.ts";
import { type Attributes, errorOf, type Request } from "./trace.ts";

/** Each with its unit in UCUM, as OpenTelemetry has it. Names stay: whoever plots them goes by these. */
export const METRICS = {
  "keymend.incidents": { kind: "counter", unit: "{incident}", description: "Incidents that were closed, by how they ended" },
  "keymend.steps": { kind: "counter", unit: "{step}", description: "Steps of closed incidents, by what came of them" },
  "keymend.repair.duration": {
    kind: "histogram",
    unit: "s",
    description: "From the trouble to where its repair was seen to be effective",
    // Around what is promised (2 and 11 minutes), the hour within which a service looks, and the two after which a person is called.
    boundaries: [30, 60, 120, 300, 660, 1200, 1800, 2700, 3600, 7200, 14400],
  },
  "keymend.vaults": { kind: "gauge", unit: "{vault}", description: "Vaults that the last sweep saw" },
  "keymend.vaults.seen_share": { kind: "gauge", unit: "1", description: "Of what the last sweeps were to see, what they saw in time" },
  "keymend.sweep.age": { kind: "gauge", unit: "s", description: "Since a sweep last came to its end" },
  "keymend.azure.request.duration": {
    kind: "histogram",
    unit: "s",
    description: "Requests to Azure, by whose budget they were of",
    boundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
  },
  "keymend.azure.remaining": { kind: "gauge", unit: "{request}", description: "What Azure says is left of a budget" },
} as const;

export type MetricName = keyof typeof METRICS;
export type Measure = { metric: MetricName; value: number; attributes: Attributes };

/** What a closed incident adds to the metrics. */
export function measuresOf(incident: Incident): Measure[] {
  const { outcome, reason, applied } = incident;
  const ending: Attributes = { "keymend.outcome": String(outcome), ...(reason && { "keymend.reason": reason }) };
  const fixed = fixedAt(incident);
  const seconds = fixed === null ? [] : [(toMs(fixed) - toMs(troubleAt(incident))) / 1000];
  return [
    { metric: "keymend.incidents", value: 1, attributes: ending },
    ...seconds.map((value): Measure => ({ metric: "keymend.repair.duration", value, attributes: { "keymend.outcome": String(outcome) } })),
    ...applied.map(({ name, result }): Measure => ({
      metric: "keymend.steps",
      value: 1,
      attributes: { "keymend.step": name, "keymend.result": result },
    })),
  ];
}

/** How well the sweeps go, as health tells it. */
export function measuresOfSweeps(record: SweepRecord, now: string, periodMs: number): Measure[] {
  const last = record.rounds?.at(-1);
  const share = shareSeen({ record, now, periodMs });
  return [
    ...(last ? [measure("keymend.vaults", last.vaults), measure("keymend.sweep.age", (toMs(now) - toMs(last.at)) / 1000)] : []),
    ...(share === null ? [] : [measure("keymend.vaults.seen_share", share)]),
  ];
}

const measure = (metric: MetricName, value: number, attributes: Attributes = {}): Measure => ({ metric, value, attributes });

/** Whose budget it is of is told by its kind: a vault each would be a series each. */
export function measuresOfRequest(request: Request): Measure[] {
  const { method, budget, startMs, endMs, status, remaining } = request;
  const [kind, of = ""] = budget.split(" ");
  const error = errorOf(request);
  const attributes: Attributes = {
    "keymend.budget": kind!,
    "http.request.method": method,
    ...(status !== null && { "http.response.status_code": status }),
    ...(error !== null && { "error.type": error }),
  };
  const left = { "keymend.budget": kind!, ...(of !== "" && { "keymend.subscription.id": of }) };
  return [
    measure("keymend.azure.request.duration", Math.max(0, endMs - startMs) / 1000, attributes),
    ...(remaining === null ? [] : [measure("keymend.azure.remaining", remaining, left)]),
  ];
}
