/** A change of a database that Azure takes its time for: its vault is looked at all the same, and what else is lost there is mended meanwhile. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { getIncident, listIncidents } from "../../sandbox/running/app-api.ts";
import { type App, ended, type Message, MINUTE, putOffKeyChecks, startApp, type Trap } from "./app.ts";
import { loseDefaultIdentity } from "./breaks.ts";
import { audited, row } from "./moments.ts";
import { withDeath } from "./one-play.ts";

let app: App;
/** Of virtual time: until then the status of every operation is that of one that runs. */
let runsUntil = 0;

beforeAll(async () => {
  app = await startApp();
  stretchOperations();
});
beforeEach(async () => app.wait(MINUTE));
afterEach(() => app.disarm());
afterAll(async () => app?.close());

function stretchOperations(): void {
  const { azure, world } = app.sandbox;
  const handle = azure.handle.bind(azure);
  azure.handle = async (request) => {
    const reply = await handle(request);
    const isPoll = /\/operationsStatus\//.test(request.url.pathname);
    return isPoll && world.clock.now() < runsUntil && "body" in reply ? { ...reply, body: JSON.stringify({ status: "Dequeued" }) } : reply;
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

  runsUntil = Infinity;
  first.defaultIdentity = "Undefined";
  await app.operator.app("POST", "/api/heal", { id: patient.vault.id, reason: "the default identity is gone" });
  await app.until("the first write", () => writesTo(first.name) > 0);
  await app.wait(8 * MINUTE);
  second.defaultIdentity = "Undefined";
  const lost = clock.now();
  await app.until("the second write", () => writesTo(second.name) > 0);
  expect(clock.now() - lost).toBeLessThan(10 * MINUTE);
  const [newest] = await listIncidents(app.reader);
  const incident = await getIncident(app.reader, newest!.id);
  expect(incident).toMatchObject({ state: "working", applied: [] });

  await app.wait(15 * MINUTE);
  runsUntil = 0;
  const { incidents } = await ended(app, patient, since);
  expect(incidents).toMatchObject([{ outcome: "OutageAvoided", applied: [{ result: "done" }, { result: "done" }] }]);
  expect([writesTo(first.name), writesTo(second.name)]).toEqual([1, 1]);
});

const handsOver = (message: Message): boolean => row("incident", "PUT")(message) && /following\\?"/.test(message.body);

test.for<[string, Trap["on"], Trap["then"]]>([
  ["before it is written down that the looks follow it", handsOver, "before"],
  ["after that", handsOver, "after"],
  ["once a look has said how it ended", audited("step"), "after"],
])("a host that dies %s does not write it again", async ([, on, dies]) => {
  const patient = app.patient("payments");
  putOffKeyChecks(app, patient);
  runsUntil = app.sandbox.world.clock.now() + 15 * MINUTE;
  let seen = 0;
  // The first row of a step is the intent to write it.
  const second: Trap["on"] = (message) => on(message) && ++seen === (on === handsOver ? 1 : 2);
  const { died, told, problems } = await withDeath(
    app,
    async () => {
      const since = await loseDefaultIdentity(app, patient);
      const { incidents, writes } = await ended(app, patient, since);
      return { told: incidents.map(({ outcome }) => String(outcome)), problems: writes.slice(1).map(({ url }) => url) };
    },
    { on: second, dies },
  );
  expect({ died, told, problems }).toEqual({ died: [0], told: ["OutageAvoided"], problems: [] });
});
