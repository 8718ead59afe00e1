/** Azure that refuses, stalls or loses answers, at the reads and at the write: the repair ends as without, or says that it could not. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { chainOf } from "../../sandbox/play/audit.ts";
import type { FaultSpec } from "../../sandbox/azure/faults.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { getIncident, listAudit, listIncidents } from "../../sandbox/running/app-api.ts";
import { same } from "../../sandbox/azure/routes.ts";
import { truePhase } from "../../sandbox/play/watch.ts";
import { type App, ended, HOUR, MINUTE, putOffKeyChecks, startApp, type Aftermath, told } from "./app.ts";
import { loseDefaultIdentity, removeGrant, removePolicy } from "./breaks.ts";

let app: App;

beforeAll(async () => {
  app = await startApp({
    settings: {
      KEYMEND_SWEEP_SCHEDULE: "0 0 * * * *",
      KEYMEND_RECHECK_SCHEDULE: "0 0 * * * *",
      KEYMEND_EXPIRY_EXTENSION: "P15Y",
      KEYMEND_EXPIRY_HORIZON: "P20Y",
    },
  });
});
beforeEach(async () => app.wait(MINUTE));
afterEach(() => {
  app.sandbox.azure.faults.clear();
  app.disarm();
});
afterAll(async () => app?.close());

type Fault = FaultSpec["fault"];

/** In pairs: the first meets an account on roles and one on policies, the second a cluster on roles and one on policies. */
const PAIRS: [string, Fault, Fault][] = [
  ["429 with Retry-After, and 500", { kind: "status", status: 429, retryAfter: 30 }, { kind: "status", status: 500 }],
  ["503, and 409", { kind: "status", status: 503 }, { kind: "status", status: 409 }],
  ["412, and a broken connection", { kind: "status", status: 412 }, { kind: "reset" }],
  ["silence, and a lost answer", { kind: "timeout" }, { kind: "lostAnswer" }],
  ["a lost answer, and 504", { kind: "lostAnswer" }, { kind: "status", status: 504 }],
];

async function breakAll(patients: Patient[]): Promise<{ patient: Patient; since: string }[]> {
  const broken: { patient: Patient; since: string }[] = [];
  for (const patient of patients) {
    putOffKeyChecks(app, patient);
    broken.push({ patient, since: await (patient.access === "rbac" ? removeGrant : removePolicy)(app, patient) });
  }
  return broken;
}

function expectMended({ incidents, audit, writes }: Aftermath, { databases, vault }: Patient): void {
  expect(incidents.map(({ outcome, reason }) => ({ outcome, reason }))).toEqual([{ outcome: "OutageAvoided", reason: null }]);
  expect(databases.map((database) => truePhase(app.sandbox.world, database))).toEqual(databases.map(() => "healthy"));
  const own = writes.filter(({ url }) => url.includes(vault.name));
  expect(own.filter(({ status }) => status < 400)).toHaveLength(1);
  expect(incidents[0]!.applied.filter(({ result }) => result === "done" || result === "alreadyDone")).toHaveLength(1);
  expect(chainOf(incidents[0]!.id, audit)).toBe("verified");
}

async function mend(
  [, account, cluster]: (typeof PAIRS)[number],
  matches: Record<string, (patient: Patient) => FaultSpec["match"]>,
): Promise<void> {
  const { faults } = app.sandbox.azure;
  const patients = Object.entries(matches).map(([name, match]) => {
    const patient = app.patient(name);
    faults.arm({ match: { caller: "keymend", ...match(patient) }, fault: patient.kind === "account" ? account : cluster });
    return patient;
  });
  for (const { patient, since } of await breakAll(patients)) expectMended(await ended(app, patient, since), patient);
  expect(faults.armed()).toBe(0);
}

const theWrite = ({ vault }: Patient) => ({ method: "PUT", path: `/vaults/${vault.name}/` });

test.for(PAIRS)("%s at the first write: one write in the end, and no false word", async (pair) => {
  await mend(pair, { orders: theWrite, catalog: theWrite, payments: theWrite, sessions: theWrite });
});

const reading = (path: (patient: Patient) => string) => (patient: Patient) => ({ method: "GET", path: path(patient) });
/** Reads that a look can't do without. */
const READS = {
  access: { orders: reading(() => "/denyAssignments"), catalog: reading(({ databases }) => databases[0]!.id) },
  vault: { payments: reading(({ vault }) => `${vault.id}?`), sessions: reading(({ identity }) => identity.id) },
};

test.for(PAIRS.slice(0, 4).map((pair, n) => [...pair, n % 2 === 0 ? READS.access : READS.vault] as const))(
  "%s at a read: looked again, mended with one write",
  async ([name, account, cluster, matches]) => mend([name, account, cluster], matches),
);

test("a lost answer with Azure out of reach behind it is still known as the app's own write", async () => {
  const { faults } = app.sandbox.azure;
  const patient = app.patient("catalog");
  putOffKeyChecks(app, patient);
  app.set({
    on: ({ to, method, url }) => to === "azure" && method === "PUT" && url.includes("/roleAssignments/"),
    then: "after",
    spring: () => faults.arm({ match: { path: "/resourceGroups/", caller: "keymend" }, fault: { kind: "status", status: 503 }, times: 40 }),
  });
  expectMended(await ended(app, patient, await removeGrant(app, patient)), patient);
  expect(faults.armed()).toBe(0);
});

test("the lost answer to an operation that Azure works on still is the app's own write", async () => {
  const patient = app.patient("payments");
  putOffKeyChecks(app, patient);
  app.sandbox.azure.faults.arm({ match: { method: "PATCH", caller: "keymend" }, fault: { kind: "lostAnswer" } });
  const { incidents, writes } = await ended(app, patient, await loseDefaultIdentity(app, patient));
  expect(incidents.map(({ outcome }) => outcome)).toEqual(["OutageAvoided"]);
  expect(incidents[0]!.applied.map(({ result }) => result)).toEqual(["done"]);
  expect(writes.filter(({ status }) => status < 300)).toHaveLength(1);
});

test("Azure that stays away for two hours is escalated, and mended once it is back", async () => {
  const patient = app.patient("orders");
  putOffKeyChecks(app, patient);
  const since = await removeGrant(app, patient);
  app.sandbox.azure.faults.arm({
    match: { path: "/resourceGroups/", caller: "keymend" },
    fault: { kind: "status", status: 503 },
    times: 1_000_000,
  });
  const away = await ended(app, patient, since);
  expect(away.incidents).toMatchObject([{ outcome: "Escalated", reason: "AzureUnavailable" }]);
  expect(chainOf(away.incidents[0]!.id, away.audit)).toBe("verified");
  expect(away.writes).toEqual([]);
  app.sandbox.azure.faults.clear();
  const { vault } = patient;
  // The next look may have begun already, and may still meet an Azure that is away.
  await app.until("the vault to be healed", () =>
    app.log.some(
      ({ event, vaultId, outcome, at }) => event === "closed" && outcome === "Healed" && at >= since && same(vaultId ?? "", vault.id),
    ),
  );
  const { incidents, writes } = await told(app, patient, since);
  expect(incidents.at(-1)).toMatchObject({ outcome: "Healed" });
  expect(incidents.slice(0, -1).every(({ reason }) => reason === "AzureUnavailable")).toBe(true);
  expect(writes).toHaveLength(1);
});

test("an operation that Azure begins and fails is begun again", async () => {
  const patient = app.patient("payments");
  putOffKeyChecks(app, patient);
  app.sandbox.azure.faults.arm({ match: { method: "PATCH", caller: "keymend" }, fault: { kind: "operationFails" } });
  const { incidents } = await ended(app, patient, await loseDefaultIdentity(app, patient));
  expect(incidents.map(({ outcome }) => outcome)).toEqual(["OutageAvoided"]);
  expect(incidents[0]!.applied.map(({ result }) => result)).toEqual(["failed", "done"]);
});

test("an operation that fails three times is left to people, and every failure is on record", async () => {
  const patient = app.patient("payments");
  putOffKeyChecks(app, patient);
  app.sandbox.azure.faults.arm({ match: { method: "PATCH", caller: "keymend" }, fault: { kind: "operationFails" }, times: 3 });
  const { incidents, audit, writes } = await ended(app, patient, await loseDefaultIdentity(app, patient));
  expect(incidents).toMatchObject([{ outcome: "Refused", reason: "Stopped" }]);
  expect(writes).toHaveLength(3);
  expect(audit.filter(({ what }) => what.includes(": failed"))).toHaveLength(3);
  await app.operator.app("POST", "/api/heal", { id: patient.vault.id, reason: "try again" });
  await app.wait(2 * HOUR);
  expect(patient.databases.map((database) => truePhase(app.sandbox.world, database))).toEqual(["healthy"]);
});

test("an expiry that is kept otherwise than it was answered is put back as it was, told, and not tried again", async () => {
  const { world } = app.sandbox;
  const { vault, keyName, databases } = app.patient("catalog");
  const version = vault.keys.get(keyName)!.versions.at(-1)!;
  const since = world.clock.iso();
  const soon = Math.floor(world.clock.now() / 1000) + 20 * 86_400;
  const keep = (): void => void (version.exp = soon + 86_400);
  app.sandbox.azure.faults.arm({ match: { method: "PATCH", path: "/keys/", caller: "keymend" }, fault: { kind: "keptOtherwise", keep } });
  await app.operator.key("PATCH", vault.name, `/keys/${keyName}/${version.version}`, { attributes: { exp: soon } });
  await app.operator.app("POST", "/api/heal", { id: vault.id, reason: "it expires soon" });
  const { incidents, audit, writes } = await ended(app, app.patient("catalog"), since);
  expect(incidents).toMatchObject([{ outcome: "Escalated", reason: "AnsweredOtherwise" }]);
  expect(incidents[0]!.applied.map(({ name, result }) => `${name} ${result}`)).toEqual([
    "ExtendKeyExpiry done",
    "ExtendKeyExpiry refused",
    "PutBackKeyVersion done",
  ]);
  expect(writes.map(({ status }) => status)).toEqual([200, 200]);
  expect(version.exp).toBe(soon);
  expect(audit.filter(({ what }) => what.startsWith("about to write: PutBackKeyVersion"))).toHaveLength(1);
  expect(databases.map((database) => truePhase(world, database))).toEqual(databases.map(() => "healthy"));
  // The next test finds it as it was.
  delete version.exp;
});

test("nothing is written while the audit can't be", async () => {
  const patient = app.patient("catalog");
  putOffKeyChecks(app, patient);
  app.set({ on: ({ to, url }) => to === "tables" && url.includes("$batch"), then: "before", keep: true });
  const since = await removeGrant(app, patient);
  await app.wait(10 * MINUTE);
  expect((await told(app, patient, since)).writes).toEqual([]);
  app.disarm();
  expectMended(await ended(app, patient, since), patient);
});

test("an inventory that does not answer is an incident of its own, told once, and over once it does; known vaults are healed meanwhile", async () => {
  const patient = app.patient("catalog");
  const path = "/providers/Microsoft.ResourceGraph/";
  app.sandbox.azure.faults.arm({ match: { path, caller: "keymend" }, fault: { kind: "status", status: 503 }, times: 1_000_000 });
  const since = app.sandbox.world.clock.now();
  const estate = `/subscriptions/${app.sandbox.world.subscriptionId}`;
  const rows = async () => (await listIncidents(app.reader)).filter(({ vaultId }) => vaultId === estate);
  await app.until("the incident of the inventory", async () => (await rows()).length > 0);
  putOffKeyChecks(app, patient);
  expectMended(await ended(app, patient, await removeGrant(app, patient)), patient);
  await app.wait(3 * HOUR);
  const [row] = await rows();
  expect(await getIncident(app.reader, row!.id)).toMatchObject({
    state: "waiting",
    outcome: "Escalated",
    reason: "InventoryUnread",
    detail: expect.stringContaining("ServiceUnavailable"),
    runbook: expect.arrayContaining([expect.stringContaining("az role assignment list")]),
  });
  const alarms = app.log.filter(({ at, event, vaultId }) => Date.parse(at) >= since && event === "closed" && vaultId === estate);
  expect(alarms).toMatchObject([{ level: "error", loudness: "alarm" }]);
  app.sandbox.azure.faults.clear();
  await app.wait(HOUR);
  expect(await rows()).toMatchObject([{ id: row!.id, state: "closed", outcome: "Superseded" }]);
  expect(chainOf(row!.id, await listAudit(app.reader, row!.id))).toBe("verified");
});
