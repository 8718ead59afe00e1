import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { say } from "../../../src/domain/steps/az.ts";
import type { AppliedStep } from "../../../src/domain/incident.ts";
import { runbookOf } from "../../../src/domain/turn/runbook.ts";
import { azOf, completeStep, stepSpecs } from "../../../src/domain/steps/index.ts";
import type { StepDraft, StepName, StepParams } from "../../../src/domain/steps/step.ts";
import type { JudgedStep, StepState } from "../../../src/domain/turn/judge-steps.ts";
import {
  ACCOUNT_ID,
  CLUSTER_ID,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  identityIdOf,
  KEY_SCOPE,
  KEY_URI,
  PRINCIPAL,
  SUBSCRIPTION,
  SUBSCRIPTION_ID,
  TENANT,
  V1,
  VAULT_ID,
} from "../../support/builders.ts";
import { aBlock } from "../../support/turns.ts";

const ARM = "https://management.azure.com";
const NEW_ID = identityIdOf("id-orders-2");
const named = (name: string): string => `--name ${name} --resource-group rg-orders --subscription ${SUBSCRIPTION_ID}`;
const LOOK_UP = `"$(az identity show --ids ${NEW_ID} --query principalId --output tsv)"`;

const onKey = { vaultId: VAULT_ID, vaultUri: "https://kv-orders.vault.azure.net", key: "cmk" };
const onVersion = { ...onKey, version: V1 };
const known = { identityId: IDENTITY_ID, principalId: PRINCIPAL };
const toCome = { identityId: NEW_ID, principalId: null };
const onAccount = { targetId: ACCOUNT_ID, targetKind: "account" } as const;
const onCluster = { targetId: CLUSTER_ID, targetKind: "cluster" } as const;
const assignment: StepParams["RestoreRoleAssignment"] = {
  ...known,
  scope: VAULT_ID,
  name: "aaaaaaaa-0000-4000-8000-000000000001",
  roleDefinitionId: ENCRYPTION_ROLE,
  principalType: "ServicePrincipal",
  condition: null,
  conditionVersion: null,
  description: null,
};
const policy = { ...known, vaultId: VAULT_ID, tenantId: TENANT, applicationId: null, keys: ["wrapKey", "get"] };
const topicId = `${SUBSCRIPTION}/resourceGroups/rg-orders/providers/Microsoft.EventGrid/systemTopics/evgt`;
const create = `az role assignment create --name ${assignment.name} --assignee-object-id ${PRINCIPAL} --assignee-principal-type ServicePrincipal --role e147488a-f6f5-4113-8e2d-b22465e65bf6 --scope ${VAULT_ID}`;
const patch = (id: string, version: string, body: unknown): string =>
  `az rest --method patch --url '${ARM}${id}?api-version=${version}' --body '${JSON.stringify(body)}'`;
const clusterIdentity = (value: unknown) => ({ identity: { type: "UserAssigned", userAssignedIdentities: { [NEW_ID]: value } } });
const encryptionWith = (userAssignedIdentityResourceId: string) => ({
  encryption: {
    customerManagedKeyEncryption: {
      keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId },
      keyEncryptionKeyUrl: KEY_URI,
    },
  },
});
const waitForAccount = `az resource wait --updated --ids ${ACCOUNT_ID} --api-version 2026-03-15`;
const wait = `az resource wait --updated --ids ${CLUSTER_ID} --api-version 2026-06-01`;

type Row = [what: string, step: StepDraft, lines: string[]];
const row = <N extends StepName>(name: N, what: string, params: StepParams[N], ...lines: string[]): Row => [
  `${name}: ${what}`,
  { name, params } as StepDraft,
  lines,
];

const setAttributes = `az keyvault key set-attributes --id ${KEY_URI}/${V1}`;

const ROWS: Row[] = [
  row(
    "ExtendKeyExpiry",
    "in UTC, to the second",
    { ...onVersion, expiresOn: "2027-01-31T10:00:00.123Z", previous: null, extensions: 1 },
    `${setAttributes} --expires 2027-01-31T10:00:00Z`,
  ),
  row("EnableKeyVersion", "that one version", onVersion, `${setAttributes} --enabled true`),
  row("CreateKeyVersion", "by the key's own rotation", { ...onKey, since: "x" }, `az keyvault key rotate --id ${KEY_URI}`),
  row(
    "CreateKey",
    "by Azure Resource Manager, which makes no second version",
    onKey,
    `az rest --method put --url '${ARM}${KEY_SCOPE}?api-version=2026-02-01' --body '{"properties":{"kty":"RSA","keySize":3072}}'`,
  ),
  row(
    "RemoveGrant",
    "that one assignment",
    { scope: KEY_SCOPE, name: "aaaa", holder: PRINCIPAL },
    `az role assignment delete --ids ${KEY_SCOPE}/providers/Microsoft.Authorization/roleAssignments/aaaa`,
  ),
  row(
    "RemoveAccessPolicyPermissions",
    "just these, and nothing else of the policy",
    { vaultId: VAULT_ID, tenantId: TENANT, holder: PRINCIPAL, keys: ["wrapkey"] },
    `az rest --method put --url '${ARM}${VAULT_ID}/accessPolicies/remove?api-version=2026-02-01' --body '{"properties":{"accessPolicies":[{"tenantId":"${TENANT}","objectId":"${PRINCIPAL}","permissions":{"keys":["wrapkey"]}}]}}'`,
  ),
  row("DisableKeyVersion", "that one version", onVersion, `${setAttributes} --enabled false`),
  row(
    "TagIntent",
    "with the tags that are there",
    { ...onVersion, value: "w1", others: { team: "orders" } },
    `${setAttributes} --tags team=orders keymend:revoked=w1`,
  ),
  row(
    "UntagIntent",
    "and leaves the others",
    { ...onVersion, value: "w1", others: { team: "orders" } },
    `${setAttributes} --tags team=orders`,
  ),
  row("UntagIntent", "that is the only one", { ...onVersion, value: "w1", others: {} }, `${setAttributes} --tags ''`),
  row(
    "SetKeyNotBefore",
    "in UTC, to the second",
    { ...onVersion, notBefore: "2026-11-02T10:00:00.000Z" },
    `${setAttributes} --not-before 2026-11-02T10:00:00Z`,
  ),
  ...(
    [
      ["the expiry", "expiresOn", "2026-11-02T10:00:00.000Z", "--expires 2026-11-02T10:00:00Z"],
      ["the activation", "notBefore", "2026-11-02T10:00:00.000Z", "--not-before 2026-11-02T10:00:00Z"],
      ["the operations", "operations", ["sign", "verify"], "--ops sign verify"],
    ] as const
  ).map(([what, attribute, value, flags]) =>
    row(
      "PutBackKeyVersion",
      what,
      { ...onVersion, attribute, value: typeof value === "string" ? value : [...value], writtenOn: "x" },
      `${setAttributes} ${flags}`,
    ),
  ),
  row(
    "RestoreKeyOperations",
    "the whole set",
    { ...onVersion, operations: ["sign", "wrapKey", "unwrapKey"] },
    `${setAttributes} --ops sign wrapKey unwrapKey`,
  ),
  row("RecoverKey", "by name", onKey, "az keyvault key recover --vault-name kv-orders --name cmk"),
  row("RecoverKey", "of a host that is no vault", { ...onKey, vaultUri: "" }, "az keyvault key recover --vault-name '' --name cmk"),
  row(
    "RecoverVault",
    "into its own group",
    { vaultId: VAULT_ID, location: "West Europe", tenantId: TENANT, sku: "premium" },
    `az keyvault recover ${named("kv-orders")} --location 'West Europe'`,
    expect.stringMatching(/^# role assignments and event subscriptions of kv-orders do not come back by themselves/) as unknown as string,
  ),
  row(
    "RestoreEventSubscription",
    "the topic where it is gone too, the subscription once it is there",
    {
      topicId,
      topicLocation: "westeurope",
      source: VAULT_ID,
      name: "keymend-keys",
      properties: { eventDeliverySchema: "EventGridSchema" },
    },
    "# event subscription keymend-keys: all events of kv-orders to a receiver that Azure does not name",
    `az resource show --ids ${topicId} --api-version 2022-06-15 --output none || az rest --method put --url '${ARM}${topicId}?api-version=2022-06-15' --body '{"location":"westeurope","properties":{"source":"${VAULT_ID}","topicType":"Microsoft.KeyVault.vaults"}}'`,
    `az resource wait --created --ids ${topicId} --api-version 2022-06-15`,
    `az rest --method put --url '${ARM}${topicId}/eventSubscriptions/keymend-keys?api-version=2022-06-15' --body '{"properties":{"eventDeliverySchema":"EventGridSchema"}}'`,
  ),
  row("RestoreRoleAssignment", "under its old name", assignment, create),
  row("RestoreRoleAssignment", "a version of no condition", { ...assignment, conditionVersion: "2.0" }, create),
  row(
    "RestoreRoleAssignment",
    "with its condition and description",
    { ...assignment, condition: "@Resource[a] StringEquals 'b'", conditionVersion: "2.0", description: "it's -- for orders" },
    `${create} '--condition= @Resource[a] StringEquals '\\''b'\\''' --condition-version=2.0 '--description=it'\\''s -- for orders'`,
  ),
  row(
    "RestoreRoleAssignment",
    "a condition of no known version",
    { ...assignment, condition: "c" },
    `${create} --condition=c --condition-version=2.0`,
  ),
  row(
    "GrantKeyRole",
    "to a principal that is known",
    {
      ...known,
      scope: KEY_SCOPE,
      roleDefinitionId: "/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6",
    },
    `az role assignment create --assignee-object-id ${PRINCIPAL} --assignee-principal-type ServicePrincipal --role e147488a-f6f5-4113-8e2d-b22465e65bf6 --scope ${KEY_SCOPE}`,
  ),
  row(
    "GrantKeyRole",
    "to one that is made by a line before",
    { ...toCome, scope: KEY_SCOPE, roleDefinitionId: "e147488a-f6f5-4113-8e2d-b22465e65bf6" },
    `az role assignment create --assignee-object-id ${LOOK_UP} --assignee-principal-type ServicePrincipal --role e147488a-f6f5-4113-8e2d-b22465e65bf6 --scope ${KEY_SCOPE}`,
  ),
  row(
    "GrantKeyRole",
    "to a database's own identity, which has a principal only once it is switched on",
    { identityId: ACCOUNT_ID, principalId: null, scope: KEY_SCOPE, roleDefinitionId: "e147488a-f6f5-4113-8e2d-b22465e65bf6" },
    `az role assignment create --assignee-object-id "$(az cosmosdb show --ids ${ACCOUNT_ID} --query identity.principalId --output tsv)" --assignee-principal-type ServicePrincipal --role e147488a-f6f5-4113-8e2d-b22465e65bf6 --scope ${KEY_SCOPE}`,
  ),
  row(
    "AddAccessPolicyPermissions",
    "only what is lacking",
    policy,
    `az rest --method put --url '${ARM}${VAULT_ID}/accessPolicies/add?api-version=2026-02-01' --body '{"properties":{"accessPolicies":[{"tenantId":"${TENANT}","objectId":"${PRINCIPAL}","permissions":{"keys":["wrapKey","get"]}}]}}'`,
  ),
  row(
    "AddAccessPolicyPermissions",
    "to one that is made by a line before",
    { ...policy, ...toCome, applicationId: "app" },
    `az rest --method put --url '${ARM}${VAULT_ID}/accessPolicies/add?api-version=2026-02-01' --body '{"properties":{"accessPolicies":[{"tenantId":"${TENANT}","objectId":"'${LOOK_UP}'","permissions":{"keys":["wrapKey","get"]},"applicationId":"app"}]}}'`,
  ),
  row(
    "AddAccessPolicyPermissions",
    "to nobody that is known",
    { ...policy, identityId: null, principalId: null },
    `az rest --method put --url '${ARM}${VAULT_ID}/accessPolicies/add?api-version=2026-02-01' --body '{"properties":{"accessPolicies":[{"tenantId":"${TENANT}","objectId":"'"$(az identity show --ids '' --query principalId --output tsv)"'","permissions":{"keys":["wrapKey","get"]}}]}}'`,
  ),
  row(
    "CreateIdentity",
    "with the tag that says what for",
    { identityId: NEW_ID, location: "West Europe", insteadOf: "id-orders" },
    `az rest --method put --url '${ARM}${NEW_ID}?api-version=2024-11-30' --body '{"location":"West Europe","tags":{"keymend:insteadOf":"id-orders"}}'`,
  ),
  row(
    "AttachIdentity",
    "to an account, leaving the others alone",
    { targetId: ACCOUNT_ID, identityId: NEW_ID },
    `az rest --method patch --url '${ARM}${ACCOUNT_ID}?api-version=2026-03-15' --body '{"identity":{"type":"'"$(az cosmosdb show --ids ${ACCOUNT_ID} --query 'contains(identity.type || '\\''None'\\'', '\\''SystemAssigned'\\'') && '\\''SystemAssigned,UserAssigned'\\'' || '\\''UserAssigned'\\''' --output tsv)"'","userAssignedIdentities":{"${NEW_ID}":{}}}}'`,
    waitForAccount,
  ),
  row(
    "AttachIdentity",
    "the account's own",
    { targetId: ACCOUNT_ID, identityId: "SystemAssigned" },
    `az rest --method patch --url '${ARM}${ACCOUNT_ID}?api-version=2026-03-15' --body '{"identity":{"type":"'"$(az cosmosdb show --ids ${ACCOUNT_ID} --query 'contains(identity.type || '\\''None'\\'', '\\''UserAssigned'\\'') && '\\''SystemAssigned,UserAssigned'\\'' || '\\''SystemAssigned'\\''' --output tsv)"'"}}'`,
    waitForAccount,
  ),
  row(
    "SetDefaultIdentity",
    "alone in its write",
    { targetId: ACCOUNT_ID, defaultIdentity: `UserAssignedIdentity=${NEW_ID}` },
    `az cosmosdb update ${named("orders")} --default-identity UserAssignedIdentity=${NEW_ID}`,
  ),
  row(
    "DetachIdentity",
    "from an account",
    { ...onAccount, identityId: NEW_ID, keeps: null },
    `az cosmosdb identity remove ${named("orders")} --identities ${NEW_ID}`,
  ),
  row(
    "DetachIdentity",
    "from something that is no account",
    { ...onAccount, targetId: "nonsense", identityId: NEW_ID, keeps: null },
    `az cosmosdb identity remove --name '' --resource-group '' --subscription '' --identities ${NEW_ID}`,
  ),
  row(
    "DetachIdentity",
    "from a cluster, by an explicit null, with all it encrypts with",
    { ...onCluster, identityId: NEW_ID, keeps: { identityId: IDENTITY_ID, keyUrl: KEY_URI } },
    patch(CLUSTER_ID, "2026-06-01", { ...clusterIdentity(null), properties: encryptionWith(IDENTITY_ID) }),
    wait,
  ),
  row(
    "EnablePurgeProtection",
    "and nothing else",
    { vaultId: VAULT_ID },
    `az keyvault update ${named("kv-orders")} --enable-purge-protection true`,
  ),
  row("AllowTrustedServices", "and nothing else", { vaultId: VAULT_ID }, `az keyvault update ${named("kv-orders")} --bypass AzureServices`),
  row(
    "SetKeyUri",
    "alone in its write",
    { targetId: ACCOUNT_ID, keyUri: KEY_URI },
    expect.stringMatching(/^# a revoked account refuses this with 400/) as unknown as string,
    `az cosmosdb update ${named("orders")} --key-uri ${KEY_URI}`,
  ),
  row(
    "SetClusterEncryption",
    "identity and key together",
    { targetId: CLUSTER_ID, identityId: NEW_ID, keyUrl: KEY_URI },
    patch(CLUSTER_ID, "2026-06-01", {
      ...clusterIdentity({}),
      properties: encryptionWith(NEW_ID),
    }),
    wait,
  ),
];

/** What a shell makes of the line: the words of every `az` that it runs, look-ups printing `looked-up`. */
function wordsOf(line: string): string[] {
  const lookUp = '[ "$1 $2" = "identity show" ] || [ "$1 $2" = "cosmosdb show" ]';
  const script = `az() { if ${lookUp}; then echo looked-up; else printf '%s\\0' "$@"; fi; }; ${line}`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

describe("the commands of a step", () => {
  test.each(ROWS)("%s", (_what, step, lines) => {
    expect(azOf(step)).toEqual(lines);
  });

  test("are known for every step", () => {
    expect(new Set(ROWS.map(([, { name }]) => name))).toEqual(new Set(Object.keys(stepSpecs)));
  });

  test.each<[StepDraft, string]>([
    [{ name: "AddAccessPolicyPermissions", params: { ...policy, ...toCome } }, "objectId"],
    [{ name: "AttachIdentity", params: { targetId: ACCOUNT_ID, identityId: NEW_ID } }, "type"],
  ])("send a body that a look-up has filled in: $name", (step, field) => {
    const [line] = azOf(step);
    const body: unknown = JSON.parse(wordsOf(line).at(-1)!);
    expect(JSON.stringify(body)).toContain(`"${field}":"looked-up"`);
  });

  test("hand a shell whatever text Azure keeps as that text, and az no file to send", () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from("'\"$()`\\;\n@-=~*# aé")) });
    fc.assert(
      fc.property(text, (description) => {
        const [line] = azOf({ name: "RestoreRoleAssignment", params: { ...assignment, description } });
        expect(wordsOf(line).at(-1)).toBe(`--description=${description.startsWith("@") ? " " : ""}${description}`);
      }),
      { numRuns: 150, examples: [["$(touch pwned)"], ["@/etc/passwd"], ["--scope=/"], ["'; rm -rf . #"]] },
    );
  });
});

const judged = (state: StepState, draft: StepDraft = { name: "EnableKeyVersion", params: onVersion }): JudgedStep => ({
  step: completeStep(draft, { causes: [], targetIds: [ACCOUNT_ID], needs: "nothing", ready: true }),
  state,
});
const enable = `${setAttributes} --enabled true`;
const refused: AppliedStep = { id: "s", name: "EnableKeyVersion", on: "x", at: "", result: "refused", detail: "", targetIds: [] };

describe("a runbook", () => {
  test.each<[string, StepState, boolean]>([
    ["observed", { kind: "observe" }, true],
    ["not permitted", { kind: "denied", result: refused }, true],
    ["waiting for a person", { kind: "ask", why: "", question: { at: "", principalId: null, evidence: {} } }, true],
    ["waiting for another step", { kind: "allowed", ready: false }, true],
    ["tried too often", { kind: "refuse", reason: "Stopped", why: "" }, true],
    ["done just now", { kind: "settling" }, false],
    ["a revocation on purpose", { kind: "refuse", reason: "RevokedOnPurpose", why: "" }, false],
    ["what a person said no to", { kind: "refuse", reason: "Rejected", why: "" }, false],
  ])("for a step that is %s: %j, %s", (_what, state, isOffered) => {
    expect(runbookOf([judged(state)], [])).toEqual(isOffered ? [enable] : []);
  });

  const grant: StepDraft = { name: "GrantKeyRole", params: { ...known, scope: KEY_SCOPE, roleDefinitionId: ENCRYPTION_ROLE } };
  const setDefault: StepDraft = { name: "SetDefaultIdentity", params: { targetId: ACCOUNT_ID, defaultIdentity: "SystemAssignedIdentity" } };
  const setEncryption: StepDraft = { name: "SetClusterEncryption", params: { targetId: CLUSTER_ID, identityId: NEW_ID, keyUrl: KEY_URI } };
  const commandsOf = (...drafts: StepDraft[]): string[] =>
    runbookOf(
      drafts.map((draft) => judged({ kind: "observe" }, draft)),
      [],
    ).map((line) => line.split(" ").slice(0, 3).join(" "));

  test("waits once between a role and the first database that is switched to it", () => {
    expect(commandsOf(grant, setDefault, setEncryption)).toEqual([
      "az role assignment",
      "sleep 600 #",
      "az cosmosdb update",
      "az rest --method",
      "az resource wait",
    ]);
    expect(commandsOf(grant)).toEqual(["az role assignment"]);
    expect(commandsOf(setDefault)).toEqual(["az cosmosdb update"]);
    expect(commandsOf(setDefault, grant)).toEqual(["az cosmosdb update", "az role assignment"]);
  });

  test("tells the same advice once, after the commands", () => {
    const blocks = [aBlock({ advice: ["# a", "az x"] }), aBlock({ advice: ["# b", "az x"] })];
    expect(runbookOf([judged({ kind: "observe" })], blocks)).toEqual([enable, "# a", "az x", "# b"]);
  });

  test("keeps words on one line: what follows a line break would be a command", () => {
    expect(say("tag\nrm -rf ~\r\n x\u2028y")).toBe("# tag rm -rf ~ x y");
  });
});
