/** A host that dies in the middle of a repair loses nothing: the next one finishes it as if nothing had happened, and writes nothing twice. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { AuditRow } from "../../sandbox/running/app-api.ts";
import { chainOf } from "../../sandbox/play/audit.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { type App, ended, MINUTE, putOffKeyChecks, startApp, type Aftermath, type Trap } from "./app.ts";
import { loseDefaultIdentity, removeGrant, removePolicy, rotateBehindPin } from "./breaks.ts";
import { audited, closing, denials, grants, policies, polls, row, written } from "./moments.ts";
import { withDeath } from "./one-play.ts";
import { type Break, problemsOf, repairOf } from "./one-repair.ts";

let app: App;

beforeAll(async () => {
  app = await startApp({ settings: { KEYMEND_SWEEP_SCHEDULE: "0 0 * * * *", KEYMEND_RECHECK_SCHEDULE: "0 0 * * * *" } });
});
beforeEach(async () => app.wait(MINUTE));
afterEach(() => app.disarm());
afterAll(async () => app?.close());

const kill = (): void => void app.sandbox.restartHost();
function expectOneRepair(story: Aftermath, patient: Patient, outcome: string): void {
  expect(problemsOf(app, story, patient, outcome)).toEqual([]);
}

async function repair(name: string, broken: Break, outcome: string, on: Trap["on"], then: Trap["then"]): Promise<void> {
  const { died, problems } = await withDeath(app, await repairOf(name, broken, outcome)(app), { on, dies: then });
  expect(died).toHaveLength(1);
  expect(problems).toEqual([]);
}

type Case = { moment: string; patient: string; broken: Break; on: Trap["on"]; then: Trap["then"]; outcome?: string };

const CASES: Case[] = [
  { moment: "right after the signal was stored", patient: "orders", broken: removeGrant, on: row("signal", "PUT"), then: "after" },
  { moment: "while it reads what is wrong", patient: "orders", broken: removeGrant, on: denials, then: "before" },
  { moment: "with the decision in the audit and no incident", patient: "catalog", broken: removeGrant, on: audited("plan"), then: "after" },
  {
    moment: "with the intent in the audit and nothing written",
    patient: "orders",
    broken: removeGrant,
    on: audited("step"),
    then: "after",
  },
  { moment: "right before the write is sent", patient: "catalog", broken: removeGrant, on: grants, then: "before" },
  { moment: "after Azure gave the role and before it answered", patient: "orders", broken: removeGrant, on: grants, then: "after" },
  { moment: "with the write in the audit and not on the incident", patient: "catalog", broken: removeGrant, on: written, then: "after" },
  { moment: "after Azure gave the policy and before it answered", patient: "sessions", broken: removePolicy, on: policies, then: "after" },
  { moment: "while an account's operation is polled", patient: "payments", broken: loseDefaultIdentity, on: polls, then: "before" },
  {
    moment: "while a cluster's operation is polled",
    patient: "sessions",
    broken: rotateBehindPin,
    on: polls,
    then: "before",
    outcome: "Prevented",
  },
  { moment: "with the incident closed and nobody told", patient: "catalog", broken: removeGrant, on: closing, then: "after" },
];

test.for(CASES)("a host killed $moment is finished by the next one", async ({ patient, broken, on, then, outcome }) => {
  await repair(patient, broken, outcome ?? "OutageAvoided", on, then);
});

test("a host killed during the wait for the service is finished by the next one", async () => {
  const patient = app.patient("payments");
  putOffKeyChecks(app, patient);
  const since = await removePolicy(app, patient);
  await app.wait(10 * MINUTE);
  await app.sandbox.restartHost();
  expectOneRepair(await ended(app, patient, since), patient, "OutageAvoided");
});

test("a host killed three times over at the write is finished by the fourth", async () => {
  const patient = app.patient("orders");
  putOffKeyChecks(app, patient);
  for (const then of ["before", "before", "after"] as const) app.set({ on: grants, then, spring: kill });
  expectOneRepair(await ended(app, patient, await removeGrant(app, patient)), patient, "OutageAvoided");
});

test("a host killed while it repairs four vaults leaves none of them behind", async () => {
  let grantsSeen = 0;
  app.set({ on: (message) => grants(message) && ++grantsSeen === 2, then: "after", spring: kill });
  const broken: [Patient, string][] = [];
  for (const name of ["orders", "catalog", "payments", "sessions"]) {
    const patient = app.patient(name);
    putOffKeyChecks(app, patient);
    broken.push([patient, await (patient.access === "rbac" ? removeGrant : removePolicy)(app, patient)]);
  }
  for (const [patient, since] of broken) {
    const { writes, ...story } = await ended(app, patient, since);
    expectOneRepair({ ...story, writes: writes.filter(({ url }) => url.includes(patient.vault.name)) }, patient, "OutageAvoided");
  }
});

test("an operator's request outlives the host that took it: the next sweep hears it", async () => {
  const patient = app.patient("orders");
  const { clock } = app.sandbox.world;
  const since = clock.iso();
  app.set({ on: row("signal", "PUT"), then: "after", spring: kill });
  const asked = fetch(`${app.sandbox.hostUrl}/api/heal`, {
    method: "POST",
    headers: { authorization: `Bearer ${await app.sandbox.azure.tokens.issue(app.sandbox.estate.operator, app.sandbox.apiAudience)}` },
    body: JSON.stringify({ id: patient.vault.id, reason: "pager went off" }),
  });
  await expect(asked).rejects.toThrow("fetch failed");
  const { incidents, audit } = await ended(app, patient, since);
  expect(incidents).toMatchObject([{ outcome: "NoChangeNeeded" }]);
  expect(audit.map(({ what }) => what)).toContainEqual(expect.stringContaining("pager went off"));
});

test("a repair that somebody stopped is taken up by the next, and its audit has no hole", async () => {
  const patient = app.patient("orders");
  putOffKeyChecks(app, patient);
  const since = await removeGrant(app, patient);
  await app.wait(10 * MINUTE);
  const durable = `${app.sandbox.hostUrl}/runtime/webhooks/durabletask/instances`;
  const running = (await (await fetch(`${durable}?runtimeStatus=Running`)).json()) as { instanceId: string }[];
  expect(running).toHaveLength(1);
  await fetch(`${durable}/${running[0]!.instanceId}/terminate?reason=test`, { method: "POST" });
  putOffKeyChecks(app, patient);
  await removeGrant(app, patient);
  const { incidents, audit, writes } = await ended(app, patient, since);
  expect(incidents).toMatchObject([{ outcome: "OutageAvoided" }]);
  expect(writes).toHaveLength(2);
  expect(audit.filter(({ what }) => what.startsWith("about to write"))).toHaveLength(2);
  expect(audit.filter(({ kind }) => kind === "signal").length).toBeGreaterThan(1);
  expect(chainOf(incidents[0]!.id, audit)).toBe("verified");
});

test.for<[string, (rows: AuditRow[]) => AuditRow[]]>([
  ["changed", (rows) => rows.map((entry, n) => (n === 1 ? { ...entry, what: "nothing happened" } : entry))],
  ["left out", (rows) => rows.toSpliced(2, 1)],
  ["put in", (rows) => rows.toSpliced(2, 0, ...rows.slice(1, 2))],
  ["moved to another incident", (rows) => rows],
])("a row that was %s breaks the chain", async ([, change]) => {
  const patient = app.patient("orders");
  const since = app.sandbox.world.clock.iso();
  await app.operator.app("POST", "/api/heal", { id: patient.vault.id, reason: "look" });
  const { incidents, audit } = await ended(app, patient, since);
  const id = incidents[0]!.id;
  expect(chainOf(id, audit)).toBe("verified");
  const changed = change(audit);
  expect(chainOf(changed === audit ? `${id}0` : id, changed)).toBe("broken");
});
