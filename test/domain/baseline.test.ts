import { describe, expect, test } from "vitest";
import { baselineOf } from "../../src/domain/baseline.ts";
import type { Baseline, TargetFacts } from "../../src/domain/facts.ts";
import { ACCOUNT_ID, aBaseline, aCluster, anAccount, aVault, CLUSTER_ID, IDENTITY_ID, someFacts } from "../support/builders.ts";

const defaultsOf = (targets: TargetFacts[], baseline: Baseline | null): Record<string, string> =>
  baselineOf(someFacts({ targets, baseline }), aVault()).defaultIdentities;

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
