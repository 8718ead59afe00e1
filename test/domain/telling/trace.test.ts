import { expect, test } from "vitest";
import { openIncident } from "../../../src/domain/incident.ts";
import { measuresOfSweeps } from "../../../src/domain/telling/metrics.ts";
import { incidentSpan, readTraceparent, rootOf } from "../../../src/domain/telling/trace.ts";
import { toMs } from "../../../src/domain/time.ts";
import { NOW } from "../../support/builders.ts";
import { after, PATIENT } from "../../support/turns.ts";

const hash = (text: string): string => Buffer.from(text).toString("hex").padEnd(64, "0");

test("the ids are the incident's own, of the lengths that the trace context has", () => {
  const ids = rootOf("i1", hash);
  expect(ids).toEqual(rootOf("i1", hash));
  expect([ids.traceId.length, ids.spanId.length]).toEqual([32, 16]);
});

test.each([
  ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true],
  ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false],
  ["00-00000000000000000000000000000000-00f067aa0ba902b7-01", false],
  ["00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false],
  ["", false],
  [null, false],
])("a traceparent of %s is one: %s", (text, is) => expect(readTraceparent(text) !== undefined).toBe(is));

const incident = {
  ...openIncident("i1", PATIENT, NOW, 0),
  outcome: "Escalated" as const,
  reason: "NotPermitted" as const,
  detail: "may not",
};

test("one that went on for days is told from where Application Insights still takes it, and says when it began", () => {
  const timeline = [
    { at: NOW, what: "began" },
    { at: after(99 * 60), what: "late" },
  ];
  const span = incidentSpan({ ...incident, timeline }, after(100 * 60), hash);
  expect(span.startMs).toBe(toMs(after(53 * 60)));
  expect(span.events).toEqual([{ atMs: toMs(after(99 * 60)), name: "late" }]);
  expect(span.attributes).toMatchObject({ "keymend.trouble_at": NOW, "keymend.reason": "NotPermitted" });
  expect(span.failure).toBe("may not");
});

test("of what ended well there is no failure, and none begins after its end", () => {
  const span = incidentSpan({ ...incident, outcome: "Unrecoverable", openedAt: after(9) }, after(8), hash);
  expect([span.startMs, span.failure]).toEqual([span.endMs, "may not"]);
  expect(incidentSpan({ ...incident, outcome: "Healed" }, after(8), hash)).not.toHaveProperty("failure");
});

test("of sweeps that never came to an end there is nothing to tell", () => {
  expect(measuresOfSweeps({ sweeps: [NOW], doubtSince: null }, after(5), 300_000)).toEqual([]);
});
