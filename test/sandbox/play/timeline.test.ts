import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { clockText, createTimeline, wrapped } from "../../../sandbox/play/timeline.ts";

function setUp(options: { color?: boolean; interactive?: boolean; columns?: number } = {}) {
  let text = "";
  let elapsed = 0;
  const timeline = createTimeline({
    write: (more) => (text += more),
    elapsed: () => elapsed,
    color: options.color ?? false,
    interactive: options.interactive ?? false,
    columns: () => options.columns ?? 100,
  });
  return { timeline, text: () => text, at: (ms: number) => (elapsed = ms) };
}

describe("lines", () => {
  test("have the virtual time on the left, then what it is, then plain words", () => {
    const { timeline, text, at } = setUp();
    at(486_000);
    timeline.say("azure", "the grant has reached the vault");
    expect(text()).toBe(" 00:08:06  azure    the grant has reached the vault\n");
  });

  test("are broken at the width and go on below their text", () => {
    const { timeline, text } = setUp({ columns: 65 });
    timeline.say("cause", "AccessMissing: id-orders can't wrap with key cmk-orders of the vault kv-orders");
    expect(text()).toBe(
      " 00:00:00  cause    AccessMissing: id-orders can't wrap with key\n                    cmk-orders of the vault kv-orders\n",
    );
  });

  test("keep the line breaks of their text", () => {
    const { timeline, text } = setUp();
    timeline.say("cause", "one\ntwo");
    expect(text().split("\n")[1]).toBe("                    two");
  });

  test("are colored only where asked, and carry no escapes from elsewhere", () => {
    const plain = setUp();
    plain.timeline.say("outcome", "\u001B[31mHealed\u001B[39m");
    expect(plain.text()).toBe(" 00:00:00  outcome  Healed\n");
    const colored = setUp({ color: true });
    colored.timeline.say("outcome", "Healed");
    expect(colored.text()).toContain("\u001B[");
  });
});

describe("a wait", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  test("is shown before two seconds of silence have passed", () => {
    const { timeline, text, at } = setUp();
    timeline.say("write", "granted");
    timeline.waitFor("the grant to reach the vault");
    vi.advanceTimersByTime(1000);
    timeline.tick();
    expect(text()).not.toContain("reach");
    vi.advanceTimersByTime(900);
    at(228_000);
    timeline.tick();
    expect(text()).toContain(" 00:03:48  wait     the grant to reach the vault\n");
  });

  test("is said once, and again once something else was waited for", () => {
    const { timeline, text } = setUp();
    const pass = (): void => {
      vi.advanceTimersByTime(2000);
      timeline.tick();
    };
    timeline.waitFor("the next key check");
    pass();
    timeline.say("azure", "account orders: key check failed");
    timeline.waitFor("the next key check");
    pass();
    timeline.waitFor("an approval");
    pass();
    timeline.waitFor("the next key check");
    pass();
    timeline.waitFor(undefined);
    timeline.waitFor("the next key check");
    pass();
    const waits = text()
      .split("\n")
      .filter((line) => line.includes("wait "));
    expect(waits.map((line) => line.replace(/^.*wait +/, ""))).toEqual([
      "the next key check",
      "an approval",
      "the next key check",
      "the next key check",
    ]);
  });

  test("is written over itself on a terminal and makes way for what happens", () => {
    const { timeline, text } = setUp({ interactive: true });
    timeline.waitFor("the next check");
    vi.advanceTimersByTime(2000);
    timeline.tick();
    timeline.tick();
    timeline.say("verify", "2 of 2 healthy");
    const lines = text().split("\r\u001B[2K");
    expect(lines.map((line) => line.trim().replace(/^[\d:]+ +/, ""))).toEqual([
      "",
      "...      the next check",
      "...      the next check",
      "verify   2 of 2 healthy",
    ]);
  });
});

test("times are hours, minutes and seconds, and may lie before zero", () => {
  expect(["00:00:00", "41:10:05", "-00:01:30"]).toEqual([clockText(999), clockText(148_205_000), clockText(-90_000)]);
});

test("a word longer than the width stays whole", () => {
  expect(wrapped("a https://management.azure.com/subscriptions b", 10)).toEqual(["a", "https://management.azure.com/subscriptions", "b"]);
});
