import { expect, test } from "vitest";
import { openIncident } from "../../../src/domain/incident.ts";
import { lookFor, repairOf } from "../../../src/domain/reads/look.ts";
import type { Signal } from "../../../src/domain/signal.ts";
import { NOW, SUBSCRIPTION, VAULT_ID } from "../../support/builders.ts";
import { PATIENT } from "../../support/turns.ts";

const signal = (source: Signal["source"], id: string = source): Signal => ({
  id,
  source,
  what: source,
  at: NOW,
  scope: { kind: "vault", id: VAULT_ID },
  caller: null,
});
const incident = openIncident("i1", PATIENT, NOW, 0);

test.each([
  { what: "a sweep", incident: null, signals: [signal("sweep")], urgency: "screening" },
  { what: "nobody", incident: null, signals: [], urgency: "screening" },
  { what: "an event beside a sweep", incident: null, signals: [signal("sweep"), signal("event")], urgency: "event" },
  { what: "an operator", incident: null, signals: [signal("operator")], urgency: "event" },
  { what: "an incident that is worked on", incident, signals: [], urgency: "repair" },
  { what: "an incident that waits for a person", incident: { ...incident, state: "waiting" as const }, signals: [], urgency: "event" },
])("a look that $what asks for is $urgency", ({ incident: open, signals, urgency }) => {
  expect(lookFor(PATIENT, open, signals)).toMatchObject({ urgency, subscriptionId: SUBSCRIPTION.split("/").at(-1) });
});

test("who signals meanwhile has seen something that an earlier read may not show; the order of signals is nothing", () => {
  const asked = (...ids: string[]) =>
    lookFor(
      PATIENT,
      null,
      ids.map((id) => signal("event", id)),
    ).purpose;
  expect(asked("e1", "e2")).toBe(asked("e2", "e1"));
  expect(asked("e1", "e2")).not.toBe(asked("e1"));
  expect(lookFor(PATIENT, incident, []).purpose).not.toBe(lookFor(PATIENT, null, []).purpose);
});

test("what was read before a turn that looked and wrote is no answer after it", () => {
  const after = (turn: number) => lookFor(PATIENT, { ...incident, progress: { ...incident.progress, turn } }, []).purpose;
  expect(after(1)).toBe(after(1));
  expect(after(2)).not.toBe(after(1));
  expect(after(0)).not.toBe(lookFor(PATIENT, incident, []).purpose);
});

test("before a write everything is read anew; a vault without an id waits for no turn", () => {
  expect(repairOf(PATIENT)).toMatchObject({ urgency: "repair", purpose: null });
  expect(repairOf({ ...PATIENT, id: "https://v1.vault.azure.net" }).subscriptionId).toBeNull();
});
