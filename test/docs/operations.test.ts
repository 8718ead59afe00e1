import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readExamples, showings } from "../../scripts/operations/examples.ts";
import { GUIDES } from "../../scripts/operations/guides.ts";
import { operationsPage } from "../../scripts/operations/page.ts";
import { operations } from "../../src/domain/operations/index.ts";

const examples = await readExamples("docs/operations-examples.json");
const names = Object.keys(operations);

describe("the page of planned operations", () => {
  test("is what `npm run docs:operations -- --examples-from-file` writes", async () => {
    const page = await readFile("docs/operations.md", "utf8");
    expect(page, "run npm run docs:operations -- --examples-from-file").toBe(operationsPage(examples));
  });

  test.each(names)("has a story that shows %s", (name) => {
    expect(
      showings.some(({ operation }) => operation === name),
      `write sandbox/stories/op-${name}.ts`,
    ).toBe(true);
  });

  test("has an example of each, of the story as it is", () => {
    expect(Object.keys(examples), "run npm run docs:operations").toEqual(names);
    for (const { operation, kind, story } of showings)
      expect(examples[operation], `run npm run docs:operations -- --operation ${operation}`).toMatchObject({
        story: story.name,
        title: story.title,
        kind,
        outcome: story.outcome.grace,
      });
  });

  test.each(Object.entries(operations))("shows of %s only what it declares", (name, { asks, steps }) => {
    const shown = examples[name]!;
    expect(asks).toEqual(expect.arrayContaining(shown.requirements.map((one) => one.name)));
    expect(steps).toEqual(expect.arrayContaining(shown.steps.map((one) => one.name)));
    expect(shown.requirements).not.toEqual([]);
  });

  test("says where there is no example", () => {
    expect(operationsPage({})).toContain("None is played in the sandbox.");
  });

  test("has each operation in the table of the guides' commands, or it is Keymend's own", () => {
    const rows = GUIDES.flatMap((guide) => guide.rows);
    const used = new Set(rows.flatMap(({ operation }) => operation ?? []));
    expect(names.filter((name) => !used.has(name as keyof typeof operations))).toEqual(["check-requirements", "restore"]);
    expect(rows.filter(({ why }) => why === "")).toEqual([]);
  });
});
