import { expect, test } from "vitest";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { someSettings } from "../../support/builders.ts";
import { aSignal, turnInput } from "../../support/turns.ts";

const caller = (i: number) => ({ objectId: `caller-${i}`, name: null });
const many = (count: number) => Array.from({ length: count }, (_, i) => aSignal({ id: `s${i}`, source: "event", caller: caller(i) }));

test("20,000 waiting signals leave an incident that fits, an audit that can be read, and the operator's word in it", () => {
  const operator = aSignal({ id: "op", source: "operator", what: "pager went off", caller: caller(-1) });
  const { incident, entries } = decideTurn(turnInput({ signals: [...many(20_000), operator] }));
  const told = entries.filter(({ kind }) => kind === "signal");
  expect(told).toHaveLength(51);
  expect(told[0]).toMatchObject({ entryId: expect.stringMatching(/-signal-op$/) });
  expect(told.at(-1)?.what).toBe("told of 19951 more signals at once");
  expect(incident!.signalIds).toHaveLength(1000);
  expect(incident!.authors).toHaveLength(100);
  expect(JSON.stringify(incident).length).toBeLessThan(100_000);
});

test("of too many authors one whose changes count as meant is never forgotten", () => {
  const settings = someSettings({ privilegedCallers: ["caller-3"] });
  const { incident } = decideTurn(turnInput({ signals: many(5000), settings }));
  expect(incident!.authors!.map(({ objectId }) => objectId)).toContain("caller-3");
  expect(incident!.authors).toHaveLength(101);
});

test("a line of the timeline says that it was cut", () => {
  const { incident } = decideTurn(turnInput({ signals: [aSignal({ what: "w".repeat(5000) })] }));
  expect(incident!.timeline[0]?.what).toMatch(/^told of w+ \[cut: \d+ characters\]$/);
});
