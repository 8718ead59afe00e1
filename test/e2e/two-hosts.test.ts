/** Of two hosts on one task hub the one that is at a repair dies: the other takes over what it had in hand, and nothing is written twice. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type App, MINUTE, startApp, type Trap } from "./app.ts";
import { loseDefaultIdentity, removeGrant, removePolicy } from "./breaks.ts";
import { audited, claims, grants, policies, polls, row } from "./moments.ts";
import { withDeath } from "./one-play.ts";
import { type Break, repairOf } from "./one-repair.ts";

let app: App;

beforeAll(async () => {
  app = await startApp({ hosts: 2, settings: { KEYMEND_SWEEP_SCHEDULE: "0 0 * * * *", KEYMEND_RECHECK_SCHEDULE: "0 0 * * * *" } });
});
beforeEach(async () => app.wait(MINUTE));
afterEach(() => app.disarm());
afterAll(async () => app?.close());

type Case = { moment: string; patient: string; broken: Break; on: Trap["on"]; dies: Trap["then"]; staysAway: boolean };

const CASES: Case[] = [
  {
    moment: "right after it stored the signal",
    patient: "orders",
    broken: removeGrant,
    on: row("signal", "PUT"),
    dies: "after",
    staysAway: true,
  },
  { moment: "with the claim taken", patient: "catalog", broken: removeGrant, on: claims, dies: "after", staysAway: true },
  { moment: "with the intent in the audit", patient: "orders", broken: removeGrant, on: audited("step"), dies: "after", staysAway: false },
  { moment: "right before the write is sent", patient: "catalog", broken: removeGrant, on: grants, dies: "before", staysAway: false },
  {
    moment: "after Azure wrote and before it answered",
    patient: "sessions",
    broken: removePolicy,
    on: policies,
    dies: "after",
    staysAway: true,
  },
  { moment: "while an operation is polled", patient: "payments", broken: loseDefaultIdentity, on: polls, dies: "before", staysAway: true },
];

test.for(CASES)("one that dies $moment leaves it to the other (stays away: $staysAway)", async ({ patient, broken, ...death }) => {
  const { died, problems } = await withDeath(app, await repairOf(patient, broken, "OutageAvoided")(app), death);
  expect(died).toHaveLength(1);
  expect(problems).toEqual([]);
});
