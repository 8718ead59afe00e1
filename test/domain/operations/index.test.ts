import { describe, expect, test } from "vitest";
import { WISH } from "../../../src/api/wish-body.ts";
import { causes } from "../../../src/domain/causes/index.ts";
import type { Facts } from "../../../src/domain/facts.ts";
import { judgeOperation, operations } from "../../../src/domain/operations/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { withWishes } from "../../../src/domain/plan/wishes.ts";
import { REQUIREMENTS } from "../../../src/domain/requirement.ts";
import { rankOf } from "../../../src/domain/steps/index.ts";
import type { OperationName, Wished } from "../../../src/domain/wish.ts";
import { aKey, anAccess, anAccount, aVault, aVersion, KEY_URI, PRINCIPAL, someFacts, someSettings, V1 } from "../../support/builders.ts";
import { allRows, bare, identities, judgedAll, OTHER, SECOND_SCOPE } from "../../support/asked.ts";
import { aStatusOf, aWish, CHECK, ENABLE, PREPARE, SWITCH_KEY } from "../../support/wishes.ts";

test("each can be asked for, by a body of the API", () => {
  expect(WISH.options.map(({ entries }) => entries.operation.literal).toSorted()).toEqual(Object.keys(operations).toSorted());
});

describe.each(Object.entries(operations))("%s", (name, { asks, steps, mends }) => {
  const all = judgedAll(name as OperationName);

  test("asks for what it says that it asks for, in that order, and for all of it", () => {
    for (const { requirements } of all) {
      const places = requirements.map((one) => (asks as readonly string[]).indexOf(one.name));
      expect([places, requirements.map((one) => one.name)]).toEqual([places.toSorted((a, b) => a - b), expect.any(Array)]);
      expect(places).not.toContain(-1);
    }
    expect(new Set(all.flatMap(({ requirements }) => requirements.map((one) => one.name)))).toEqual(new Set(asks));
  });

  test("takes the steps that it says that it takes, by itself or by the repairs that it wants", () => {
    const repairs = causes.filter(({ code }) => mends.includes(code)).flatMap((cause) => cause.steps);
    const drafted = new Set(all.flatMap(({ drafts }) => drafts.map((draft) => draft.name)));
    expect(steps).toEqual(expect.arrayContaining([...drafted]));
    expect(steps.filter((step) => !drafted.has(step) && !repairs.includes(step))).toEqual([]);
    expect(steps).toEqual(expect.arrayContaining(repairs));
  });

  test("names its steps in the order in which they are made", () => {
    const ranks = steps.map((step) => (step === "SetKeyUri" && name === "enable-cmk" ? rankOf("SetDefaultIdentity") + 0.5 : rankOf(step)));
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });
});

describe("a row that does not hold", () => {
  const open = allRows.filter(({ state, pending }) => state !== "met" && pending !== true);

  test("is met in these facts of every kind, advice and what is told aside", () => {
    const isTold = (name: string): boolean => REQUIREMENTS[name as keyof typeof REQUIREMENTS].startsWith("told beforehand");
    const never = Object.keys(REQUIREMENTS).filter((name) => !isTold(name) && open.every((row) => row.name !== name));
    expect(never).toEqual([]);
  });

  test("has a line that meets it or looks, or words on what to do", () => {
    expect(open.filter(({ az }) => az.length === 0)).toEqual([]);
    expect(open.flatMap(({ az }) => az).filter((line) => !/^(?:az |# \S)/.test(line))).toEqual([]);
  });

  test("has none of it once it holds", () => {
    expect(allRows.filter(({ state, az }) => state === "met" && az.length > 0)).toEqual([]);
  });
});

test("every requirement that has words is asked for by an operation", () => {
  expect(new Set(Object.values(operations).flatMap(({ asks }) => asks))).toEqual(new Set(Object.keys(REQUIREMENTS)));
});

describe("a key that is revoked on purpose", () => {
  const tags = { "keymend:revoked": "r1" };
  const standing = aWish({ operation: "revoke", params: { keyUri: `${KEY_URI}-2` } }, { id: "r1" });
  const both = (over: object) => [aKey([aVersion(V1)], "cmk"), aKey([aVersion(V1)], "cmk-2")].map((key) => ({ ...key, ...over }));
  const ways: Record<string, Partial<Facts>> = {
    "its tag": { keys: both({ tags }) },
    "its vault's tag": { keys: both({}), vault: aVault({ tags }) },
    "the record": { keys: both({}), wishes: [{ ...standing, status: aStatusOf({ state: "closed", outcome: "Completed", stands: true }) }] },
  };
  const toCome = { keyName: "cmk-2", keyScope: SECOND_SCOPE, assignments: [] };
  const reached = [anAccess(), anAccess(toCome), anAccess({ ...toCome, principalId: `${PRINCIPAL}2` })];
  const ofSecond = { keyUri: `${KEY_URI}-2` };
  const takers: Wished[] = [
    { ...CHECK, params: { ...CHECK.params, key: "cmk-2" } },
    { ...PREPARE, params: { ...PREPARE.params, key: "cmk-2", identityId: OTHER } },
    { operation: "rotate-key", params: ofSecond },
    { ...SWITCH_KEY, params: { ...SWITCH_KEY.params, ...ofSecond } },
    { ...ENABLE, params: { ...ENABLE.params, ...ofSecond } },
  ];

  test.each(Object.entries(ways).flatMap(([way, over]) => takers.map((wish) => [wish.operation, way, wish, over] as const)))(
    "is neither taken up nor made a version of by %s, whoever wraps with it, by %s",
    (operation, _, wanted, over) => {
      // The way without a revocation is what tells that it is refused for that.
      for (const [what, isMeant] of [
        [over, true],
        [{ keys: both({}) }, false],
      ] as const) {
        const facts = someFacts({ identities, access: reached, targets: operation === "enable-cmk" ? [bare] : [anAccount()], ...what });
        const wish = aWish(wanted);
        const diagnosis = diagnose(facts, someSettings());
        const found = judgeOperation({ facts, diagnosis, wish }).requirements.find(({ name }) => name === "key in use");
        expect(found?.state).toBe(isMeant ? "unmet" : "met");
        const { steps } = withWishes({ ...facts, wishes: [...(facts.wishes ?? []), wish] }, diagnosis, []);
        expect(steps.filter((step) => step.wish === wish.id).length === 0).toBe(isMeant || operation === "check-requirements");
      }
    },
  );
});
