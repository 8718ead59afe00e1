import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { doubtful, noDoubts, readings } from "../../../sandbox/unknowns/readings.ts";
import { mattering } from "../../../sandbox/unknowns/run.ts";

/** Names and defaults as the documentation has them, which another test holds to the code. */
function documented(): Map<string, string> {
  const table = readFileSync("docs/sandbox.md", "utf8").split("## Switches")[1] ?? "";
  const rows = table.matchAll(/^\| `([\w.]+)` +\| (?:`([^`]*)`|\(none\)) +\|/gm);
  return new Map([...rows].map(([, name = "", value]) => [name, value ?? ""]));
}

test("every switch is a doubt with another reading, or says why it is none", () => {
  expect([...doubtful, ...Object.keys(noDoubts)].toSorted()).toEqual([...documented().keys()].toSorted());
});

test("every reading is another than the documented one, and names a source", () => {
  const defaults = documented();
  for (const { name, switches, source, question } of readings) {
    for (const [one, value] of Object.entries(switches)) expect(`${name}: ${value}`).not.toBe(`${name}: ${defaults.get(one)}`);
    expect(source.length).toBeGreaterThan(10);
    expect(question.length).toBeGreaterThan(10);
  }
  expect(new Set(readings.map(({ name }) => name)).size).toBe(readings.length);
});

test("only what was asked for can matter, and several at once only where more than one was", () => {
  const named = (...asked: string[]) => mattering(asked).map(({ name }) => name);
  expect(named()).toEqual([]);
  expect(named("documentdb.keyNotFoundCode")).toEqual(["documentdb.keyNotFoundCode = 4005"]);
  expect(named("documentdb.keyNotFoundCode", "documentdb.firewallCode")).toContain("all status codes");
});
