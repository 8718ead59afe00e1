import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holderOf, isYoungDefault, strangeTo } from "../../../src/domain/access/known-good.ts";
import type { Baseline, Facts, Holder, TargetFacts } from "../../../src/domain/facts.ts";
import { DAY, HOUR, toIso, toMs } from "../../../src/domain/time.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aHolder,
  aPolicyVault,
  anAccess,
  anAccount,
  anAssignment,
  IDENTITY_ID,
  NOW,
  PRINCIPAL,
  someFacts,
  someSettings,
} from "../../support/builders.ts";

const settings = someSettings();
const ago = (ms: number): string => toIso(toMs(NOW) - ms);
const who = { identityId: IDENTITY_ID, principalId: PRINCIPAL };
const remembering = (holder: Partial<Holder>, over: Partial<Baseline> = {}): Baseline =>
  aBaseline({ at: NOW, holders: { [ACCOUNT_ID.toLowerCase()]: aHolder(holder) }, ...over });

describe("since when a database has had its access", () => {
  const rbac = (createdOn: (string | null)[]): Partial<Facts> => ({
    access: [anAccess({ assignments: createdOn.map((time, i) => anAssignment({ name: `a${i}`, createdOn: time })) })],
  });
  const policies = (changedOn: string | null): Partial<Facts> => ({ vault: aPolicyVault(undefined, { changedOn }) });

  test.each<[string, Partial<Facts>, Partial<TargetFacts>, Partial<Holder>]>([
    ["an assignment tells when it was made", rbac([ago(3 * DAY)]), {}, { accessSince: ago(3 * DAY) }],
    ["of two that allow the same the older counts", rbac([ago(HOUR), ago(3 * DAY)]), {}, { accessSince: ago(3 * DAY) }],
    ["one that tells no time has stood since it was first seen", rbac([null]), {}, { accessSince: NOW }],
    ["a vault's policies stand since it was last changed", policies(ago(2 * DAY)), {}, { accessSince: ago(2 * DAY) }],
    ["or, where it does not tell, since they were first seen", policies(null), {}, { accessSince: NOW }],
    ["a default identity stands since the database was changed", {}, { changedOn: ago(5 * DAY) }, { defaultSince: ago(5 * DAY) }],
    ["or, where that is not told, since it was first seen", {}, {}, { defaultSince: NOW }],
    [
      "what was seen longer than Azure tells counts as seen",
      { ...policies(ago(HOUR)), baseline: remembering({ accessSince: ago(9 * DAY) }) },
      {},
      { accessSince: ago(9 * DAY) },
    ],
    [
      "what was seen of another principal says nothing of this one",
      { ...rbac([ago(HOUR)]), baseline: remembering({ principalId: "another" }) },
      { changedOn: ago(9 * DAY) },
      { accessSince: ago(HOUR), defaultSince: NOW },
    ],
    [
      "what was seen of another key says nothing of this one",
      { ...rbac([ago(HOUR)]), baseline: remembering({ key: "other", accessSince: ago(9 * DAY) }) },
      {},
      { accessSince: ago(HOUR) },
    ],
    [
      "a default identity that was seen before stands since then",
      { baseline: remembering({ defaultSince: ago(9 * DAY) }) },
      { changedOn: ago(HOUR) },
      { defaultSince: ago(9 * DAY) },
    ],
    ["access that hangs on what can't be judged stands since it was seen", { access: [] }, {}, { accessSince: NOW }],
  ])("%s", (_, over, target, holder) => {
    const facts = someFacts({ targets: [anAccount(target)], ...over });
    expect(holderOf(facts, facts.targets[0]!)).toMatchObject(holder);
  });

  test("nobody holds access for a database without a key, or without an identity", () => {
    const facts = someFacts();
    expect(holderOf(facts, anAccount({ keyUri: null }))).toBeUndefined();
    expect(holderOf(facts, anAccount({ defaultIdentity: { form: "undefined" } }))).toBeUndefined();
  });
});

describe("a principal", () => {
  test.each<[string, Baseline | null, Partial<typeof who> | { identityId: null }, string | undefined]>([
    ["that had access for this database is no stranger", remembering({}), {}, undefined],
    ["is none in any casing", remembering({ principalId: PRINCIPAL.toUpperCase() }), {}, undefined],
    ["is one where nothing was ever seen well", null, {}, "never came up with key cmk"],
    ["is one where this database never was", aBaseline({ holders: {} }), {}, "never came up with key cmk"],
    ["is one in what an earlier version kept", withoutHolders(aBaseline()), {}, "never came up"],
    ["is one where another had the access", remembering({ principalId: "another" }), {}, "never had access to key cmk for orders"],
    ["is one where it had access to another key", remembering({ key: "other" }), {}, "never had access to key cmk"],
    ["is one where its identity was made anew", remembering({}, { principals: { [IDENTITY_ID]: "before" } }), {}, "was made anew"],
    ["is one while it is still to be made", remembering({}), { principalId: null as never }, "still to be made"],
    ["without an identity is named by its id", remembering({ principalId: "another" }), { identityId: null }, `principal ${PRINCIPAL}`],
    ["is one where its access was an hour old", remembering({ accessSince: ago(HOUR) }), {}, "for 1 h only"],
    ["is none where its access was a day old", remembering({ accessSince: ago(DAY) }), {}, undefined],
  ])("%s", (_, baseline, over, why) => {
    const said = strangeTo(someFacts({ baseline }), anAccount(), { ...who, ...over }, settings);
    if (why === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(why);
  });

  test("is known only where the baseline shows this principal, key and database, for long enough", () => {
    const held = fc.record({
      principalId: fc.constantFrom(PRINCIPAL, "another"),
      key: fc.constantFrom("cmk", "other"),
      hours: fc.integer({ min: 0, max: 72 }),
      isThis: fc.boolean(),
      hasBaseline: fc.boolean(),
    });
    fc.assert(
      fc.property(held, ({ principalId, key, hours, isThis, hasBaseline }) => {
        const id = isThis ? ACCOUNT_ID : `${ACCOUNT_ID}-2`;
        const holders = { [id.toLowerCase()]: aHolder({ principalId, key, accessSince: ago(hours * HOUR) }) };
        const facts = someFacts({ baseline: hasBaseline ? aBaseline({ at: NOW, holders }) : null });
        const isKnown = hasBaseline && isThis && principalId === PRINCIPAL && key === "cmk" && hours >= 24;
        expect(strangeTo(facts, anAccount(), who, settings) === undefined).toBe(isKnown);
      }),
    );
  });
});

describe("a default identity", () => {
  test.each<[string, Baseline | null, string | undefined]>([
    ["that stood for months is put back", remembering({}), undefined],
    ["that stood for an hour is a question", remembering({ defaultSince: ago(HOUR) }), "for 1 h only"],
    ["of which nothing is known is one", null, "is not known"],
    ["of a database that was never well is one", aBaseline({ holders: {} }), "is not known"],
  ])("%s", (_, baseline, why) => {
    const said = isYoungDefault(someFacts({ baseline }), anAccount(), settings);
    if (why === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(why);
  });
});

function withoutHolders({ holders: _, ...kept }: Baseline): Baseline {
  return kept;
}
