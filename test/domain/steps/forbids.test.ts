import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/domain/facts.ts";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import { rankOf, whyForbidden, stepSpecs } from "../../../src/domain/steps/index.ts";
import type { StepName, StepParams } from "../../../src/domain/steps/step.ts";
import { DAY } from "../../../src/domain/time.ts";
import { SAMPLES } from "../../support/steps.ts";
import {
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccount,
  aVersion,
  CLUSTER_ID,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  inaccessible,
  KEY_SCOPE,
  KEY_URI,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
  SUBSCRIPTION,
  TENANT,
  V1,
  V2,
  VAULT_ID,
} from "../../support/builders.ts";

const onVersion = { vaultId: VAULT_ID, vaultUri: "https://kv-orders.vault.azure.net", key: "cmk", version: V1 };
const grantee = { identityId: IDENTITY_ID, principalId: PRINCIPAL };

function forbidden<N extends StepName>(
  name: N,
  params: StepParams[N],
  facts: Partial<Facts> = {},
  cause: CauseCode = "AccessMissing",
): string | undefined {
  return whyForbidden({ name, params }, { facts: someFacts(facts), settings: someSettings({ expiryHorizonMs: 100 * DAY }), cause });
}

test("no repair disables a key, rotates one, or makes one", () => {
  expect(forbidden("CreateKey", onVersion)).toMatch(/only where somebody wants/);
  expect(forbidden("CreateKeyVersion", { ...onVersion, since: "x" })).toMatch(/only where somebody wants/);
  expect(forbidden("DisableKeyVersion", onVersion)).toMatch(/only where somebody wants/);
  for (const name of ["RemoveGrant", "RemoveAccessPolicyPermissions", "EnablePurgeProtection"] as const)
    expect(forbidden(name, SAMPLES[name])).toMatch(/only where somebody wants/);
});

describe("legal moves", () => {
  test("have an order: vault, key, identity, access, network, database", () => {
    const names = Object.keys(stepSpecs).map((name) => name as StepName);
    const ordered = names.toSorted((a, b) => rankOf(a) - rankOf(b));
    expect(new Set(names.map(rankOf)).size).toBe(names.length);
    expect(names.filter((name) => rankOf(name) < 0)).toEqual([]);
    expect(ordered).toEqual([
      "TagIntent",
      "DisableKeyVersion",
      "RemoveGrant",
      "RemoveAccessPolicyPermissions",
      "RecoverVault",
      "EnablePurgeProtection",
      "RecoverKey",
      "PutBackKeyVersion",
      "EnableKeyVersion",
      "SetKeyNotBefore",
      "ExtendKeyExpiry",
      "RestoreKeyOperations",
      "CreateKeyVersion",
      "CreateIdentity",
      "CreateKey",
      "RestoreRoleAssignment",
      "GrantKeyRole",
      "AddAccessPolicyPermissions",
      "AllowTrustedServices",
      "SetKeyUri",
      "AttachIdentity",
      "SetDefaultIdentity",
      "SetClusterEncryption",
      "DetachIdentity",
      "UntagIntent",
      "RestoreEventSubscription",
    ]);
  });

  test.each<[string, string, string | null, boolean]>([
    ["later is allowed", "2026-12-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z", true],
    ["an expiry where there was none is not: it can't be taken off again", "2026-12-01T00:00:00.000Z", null, false],
    ["one in the past is not, even where it is later than now set", "2026-10-15T00:00:00.000Z", "2026-10-01T00:00:00.000Z", false],
    ["earlier is not", "2026-09-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z", false],
    ["beyond the horizon is not", "2027-12-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z", false],
  ])("of an expiry: %s", (_what, expiresOn, previous, isLegal) => {
    expect(forbidden("ExtendKeyExpiry", { ...onVersion, expiresOn, previous, extensions: 1 }) === undefined).toBe(isLegal);
  });

  test.each<[string, string, string, boolean]>([
    ["the encryption role at the key is allowed", KEY_SCOPE, ENCRYPTION_ROLE, true],
    ["the encryption role at the vault is allowed", VAULT_ID, ENCRYPTION_ROLE, true],
    ["no wider scope is", SUBSCRIPTION, ENCRYPTION_ROLE, false],
    ["no other vault is", `${VAULT_ID}2`, ENCRYPTION_ROLE, false],
    ["no other role is", KEY_SCOPE, ENCRYPTION_ROLE.replace("e147488a", "14b46e9e"), false],
  ])("of a grant: %s", (_what, scope, roleDefinitionId, isLegal) => {
    expect(forbidden("GrantKeyRole", { ...grantee, scope, roleDefinitionId }) === undefined).toBe(isLegal);
    const restore = {
      ...grantee,
      scope,
      roleDefinitionId,
      name: "n",
      principalType: "ServicePrincipal",
      condition: null,
      conditionVersion: null,
      description: null,
    };
    expect(forbidden("RestoreRoleAssignment", restore) === undefined).toBe(isLegal);
  });

  test("of a grant: none without a vault, or where it is not known which one it is", () => {
    const params = { ...grantee, scope: KEY_SCOPE, roleDefinitionId: ENCRYPTION_ROLE };
    expect(forbidden("GrantKeyRole", params, { vault: null })).toBeDefined();
    expect(forbidden("GrantKeyRole", params, { vault: { state: "gone", id: null, name: "kv-orders" } })).toBeDefined();
    expect(forbidden("GrantKeyRole", params, { vault: { state: "gone", id: "", name: "kv-orders" } })).toBeDefined();
  });

  test("of a restored assignment: its principal is of a type that Azure takes", () => {
    const params = {
      ...grantee,
      scope: KEY_SCOPE,
      roleDefinitionId: ENCRYPTION_ROLE,
      name: "n",
      condition: null,
      conditionVersion: null,
      description: null,
    };
    expect(forbidden("RestoreRoleAssignment", { ...params, principalType: "ServicePrincipal" })).toBeUndefined();
    expect(forbidden("RestoreRoleAssignment", { ...params, principalType: "Unknown" })).toContain("type Unknown");
  });

  test("no database is moved to another key", () => {
    for (const other of ["https://kv-other.vault.azure.net/keys/cmk", "https://kv-orders.vault.azure.net/keys/other"]) {
      expect(forbidden("SetKeyUri", { targetId: ACCOUNT_ID, keyUri: other })).toContain("stays with its key");
      const params = { targetId: CLUSTER_ID, identityId: IDENTITY_ID, keyUrl: other };
      expect(forbidden("SetClusterEncryption", params, { targets: [aCluster()] })).toContain("stays with its key");
    }
  });

  test("a database that was not read, or names no key, has none that it could be moved away from", () => {
    expect(
      forbidden("DetachIdentity", { targetId: "/x", targetKind: "account", identityId: "/i", keeps: null }, {}, "BorrowedIdentity"),
    ).toBeUndefined();
    const targets = [anAccount({ keyUri: null }), aCluster({ keyUri: null })];
    expect(forbidden("SetKeyUri", { targetId: ACCOUNT_ID, keyUri: KEY_URI }, { targets })).toContain("stays with its key");
    expect(forbidden("SetClusterEncryption", { targetId: CLUSTER_ID, identityId: IDENTITY_ID, keyUrl: KEY_URI }, { targets })).toContain(
      "stays with its key",
    );
  });

  test("an identity in use is detached only at the end of its own replacement", () => {
    const detach = (identityId: string, cause: CauseCode) =>
      forbidden("DetachIdentity", { targetId: ACCOUNT_ID, targetKind: "account", identityId, keeps: null }, {}, cause);
    expect(detach(IDENTITY_ID, "BorrowedIdentity")).toBe("an identity in use is not detached");
    expect(detach(IDENTITY_ID, "IdentityDeleted")).toBeUndefined();
    expect(detach(`${IDENTITY_ID}-2`, "BorrowedIdentity")).toBeUndefined();
  });

  test.each<[string, string[], boolean]>([
    ["reading, listing, wrapping and unwrapping are allowed", ["get", "list", "wrapKey", "unwrapKey"], true],
    ["deleting is not", ["get", "delete"], false],
    ["all is not", ["all"], false],
  ])("of a policy: %s", (_what, keys, isLegal) => {
    expect(
      forbidden("AddAccessPolicyPermissions", { ...grantee, vaultId: VAULT_ID, tenantId: TENANT, applicationId: null, keys }) === undefined,
    ).toBe(isLegal);
  });

  test("of key operations: only wrapping and unwrapping are put back, what is there stays", () => {
    const keys = [aKey([aVersion(V1, { operations: ["sign"] })])];
    expect(forbidden("RestoreKeyOperations", { ...onVersion, operations: ["sign", "wrapKey", "unwrapKey"] }, { keys })).toBeUndefined();
    expect(forbidden("RestoreKeyOperations", { ...onVersion, operations: ["sign", "verify"] }, { keys })).toContain("verify");
    expect(forbidden("RestoreKeyOperations", { ...onVersion, operations: ["sign"] }, { keys: [aKey([aVersion(V2)])] })).toContain("sign");
    expect(forbidden("RestoreKeyOperations", { ...onVersion, operations: ["wrapKey"] }, { keys: [] })).toBeUndefined();
  });

  test("a revoked account takes changes of its identities and nothing else, but for the one attempt that the guide asks for", () => {
    const lost = { targets: [anAccount({ service: revoked() })] };
    const uri = { targetId: ACCOUNT_ID, keyUri: KEY_URI };
    expect(forbidden("SetKeyUri", uri, lost)).toBe("a revoked account takes nothing but changes of its identities");
    expect(forbidden("SetKeyUri", uri, lost, "KeyUriMalformed")).toBeUndefined();
    expect(forbidden("SetKeyUri", uri)).toBeUndefined();
    expect(forbidden("SetKeyUri", uri, { targets: [] })).toBeUndefined();
    expect(forbidden("SetDefaultIdentity", { targetId: ACCOUNT_ID, defaultIdentity: "FirstPartyIdentity" }, lost)).toBeUndefined();
    expect(forbidden("AttachIdentity", { targetId: ACCOUNT_ID, identityId: IDENTITY_ID }, lost)).toBeUndefined();
  });

  test("a cluster's key is changed only while it is Ready, its identity at any time", () => {
    const lost = { targets: [aCluster({ keyUri: `${KEY_URI}/${V1}`, service: inaccessible() })] };
    const params = { targetId: CLUSTER_ID, identityId: IDENTITY_ID };
    expect(forbidden("SetClusterEncryption", { ...params, keyUrl: KEY_URI }, lost)).toBe(
      "the key of a cluster is changed only while it is Ready",
    );
    expect(forbidden("SetClusterEncryption", { ...params, keyUrl: `${KEY_URI}/${V1}` }, lost)).toBeUndefined();
    expect(
      forbidden("SetClusterEncryption", { ...params, keyUrl: KEY_URI }, { targets: [aCluster({ keyUri: `${KEY_URI}/${V1}` })] }),
    ).toBeUndefined();
    expect(forbidden("SetClusterEncryption", { ...params, keyUrl: KEY_URI }, { targets: [] })).toBeUndefined();
  });
});
