import { describe, expect, test } from "vitest";
import { baselineOf, isBaseline } from "../../src/domain/baseline.ts";
import { diagnose } from "../../src/domain/plan/diagnose.ts";
import type { Baseline, Facts, TargetFacts } from "../../src/domain/facts.ts";
import {
  ACCOUNT_ID,
  aBaseline,
  aCluster,
  anAccount,
  aVault,
  CLUSTER_ID,
  IDENTITY_ID,
  NOW,
  someFacts,
  someSettings,
} from "../support/builders.ts";

/** Of a look at databases that are well. */
const defaultsOf = (targets: TargetFacts[], baseline: Baseline | null): Record<string, string> => {
  const facts = someFacts({ targets, baseline });
  const well = targets.map(({ id, kind }) => ({ id, kind, phase: "healthy" as const, findings: [], contradictions: [] }));
  const diagnosis = { at: NOW, targets: well.map((one) => ({ ...one, service: { verdict: "healthy" as const, says: null } })) };
  return baselineOf(facts, diagnosis, aVault()).defaultIdentities;
};

describe("of default identities a baseline remembers", () => {
  test.each<[string, TargetFacts["defaultIdentity"], string]>([
    ["the system's", { form: "system" }, "SystemAssignedIdentity"],
    ["the first party's", { form: "firstParty" }, "FirstPartyIdentity"],
    ["one that names nobody", { form: "undefined" }, "Undefined"],
    ["one of a form nobody knows", { form: "unknown", raw: "?" }, "Undefined"],
    ["a user-assigned one", { form: "user", id: IDENTITY_ID, federatedClientId: null }, `UserAssignedIdentity=${IDENTITY_ID}`],
  ])("%s as Azure spells it", (_, defaultIdentity, stored) => {
    expect(defaultsOf([anAccount({ defaultIdentity })], null)).toEqual({ [ACCOUNT_ID.toLowerCase()]: stored });
  });

  test("a cluster's as the bare id", () => {
    expect(defaultsOf([aCluster()], null)).toEqual({ [CLUSTER_ID.toLowerCase()]: IDENTITY_ID });
  });
});

describe("of a lender that is not on this vault any more a baseline remembers what it used", () => {
  const restored: Partial<TargetFacts> = { restoredFrom: "r" };
  const lender = ACCOUNT_ID.replace("orders", "source").toLowerCase();
  const stranger = ACCOUNT_ID.replace("orders", "stranger").toLowerCase();
  const own = ACCOUNT_ID.toLowerCase();
  const baseline = aBaseline({
    defaultIdentities: {
      [lender]: `UserAssignedIdentity=${IDENTITY_ID.toLowerCase()}`,
      [stranger]: "FirstPartyIdentity",
      [own]: `UserAssignedIdentity=${IDENTITY_ID}`,
    },
  });

  test.each<[string, Partial<TargetFacts>, Baseline | null, string[]]>([
    ["where a restored account uses it still", restored, baseline, [lender, own]],
    ["not where no account was restored", {}, baseline, [own]],
    ["not where the restored one uses another", { ...restored, defaultIdentity: { form: "firstParty" } }, baseline, [own]],
    ["nothing where there was no baseline", restored, null, [own]],
  ])("%s", (_, target, before, remembered) => {
    expect(Object.keys(defaultsOf([anAccount(target)], before))).toEqual(remembered);
  });
});

describe("a look may become a baseline", () => {
  const stranger = anAccount({
    id: `${ACCOUNT_ID}-stranger`,
    name: "stranger",
    keyUri: "https://kv-orders.vault.azure.net/keys/gone",
    service: { ...anAccount().service, provisioningState: "Failed" },
  });
  const lookAt = (over: Partial<Facts>) => {
    const facts = someFacts(over);
    const diagnosis = diagnose(facts, someSettings());
    return { facts, diagnosis, plan: { steps: [], blocks: [] }, incident: null };
  };

  test.each<[string, Partial<Facts>, boolean]>([
    ["where all is well", { targets: [anAccount()] }, true],
    ["where a stranger never came up beside it", { targets: [anAccount(), stranger] }, true],
    [
      "not where one that was well before is broken",
      { targets: [anAccount(), { ...stranger, id: CLUSTER_ID }], baseline: aBaseline() },
      false,
    ],
    ["not where nothing is well", { targets: [stranger] }, false],
  ])("%s", (_, over, may) => {
    expect(isBaseline(lookAt(over))).toBe(may);
  });

  test("and remembers nothing of the stranger", () => {
    const { facts, diagnosis } = lookAt({ targets: [anAccount(), stranger] });
    const { defaultIdentities, holders } = baselineOf(facts, diagnosis, aVault());
    expect(Object.keys(defaultIdentities)).toEqual([ACCOUNT_ID.toLowerCase()]);
    expect(Object.keys(holders!)).toEqual([ACCOUNT_ID.toLowerCase()]);
  });
});
