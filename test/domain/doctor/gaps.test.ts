import { describe, expect, test } from "vitest";
import { type Beside, gapsOf } from "../../../src/domain/doctor/gaps.ts";
import type { Facts, TargetFacts } from "../../../src/domain/facts.ts";
import {
  aKeyRotated,
  aCluster,
  ACCOUNT_ID,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  aPolicyVault,
  aRole,
  aVault,
  IDENTITY_ID,
  KEY_SCOPE,
  PRINCIPAL,
  someFacts,
  SUBSCRIPTION,
  TENANT,
  V1,
  VAULT_ID,
} from "../../support/builders.ts";

/** Nothing is lacking. */
const whole: Beside = {
  locks: [{ scope: SUBSCRIPTION, level: "CanNotDelete" }],
};
const OTHER = "22222222-0000-4000-8000-000000000002";
const ADMIN = `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/00482a5a-887f-4fb3-b363-3b7fe8e74483`;
const anAdmin = { ...aRole(ADMIN, ["Microsoft.KeyVault/vaults/*"], ["Microsoft.KeyVault/vaults/secrets/*"]), roleName: "Admin" };
const aPolicy = (keys: string[], objectId = OTHER, applicationId: string | null = null) => ({
  tenantId: TENANT,
  objectId,
  applicationId,
  keys,
});
const NEEDED = ["get", "list", "wrapKey", "unwrapKey"];

type Row = [what: string, facts: Partial<Facts>, beside: Beside, codes: string[], words?: string, line?: string];

const shown = (facts: Partial<Facts>, beside: Beside, target: TargetFacts = (facts.targets ?? [anAccount()])[0]!) =>
  gapsOf(someFacts(facts), target, beside);

describe("what is lacking around a database", () => {
  test.each<Row>([
    ["nothing", {}, whole, []],
    [
      "purge protection",
      { vault: aVault({ purgeProtection: false }) },
      whole,
      ["PurgeProtectionOff"],
      "both kinds of database require",
      "--enable-purge-protection true",
    ],
    [
      "retention",
      { vault: aVault({ softDeleteRetentionInDays: 7 }) },
      whole,
      ["RetentionShort"],
      "recovered for 7 days",
      "az keyvault key backup --vault-name kv-orders --name cmk --file kv-orders-cmk.keybackup",
    ],
    ["a retention that is not told is none", { vault: aVault({ softDeleteRetentionInDays: null }) }, whole, []],
    [
      "a way in for repairs",
      { vault: aVault({ network: { ...aVault().network, publicNetworkAccess: "disabled" } }) },
      whole,
      ["PrivateOnlyVault"],
      "trusted services alone",
      `--private-connection-resource-id ${VAULT_ID} --group-id vault`,
    ],
    [
      "a public access that is not told is on",
      { vault: aVault({ network: { ...aVault().network, publicNetworkAccess: null } }) },
      whole,
      [],
    ],
    [
      "locks",
      {},
      { ...whole, locks: [] },
      ["VaultNotLocked", "IdentityNotLocked"],
      "can be deleted by whoever may write it",
      "az lock create --name keymend-keep --lock-type CanNotDelete",
    ],
    [
      "one of the locks",
      {},
      { ...whole, locks: [{ scope: VAULT_ID, level: "ReadOnly" }] },
      ["IdentityNotLocked"],
      "can't be recovered",
      IDENTITY_ID,
    ],
    ["locks that could not be read are not lacking", {}, { ...whole, locks: null }, []],
    [
      "an identity of its own goes with it",
      { targets: [anAccount({ defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL })] },
      { ...whole, locks: [{ scope: VAULT_ID, level: "ReadOnly" }] },
      [],
    ],
    [
      "a rotation policy",
      aKeyRotated(null),
      whole,
      ["NoRotationPolicy"],
      "rotated by hand alone",
      `--name cmk --value '{"lifetimeActions":[{"trigger":{"timeAfterCreate":"P1Y"},"action":{"type":"Rotate"}}],"attributes":{}}'`,
    ],
    ["one that only notifies is none", aKeyRotated({ rotates: false, expiryTime: null }), whole, ["NoRotationPolicy"]],
    [
      "one that lets versions expire",
      aKeyRotated({ rotates: false, expiryTime: "P180D" }),
      whole,
      ["ExpiryWithoutRotation"],
      "expires after P180D",
    ],
    ["one that was not read is not lacking", { keys: [aKey()] }, whole, []],
    ["one that rotates is there", aKeyRotated({ rotates: true, expiryTime: "P90D" }), whole, []],
    ["of a key that is gone there is none", { keys: [{ state: "gone", name: "cmk" }] }, whole, []],
    [
      "a URL that follows rotations",
      { targets: [aCluster({ keyUri: `https://kv-orders.vault.azure.net/keys/cmk/${V1}` })] },
      whole,
      ["VersionPinned"],
      `carts names version ${V1}`,
      "keyEncryptionKeyUrl",
    ],
    [
      "the same of a cluster that names no identity",
      { targets: [aCluster({ keyUri: `https://kv-orders.vault.azure.net/keys/cmk/${V1}`, defaultIdentity: { form: "undefined" } })] },
      whole,
      ["VersionPinned"],
      "",
      "--query properties.encryption",
    ],
    [
      "an account that names a version has a cause of its own",
      { targets: [anAccount({ keyUri: `https://kv-orders.vault.azure.net/keys/cmk/${V1}` })] },
      whole,
      [],
    ],
    ["a key URI that names no key", { targets: [aCluster({ keyUri: "https://nowhere.example/keys" })] }, whole, []],
    ["no key URI", { targets: [anAccount({ keyUri: null })] }, whole, []],
    [
      "without a vault its own",
      { vault: { state: "gone", id: VAULT_ID, name: "kv-orders" } },
      { ...whole, locks: [] },
      ["IdentityNotLocked"],
    ],
  ])("%s", (_, facts, beside, codes, words = "", line = "") => {
    const gaps = shown(facts, beside);
    expect(gaps.map(({ code }) => code)).toEqual(codes);
    expect(gaps.flatMap(({ evidence }) => evidence).join("\n")).toContain(words);
    expect(gaps.flatMap(({ az }) => az).join("\n")).toContain(line);
    // Words alone mend nothing.
    for (const { az, on } of gaps) expect([az.some((one) => one.startsWith("az ")), on.startsWith("/")]).toEqual([true, true]);
  });
});

describe("an identity that may do more than it needs", () => {
  const wide = anAssignment({ scope: SUBSCRIPTION });
  test.each<[what: string, facts: Partial<Facts>, words: string | null]>([
    ["what it needs at the vault", {}, null],
    ["the role it needs at all vaults", { access: [anAccess({ assignments: [wide] })] }, "reaches every vault below"],
    [
      "another role, of which only what matters is told",
      { access: [anAccess({ assignments: [anAssignment(), anAssignment({ roleDefinitionId: ADMIN })], definitions: [aRole(), anAdmin] })] },
      "'Admin' at " + VAULT_ID + " lets it delete keys, purge keys, create keys, change keys, decrypt with keys, sign with keys",
    ],
    [
      "the right to change the vault",
      {
        access: [
          anAccess({
            assignments: [anAssignment({ roleDefinitionId: ADMIN })],
            definitions: [
              { id: ADMIN, roleName: "Owner", permissions: [{ actions: ["*"], notActions: [], dataActions: [], notDataActions: [] }] },
            ],
          }),
        ],
      },
      "change the vault, delete the vault, grant access",
    ],
    [
      "a role of its own that is no wider than it needs, at all vaults, is its own choice",
      {
        access: [anAccess({ assignments: [anAssignment({ scope: SUBSCRIPTION, roleDefinitionId: ADMIN })], definitions: [aRole(ADMIN)] })],
      },
      null,
    ],
    [
      "a role that could not be read",
      { access: [anAccess({ definitions: [{ id: anAssignment().roleDefinitionId, roleName: "", permissions: null }] })] },
      null,
    ],
    ["a role that is not told", { access: [anAccess({ definitions: [] })] }, null],
    [
      "a group's grant, which others need",
      { access: [anAccess({ assignments: [anAssignment(), { ...wide, principalId: OTHER }] })] },
      null,
    ],
    ["access that was not read", { access: [{ ...anAccess(), state: "unreadable", why: "denied", detail: "no" }] }, null],
    ["access policies with what it needs", { vault: aPolicyVault() }, null],
    [
      "more of an access policy",
      { vault: aPolicyVault([...NEEDED, "delete", "Delete", "all"]) },
      "its access policy also has delete, Delete, all",
    ],
    ["another's policy", { vault: aPolicyVault(NEEDED, { policies: [aPolicy(["all"])] }) }, null],
    ["a policy on behalf of it", { vault: aPolicyVault(NEEDED, { policies: [aPolicy(["all"], PRINCIPAL, OTHER)] }) }, null],
    ["of a key that was not read nothing is said", { vault: aPolicyVault(["all"]), keys: [aKey(undefined, "other")] }, null],
    ["nor of an identity that is gone", { vault: aPolicyVault(["all"]), identities: [{ state: "gone", id: IDENTITY_ID }] }, null],
    [
      "nor of Azure's own application",
      { vault: aPolicyVault(["all"]), firstPartyPrincipalId: PRINCIPAL, targets: [anAccount({ defaultIdentity: { form: "firstParty" } })] },
      null,
    ],
  ])("%s", (_, facts, words) => {
    const [gap] = shown(facts, whole).filter(({ code }) => code === "IdentityHoldsMore");
    expect(gap?.evidence.join() ?? null).toEqual(words === null ? null : expect.stringContaining(words));
  });

  test("is first given what it needs, then loses the rest, with a wait between", () => {
    const [gap] = shown({ access: [anAccess({ assignments: [wide] })] }, whole);
    expect(gap?.az).toEqual([
      `az role assignment create --assignee-object-id ${PRINCIPAL} --assignee-principal-type ServicePrincipal --role e147488a-f6f5-4113-8e2d-b22465e65bf6 --scope ${KEY_SCOPE}`,
      "sleep 600 # a role takes up to ten minutes to reach the vault",
      `az role assignment delete --ids ${wide.id}`,
    ]);
    expect(gap?.on).toBe(IDENTITY_ID);
  });

  test("one of the database's own goes by the database", () => {
    const target = anAccount({ defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL });
    const [gap] = shown({ vault: aPolicyVault(["all"]), targets: [target] }, whole);
    expect(gap).toMatchObject({ on: ACCOUNT_ID, evidence: [expect.stringContaining("the identity of orders: ")] });
  });
});

describe("a grant that no database here uses", () => {
  const stranger = anAssignment({ principalId: OTHER, name: "stranger" });
  const held = (...assignments: ReturnType<typeof anAssignment>[]) => ({ held: { assignments, left: 0 } });
  test.each<[what: string, facts: Partial<Facts>, count: number]>([
    ["those of the databases", held(anAssignment()), 0],
    ["one of somebody else", held(stranger), 1],
    ["another role of somebody else", held({ ...stranger, roleDefinitionId: ADMIN }), 0],
    ["of Cosmos DB itself", { ...held(stranger), firstPartyPrincipalId: OTHER.toUpperCase() }, 0],
    ["of a database's own identity", { ...held(stranger), targets: [anAccount({ systemPrincipalId: OTHER })] }, 0],
    [
      "of one that is attached and gone",
      { ...held(stranger), targets: [anAccount({ attached: [{ id: "x", principalId: OTHER, clientId: null }] })] },
      0,
    ],
    ["not read", {}, 0],
    ["a policy of somebody else", { vault: aPolicyVault(NEEDED, { policies: [aPolicy(NEEDED)] }) }, 1],
    [
      "a policy with more, which is for people",
      { vault: aPolicyVault(NEEDED, { policies: [aPolicy(["all"]), aPolicy([...NEEDED, "create"])] }) },
      0,
    ],
    ["a policy without wrapping", { vault: aPolicyVault(NEEDED, { policies: [aPolicy(["get"])] }) }, 0],
    ["a policy on somebody's behalf", { vault: aPolicyVault(NEEDED, { policies: [aPolicy(NEEDED, OTHER, OTHER)] }) }, 0],
    ["the database's own policy", { vault: aPolicyVault() }, 0],
  ])("%s", (_, facts, count) => {
    const gaps = shown({ identities: [...someFacts().identities, { state: "gone", id: "gone" }], ...facts }, whole).filter(
      ({ code }) => code === "StaleGrant",
    );
    expect(gaps).toHaveLength(count);
    for (const { az } of gaps)
      expect(az.join("\n")).toMatch(/# a database that is not seen here[^\n]*\naz (role assignment delete --ids|keyvault delete-policy)/);
  });
});
