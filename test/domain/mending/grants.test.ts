import { describe, expect, test } from "vitest";
import { grantDrafts } from "../../../src/domain/mending/grants.ts";
import { aBaseline, anAccount, aPolicyVault, IDENTITY_ID, KEY_SCOPE, PRINCIPAL, someFacts } from "../../support/builders.ts";

describe("a grant", () => {
  const grantee = { identityId: IDENTITY_ID, principalId: PRINCIPAL };

  test("is not made without a vault or a key to grant on, nor twice", () => {
    expect(grantDrafts(someFacts({ vault: null }), anAccount(), grantee)).toEqual([]);
    expect(grantDrafts(someFacts(), anAccount({ keyUri: null }), grantee)).toEqual([]);
    expect(grantDrafts(someFacts(), anAccount(), grantee)).toEqual([]);
  });

  test("is not remembered for a principal whose present access could not be read", () => {
    const blind = {
      state: "unreadable",
      why: "denied",
      detail: "403",
      principalId: PRINCIPAL,
      keyName: "cmk",
      keyScope: KEY_SCOPE,
    } as const;
    const [draft] = grantDrafts(someFacts({ access: [blind], baseline: aBaseline() }), anAccount(), grantee);
    expect(draft!.name).toBe("RestoreRoleAssignment");
  });

  test("by policy asks for everything where nothing is known of the principal", () => {
    const [draft] = grantDrafts(someFacts({ vault: aPolicyVault() }), anAccount(), { identityId: IDENTITY_ID, principalId: null });
    expect(draft).toMatchObject({ name: "AddAccessPolicyPermissions", params: { keys: ["get", "wrapKey", "unwrapKey"] } });
  });
});
