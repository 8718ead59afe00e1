import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { AuditRow } from "../../sandbox/running/app-api.ts";
import { nextOf, pageOf, type Results, type RowRecord, SEEDS, slowIn, toldOf, withPlay } from "../../scripts/detection/page.ts";
import { type Detection, firstNaming } from "../../scripts/detection/play.ts";
import { SILENT, type Way, ways } from "../../scripts/detection/ways.ts";
import { causes } from "../../src/domain/causes/index.ts";

const results: Results = JSON.parse(await readFile("docs/coverage-results.json", "utf8"));

describe("the page of detection coverage", () => {
  test("is what `npm run detection -- --page-from-results` writes", async () => {
    const isSame = (await readFile("docs/coverage.md", "utf8")) === pageOf(results, ways);
    expect(isSame, "docs/coverage.md is out of date: npm run detection -- --page-from-results").toBe(true);
  });

  test.each(causes)("has a row for $code, with each kind of database that shows it", ({ code }) => {
    const wanted = ways.filter(({ cause }) => cause === code).map(({ story, kind }) => `${story.name} ${kind}`);
    const played = results.rows.filter(({ cause }) => cause === code).map(({ story, kind }) => `${story} ${kind}`);
    expect(wanted.length, `no story shows ${code}`).toBeGreaterThan(0);
    expect(played, `npm run detection -- --cause ${code}`).toEqual(wanted);
  });

  test.each(results.rows)("$cause by $story, $kind: over all seeds, and never unseen", ({ withEvents, without }) => {
    for (const { ms, by } of [withEvents, without]) {
      expect(ms).toHaveLength(SEEDS);
      expect(ms).not.toContain(null);
      expect(Object.values(by).reduce((sum, count) => sum + count, 0)).toBe(SEEDS);
    }
  });

  test("has every cause seen within the time promised, with events and without", () => {
    expect(slowIn(results).map(({ cause, story, kind }) => `${cause} ${story} ${kind}`)).toEqual([]);
  });

  test("knows why no event tells of a cause, where none does, and claims it of no other", () => {
    const { byEvent, silent } = toldOf(results);
    expect([...silent].filter((cause) => !SILENT[cause])).toEqual([]);
    expect([...byEvent].filter((cause) => SILENT[cause])).toEqual([]);
  });

  test("without events nothing is led to by one", () => {
    expect(toldOf({ rows: results.rows.map((row) => ({ ...row, withEvents: row.without })) }).byEvent.size).toBe(0);
  });
});

const [way, other] = ways.filter(({ cause }) => cause === "AccessMissing") as [Way, Way];
const seen = (ms: number | null, by = "sweep"): Detection => ({ ms, by });
const none: Results = { rows: [] };
const once = withPlay(none, { way, withEvents: seen(2_000, "A/write"), without: seen(200_000) }, "now", [way, other]);
const row = (over: Partial<RowRecord>): Results => ({ rows: [{ ...once.rows[0]!, ...over }] });

describe("what is kept of a play", () => {
  test("is added to its row, in the order of the ways", () => {
    const twice = withPlay(once, { way, withEvents: seen(4_000, "A/write"), without: seen(null, "nothing") }, "now", [way, other]);
    expect(twice.rows[0]).toMatchObject({
      withEvents: { ms: [2_000, 4_000], by: { "A/write": 2 } },
      without: { ms: [200_000, null], by: { sweep: 1, nothing: 1 } },
    });
    const both = withPlay(twice, { way: other, withEvents: seen(1), without: seen(1) }, "now", [other, way]);
    expect(both.rows.map(({ kind, story }) => [kind, story])).toEqual([other, way].map(({ kind, story }) => [kind, story.name]));
  });

  test("goes where the code is other, and where there is no such way any more", () => {
    const anew = withPlay(once, { way, withEvents: seen(1), without: seen(1) }, "later", [way]);
    expect(anew.rows[0]!.withEvents.ms).toEqual([1]);
    expect(withPlay(once, { way: other, withEvents: seen(1), without: seen(1) }, "now", [other]).rows).toHaveLength(1);
  });

  test("says what is played next: what has the fewest seeds, with the next of them, until all are there", () => {
    const ask = (known: Results, all: readonly Way[], code = "now") => nextOf(known, all, () => code);
    expect(ask(once, [way, other])).toEqual({ way: other, seed: 1 });
    expect(ask(once, [way])).toEqual({ way, seed: 2 });
    expect(ask(once, [way], "later")).toEqual({ way, seed: 1 });
    const full = { ms: Array.from({ length: SEEDS }, () => 1), by: { sweep: SEEDS } };
    expect(ask(row({ withEvents: full, without: full }), [way])).toBeUndefined();
  });
});

describe("the page", () => {
  const page = (over: Partial<RowRecord>): string => pageOf(row(over), [way]);

  test("shows who told first, and the percentiles", () => {
    const withEvents = { ms: [1_000, 2_000, 90_000], by: { "A/write": 2, sweep: 1 } };
    expect(page({ withEvents })).toContain(
      "| `A/write` 2<br>the screening 1 | its break | 2 s / 1 min 30 s | 3 min 20 s / 3 min 20 s | yes | 3 |",
    );
  });

  test.each([
    ["late with events", { withEvents: { ms: [300_001], by: { sweep: 1 } } }, "5 min (p95)"],
    ["late without", { without: { ms: [400_000], by: { sweep: 1 } } }, "6 min 40 s (p95)"],
    ["never", { without: { ms: [null], by: { nothing: 1 } } }, "never (p95)"],
  ])("says what is %s", (_what, over, text) => {
    expect(slowIn(row(over))).toHaveLength(1);
    expect(page(over)).toContain(text);
    expect(page(over)).toContain("**1 are slower");
  });

  test("says that nothing is slow where the limit is just kept", () => {
    expect(slowIn(row({ without: { ms: [300_000], by: { sweep: 1 } } }))).toEqual([]);
  });

  test("lists with its source what no event told of, and what is not played to the end", () => {
    const silent = ways.find(({ cause }) => cause === "KeyDisabled")!;
    const played = withPlay(none, { way: silent, withEvents: seen(1), without: seen(1) }, "now", [silent]);
    const text = pageOf(played, [silent, way]);
    expect(text).toContain(`- \`KeyDisabled\`: ${SILENT.KeyDisabled!.why} (${SILENT.KeyDisabled!.source}).`);
    for (const { cause, story, kind } of [silent, way]) expect(text).toContain(`- ${cause}, ${story.name}, ${kind}`);
    expect(pageOf(once, [way])).toContain("Nothing: of each an event told first.");
  });
});

describe("when a cause was named, and what led to it", () => {
  const audited = (entryId: string, kind: string, at: string, data: unknown): AuditRow => ({
    schema: 2,
    entryId,
    kind,
    what: "",
    data,
    at,
    actor: "keymend",
    seq: 1,
    prev: "",
    hash: "",
  });
  const told = (turn: number, source: string, what: string, at: string): AuditRow =>
    audited(`${turn}-signal-${what}`, "signal", "2026-11-02T10:00:00Z", { id: what, source, what, at, scope: {}, caller: null });
  const found = (turn: number, at: string, ...codes: string[]): AuditRow =>
    audited(`${turn}-diagnosis`, "diagnosis", at, { causes: codes.map((code) => ({ code, targetIds: [] })), targets: [] });

  test("is its first diagnosis, with the earliest signal of that turn", () => {
    const audit = [
      told(0, "event", "B/write", "2026-11-02T09:59:02Z"),
      told(0, "event", "A/write", "2026-11-02T09:59:01.5Z"),
      found(0, "2026-11-02T10:00:00Z", "KeyExpired"),
      found(1, "2026-11-02T10:01:00Z", "KeyExpired"),
    ];
    expect(firstNaming(audit, "KeyExpired")).toEqual({ at: Date.parse("2026-11-02T10:00:00Z"), by: "A/write" });
  });

  test("is another cause's none, and no signal's of another turn", () => {
    const audit = [
      told(0, "event", "A/write", "2026-11-02T09:59:00Z"),
      found(0, "2026-11-02T10:00:00Z", "AccessMissing"),
      audited("1-verification", "verification", "2026-11-02T10:05:00Z", { causes: [{ code: "Revalidating" }], targets: [] }),
    ];
    expect(firstNaming(audit, "KeyExpired")).toBeUndefined();
    expect(firstNaming(audit, "Revalidating")).toEqual({ at: Date.parse("2026-11-02T10:05:00Z"), by: "its own next look" });
  });

  test("is told by no signal that is only counted or read in a log", () => {
    const audit = [
      audited("0-signal-more", "signal", "2026-11-02T10:00:00Z", { ids: ["x"] }),
      audited("0-signal-the activity log", "signal", "2026-11-02T10:00:00Z", [{ objectId: "x" }]),
      found(0, "2026-11-02T10:00:00Z", "KeyExpired"),
    ];
    expect(firstNaming(audit, "KeyExpired")?.by).toBe("its own next look");
  });
});
