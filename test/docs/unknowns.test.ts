import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { rowsOf } from "../../sandbox/matrix/page.ts";
import type { Row, Trial } from "../../sandbox/matrix/trial.ts";
import { stories } from "../../sandbox/stories/index.ts";
import { pageOf, playedOf, problemLines, type Results, unplayedIn, withPlay } from "../../sandbox/unknowns/page.ts";
import { readings } from "../../sandbox/unknowns/readings.ts";
import type { Play } from "../../sandbox/unknowns/run.ts";

const all = rowsOf(stories);
const order = stories.map(({ name }) => name);

describe("the page of the unknowns", () => {
  test("is what `npm run unknowns -- --page-from-results` writes", async () => {
    const results: Results = JSON.parse(await readFile("docs/unknowns-results.json", "utf8"));
    const isSame = (await readFile("docs/unknowns.md", "utf8")) === pageOf(results, all);
    expect(isSame, "docs/unknowns.md is out of date: npm run unknowns -- --page-from-results").toBe(true);
  });

  test("holds in all that was played", async () => {
    const results: Results = JSON.parse(await readFile("docs/unknowns-results.json", "utf8"));
    const problems = results.rows.flatMap(({ story, problems: own, plays }) =>
      [own, ...Object.values(plays).map((play) => play.problems)].flat().map((problem) => `${story}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  test("says of each reading that nothing was played under it, and of each row that it was not", () => {
    const page = pageOf({ seed: 7, rows: [] }, all.slice(0, 2));
    expect(page.split("not played yet").length - 1).toBe(readings.length);
    for (const { story, kind, phase } of all.slice(0, 2)) expect(page).toContain(`- ${story.name}, ${kind}, ${phase}`);
  });
});

const trial = (over: Partial<Trial> = {}): Trial => ({
  outcome: "Healed",
  reason: null,
  problems: [],
  written: new Map(),
  refused: new Set(),
  calls: [],
  hits: [],
  struck: 0,
  isHurt: true,
  ...over,
});

const [row, other] = all as [Row, Row];
const asked = ["documentdb.keyNotFoundCode"];
const [reading] = readings.filter(({ name }) => name.startsWith("documentdb.keyNotFoundCode"));
const play = (over: Partial<Play> = {}): Play => ({
  row,
  reading: undefined,
  trial: trial(),
  documented: trial(),
  asked,
  seconds: 5,
  ...over,
});
const none: Results = { seed: 7, rows: [] };
const begun = withPlay(none, play(), "now", order);

describe("what is kept of a play", () => {
  test("counts for its row until every reading that matters is played", () => {
    expect(unplayedIn(begun, [row, other], () => "now")).toEqual([row, other]);
    const ended = withPlay(begun, play({ reading }), "now", order);
    expect(unplayedIn(ended, [row, other], () => "now")).toEqual([other]);
    expect(playedOf(ended, row, "now")).toEqual([reading!.name]);
  });

  test("does not count with other code, and goes when the row is begun anew with it", () => {
    const ended = withPlay(begun, play({ reading }), "then", order);
    expect(playedOf(ended, row, "now")).toEqual([]);
    expect(unplayedIn(ended, [row], () => "now")).toEqual([row]);
    expect(withPlay(ended, play(), "now", order).rows[0]!.plays).toEqual({});
    // What was never played comes first.
    expect(unplayedIn(ended, [row, other], () => "now")).toEqual([other, row]);
  });

  test("is left alone where the story does not hold as documented", () => {
    const failed = trial({ problems: ["wrote twice"] });
    const kept = withPlay(none, play({ trial: failed, documented: failed }), "now", order);
    expect(unplayedIn(kept, [row], () => "now")).toEqual([]);
    expect(pageOf(kept, [row])).toContain("as documented: wrote twice");
  });

  test("shows on the page: what came of it, what does not hold, and what is left", () => {
    const under = (over: Partial<Trial>) => pageOf(withPlay(begun, play({ reading, trial: trial(over) }), "now", order), [row]);
    expect(under({})).toContain("the same 1");
    expect(under({ outcome: "Escalated", reason: "KeyGone" })).toContain("escalates: Escalated (KeyGone) 1");
    expect(under({ outcome: null, problems: ["silence"] })).toContain(`${reading!.name}: silence`);
    expect(under({ outcome: null, problems: ["silence"] })).toContain("**1 do not hold.**");
    expect(pageOf(begun, [row])).toContain("1 readings are left");
  });

  const brokeOff = (why: string, isHurt: boolean) => trial({ outcome: null, problems: [`the trial broke off: ${why}`], isHurt });
  const inVain = "the story waited in vain for the app to ask";

  test.each([
    ["the service never noticed it", brokeOff("the service never noticed the break", true)],
    ["no database was hurt by it, and so nobody was asked", brokeOff(inVain, false)],
  ])("is no problem where the break is not felt under the reading: %s", (_why, unfeltTrial) => {
    const unfelt = play({ reading, trial: unfeltTrial });
    expect(problemLines(unfelt)).toEqual([]);
    expect(pageOf(withPlay(begun, unfelt, "now", order), [row])).toContain("not felt 1");
  });

  test.each([
    ["a database is hurt", brokeOff(inVain, true), trial()],
    ["none is hurt as documented either", brokeOff(inVain, false), trial({ isHurt: false })],
  ])("is a problem where the app is silent though %s", (_what, silent, documented) => {
    const played = play({ reading, trial: silent, documented });
    expect(problemLines(played)).toEqual([expect.stringContaining(inVain)]);
    expect(pageOf(withPlay(begun, played, "now", order), [row])).toContain("**1 do not hold.**");
  });

  test("is a problem where the story waits in vain as documented", () => {
    const silent = brokeOff(inVain, false);
    expect(problemLines(play({ trial: silent, documented: silent }))).toEqual([expect.stringContaining(inVain)]);
  });

  test("says of a reading that nothing rests on that no row asked for it", () => {
    const [, unasked] = pageOf(begun, [row]).split("`keyvault.eventTimesAs = string`");
    expect(unasked!.split("\n")[0]).toContain("asked for in none of 1 rows");
  });

  test("of a story that is no more goes", () => {
    expect(withPlay(begun, play({ row: other }), "now", [other.story.name]).rows.map(({ story }) => story)).toEqual([other.story.name]);
  });
});
