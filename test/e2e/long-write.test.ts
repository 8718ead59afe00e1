/** A change of a database that Azure takes its time for: its vault is looked at all the same, and what else is lost there is mended meanwhile. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { getIncident, listIncidents } from "../../sandbox/running/app-api.ts";
import { type App, ended, MINUTE, putOffKeyChecks, startApp } from "./app.ts";

let app: App;

beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => app?.close());

/** From Azure's answer to the first poll on, its status is that of an operation that runs. */
function stretchOperations(until: () => boolean): void {
  const { azure } = app.sandbox;
  const handle = azure.handle.bind(azure);
  azure.handle = async (request) => {
    const reply = await handle(request);
    const isPoll = /\/operationsStatus\//.test(request.url.pathname);
    return isPoll && !until() && "body" in reply ? { ...reply, body: JSON.stringify({ status: "Dequeued" }) } : reply;
  };
}

test("a database that loses its key while Azure works on another of its vault is mended before that ends", async () => {
  const patient = app.patient("orders");
  const [first, second] = patient.databases;
  if (!first || !second || !("defaultIdentity" in first) || !("defaultIdentity" in second)) throw new Error("two accounts are wanted");
  putOffKeyChecks(app, patient);
  const { clock, writes } = app.sandbox.world;
  const since = clock.iso();
  const writesTo = (name: string): number =>
    writes.filter(({ keymend, at, url }) => keymend && at >= since && url.includes(`/${name}?`)).length;

  let isOver = false;
  stretchOperations(() => isOver);
  first.defaultIdentity = "Undefined";
  await app.operator.app("POST", "/api/heal", { id: patient.vault.id, reason: "the default identity is gone" });
  await app.until("the first write", () => writesTo(first.name) > 0);
  await app.wait(8 * MINUTE);
  second.defaultIdentity = "Undefined";
  const lost = clock.now();
  await app.until("the second write", () => writesTo(second.name) > 0);
  expect(clock.now() - lost).toBeLessThan(10 * MINUTE);
  const [row] = await listIncidents(app.reader);
  const incident = await getIncident(app.reader, row!.id);
  expect(incident).toMatchObject({ state: "working", applied: [] });

  await app.wait(15 * MINUTE);
  isOver = true;
  const { incidents } = await ended(app, patient, since);
  expect(incidents).toMatchObject([{ outcome: "OutageAvoided", applied: [{ result: "done" }, { result: "done" }] }]);
  expect([writesTo(first.name), writesTo(second.name)]).toEqual([1, 1]);
});
