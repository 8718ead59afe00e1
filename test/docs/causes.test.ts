import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { showings, createMarkOf, type Example, type Examples, isCurrent, kebab, readExamples } from "../../scripts/causes/examples.ts";
import { causesPage } from "../../scripts/causes/page.ts";
import { playDue } from "../../scripts/causes/play-due.ts";
import { causes } from "../../src/domain/causes/index.ts";

const kept = await readExamples("docs/causes-examples.json");
const { examples } = kept;
const markOf = await createMarkOf();

const outdated = showings.filter((showing) => !isCurrent(kept, showing, markOf)).map(({ code }) => code);
// No failure: other code may well say the same. The tests of the whole app play these and see.
if (outdated.length > 0) console.info(`examples played with other code; npm run docs plays them anew: ${outdated.join(", ")}`);

describe("the page of causes", () => {
  test("is what `npm run docs -- --examples-from-file` writes", async () => {
    const page = await readFile("docs/causes.md", "utf8");
    expect(page, "run npm run docs -- --examples-from-file").toBe(causesPage(kept));
  });

  test.each(causes)("has a story that shows $code", ({ code }) => {
    const file = `sandbox/stories/${kebab(code)}.ts`;
    expect(
      showings.some((showing) => showing.code === code),
      `write ${file}: one story named ${kebab(code)} whose causes are ["${code}"]`,
    ).toBe(true);
  });

  test("has an example of every cause, with each kind of database that its story plays with", () => {
    expect(Object.keys(examples), "run npm run docs -- --cause CODE").toEqual(causes.map(({ code }) => code));
    for (const { code, story, kinds, phase, mode } of showings) {
      const { name, title, outcome } = story;
      const ends = { grace: outcome.grace ?? null, revoked: outcome.revoked ?? null };
      const shown = kinds.map((kind) => ({ story: name, title, kind, phase, mode, ends }));
      expect(examples[code], `run npm run docs: ${name} has changed`).toMatchObject(shown);
    }
  });

  test.each(causes)("shows of $code only steps that it declares, with their permissions", ({ code, steps }) => {
    expect(examples[code], `run npm run docs -- --cause ${code}`).toBeDefined();
    for (const example of examples[code]!) {
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
    expect(causesPage({ ...kept, examples: {} })).toContain("None is played in the sandbox.");
  });
});

describe("an example", () => {
  const [showing, other] = showings as [(typeof showings)[number], (typeof showings)[number]];
  const played = examples[showing.code]!;
  const as = (mark: string) => ({ ...kept, playedWith: { [showing.code]: mark } });

  test("need not be played again while it is what it was, and was played with the same code", () => {
    expect(isCurrent(as(markOf(showing, played)), showing, markOf)).toBe(true);
  });

  test.each<[string, string]>([
    ["was played with other code", "another mark"],
    ["was written by hand", markOf(showing, [{ ...played[0]!, detail: "all is well" }])],
    ["is of another showing", markOf(other, played)],
    ["was played in another mode", markOf({ ...showing, mode: "approve" }, played)],
  ])("is played anew where it %s", (_, mark) => {
    expect(isCurrent(as(mark), showing, markOf)).toBe(false);
  });
});

describe("playing what is due", () => {
  const due = showings.slice(0, 4);
  const played = (code: string): Example[] => [{ ...examples[code]![0]!, detail: `${code}, played anew` }];
  const given = { markOf, isDue: (showing: (typeof showings)[number]) => due.includes(showing) };

  test("keeps each as soon as it is there, so that whoever interrupts it loses only what is being played", async () => {
    const saved: Examples[] = [];
    const play = async ({ code }: { code: string }): Promise<Example[]> => {
      if (code === due[0]!.code) {
        while (saved.length < 2) await Promise.resolve();
        throw new Error("interrupted");
      }
      return played(code);
    };
    const save = async (all: Examples): Promise<void> => void saved.push(all);
    await expect(playDue(kept, { ...given, play: play, save })).rejects.toThrow("interrupted");
    const [, second] = saved;
    for (const showing of due.slice(1, 3)) {
      expect(second!.examples[showing.code]).toEqual(played(showing.code));
      expect(isCurrent(second!, showing, markOf)).toBe(true);
    }
    for (const { code } of [due[0]!, ...showings.slice(4)]) {
      expect(second!.examples[code]).toEqual(examples[code]);
      expect(second!.playedWith[code]).toEqual(kept.playedWith[code]);
    }
  });

  test("plays nothing else, keeps the order of the causes and drops what is no cause any more", async () => {
    const reversed = Object.fromEntries(Object.entries(kept.examples).toReversed());
    const old = { ...kept, examples: { Retired: [], ...reversed }, playedWith: { Retired: "x", ...kept.playedWith } };
    const all = await playDue(old, { ...given, play: async ({ code }) => played(code) });
    expect(Object.keys(all.examples)).toEqual(Object.keys(kept.examples));
    expect(Object.keys(all.playedWith)).toEqual(Object.keys(kept.playedWith));
    expect(due.map(({ code }) => all.examples[code])).toEqual(due.map(({ code }) => played(code)));
    expect(showings.slice(4).map(({ code }) => all.examples[code])).toEqual(showings.slice(4).map(({ code }) => examples[code]));
  });
});
