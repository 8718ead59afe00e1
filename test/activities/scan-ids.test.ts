import { describe, expect, test } from "vitest";
import { createScanIds, type IdReader, type ScanDeps, type ScanInput } from "../../src/activities/scan-ids.ts";
import { type IdPage, newScan, type ScanState, withContainers, withUnreadable } from "../../src/domain/id-scan.ts";
import { ACCOUNT_ID, NOW } from "../support/builders.ts";
import { Died, fakeEdges, transient } from "../support/fakes.ts";
import { after, PATIENT } from "../support/turns.ts";

const ENDPOINT = "https://orders.documents.azure.com:443/";
const LISTED = ["a", "b"].map((container) => ({ database: "db", container, paths: ["/id"], documents: 10 }));
const page = (token: string | null, over: Partial<IdPage> = {}): IdPage => ({ long: [], charge: 50, looked: 5, token, ...over });

/** pages: by container, what each request is answered, in turn; the last again and again. */
function setUp(pages: Record<string, Awaited<ReturnType<IdReader["readPage"]>>[]>, over: Partial<IdReader> = {}) {
  const { deps, lines } = fakeEdges();
  const kept: { state: ScanState | null } = { state: null };
  const asked: string[] = [];
  const slept: number[] = [];
  const clock = { at: Date.parse(NOW) };
  const all: ScanDeps = {
    ids: {
      listContainers: async () => LISTED,
      readPage: async (_, { container, token }) => {
        asked.push(`${container} ${token ?? "-"}`);
        const left = pages[container]!;
        return left.length > 1 ? left.shift()! : left[0]!;
      },
      ...over,
    },
    scans: { load: async () => structuredClone(kept.state), keep: async (_, state) => void (kept.state = structuredClone(state)) },
    sleep: async (ms) => {
      slept.push(ms);
      clock.at += ms;
    },
    now: () => new Date(clock.at),
    log: deps.log,
  };
  const input = (wanted: Partial<ScanInput["scan"]["wanted"]> = {}): ScanInput => ({
    patient: PATIENT,
    incidentId: "i1",
    scan: {
      wishId: "w1",
      wanted: { accountId: ACCOUNT_ID, endpoint: ENDPOINT, requestUnits: 100, ...wanted },
      dueAt: NOW,
      progress: { percent: null, etaSeconds: null },
    },
  });
  const scan = (wanted?: Partial<ScanInput["scan"]["wanted"]>, deps2: Partial<ScanDeps> = {}) =>
    createScanIds({ ...all, ...deps2 })(input(wanted));
  return { scan, kept, asked, slept, lines, clock };
}

describe("a slice", () => {
  test("lists the containers, reads them side by side to their ends and keeps what it found", async () => {
    const long = [{ partitionKey: '["x"]', bytes: 991, id: "y" }];
    const { scan, kept, asked, lines } = setUp({ a: [page("1"), page(null)], b: [page(null, { long })] });
    expect(await scan()).toEqual({ kind: "scanned" });
    expect(asked).toEqual(["a -", "b -", "a 1"]);
    expect(kept.state).toMatchObject({
      doneAt: after(0.5 / 60),
      foundCount: 1,
      requestUnits: 150,
      found: [{ container: "b", bytes: 991 }],
    });
    expect(lines.at(-1)).toMatchObject({
      event: "scanned",
      fields: { text: "document ids: 2 of 2 containers, 1 too long, 150 request units" },
    });
  });

  test("rests after each page for as long as its share asks, and ends after 20 s of that", async () => {
    const { scan, kept, slept, asked } = setUp({ a: [page("more")], b: [page(null)] });
    await scan({ requestUnits: 10 });
    expect(slept).toEqual([5000, 5000, 5000]);
    expect(asked.filter((one) => one.startsWith("a"))).toHaveLength(4);
    expect(kept.state).toMatchObject({ doneAt: null, containers: [{ token: "more", looked: 20 }, { done: true }] });
  });

  test("leaves a container alone for as long as a dear page asks, over however many slices", async () => {
    const { scan, kept, slept, asked, clock } = setUp({ a: [page("more", { charge: 5_000 })], b: [page(null)] });
    await scan();
    expect(slept).toEqual([]);
    expect(kept.state?.containers?.[0]?.rest?.until).toBe(after(50 / 60));
    await scan();
    expect(asked).toEqual(["a -", "b -"]);
    clock.at += 50_000;
    await scan();
    expect(asked).toEqual(["a -", "b -", "a more"]);
  });

  test("ends after 100 pages of a container, however little they cost", async () => {
    const { scan, asked } = setUp({ a: [page("more", { charge: 0 })], b: [page(null)] });
    await scan();
    expect(asked.filter((one) => one.startsWith("a"))).toHaveLength(100);
  });

  test("goes on where the one before ended, also where that died: nothing is kept twice", async () => {
    const long = [{ partitionKey: '["x"]', bytes: 991, id: "y" }];
    const { scan, kept, asked } = setUp({ a: [page(null, { long })], b: [page(null)] });
    await expect(scan({}, { scans: { load: async () => null, keep: async () => Promise.reject(new Died()) } })).rejects.toThrow(Died);
    await scan();
    expect(asked).toEqual(["a -", "b -", "a -", "b -"]);
    expect(kept.state?.foundCount).toBe(1);
  });

  test("that dies in the middle, or runs twice, goes on from the token that was kept last", async () => {
    const long = (id: string) => ({ long: [{ partitionKey: "[]", bytes: 991, id }] });
    const dear = { charge: 2000 };
    const { scan, kept, asked, clock } = setUp({
      a: [page("1", { ...dear, ...long("x") }), page("2", { ...dear, ...long("y") }), page("2", { ...dear, ...long("y") }), page(null)],
      b: [page(null)],
    });
    await scan();
    clock.at += 60_000;
    await expect(
      scan({}, { scans: { load: async () => structuredClone(kept.state), keep: async () => Promise.reject(new Died()) } }),
    ).rejects.toThrow(Died);
    clock.at += 60_000;
    await scan();
    clock.at += 60_000;
    await scan();
    expect(asked).toEqual(["a -", "b -", "a 1", "a 1", "a 2"]);
    expect(kept.state).toMatchObject({ foundCount: 2, found: [{ id: "x" }, { id: "y" }] });
    expect(kept.state?.doneAt).not.toBeNull();
  });

  test("leaves a container alone that asks for it, and one that is gone for good", async () => {
    const { scan, kept } = setUp({ a: [{ busy: true, askedMs: 3000, detail: "429" }], b: ["gone"] });
    await scan();
    expect(kept.state?.containers).toMatchObject([{ rest: { until: after(3 / 60), count: 1 } }, { done: true }]);
  });

  test("ends with what can't be read", async () => {
    const { scan, kept, asked } = setUp({ a: [page("1")], b: [{ why: "denied", detail: "403" }] });
    await scan();
    expect(kept.state?.unreadable).toEqual({ why: "denied", detail: "403" });
    asked.splice(0);
    await scan();
    expect(asked).toEqual([]);
  });
});

test.each<[what: string, listed: Awaited<ReturnType<IdReader["listContainers"]>>, state: object]>([
  ["no right to list", { why: "denied", detail: "403" }, { unreadable: { why: "denied" } }],
  ["no answer", { busy: false, askedMs: null, detail: "503" }, { rest: { count: 1 }, unreadable: null }],
  ["nothing to list", [], { doneAt: NOW }],
])("%s", async (_, listed, state) => {
  const { scan, kept, lines } = setUp({}, { listContainers: async () => listed });
  expect(await scan()).toEqual({ kind: "scanned" });
  expect(kept.state).toMatchObject(state);
  expect(lines).toHaveLength(1);
});

test("an account that tells no endpoint can't be scanned", async () => {
  const { scan, kept } = setUp({});
  await scan({ endpoint: null });
  expect(kept.state?.unreadable).toEqual({ why: "unusable", detail: "the account tells no endpoint" });
});

test("what is listed is not listed again", async () => {
  const { scan, kept } = setUp({ a: [page(null)], b: [page(null)] }, { listContainers: async () => Promise.reject(new Died()) });
  kept.state = withContainers(newScan(ACCOUNT_ID, NOW), LISTED, NOW);
  await scan();
  expect(kept.state?.doneAt).toBe(NOW);
  kept.state = withUnreadable(newScan(ACCOUNT_ID, NOW), { why: "denied", detail: "403" });
  expect(await scan()).toEqual({ kind: "scanned" });
});

test("storage that does not answer is asked again", async () => {
  const { scan } = setUp({});
  expect(await scan({}, { scans: { load: async () => Promise.reject(transient(2000)), keep: async () => undefined } })).toMatchObject({
    kind: "again",
    afterMs: 2000,
  });
});
