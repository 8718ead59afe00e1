import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { columns } from "../../sandbox/matrix/columns.ts";
import { outdatedIn, pageOf, type Results, type RowRecord, rowsOf, withRow } from "../../sandbox/matrix/page.ts";
import type { Row } from "../../sandbox/matrix/trial.ts";
import { stories } from "../../sandbox/stories/index.ts";
import { createDigest, fileOf } from "../../scripts/digest.ts";

const results: Results = JSON.parse(await readFile("docs/matrix-results.json", "utf8"));
const digest = await createDigest(stories.map(({ name }) => fileOf(name)));

const outdated = outdatedIn(results, rowsOf(stories), ({ story, kind, phase }) => digest(fileOf(story.name), results.seed, kind, phase));
// No failure: it takes hours to play all of them.
if (outdated.length > 0) console.info(`${outdated.length} rows of the matrix were played with other code: npm run matrix -- --missing`);

describe("the page of the fault matrix", () => {
  test("is what `npm run matrix -- --page-from-results` writes", async () => {
    const isSame = (await readFile("docs/matrix.md", "utf8")) === pageOf(results, rowsOf(stories));
    expect(isSame, "docs/matrix.md is out of date: npm run matrix -- --page-from-results").toBe(true);
  });

  test("has every story, with each kind and phase, or says that it was not played yet", async () => {
    const page = await readFile("docs/matrix.md", "utf8");
    const isPlayed = (wanted: Row): boolean =>
      results.rows.some(({ story, kind, phase }) => story === wanted.story.name && kind === wanted.kind && phase === wanted.phase);
    const unsaid = rowsOf(stories).filter((one) => !isPlayed(one) && !page.includes(`- ${one.story.name}, ${one.kind}, ${one.phase}`));
    expect(unsaid.map(({ story, kind, phase }) => `${story.name} ${kind} ${phase}: npm run matrix -- --page-from-results`)).toEqual([]);
  });

  test("says of a row that it was not played", () => {
    const all = rowsOf(stories);
    expect(pageOf({ seed: 7, rows: [] }, all.slice(0, 1))).toContain(`- ${all[0]!.story.name}, ${all[0]!.kind}, ${all[0]!.phase}`);
  });

  test.each(results.rows)("$story, $kind, $phase: holds under all that struck it", ({ problems, strikes, cells }) => {
    expect(problems).toEqual([]);
    expect(Object.keys(cells).every((name) => columns.some((column) => column.name === name))).toBe(true);
    expect(strikes).toBeGreaterThan(0);
  });
});

const row = (story: string, more: Partial<RowRecord> = {}): RowRecord => ({
  story,
  kind: "account",
  phase: "grace",
  undisturbed: "OutageAvoided",
  cells: { "503": { OutageAvoided: 2, "Escalated (NotPermitted)": 1 } },
  strikes: 3,
  trials: 2,
  problems: [],
  seconds: 30,
  ...more,
});

describe("what is kept of a row", () => {
  test("takes the place of what it came to before, in the order of the stories", () => {
    const before = { seed: 7, rows: [row("b"), row("gone")] };
    const after = withRow(withRow(before, row("a"), ["a", "b"]), row("b", { strikes: 9 }), ["a", "b"]);
    expect(after.rows.map(({ story, strikes }) => [story, strikes])).toEqual([
      ["a", 3],
      ["b", 9],
    ]);
  });

  test("is out of date where it is not there or was played with other code", () => {
    const [one, two, three, four] = rowsOf(stories);
    const of = ({ story, kind, phase }: Row, playedWith: string): RowRecord => row(story.name, { kind, phase, playedWith });
    const kept = { seed: 7, rows: [of(one!, "now"), of(two!, "then"), row(three!.story.name, { kind: three!.kind, phase: three!.phase })] };
    // What was never played comes first.
    expect(outdatedIn(kept, [one!, two!, three!, four!], () => "now")).toEqual([four, two, three]);
  });

  test("shows on the page with its counts, and with what does not hold", () => {
    const page = pageOf({ seed: 7, rows: [row("a", { problems: ["a, account, grace, 503 at GET x: wrote twice"] })] }, []);
    expect(page).toContain("OutageAvoided 2<br>Escalated (NotPermitted) 1");
    expect(page).toContain("1 do not hold.");
    expect(page).toContain("- a, account, grace, 503 at GET x: wrote twice");
  });
});
