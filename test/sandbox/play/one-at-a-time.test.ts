import { expect, test } from "vitest";
import type { VirtualTime } from "../../../sandbox/running/virtual-time.ts";
import { oneAtATime } from "../../../sandbox/play/one-at-a-time.ts";

/** Time in whole steps, and who did what when. */
function aClock() {
  const told: string[] = [];
  const clock = { now: 0 };
  const until: VirtualTime["until"] = async (condition, limit) => {
    for (; clock.now <= limit; clock.now++) if (await condition()) return true;
    clock.now = limit;
    return false;
  };
  return { told, clock, time: { until }, tell: (what: string) => told.push(`${clock.now} ${what}`) };
}

test("time passes for all of them at once", async () => {
  const { told, clock, time, tell } = aClock();
  await oneAtATime(time, [
    async (until) => {
      await until(() => clock.now >= 5, 99);
      tell("first");
      await until(() => clock.now >= 7, 99);
      tell("first again");
    },
    async (until) => {
      await until(() => clock.now >= 3, 99);
      tell("second");
      await until(() => clock.now >= 5, 99);
      tell("second again");
    },
  ]);
  expect(told).toEqual(["3 second", "5 first", "5 second again", "7 first again"]);
});

test("whoever has waited in vain is told so, and the others go on waiting", async () => {
  const { told, clock, time, tell } = aClock();
  await oneAtATime(time, [
    async (until) => void tell(`first: ${await until(() => clock.now >= 9, 99)}`),
    async (until) => void tell(`second: ${await until(() => false, 4)}`),
  ]);
  expect(told).toEqual(["4 second: false", "9 first: true"]);
});

test("one acts at a time, also where acting takes a while", async () => {
  const { told, time, tell } = aClock();
  const act = (name: string) => async (): Promise<void> => {
    tell(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    tell(`${name} ends`);
  };
  await oneAtATime(time, [act("first"), act("second")]);
  expect(told).toEqual(["0 first begins", "0 first ends", "0 second begins", "0 second ends"]);
});

test("what fails for one of them fails for all", async () => {
  const { time } = aClock();
  const failing = oneAtATime(time, [
    async (until) => void (await until(() => false, 99)),
    async (until) => {
      await until(() => true, 99);
      throw new Error("refused");
    },
  ]);
  await expect(failing).rejects.toThrow("refused");
});
