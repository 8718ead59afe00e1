import { describe, expect, test } from "vitest";
import type { Facts, TargetFacts } from "../../../src/domain/facts.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aHolder,
  anAccess,
  anAccount,
  IDENTITY_ID,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
} from "../../support/builders.ts";

const FIRST = "f1f1f1f1-0000-4000-8000-000000000001";
/** Nothing at all is granted to it. */
const noAccess = (principalId: string) => anAccess({ principalId, assignments: [] });

function look(target: Partial<TargetFacts>, over: Partial<Facts> = {}) {
  const fallen: Partial<TargetFacts> = { defaultIdentity: { form: "firstParty" }, service: revoked(4002), ...target };
  const facts = someFacts({
    targets: [anAccount(fallen)],
    access: [anAccess(), noAccess(FIRST)],
    baseline: aBaseline(),
    firstPartyPrincipalId: FIRST,
    ...over,
  });
  const diagnosis = diagnose(facts, someSettings());
  const { steps } = plan(facts, diagnosis, someSettings());
  return { codes: diagnosis.targets[0]!.findings.map(({ code }) => code), steps };
}

const back = { name: "SetDefaultIdentity", params: { targetId: ACCOUNT_ID, defaultIdentity: `UserAssignedIdentity=${IDENTITY_ID}` } };

// hashicorp/terraform-provider-azurerm issue 22466: a whole PUT without defaultIdentity leaves FirstPartyIdentity.
describe("an account whose default identity fell to the first-party one", () => {
  test.each<[string, string | null]>([
    ["where that one is known", FIRST],
    ["where it is not configured", null],
  ])("gets the remembered one back by itself, %s, and grants nothing", (_, firstPartyPrincipalId) => {
    const found = look({}, { firstPartyPrincipalId });
    expect(found.codes).toEqual(["DefaultIdentityChanged"]);
    expect(found.steps).toMatchObject([{ ...back, needs: "nothing", ready: true }]);
  });

  test.each<[string, Partial<Facts>, string]>([
    ["nothing is remembered", { baseline: null }, "is not known"],
    [
      "another was remembered that can't reach the key",
      { baseline: aBaseline({ defaultIdentities: { [ACCOUNT_ID]: "SystemAssignedIdentity" } }) },
      "is not known",
    ],
    [
      "it had been the default for no time",
      { baseline: aBaseline({ holders: { [ACCOUNT_ID]: aHolder({ defaultSince: aBaseline().at }) } }) },
      "known good",
    ],
  ])("is a question where %s", (_, over, why) => {
    const found = look({}, over);
    expect(found.codes).toEqual(["DefaultIdentityChanged"]);
    expect(found.steps).toMatchObject([{ ...back, needs: "approval", asks: expect.stringContaining(why) }]);
  });

  test.each<[string, Partial<TargetFacts>, Partial<Facts>, string[]]>([
    [
      "it was the first-party one before",
      {},
      { baseline: aBaseline({ defaultIdentities: { [ACCOUNT_ID]: "FirstPartyIdentity" } }) },
      ["AccessMissing"],
    ],
    ["no attached one can reach the key", { attached: [] }, {}, ["AccessMissing"]],
    ["the service confirms access, and who that is can't be told", { service: anAccount().service }, { firstPartyPrincipalId: null }, []],
    [
      "the present one can reach the key",
      { service: anAccount().service },
      {
        access: [
          anAccess(),
          anAccess({ principalId: FIRST, assignments: anAccess().assignments.map((one) => ({ ...one, principalId: FIRST })) }),
        ],
      },
      [],
    ],
    ["it is of a form that nobody knows", { defaultIdentity: { form: "unknown", raw: "?" } }, {}, ["Unreadable"]],
  ])("is another matter where %s", (_, target, over, codes) => {
    expect(look(target, over).codes).toEqual(codes);
  });

  test.each<[string, TargetFacts["defaultIdentity"], string, string]>([
    [
      "the system's, back from a user's",
      { form: "user", id: `${IDENTITY_ID}-evil`, federatedClientId: null },
      "SystemAssignedIdentity",
      "SystemAssignedIdentity",
    ],
    ["a user's, back from the system's", { form: "system" }, `UserAssignedIdentity=${IDENTITY_ID}`, `UserAssignedIdentity=${IDENTITY_ID}`],
  ])("holds for %s", (_, now, remembered, set) => {
    const attached = [...anAccount().attached, { id: `${IDENTITY_ID}-evil`, principalId: "evil", clientId: null }];
    const identities = someFacts().identities.concat({
      ...(someFacts().identities[0] as Extract<Facts["identities"][number], { state: "live" }>),
      id: `${IDENTITY_ID}-evil`,
      principalId: "evil",
    });
    const system = remembered.startsWith("System") ? PRINCIPAL : "nobody";
    const found = look(
      { defaultIdentity: now, attached, systemPrincipalId: system },
      {
        identities,
        access: [anAccess(), noAccess("evil"), noAccess("nobody")],
        baseline: aBaseline({ defaultIdentities: { [ACCOUNT_ID]: remembered } }),
      },
    );
    expect(found.codes).toEqual(["DefaultIdentityChanged"]);
    expect(found.steps).toMatchObject([{ params: { defaultIdentity: set } }]);
  });
});
