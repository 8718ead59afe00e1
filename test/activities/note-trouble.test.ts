import { describe, expect, test } from "vitest";
import { leavePlace, noteTrouble, tellStorm } from "../../src/activities/note-trouble.ts";
import type { Held } from "../../src/domain/turn/restraint.ts";
import { NOW } from "../support/builders.ts";
import { fakeEdges } from "../support/fakes.ts";
import { after, diagnosisOf, finding, healthy, PATIENT, recovering, seen } from "../support/turns.ts";

const lost = { patient: PATIENT, ...diagnosisOf(seen()), now: NOW };
const well = { patient: PATIENT, ...diagnosisOf(healthy()), now: after(9) };

describe("which vaults are out of reach", () => {
  test("is written down before it is counted, since they first were, and taken back once they are not", async () => {
    const { deps, restraint } = fakeEdges();
    const trouble = { vaultId: PATIENT.id, since: NOW, causes: ["AccessMissing"] };
    expect((await noteTrouble(deps.restraint, lost)).troubles).toEqual([trouble]);
    expect((await noteTrouble(deps.restraint, { ...lost, now: after(5) })).troubles).toEqual([trouble]);
    expect((await noteTrouble(deps.restraint, well)).troubles).toEqual([]);
    expect(restraint.now.troubles).toEqual([]);
  });

  test.each([
    ["could not be read", { findings: [finding("Unreadable")] }, 1],
    ["was read as lost by another cause", { findings: [finding("KeyDeleted")] }, 1],
    ["never came up", { findings: [finding("ProvisioningFailed")] }, 0],
    ["is only still to be noticed", recovering(), 0],
  ])("one that %s since counts or not: %#", async (_what, since, count) => {
    const { deps } = fakeEdges();
    await noteTrouble(deps.restraint, lost);
    const later = { patient: PATIENT, ...diagnosisOf(seen(since)), now: after(9) };
    const { troubles } = await noteTrouble(deps.restraint, later);
    expect(troubles.map(({ since: at }) => at)).toEqual(count === 1 ? [NOW] : []);
  });

  test("costs a healthy vault no write", async () => {
    const { deps } = fakeEdges();
    const never = async (): Promise<never> => {
      throw new Error("this should not be called");
    };
    expect(await noteTrouble({ ...deps.restraint, addTrouble: never, endTrouble: never }, well)).toMatchObject({ troubles: [] });
  });
});

describe("a vault that is written to", () => {
  const atWork = [{ place: 0, vaultId: PATIENT.id.toUpperCase(), at: NOW }];
  test.each([
    ["is well", well.diagnosis, false, true],
    ["is still lost", lost.diagnosis, false, false],
    ["can't be seen whole", diagnosisOf(healthy(), seen({ findings: [finding("Unreadable")] })).diagnosis, false, false],
    ["is still lost, and the incident over", lost.diagnosis, true, true],
  ])("leaves its place to others once it %s", async (_, diagnosis, isOver, leaves) => {
    const { deps, restraint, journal } = fakeEdges();
    await leavePlace(deps.restraint, { ...restraint.now, atWork }, { patient: PATIENT, diagnosis, isOver });
    expect(journal).toEqual(leaves ? ["leave place"] : []);
  });

  test("costs nothing where it has none", async () => {
    const { deps, restraint, journal } = fakeEdges();
    await leavePlace(deps.restraint, restraint.now, { patient: PATIENT, diagnosis: well.diagnosis, isOver: true });
    expect(journal).toEqual([]);
  });
});

describe("a storm", () => {
  const storm: Held = { reason: "Storm", since: "", why: "11 vaults are out of reach" };
  const paused: Held = { reason: "Paused", since: NOW, why: "ada paused it" };

  test("is told once, as an error, and once that it is over; a pause in between says neither", async () => {
    const { deps, restraint, lines, told } = fakeEdges();
    const tell = (held: Held | null) => tellStorm(deps, restraint.now, held, { patient: PATIENT, now: NOW });
    for (const held of [null, storm, storm, paused, storm, null, null]) await tell(held);
    expect(lines.map(({ level, event }) => [level, event])).toEqual([
      ["error", "storm"],
      ["warn", "stormOver"],
    ]);
    expect(lines[0]?.fields).toMatchObject({ text: storm.why });
    expect(told).toMatchObject([{ type: "Keymend.Storm", weight: "now", about: PATIENT.id, text: storm.why }]);
  });
});
