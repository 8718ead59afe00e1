import { describe, expect, test } from "vitest";
import { judgeStep, modeOf, revokedOnPurpose } from "../../../src/domain/turn/policy.ts";
import type { DefaultIdentity } from "../../../src/domain/facts.ts";
import type { Step } from "../../../src/domain/steps/step.ts";
import {
  ACCOUNT_ID,
  CLUSTER_ID,
  IDENTITY_ID,
  PRINCIPAL,
  VAULT_ID,
  aBaseline,
  aKey,
  aVault,
  anAccount,
  someFacts,
  someSettings,
} from "../../support/builders.ts";
import { aStep } from "../../support/turns.ts";

const heal = someSettings();

describe("the mode of a database", () => {
  test.each([
    ["no tag", {}, "heal", "heal"],
    ["a narrower tag", { "keymend:mode": "approve" }, "heal", "approve"],
    ["a wider tag", { "keymend:mode": "heal" }, "observe", "observe"],
    ["another casing (tag names compare without case)", { "Keymend:Mode": " Observe " }, "heal", "observe"],
    ["a word that is no mode", { "keymend:mode": "on" }, "heal", "observe"],
  ] as const)("with %s", (_, tags, mode, expected) => {
    expect(modeOf(anAccount({ tags }), someSettings({ mode }))).toBe(expected);
  });
});

describe("a deliberate revocation", () => {
  const tags = { "keymend:revoked": "" };
  const key = aKey();

  test.each([
    ["the database", someFacts({ targets: [anAccount({ tags })] }), "database orders"],
    ["the vault", someFacts({ vault: aVault({ tags }) }), "vault kv-orders"],
    [
      "the deleted vault",
      someFacts({
        vault: {
          state: "deleted",
          id: VAULT_ID,
          name: "kv-orders",
          resourceGroup: "rg",
          location: "x",
          tags,
          deletedOn: null,
          scheduledPurgeOn: null,
        },
      }),
      "vault kv-orders",
    ],
    ["the key", someFacts({ keys: [{ ...key, tags } as never] }), "key cmk"],
  ])("is told by a tag on %s", (_, facts, what) => {
    expect(revokedOnPurpose(facts, facts.targets[0]!)).toBe(what);
  });

  test.each([
    ["nothing is tagged", someFacts()],
    ["there is no vault", someFacts({ vault: null, keys: [] })],
    ["the vault is gone", someFacts({ vault: { state: "gone", id: null, name: "kv" }, keys: [{ state: "gone", name: "cmk" }] })],
    ["the database has no key", someFacts({ targets: [anAccount({ keyUri: null })] })],
  ])("is not told when %s", (_, facts) => {
    expect(revokedOnPurpose(facts, facts.targets[0]!)).toBeUndefined();
  });

  test("of one database refuses the step that would bring it back with the others", () => {
    const facts = someFacts({ targets: [anAccount(), anAccount({ id: CLUSTER_ID, tags })] });
    expect(judgeStep(aStep({ targetIds: [ACCOUNT_ID, CLUSTER_ID] }), facts, heal, [])).toMatchObject({
      kind: "refuse",
      reason: "RevokedOnPurpose",
    });
  });

  const other = { id: CLUSTER_ID, tags };
  const onKey = aStep();
  const grant = (principalId: string | null): Step => ({
    ...aStep(),
    name: "GrantKeyRole",
    params: { identityId: IDENTITY_ID, principalId, scope: "/s", roleDefinitionId: "r" },
  });
  const onVault: Step = { ...aStep(), name: "AllowTrustedServices", params: { vaultId: VAULT_ID } };
  const onDatabase: Step = {
    ...aStep(),
    name: "SetDefaultIdentity",
    params: { targetId: ACCOUNT_ID, defaultIdentity: "FirstPartyIdentity" },
  };
  const made: Step = { ...aStep(), name: "CreateIdentity", params: { identityId: "/id-2", location: "x", insteadOf: "id" } };

  test.each([
    ["a step on the key that it shares", onKey, other, "refuse"],
    ["a step on another key", onKey, { ...other, keyUri: "https://kv-orders.vault.azure.net/keys/other" }, "allow"],
    ["a step on a key, where it has none", onKey, { ...other, keyUri: null }, "allow"],
    ["a grant to the identity that it shares", grant(PRINCIPAL.toUpperCase()), other, "refuse"],
    ["a grant to another identity", grant("another"), other, "allow"],
    ["a grant to one that is still to be made", grant(null), other, "allow"],
    ["a grant, where it has no identity", grant(PRINCIPAL), { ...other, defaultIdentity: { form: "undefined" } as const }, "allow"],
    ["a step on the vault", onVault, other, "refuse"],
    ["a step on another database", onDatabase, other, "allow"],
    ["an identity that is made for another", made, other, "allow"],
  ])("of a database that is not served by it, and %s", (_, step, over, kind) => {
    const facts = someFacts({ targets: [anAccount(), anAccount(over)] });
    expect(judgeStep(step, facts, heal, []).kind).toBe(kind);
  });
});

describe("a step", () => {
  const facts = someFacts();

  test("that needs nothing is allowed in heal, asked for in approve, written down in observe", () => {
    expect(judgeStep(aStep(), facts, heal, [])).toEqual({ kind: "allow" });
    expect(judgeStep(aStep(), facts, someSettings({ mode: "approve" }), [])).toMatchObject({ kind: "ask" });
    expect(judgeStep(aStep(), facts, someSettings({ mode: "observe" }), [])).toEqual({ kind: "observe" });
  });

  test("that needs an approval asks for it", () => {
    expect(judgeStep(aStep({ needs: "approval" }), facts, heal, [])).toMatchObject({
      kind: "ask",
      why: expect.stringContaining("AccessMissing") as string,
    });
  });

  test("after a change by a privileged caller asks, in any casing of the id", () => {
    const settings = someSettings({ privilegedCallers: ["AAAA"] });
    expect(judgeStep(aStep(), facts, settings, ["aaaa"])).toMatchObject({ kind: "ask" });
    expect(judgeStep(aStep(), facts, settings, ["bbbb"])).toEqual({ kind: "allow" });
  });

  test("follows the narrowest mode of the databases it serves", () => {
    const observed = { "keymend:mode": "observe" };
    const two = someFacts({ targets: [anAccount({ tags: observed }), anAccount({ id: CLUSTER_ID })] });
    const both = [ACCOUNT_ID, CLUSTER_ID];
    expect(judgeStep(aStep({ targetIds: both }), two, heal, [])).toEqual({ kind: "observe" });
    expect(judgeStep(aStep({ targetIds: both }), { ...two, targets: two.targets.toReversed() }, heal, [])).toEqual({ kind: "observe" });
    expect(judgeStep(aStep({ targetIds: [CLUSTER_ID] }), two, heal, [])).toEqual({ kind: "allow" });
  });

  test.each([
    ["a database", someFacts({ missing: [{ kind: "account", id: "/x", state: "unreadable", why: "denied", detail: "" }] })],
    ["a key", someFacts({ keys: [{ state: "unreadable", name: "cmk", why: "denied", detail: "" }] })],
  ])("asks where %s could not be read: a tag that forbids it may be hidden", (_, unread) => {
    expect(judgeStep(aStep(), unread, heal, [])).toMatchObject({ kind: "ask" });
  });

  test("does not ask for a database that is gone and still listed", () => {
    expect(judgeStep(aStep(), someFacts({ missing: [{ kind: "account", id: "/x", state: "gone" }] }), heal, [])).toEqual({ kind: "allow" });
  });

  test("asks where privileged callers are named and nobody says who made the change", () => {
    const settings = someSettings({ privilegedCallers: ["aaaa"] });
    expect(judgeStep(aStep(), facts, settings, [])).toMatchObject({ kind: "ask" });
  });

  const grant: Step = {
    ...aStep(),
    name: "GrantKeyRole",
    params: { identityId: IDENTITY_ID, principalId: PRINCIPAL, scope: "/s", roleDefinitionId: "r" },
  };
  const remembered = (raw: string) => aBaseline({ defaultIdentities: { [ACCOUNT_ID.toLowerCase()]: raw } });
  const user = (id: string): DefaultIdentity => ({ form: "user", id, federatedClientId: null });

  test.each([
    ["the identity it had", `UserAssignedIdentity=${IDENTITY_ID}`, user(IDENTITY_ID), "allow"],
    ["another identity", `UserAssignedIdentity=${IDENTITY_ID}`, user(`${IDENTITY_ID}-evil`), "ask"],
    ["an identity of another form", "SystemAssignedIdentity", user(IDENTITY_ID), "ask"],
    ["the system identity, as before", "SystemAssignedIdentity", { form: "system" } as const, "allow"],
    ["none any more", `UserAssignedIdentity=${IDENTITY_ID}`, { form: "undefined" } as const, "allow"],
    ["an identity, and none was remembered", "Undefined", user(IDENTITY_ID), "allow"],
  ])("a grant to a database that names %s", (_, before, defaultIdentity, kind) => {
    const changed = someFacts({ targets: [anAccount({ defaultIdentity })], baseline: remembered(before) });
    expect(judgeStep(grant, changed, heal, []).kind).toBe(kind);
    expect(judgeStep(aStep(), changed, heal, [])).toEqual({ kind: "allow" });
  });

  test.each([
    ["as it was", PRINCIPAL.toUpperCase(), "allow"],
    ["made anew under its old name", "another", "ask"],
    ["of which nothing is remembered", undefined, "allow"],
  ])("a grant to an identity %s", (_, before, kind) => {
    const principals: Record<string, string> = before === undefined ? {} : { [IDENTITY_ID.toUpperCase()]: before };
    const changed = someFacts({ baseline: aBaseline({ principals }) });
    expect(judgeStep(grant, changed, heal, []).kind).toBe(kind);
    expect(judgeStep(aStep(), changed, heal, [])).toEqual({ kind: "allow" });
  });

  test("a grant to a principal that is no identity's, or is still to come, is not one made anew", () => {
    const toNobody = (principalId: string | null): Step => ({
      ...aStep(),
      name: "GrantKeyRole",
      params: { identityId: IDENTITY_ID, principalId, scope: "/s", roleDefinitionId: "r" },
    });
    const baseline = aBaseline({ principals: { [IDENTITY_ID.toLowerCase()]: "another" } });
    for (const principalId of ["system", null])
      expect(judgeStep(toNobody(principalId), someFacts({ baseline }), heal, []).kind).toBe("allow");
  });

  test("that serves nobody known is not written", () => {
    expect(judgeStep(aStep({ targetIds: ["/gone"] }), facts, heal, [])).toEqual({ kind: "observe" });
  });
});
