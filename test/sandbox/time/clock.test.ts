import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Clock } from "../../../sandbox/time/clock.ts";

describe("the virtual clock", () => {
  test("stands still until it is set, and never goes back", () => {
    const clock = new Clock(1000);
    clock.set(5000);
    clock.set(2000);
    expect(clock.now()).toBe(5000);
  });

  test("runs what is due in order of time, then of scheduling, also what becomes due meanwhile", async () => {
    const clock = new Clock(0);
    const ran: string[] = [];
    clock.at(20, "b", () => void ran.push("b"));
    clock.at(10, "a", () => {
      ran.push("a");
      clock.at(5, "late", () => void ran.push("late"));
    });
    clock.at(20, "c", () => void ran.push("c"));
    clock.set(20);
    expect(await clock.runDue()).toBe(4);
    expect(ran).toEqual(["a", "b", "c", "late"]);
  });

  test("knows when the next thing is due, and forgets what was canceled", () => {
    const clock = new Clock(0);
    const first = clock.at(10, "first", () => {});
    clock.at(30, "second", () => {});
    expect(clock.nextDue()).toBe(10);
    first.cancel();
    expect(clock.nextDue()).toBe(30);
  });

  test("runs at a speed and stands again where it was stopped", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const clock = new Clock(0);
    clock.run(1000);
    vi.advanceTimersByTime(20);
    expect(clock.now()).toBe(20_000);
    clock.run(0);
    vi.advanceTimersByTime(10);
    expect(clock.now()).toBe(20_000);
  });
});
