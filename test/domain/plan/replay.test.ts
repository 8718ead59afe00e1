import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import { replay, type ReplayRow } from "../../../src/domain/plan/replay.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, aKey, aVersion, NOW, someFacts, someSettings, V1 } from "../../support/builders.ts";
import { turnInput } from "../../support/turns.ts";

const settings = someSettings();
const facts = someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])] });
const diagnosis = diagnose(facts, settings);
const { entries } = decideTurn({ ...turnInput(), facts, diagnosis, plan: plan(facts, diagnosis, settings) });
const rows: ReplayRow[] = entries.map(({ entryId, kind, data }) => ({ entryId, kind, at: NOW, data }));
const ON = ACCOUNT_ID.toLowerCase();

const change = (kind: string, how: (data: Record<string, unknown>) => unknown): ReplayRow[] =>
  rows.map((row) => (row.kind === kind ? { ...row, data: how(row.data as Record<string, unknown>) } : row));

describe("what a turn wrote down", () => {
  test("is decided the same by the same rules", () => {
    const [look, ...more] = replay(rows, settings);
    expect(more).toEqual([]);
    expect(look).toMatchObject({ at: NOW, differences: [], today: { causes: [`KeyDisabled of ${ON}`], phases: [`${ON} is inGrace`] } });
    expect(look).toMatchObject({ past: { steps: [expect.stringMatching(/^EnableKeyVersion on .*, asked$/) as string] } });
  });

  test("shows what other settings would ask of a person", () => {
    const [look] = replay(rows, someSettings({ causes: { KeyDisabled: "auto" } }));
    expect(look).toMatchObject({
      differences: [
        expect.stringMatching(/^no longer planned: EnableKeyVersion on .*, asked$/) as string,
        expect.stringMatching(/^now planned: EnableKeyVersion on [^,]*$/) as string,
      ],
    });
  });

  test("shows what the rules would find otherwise", () => {
    const other = { causes: [{ code: "KeyDeleted", targetIds: [ACCOUNT_ID] }], targets: [{ id: ACCOUNT_ID, phase: "revoked" }] };
    expect(
      replay(
        change("diagnosis", () => other),
        settings,
      ),
    ).toMatchObject([
      {
        differences: [
          `no longer judged: ${ON} is revoked`,
          `now judged: ${ON} is inGrace`,
          `no longer found: KeyDeleted of ${ON}`,
          `now found: KeyDisabled of ${ON}`,
        ],
      },
    ]);
  });

  test("is not compared with a plan where this look wrote none, nor with what was written before", () => {
    expect(
      replay(
        rows.filter(({ kind }) => kind !== "plan"),
        settings,
      ),
    ).toMatchObject([{ past: { steps: null }, differences: [] }]);
    const written = { name: "RecoverKey", on: "x", needs: "nothing", state: "applied" };
    const also = change("plan", ({ steps }) => ({ steps: [...(steps as unknown[]), written] }));
    expect(replay(also, settings)).toMatchObject([{ differences: [] }]);
  });

  test.each<[string, ReplayRow[]]>([
    ["the facts were cut", change("facts", ({ digest }) => ({ digest, facts: "[cut: 700000 characters]" }))],
    ["the facts are of another shape", change("facts", () => ({ facts: { ...facts, schema: 2 } }))],
    ["a list of them was cut", change("facts", () => ({ facts: { ...facts, targets: "[cut]" } }))],
    ["there is nothing in the row", change("facts", () => null)],
    ["the diagnosis is not there", rows.filter(({ kind }) => kind !== "diagnosis")],
    ["the diagnosis was cut", change("diagnosis", () => "[cut]")],
  ])("is not guessed at where %s", (_, kept) => {
    expect(replay(kept, settings)).toEqual([{ at: NOW, cut: "what this look saw is not whole in the audit" }]);
  });

  test("of which a row has members of another shape is read as far as it goes", () => {
    expect(
      replay(
        change("diagnosis", () => ({ causes: "none", targets: [1] })),
        settings,
      ),
    ).toMatchObject([{ past: { causes: [], phases: [] } }]);
    expect(
      replay(
        change("diagnosis", () => ({ causes: [{ code: "X", targetIds: 1 }] })),
        settings,
      ),
    ).toMatchObject([{ past: { causes: [] } }]);
  });
});

describe("recorded incidents are decided as they were: a change of rules shows here (npm run record)", () => {
  const files = globSync("test/fixtures/incidents/*.json").toSorted();
  test("there are some", () => {
    expect(files.length).toBeGreaterThan(3);
  });

  test.each(files.map((file) => [basename(file), file]))("%s", (_, file) => {
    const { rows: recorded } = JSON.parse(readFileSync(file, "utf8")) as { rows: ReplayRow[] };
    const looks = replay(recorded, settings);
    expect(looks.length).toBeGreaterThan(1);
    expect(looks.flatMap((look) => ("cut" in look ? [look.cut] : look.differences))).toEqual([]);
    expect(looks.some((look) => "today" in look && look.today.causes.length > 0)).toBe(true);
  });
});
