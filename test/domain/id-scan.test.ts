import { describe, expect, test } from "vitest";
import {
  type IdPage,
  type Later,
  MOST_CONTAINERS,
  MOST_FOUND,
  newScan,
  nextContainers,
  nextSliceAt,
  progressOf,
  restAfterMs,
  type ScanState,
  SIDE_BY_SIDE,
  SURELY_SHORT_CHARACTERS,
  withContainers,
  withLater,
  withoutContainer,
  withPage,
  withUnreadable,
} from "../../src/domain/id-scan.ts";
import { ACCOUNT_ID, NOW } from "../support/builders.ts";
import { after } from "../support/turns.ts";

const listed = (count: number, documents: number | null = 100) =>
  Array.from({ length: count }, (_, i) => ({ database: "db", container: `c${i}`, paths: ["/id"], documents }));

const begun = (count = 2, documents: number | null = 100): ScanState =>
  withContainers(newScan(ACCOUNT_ID, NOW), listed(count, documents), NOW);

const page = (over: Partial<IdPage> = {}): IdPage => ({ long: [], charge: 5, looked: 50, token: "t1", ...over });
const long = (bytes: number, id = "x".repeat(bytes)) => ({ partitionKey: '["a"]', bytes, id });
const busy: Later = { busy: true, askedMs: null, detail: "429" };

const first = (state: ScanState) => state.containers![0]!;
const done = (state: ScanState, i: number): ScanState => withPage(state, state.containers![i]!, page({ token: null }), NOW, 0);

test("an id of more than 990 bytes has more characters than are left out (UTF-8: four bytes a character at the most)", () => {
  expect(Buffer.byteLength("😀".repeat(SURELY_SHORT_CHARACTERS), "utf8")).toBeLessThanOrEqual(990);
  expect(Buffer.byteLength("😀".repeat(SURELY_SHORT_CHARACTERS + 1), "utf8")).toBeGreaterThan(990);
});

describe("a scan", () => {
  test("is begun at once, and lists containers before it reads them", () => {
    expect(nextSliceAt(null, NOW)).toBe(NOW);
    expect(nextSliceAt(newScan(ACCOUNT_ID, NOW), NOW)).toBe(NOW);
    expect(nextContainers(newScan(ACCOUNT_ID, NOW), NOW)).toEqual([]);
  });

  test("goes on where a container stood, and is done when all are", () => {
    const one = withPage(begun(), begun().containers![0]!, page(), NOW, 0);
    expect(first(one)).toMatchObject({ looked: 50, token: "t1", done: false });
    const all = done(done(one, 0), 1);
    expect(all).toMatchObject({ doneAt: NOW, requestUnits: 15 });
    expect(nextSliceAt(all, NOW)).toBeNull();
  });

  test("of an account without a container is done", () => {
    expect(begun(0).doneAt).toBe(NOW);
  });

  test("keeps what is found as long as it is bounded, and counts the rest", () => {
    const many = Array.from({ length: MOST_FOUND + 1 }, () => long(991));
    const state = withPage(begun(), first(begun()), page({ long: many }), NOW, 0);
    expect([state.found.length, state.foundCount]).toEqual([MOST_FOUND, MOST_FOUND + 1]);
    expect(state.found[0]).toEqual({ database: "db", container: "c0", partitionKey: '["a"]', bytes: 991, id: "x".repeat(200) });
  });

  test("takes a few containers at a time, in their order", () => {
    expect(nextContainers(begun(20), NOW).map(({ container }) => container)).toEqual(
      listed(SIDE_BY_SIDE).map(({ container }) => container),
    );
    expect(nextContainers(done(begun(20), 0), NOW)[0]?.container).toBe("c1");
  });

  test("of more containers than are kept is refused, not cut", () => {
    expect(begun(MOST_CONTAINERS + 1).unreadable?.detail).toContain("2000 are scanned at the most");
  });

  test("passes over a container that was deleted meanwhile", () => {
    expect(withoutContainer(begun(1), first(begun(1)), NOW)).toMatchObject({ doneAt: NOW, foundCount: 0 });
  });
});

describe("who is asked to wait", () => {
  test("waits longer each time, and as long as the service asks", () => {
    const once = withLater(begun(1), first(begun(1)), busy, NOW);
    expect(nextSliceAt(once, NOW)).toBe(after(1 / 60));
    expect(nextContainers(once, NOW)).toEqual([]);
    const twice = withLater(once, first(once), busy, NOW);
    expect(first(twice).rest).toEqual({ until: after(2 / 60), count: 2 });
    expect(first(withLater(begun(1), first(begun(1)), { ...busy, askedMs: 90_000 }, NOW)).rest?.until).toBe(after(1.5));
    expect(nextContainers(once, after(1))).toHaveLength(1);
  });

  test("comes as soon as one of them may", () => {
    const one = withLater(begun(), first(begun()), { ...busy, askedMs: 60_000 }, NOW);
    expect(nextSliceAt(one, NOW)).toBe(NOW);
    const both = withLater(one, one.containers![1]!, { ...busy, askedMs: 120_000 }, NOW);
    expect(nextSliceAt(both, NOW)).toBe(after(1));
  });

  test("waits for the application for ever, and for a service that does not answer not", () => {
    const tried = (later: Later): ScanState =>
      Array.from({ length: 20 }).reduce<ScanState>((state) => withLater(state, first(state), later, NOW), begun(1));
    expect(tried(busy).unreadable).toBeNull();
    expect(first(tried(busy)).rest?.until).toBe(after(64 / 60));
    expect(tried({ ...busy, busy: false, detail: "503: out" }).unreadable).toEqual({
      why: "unusable",
      detail: "no answer came 20 times: 503: out",
    });
  });

  test("waits for the list as for a page", () => {
    const state = withLater(newScan(ACCOUNT_ID, NOW), null, { ...busy, askedMs: 60_000 }, NOW);
    expect([nextSliceAt(state, NOW), nextSliceAt(state, after(1))]).toEqual([after(1), after(1)]);
  });

  test("takes no more than its share", () => {
    expect(restAfterMs(50, 100)).toBe(500);
    const dear = withPage(begun(1), first(begun(1)), page(), NOW, 90_000);
    expect([nextSliceAt(dear, NOW), nextContainers(dear, NOW)]).toEqual([after(1.5), []]);
    expect(nextSliceAt(dear, after(1.5))).toBe(after(1.5));
    // It was answered: that it rests is no failure.
    expect(first(withLater(dear, first(dear), busy, after(1.5))).rest?.count).toBe(1);
  });
});

describe("how far it is", () => {
  test("is told by documents, with how long it will take", () => {
    const state = withPage(begun(), first(begun()), page(), NOW, 0);
    expect(progressOf(state, after(1))).toEqual({ percent: 25, etaSeconds: 180 });
    expect(progressOf(done(state, 0), after(1))).toEqual({ percent: 50, etaSeconds: 60 });
  });

  test("is told by containers where nobody knows how many documents there are", () => {
    expect(progressOf(done(begun(4, null), 0), after(1))).toEqual({ percent: 25, etaSeconds: 180 });
  });

  test.each<[what: string, state: ScanState | null, percent: number | null]>([
    ["before it is begun", null, null],
    ["before it is listed", newScan(ACCOUNT_ID, NOW), null],
    ["of nothing", begun(0), null],
    ["at its beginning", begun(), 0],
    ["of containers that are empty", begun(1, 0), 100],
  ])("%s", (_, state, percent) => {
    expect(progressOf(state, NOW).percent).toBe(percent);
  });

  test("a scan that can't go on is over", () => {
    expect(nextSliceAt(withUnreadable(begun(), { why: "denied", detail: "403" }), NOW)).toBeNull();
  });
});
