import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { showings, readExamples } from "../../scripts/causes/examples.ts";
import { causesPage } from "../../scripts/causes/page.ts";
import { causes } from "../../src/domain/causes/index.ts";

const { seed, examples } = await readExamples("docs/causes-examples.json");

describe("the page of causes", () => {
  test("is what `npm run docs -- --examples-from-file` writes", async () => {
    const page = await readFile("docs/causes.md", "utf8");
    expect(page, "run npm run docs -- --examples-from-file").toBe(causesPage({ seed, examples }));
  });

  test("has an example of every cause, with each kind of database that its story plays with", () => {
    expect(Object.keys(examples), "run npm run docs, which plays all causes").toEqual(causes.map(({ code }) => code));
    for (const { code, story, kinds, phase, mode } of showings) {
      const { name, title, outcome } = story;
      const ends = { grace: outcome.grace ?? null, revoked: outcome.revoked ?? null };
      const shown = kinds.map((kind) => ({ story: name, title, kind, phase, mode, ends }));
      expect(examples[code], `run npm run docs: ${name} has changed`).toMatchObject(shown);
    }
  });

  test.each(causes)("shows of $code only steps that it declares, with their permissions", ({ code, steps }) => {
    for (const example of examples[code] ?? []) {
      expect(example.evidence).not.toEqual([]);
      expect(example.databases).not.toEqual([]);
      if (example.mode !== "observe") continue;
      expect(steps).toEqual(expect.arrayContaining(example.steps.map(({ name }) => name)));
      expect(example.steps.every(({ permission }) => permission !== "")).toBe(true);
      expect(example.steps).not.toEqual([]);
      expect(example.runbook).not.toEqual([]);
    }
  });

  test("says where there is no example", () => {
    expect(causesPage({ seed, examples: {} })).toContain("None is played in the sandbox.");
  });
});
