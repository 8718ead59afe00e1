import { beforeEach, describe, expect, test } from "vitest";
import { checkKey } from "../../../sandbox/azure/documentdb/key-checks.ts";
import { createWorld, type World } from "../../../sandbox/azure/world.ts";
import { Clock } from "../../../sandbox/time/clock.ts";
import { buildEstate, type Patient } from "../../../sandbox/estate/estate.ts";
import { createRandom } from "../../../sandbox/time/random.ts";
import { type Change, createWatch, truePhase, type Watch } from "../../../sandbox/play/watch.ts";

const MINUTE = 60_000;

let world: World;
let clock: Clock;
let patient: Patient;
let watch: Watch;
let changes: Change[];

beforeEach(() => {
  clock = new Clock(Date.parse("2026-11-02T09:00:00Z"));
  world = createWorld({ clock, random: createRandom(7), tenantId: "t", subscriptionId: "s", switches: {} });
  patient = buildEstate(world).patients[0]!;
  changes = [];
  watch = createWatch(world, patient.databases, (change) => changes.push(change));
});

const grant = () => {
  const [id, assignment] = [...world.roleAssignments].find(([, a]) => a.principalId === patient.identity.principalId)!;
  return { id, assignment };
};
/** As Azure takes a role away: the vault honors it for a while. */
function fade(forMs: number) {
  const { id, assignment } = grant();
  world.roleAssignments.delete(id);
  world.fadingAssignments.push({ ...assignment, endsAt: clock.now() + forMs });
  watch.look();
  return { id, assignment };
}
const after = (ms: number): void => {
  clock.set(clock.now() + ms);
  watch.look();
};

describe("a key path", () => {
  test("counts as broken from the moment that its grant is gone, though the vault still honors it", () => {
    fade(5 * MINUTE);
    expect(changes).toEqual([{ what: "broken", databases: patient.databases }]);
    expect(watch.all.map(({ wholeSince, everBroken }) => [wholeSince, everBroken])).toEqual([
      [undefined, true],
      [undefined, true],
    ]);
    expect(world.fadingAssignments).toHaveLength(1);
  });

  test("is whole again when the new grant has reached the vault, not when it was written", () => {
    const { id, assignment } = fade(0);
    world.roleAssignments.set(id, { ...assignment, effectiveAt: clock.now() + 8 * MINUTE });
    after(7 * MINUTE);
    expect(watch.all.map(({ wholeSince }) => wholeSince)).toEqual([undefined, undefined]);
    after(MINUTE);
    expect(watch.all.map(({ wholeSince }) => wholeSince)).toEqual([clock.now(), clock.now()]);
    expect(changes.at(-1)).toEqual({ what: "whole", databases: patient.databases });
  });
});

describe("a check of the service", () => {
  test("that passes on a fading grant is no proof of health", () => {
    fade(5 * MINUTE);
    for (const database of patient.databases) expect(checkKey(world, database).ok).toBe(true);
    expect(watch.all.map(({ passedAt }) => passedAt)).toEqual([undefined, undefined]);
  });

  test("that fails is an outage, also after it is over", () => {
    const { id, assignment } = fade(0);
    const [first, second] = patient.databases;
    after(MINUTE);
    checkKey(world, first!);
    expect(truePhase(world, first!)).toBe("revoked");
    expect(truePhase(world, second!)).toBe("inGrace");
    world.roleAssignments.set(id, { ...assignment, effectiveAt: clock.now() });
    after(MINUTE);
    expect(truePhase(world, first!)).toBe("recovering");
    checkKey(world, first!);
    expect(truePhase(world, first!)).toBe("healthy");
    expect(watch.all.map(({ everRevoked }) => everRevoked)).toEqual([true, false]);
    expect(changes.slice(-1)).toEqual([{ what: "checkPassed", database: first, back: true }]);
  });

  test("counts from the first that passed since the path is whole", () => {
    const { id, assignment } = fade(0);
    world.roleAssignments.set(id, { ...assignment, effectiveAt: clock.now() });
    after(MINUTE);
    const [first] = patient.databases;
    checkKey(world, first!);
    const passed = clock.now();
    after(60 * MINUTE);
    checkKey(world, first!);
    expect(watch.all[0]!.passedAt).toBe(passed);
  });
});

test("a story begins with nothing to hold against anybody", () => {
  fade(0);
  const { everBroken } = watch.all[0]!;
  watch.begin();
  expect([everBroken, watch.all[0]!.everBroken]).toEqual([true, false]);
});
