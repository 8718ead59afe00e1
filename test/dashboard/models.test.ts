/** What the dashboard reckons before it draws anything. */
import { describe, expect, test } from "vitest";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import type { StepName } from "../../src/domain/steps/step.ts";
import { HOUR, MINUTE, toMs } from "../../src/domain/time.ts";
import type { IncidentRow, Target } from "../../src/dashboard/model/answers.ts";
import { changeOf } from "../../src/dashboard/model/change.ts";
import { countByPhase, graphOf, matching, worstFirst } from "../../src/dashboard/model/fleet.ts";
import { graceOf, lastWriteAt } from "../../src/dashboard/model/grace.ts";
import { barsOf, countByOutcome, percentile, timesToFix } from "../../src/dashboard/model/numbers.ts";
import { WISH } from "../../src/api/wish-body.ts";
import { bodyOf, FORMS, isWhole } from "../../src/dashboard/model/operations.ts";
import { delayOf } from "../../src/dashboard/model/poll.ts";
import { runwayOf } from "../../src/dashboard/model/runway.ts";
import { toneOf, worstPhase } from "../../src/dashboard/model/severity.ts";
import { verifyRows } from "../../src/dashboard/model/verify.ts";
import { clockOf, count, fromNow, nameIn, placeIn, sinceStart, spaced, timeOf } from "../../src/dashboard/model/words.ts";
import { extendChain } from "../../src/storage/audit-chain.ts";

const AT = "2026-11-02T09:00:00.000Z";
const NOW = toMs(AT);

describe("words", () => {
  test.each([
    [0, "00:00"],
    [1, "00:01"],
    [52 * MINUTE + 10_000, "52:10"],
    [HOUR + 1000, "1:00:01"],
    [-5, "00:00"],
  ])("%i ms left read %s", (ms, text) => expect(clockOf(ms)).toBe(text));

  test.each([
    ["2026-11-02T08:57:30.000Z", "2 min ago"],
    ["2026-11-02T11:00:00.000Z", "in 2 h"],
    ["2026-11-02T09:00:00.400Z", "now"],
    ["2026-10-30T09:00:00.000Z", "3 d ago"],
  ])("%s is %s", (iso, text) => expect(fromNow(iso, NOW)).toBe(text));

  test("are short for what is long", () => {
    expect(nameIn("/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-orders")).toBe("kv-orders");
    expect(nameIn("inventory")).toBe("inventory");
    expect(placeIn("https://kv-orders.vault.azure.net/keys/cmk/0f3a91c2aaaaaaaaaaaaaaaaaaaaaaaa")).toBe("kv-orders/cmk/0f3a91c2");
    expect(spaced("AccessMissing")).toBe("access missing");
    expect([count(1, "row"), count(2000, "row")]).toEqual(["1 row", "2,000 rows"]);
    expect([timeOf(AT), sinceStart("2026-11-02T09:01:04.000Z", AT)]).toEqual(["2026-11-02 09:00:00", "+01:04"]);
  });
});

describe("severity", () => {
  test("the worst phase is the one that is told", () => {
    expect(worstPhase(["healthy", "inGrace", "atRisk"])).toBe("inGrace");
    expect(worstPhase([])).toBe("healthy");
    expect(toneOf("Escalated")).toBe("bad");
  });
});

describe("the grace clock", () => {
  const database = (phase: "inGrace" | "recovering" | "revoked" | "healthy", id = phase) => ({ id, phase }) as never;
  const incident = (targets: never[], applied: never[] = [], state: "working" | "closed" = "working") => ({
    since: AT,
    state,
    targets,
    applied,
  });

  test("runs to an hour after the trouble began, for those that the service has not noticed", () => {
    const grace = graceOf(incident([database("revoked"), database("inGrace")]), NOW + 15 * MINUTE);
    expect(grace).toEqual({
      kind: "running",
      of: ["inGrace"],
      since: AT,
      until: "2026-11-02T10:00:00.000Z",
      leftMs: 45 * MINUTE,
      share: 0.25,
    });
  });

  test("after the repair it runs to an hour after that", () => {
    const done = [
      { result: "done", at: "2026-11-02T09:10:00.000Z" },
      { result: "done", at: "2026-11-02T09:05:00.000Z" },
      { result: "failed", at: "2026-11-02T09:30:00.000Z" },
    ] as never[];
    expect(lastWriteAt({ applied: done })).toBe("2026-11-02T09:10:00.000Z");
    expect(graceOf(incident([database("recovering")], done), NOW + 20 * MINUTE)).toMatchObject({ kind: "waiting", leftMs: 50 * MINUTE });
    expect(graceOf(incident([database("recovering")]), NOW + 2 * HOUR)).toMatchObject({ since: AT, leftMs: 0, share: 1 });
  });

  test.each([
    ["of what has been noticed", incident([database("revoked")])],
    ["of what is well", incident([database("healthy")])],
    ["of what has ended", incident([database("inGrace")], [], "closed")],
  ])("there is none %s", (_, one) => expect(graceOf(one, NOW)).toBeNull());
});

describe("a step as before and after", () => {
  const said = { az: [], undo: null, about: null };

  test.each(Object.keys(stepSpecs))("%s says both, and they differ", (name) => {
    const { before, after } = changeOf({ name, ...said });
    expect(before.length).toBeGreaterThan(5);
    expect(after).not.toBe(before);
    expect(before).not.toBe("as it is");
  });

  test("tells the values of its own command line and of its way back", () => {
    const name: StepName = "ExtendKeyExpiry";
    const az = ["az keyvault key set-attributes --id https://v/keys/k/1 --expires 2027-02-01T00:00:00Z"];
    const undo = "set the expiry back to 2026-11-10T00:00:00Z; if that has passed, the key stops wrapping at once";
    expect(changeOf({ name, az, undo, about: null })).toEqual({
      before: "expires 2026-11-10T00:00:00Z",
      after: "expires 2027-02-01T00:00:00Z",
    });
    const quoted = changeOf({
      ...said,
      name: "SetDefaultIdentity",
      az: ["az cosmosdb update --default-identity 'UserAssignedIdentity=/x y'"],
    });
    expect(quoted.after).toBe("it reaches for its key as UserAssignedIdentity=/x y");
  });

  test("of one that only a newer app knows, the command lines tell", () => {
    expect(changeOf({ name: "PaintItBlue", ...said }).after).toBe("as its command lines say");
  });
});

const target = (name: string, over: Partial<Target> = {}): Target => ({
  id: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.DocumentDB/databaseAccounts/${name}`,
  kind: "account",
  vaultId: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-${name[0]}`,
  keyUri: `https://kv-${name[0]}.vault.azure.net/keys/cmk`,
  identityIds: [`/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-${name[0]}`],
  phase: "healthy",
  expiresOn: null,
  armed: { state: "armed", why: null },
  lastLookAt: AT,
  openIncidentId: null,
  ...over,
});

describe("the fleet", () => {
  const names = (targets: readonly Target[]): string[] => targets.map(({ id }) => nameIn(id));

  test("has what is worst first, then what can't be judged, then what is well", () => {
    const targets = [
      target("b1"),
      target("a1"),
      target("c1", { phase: null }),
      target("d1", { phase: "atRisk" }),
      target("e1", { phase: "revoked" }),
      target("f1", { phase: "inGrace" }),
      target("z1", { openIncidentId: "i1" }),
    ];
    expect(names(worstFirst(targets))).toEqual(["e1", "f1", "d1", "c1", "z1", "a1", "b1"]);
    expect(countByPhase(targets)).toEqual([
      ["revoked", 1],
      ["inGrace", 1],
      ["recovering", 0],
      ["atRisk", 1],
      [null, 1],
      ["healthy", 3],
    ]);
  });

  test("is searched by every word", () => {
    const targets = [target("a1"), target("b1", { kind: "cluster", phase: "revoked" }), target("b2")];
    expect(names(matching(targets, ""))).toEqual(["a1", "b1", "b2"]);
    expect(names(matching(targets, " KV-B  revoked"))).toEqual(["b1"]);
    expect(names(matching(targets, "nothing"))).toEqual([]);
  });

  test("is a graph in which what is shared stands once", () => {
    const { nodes, edges, rows } = graphOf([target("a1"), target("a2"), target("b1", { identityIds: [], keyUri: null, phase: null })], 10);
    expect(nodes.map(({ column, name }) => `${column} ${name}`)).toEqual([
      "0 kv-a",
      "1 cmk",
      "3 a1",
      "2 id-a",
      "3 a2",
      "0 kv-b",
      "1 no key",
      "3 b1",
      "2 first party",
    ]);
    expect(edges).toHaveLength(7);
    expect(rows).toBe(3);
    const mixed = graphOf([target("b1"), target("a1"), target("b2")], 10).nodes.filter(({ column }) => column === 3);
    expect(mixed.map(({ name }) => name)).toEqual(["b1", "b2", "a1"]);
    expect(graphOf([target("a1"), target("b1")], 1).nodes).toHaveLength(4);
    expect(graphOf([], 1)).toEqual({ nodes: [], edges: [], rows: 0 });
  });
});

describe("the runway", () => {
  // A Monday, at nine.
  const until = (name: string, expiresOn: string | null): Target => target(name, { expiresOn });

  test("is a calendar of 90 days from today on, in weeks that begin on Monday", () => {
    const { cells } = runwayOf([], NOW);
    expect(cells).toHaveLength(90);
    expect(cells[0]).toEqual({ day: "2026-11-02", week: 0, weekday: 0, count: 0, level: 0 });
    expect(cells.at(-1)).toMatchObject({ day: "2027-01-30", week: 12, weekday: 5 });
    expect(runwayOf([], NOW + 5 * 24 * HOUR).cells.slice(0, 3)).toMatchObject([
      { day: "2026-11-07", week: 0, weekday: 5 },
      { week: 0, weekday: 6 },
      { day: "2026-11-09", week: 1, weekday: 0 },
    ]);
  });

  test.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [4, 2],
    [5, 3],
    [19, 3],
    [20, 4],
    [500, 4],
  ])("a day on which %i end is of shade %i", (n, level) => {
    const targets = Array.from({ length: n }, (_, i) => until(`a${i}`, "2026-11-04T23:59:59.000Z"));
    expect(runwayOf(targets, NOW).cells[2]).toMatchObject({ day: "2026-11-04", count: n, level });
  });

  test.each<[string, string | null, object]>([
    ["a second ago", "2026-11-02T08:59:59.000Z", { endings: [{ day: "2026-11-02", isPast: true }] }],
    ["long ago", "2025-01-01T00:00:00.000Z", { endings: [{ day: "2025-01-01", isPast: true }] }],
    ["later today", "2026-11-02T09:00:01.000Z", { endings: [{ day: "2026-11-02", isPast: false }] }],
    ["on the last day", "2027-01-30T23:59:59.000Z", { endings: [{ day: "2027-01-30", isPast: false }] }],
    ["the day after that", "2027-01-31T00:00:00.000Z", { endings: [], later: 1 }],
    ["never, or nobody knows", null, { endings: [], later: 0, undated: 1 }],
  ])("counts a database whose key runs out %s in one place", (_, expiresOn, expected) => {
    const runway = runwayOf([until("a1", expiresOn)], NOW);
    expect(runway).toMatchObject(expected);
    const listed = runway.endings.reduce((sum, { targets }) => sum + targets.length, 0);
    expect(listed + runway.later + runway.undated).toBe(1);
    expect(runway.cells.reduce((sum, { count: n }) => sum + n, 0)).toBe(runway.endings.filter(({ isPast }) => !isPast).length);
  });

  test("lists what ran out first, then day by day with all of a day", () => {
    const { endings } = runwayOf(
      [
        until("c1", "2026-11-20T00:00:00.000Z"),
        until("a1", "2026-11-03T00:00:00.000Z"),
        until("b1", "2026-11-20T12:00:00.000Z"),
        until("d1", "2026-10-01T00:00:00.000Z"),
      ],
      NOW,
    );
    expect(endings.map(({ day, targets }) => [day, ...targets.map(({ id }) => nameIn(id))])).toEqual([
      ["2026-10-01", "d1"],
      ["2026-11-03", "a1"],
      ["2026-11-20", "c1", "b1"],
    ]);
  });
});

describe("the numbers", () => {
  const row = (outcome: IncidentRow["outcome"], minutes: number | null): IncidentRow =>
    ({ outcome, since: AT, fixedAt: minutes === null ? null : new Date(NOW + minutes * MINUTE).toISOString() }) as IncidentRow;
  const rows = [
    row("OutageAvoided", 4),
    row("Healed", 75),
    row("Prevented", 0),
    row("Refused", null),
    row("OutageAvoided", null),
    row(null, null),
  ];

  test("count what was mended, by how long it took", () => {
    expect(timesToFix(rows)).toEqual([4 * MINUTE, 75 * MINUTE, 0]);
    const bars = barsOf(timesToFix(rows));
    expect(bars.filter(({ count: n }) => n > 0).map(({ label }) => label)).toEqual(["0–2", "2–5", "> 60"]);
    expect(bars.reduce((sum, bar) => sum + bar.count, 0)).toBe(3);
    expect(countByOutcome(rows)[0]).toEqual(["OutageAvoided", 2]);
  });

  test.each([
    [50, 2],
    [95, 3],
    [1, 1],
  ])("%i of a hundred are within %i", (percent, value) => expect(percentile([3, 1, 2], percent)).toBe(value));

  test("of nothing there is no percentile", () => expect(percentile([], 50)).toBeUndefined());
});

describe("an operation's form", () => {
  test("sends what was filled in, and is whole without what may be left out", () => {
    const values = { kind: "account", vaultId: " /v ", key: "cmk", identityId: "" };
    expect(isWhole("check-requirements", values, "why")).toBe(true);
    expect(isWhole("prepare", values, "why")).toBe(false);
    expect(isWhole("check-requirements", values, " ")).toBe(false);
    expect(bodyOf("check-requirements", values, " why ", true)).toEqual({
      operation: "check-requirements",
      reason: "why",
      dryRun: true,
      kind: "account",
      vaultId: "/v",
      key: "cmk",
    });
    expect(Object.keys(FORMS)).toContain("revoke");
    const more = { key: "123", purgeProtection: "true", confirm: "kv" };
    expect(bodyOf("prepare", more, "why", true)).toMatchObject({ key: "123", purgeProtection: true, confirm: "kv" });
    expect(bodyOf("enable-cmk", { requestUnits: "200" }, "why", true)).toMatchObject({ requestUnits: 200 });
    expect(bodyOf("enable-cmk", { requestUnits: "007" }, "why", true)).toMatchObject({ requestUnits: "007" });
  });

  test("each form has every member that its operation takes, and no other", () => {
    const common = ["operation", "reason", "until", "dryRun"];
    for (const { entries } of WISH.options) {
      const members = Object.keys(entries).filter((name) => !common.includes(name));
      expect(FORMS[entries.operation.literal].fields.map(({ name }) => name).toSorted()).toEqual(members.toSorted());
    }
  });

  test.each(WISH.options.map(({ entries }) => [entries.operation.literal, entries] as const))(
    "of %s asks for what the API must be told, and for nothing that it does not know",
    (operation, { operation: _, reason: _why, dryRun: _dry, ...entries }) => {
      const members = Object.entries(entries as Record<string, { type: string }>);
      const fields = FORMS[operation].fields.map(({ name, optional }) => [name, optional === true] as const);
      expect(
        fields
          .filter(([, optional]) => !optional)
          .map(([name]) => name)
          .toSorted(),
      ).toEqual(members.flatMap(([name, { type }]) => (type === "optional" ? [] : [name])).toSorted());
      expect(fields.filter(([name]) => !members.some(([member]) => member === name))).toEqual([]);
    },
  );
});

test.each([
  [4000, 0, 4000],
  [4000, 1, 8000],
  [4000, 3, 32_000],
  [4000, 9, 60_000],
])("asked every %i ms, after %i failures it is %i", (every, failures, delay) => expect(delayOf(every, failures)).toBe(delay));

describe("an audit that is verified in the browser", () => {
  const entries = ["signal", "plan", "outcome"].map((kind, i) => ({
    entryId: `e${i}`,
    kind,
    what: kind,
    data: { n: i, ä: [1, null] },
    at: AT,
    actor: "x",
  }));
  const rows = () => extendChain("i1", undefined, entries).map((row) => ({ ...row, schema: row.schema! }));

  test("holds as it was written", async () => {
    const whole = { rows: 3, broken: null };
    await expect(verifyRows("i1", rows(), null)).resolves.toEqual(whole);
    await expect(verifyRows("i1", rows(), { rows: 0, head: "" })).resolves.toEqual(whole);
    // The last was written after the incident was saved.
    await expect(verifyRows("i1", rows(), { rows: 2, head: rows()[1]!.hash })).resolves.toEqual(whole);
  });

  test.each<[string, (all: ReturnType<typeof rows>) => ReturnType<typeof rows>, number]>([
    ["a row that was changed", (all) => all.map((row, i) => (i === 1 ? { ...row, what: "nothing" } : row)), 2],
    ["a row that is missing", (all) => all.toSpliced(1, 1), 3],
    ["rows of another incident", (all) => all, 1],
  ])("shows %s", async (what, change, seq) => {
    const { broken } = await verifyRows(what.includes("another") ? "i2" : "i1", change(rows()), null);
    expect(broken?.seq).toBe(seq);
  });

  test.each<[string, (all: ReturnType<typeof rows>) => ReturnType<typeof rows>, number]>([
    ["cut at its end", (all) => all.slice(0, 2), 3],
    ["emptied", () => [], 1],
    ["written anew", () => extendChain("i1", undefined, entries.toReversed()).map((row) => ({ ...row, schema: row.schema! })), 3],
  ])("shows one that was %s, by what the incident knows", async (_what, change, seq) => {
    const seal = { rows: 3, head: rows()[2]!.hash };
    expect((await verifyRows("i1", change(rows()), seal)).broken?.seq).toBe(seq);
  });
});
