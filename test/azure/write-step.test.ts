import { expect, test } from "vitest";
import { assignmentName } from "../../src/azure/write-access.ts";
import { createStepWriter } from "../../src/azure/write-step.ts";
import { InvariantError, TransientError } from "../../src/domain/errors.ts";
import type { StepDraft } from "../../src/domain/steps/step.ts";
import { ACCOUNT_ID, byPath, CLUSTER_ID, fakeAzure, IDENTITY_ID, RG, SUB, VAULT_ID } from "../support/fake-azure.ts";
import type { FakeAnswer } from "../support/fake-azure.ts";

const VERSION = "0123456789abcdef0123456789abcdef";
const KEY = { vaultId: VAULT_ID, vaultUri: "https://v1.vault.azure.net", key: "k1" };
const FUTURE = new Date(Date.now() + 90 * 86_400_000).toISOString();
const unix = (iso: string): number => Math.floor(Date.parse(iso) / 1000);
const bundle = (attributes: Record<string, unknown> = {}, ops = ["wrapKey", "unwrapKey"]): FakeAnswer => ({
  body: {
    key: { kid: `https://v1.vault.azure.net/keys/k1/${VERSION}`, kty: "RSA", key_ops: ops },
    attributes: { enabled: true, created: 1, updated: 1, ...attributes },
  },
});
const ROLE = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
const KEY_SCOPE = `${VAULT_ID}/keys/k1`;
const GRANTEE = { identityId: IDENTITY_ID, principalId: "p1" };
const OPERATION = `https://eastus2euap.management.azure.com/subscriptions/${SUB}/providers/Microsoft.DocumentDB/locations/eastus/operationsStatus/g?api-version=2026-03-15&t=1&c=MII%2B&s=x&h=y`;
const error = (status: number, code: string, message = "no"): FakeAnswer => ({ status, body: { error: { code, message } } });
const identity = (id = "id1"): FakeAnswer => ({
  body: { id: IDENTITY_ID, name: id, location: "eastus", tags: {}, properties: { tenantId: "t", principalId: "p1", clientId: "c1" } },
});
const account = (properties: Record<string, unknown>, identityBlock: unknown = { type: "None" }): FakeAnswer => ({
  body: {
    id: ACCOUNT_ID,
    name: "acc1",
    location: "West US",
    tags: {},
    properties: { provisioningState: "Succeeded", ...properties },
    identity: identityBlock,
  },
});
const accepted: FakeAnswer = {
  headers: { "azure-asyncoperation": OPERATION, location: "https://management.azure.com/other" },
  body: { id: ACCOUNT_ID, properties: { provisioningState: "Updating" } },
};

async function submit(step: StepDraft, table: Record<string, FakeAnswer | FakeAnswer[]>) {
  const { clients, writes } = fakeAzure(byPath(table));
  const result = await createStepWriter(() => clients).submit(step);
  return { result, writes: writes().map(({ method, url, body }) => ({ method, path: url.pathname, body })) };
}

const GET_KEY = `GET /keys/k1/${VERSION}`;
const PATCH_KEY = `PATCH /keys/k1/${VERSION}`;

test("extends the expiry of one version and sends nothing else", async () => {
  const step: StepDraft = {
    name: "ExtendKeyExpiry",
    params: { ...KEY, version: VERSION, expiresOn: FUTURE, previous: null, extensions: 1 },
  };
  const { result, writes } = await submit(step, { [GET_KEY]: bundle({ exp: 5 }), [PATCH_KEY]: bundle({ exp: unix(FUTURE) }) });
  expect(result.kind).toBe("done");
  expect(writes).toEqual([{ method: "PATCH", path: `/keys/k1/${VERSION}`, body: { attributes: { exp: unix(FUTURE) } } }]);
});

test("never moves an expiry closer, nor into the past", async () => {
  const later = unix(FUTURE) + 1000;
  const step: StepDraft = {
    name: "ExtendKeyExpiry",
    params: { ...KEY, version: VERSION, expiresOn: FUTURE, previous: null, extensions: 1 },
  };
  expect(await submit(step, { [GET_KEY]: bundle({ exp: later }) })).toMatchObject({ result: { kind: "done" }, writes: [] });
  const past: StepDraft = { ...step, params: { ...step.params, expiresOn: "2020-01-01T00:00:00Z" } };
  expect(await submit(past, {})).toMatchObject({ result: { kind: "refused", reason: "NotAccepted", code: "ExpiryInThePast" }, writes: [] });
});

test("enables a version once", async () => {
  const step: StepDraft = { name: "EnableKeyVersion", params: { ...KEY, version: VERSION } };
  const { writes } = await submit(step, { [GET_KEY]: bundle({ enabled: false }), [PATCH_KEY]: bundle() });
  expect(writes.map(({ body }) => body)).toEqual([{ attributes: { enabled: true } }]);
  expect(await submit(step, { [GET_KEY]: bundle() })).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("moves a not-before to now, and puts lacking operations back beside those that are there", async () => {
  const now = "2026-11-21T10:00:00.000Z";
  const early = await submit(
    { name: "SetKeyNotBefore", params: { ...KEY, version: VERSION, notBefore: now } },
    { [GET_KEY]: bundle({ nbf: unix(FUTURE) }), [PATCH_KEY]: bundle({ nbf: unix(now) }) },
  );
  expect(early.writes.map(({ body }) => body)).toEqual([{ attributes: { nbf: unix(now) } }]);
  const operations = await submit(
    { name: "RestoreKeyOperations", params: { ...KEY, version: VERSION, operations: ["wrapKey", "unwrapKey"] } },
    { [GET_KEY]: bundle({}, ["sign", "wrapKey"]), [PATCH_KEY]: bundle({}, ["unwrapKey", "wrapKey", "sign"]) },
  );
  expect(operations.writes.map(({ body }) => body)).toEqual([{ key_ops: ["sign", "wrapKey", "unwrapKey"] }]);
});

test.each([
  [{ status: 403, body: { error: { code: "Forbidden", message: "ip", innererror: { code: "ForbiddenByFirewall" } } } }, "Firewall"],
  [{ status: 403, body: { error: { code: "Forbidden", message: "x", innererror: { code: "ForbiddenByPolicy" } } } }, "NotPermitted"],
])("says why the vault refuses: %#", async (answer, reason) => {
  const step: StepDraft = { name: "EnableKeyVersion", params: { ...KEY, version: VERSION } };
  expect((await submit(step, { [GET_KEY]: answer })).result).toMatchObject({ kind: "refused", reason });
});

const RECOVER: StepDraft = { name: "RecoverKey", params: KEY };
const noKey = error(404, "KeyNotFound", "A key with (name/id) k1 was not found in this key vault.");

test("recovers a key and hands back where to see that it is readable", async () => {
  const { clients, writes } = fakeAzure(
    byPath({
      "GET /keys/k1/": noKey,
      "POST /deletedkeys/k1/recover": bundle(),
      [`GET ${KEY_SCOPE}`]: [noKey, { body: { id: KEY_SCOPE } }],
    }),
  );
  const writer = createStepWriter(() => clients);
  const result = await writer.submit(RECOVER);
  expect(result).toEqual({ kind: "submitted", poller: `https://management.azure.com${KEY_SCOPE}?api-version=2026-02-01` });
  expect(writes().map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(["POST /deletedkeys/k1/recover"]);
  const poller = result.kind === "submitted" ? result.poller : "";
  expect(await writer.poll(poller)).toEqual({ kind: "running" });
  expect(await writer.poll(poller)).toEqual({ kind: "succeeded" });
});

test("does not recover a live key, and does not believe that a key between two lists is gone", async () => {
  expect(await submit(RECOVER, { "GET /keys/k1/": bundle() })).toMatchObject({ result: { kind: "done" }, writes: [] });
  const nowhere = { "GET /keys/k1/": noKey, "POST /deletedkeys/k1/recover": error(404, "KeyNotFound", "Deleted Key not found: k1") };
  await expect(submit(RECOVER, nowhere)).rejects.toBeInstanceOf(TransientError);
});

const RECOVER_VAULT: StepDraft = { name: "RecoverVault", params: { vaultId: VAULT_ID, location: "eastus", tenantId: "t", sku: "premium" } };

test("recovers a vault, and never PUTs a live one", async () => {
  const back = { body: { id: VAULT_ID, properties: { provisioningState: "Succeeded" } } };
  const { result, writes } = await submit(RECOVER_VAULT, { [`PUT ${VAULT_ID}`]: back });
  expect(result.kind).toBe("done");
  expect(writes).toEqual([
    {
      method: "PUT",
      path: VAULT_ID,
      body: { location: "eastus", properties: { tenantId: "t", sku: { family: "A", name: "premium" }, createMode: "recover" } },
    },
  ]);
  const live = { body: { id: VAULT_ID, name: "v1", properties: { tenantId: "t", sku: { name: "standard" } } } };
  expect(await submit(RECOVER_VAULT, { [`GET ${VAULT_ID}`]: live })).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("a vault that still registers its name is polled by itself", async () => {
  const registering = { body: { properties: { provisioningState: "RegisteringDns" } } };
  const { result } = await submit(RECOVER_VAULT, { [`PUT ${VAULT_ID}`]: registering });
  expect(result).toEqual({ kind: "submitted", poller: `https://management.azure.com${VAULT_ID}?api-version=2026-02-01` });
  const { clients } = fakeAzure(
    byPath({ [`GET ${VAULT_ID}`]: [registering, { body: { properties: { provisioningState: "Succeeded" } } }] }),
  );
  const writer = createStepWriter(() => clients);
  const poller = result.kind === "submitted" ? result.poller : "";
  expect([await writer.poll(poller), await writer.poll(poller)]).toEqual([{ kind: "running" }, { kind: "succeeded" }]);
});

test("lets trusted services in and keeps every rule", async () => {
  const networkAcls = {
    bypass: "None",
    defaultAction: "Deny",
    ipRules: [{ value: "1.2.3.4/32" }],
    virtualNetworkRules: [{ id: "/subscriptions/s/resourcegroups/r/providers/microsoft.network/virtualnetworks/n/subnets/a" }],
  };
  const vault = { body: { id: VAULT_ID, properties: { tenantId: "t", sku: { family: "A", name: "standard" }, networkAcls } } };
  const step: StepDraft = { name: "AllowTrustedServices", params: { vaultId: VAULT_ID } };
  const { result, writes } = await submit(step, { [`GET ${VAULT_ID}`]: vault, [`PATCH ${VAULT_ID}`]: vault });
  expect(result.kind).toBe("done");
  expect(writes.map(({ body }) => body)).toEqual([{ properties: { networkAcls: { ...networkAcls, bypass: "AzureServices" } } }]);
  const open = { body: { id: VAULT_ID, properties: { tenantId: "t", sku: { family: "A", name: "standard" } } } };
  expect(await submit(step, { [`GET ${VAULT_ID}`]: open })).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("puts the firewall back as it was where Azure answers with another one", async () => {
  const rules = { defaultAction: "Deny", ipRules: [{ value: "1.2.3.4/32" }], virtualNetworkRules: [{ id: "/SUBNET" }] };
  const answer = (networkAcls: Record<string, unknown>): FakeAnswer => ({
    body: { id: VAULT_ID, properties: { tenantId: "t", sku: { family: "A", name: "standard" }, networkAcls } },
  });
  const before = { bypass: "None", ...rules };
  const asked = { ...before, bypass: "AzureServices" };
  const step: StepDraft = { name: "AllowTrustedServices", params: { vaultId: VAULT_ID } };
  const [GET, PATCH] = [`GET ${VAULT_ID}`, `PATCH ${VAULT_ID}`];
  const lost = { ...asked, ipRules: [] };
  const { result, writes } = await submit(step, { [GET]: answer(before), [PATCH]: answer(lost) });
  const bodies = [{ properties: { networkAcls: asked } }, { properties: { networkAcls: before } }];
  expect(writes.map(({ body }) => body)).toEqual(bodies);
  expect(result).toMatchObject({ kind: "refused", reason: "AnsweredOtherwise", code: "OtherValue" });
  expect(JSON.stringify(result)).toContain(
    "got bypass azureservices, default deny, /subnet; put back bypass none, default deny, /subnet, 1.2.3.4/32",
  );
  const failing = await submit(step, { [GET]: answer(before), [PATCH]: [answer(lost), error(409, "Conflict", "busy")] });
  expect(JSON.stringify(failing.result)).toContain("could not be put back to bypass none");
  const alike = { ...asked, bypass: "azureServices", virtualNetworkRules: [{ id: "/subnet" }] };
  expect((await submit(step, { [GET]: answer(before), [PATCH]: answer(alike) })).result.kind).toBe("done");
});

const GRANT: StepDraft = { name: "GrantKeyRole", params: { ...GRANTEE, scope: KEY_SCOPE, roleDefinitionId: ROLE } };
const WHOLE_ROLE = `/subscriptions/${SUB}/providers/Microsoft.Authorization/roleDefinitions/${ROLE}`;
const assignmentAt = (name: string): string => `PUT ${KEY_SCOPE}/providers/Microsoft.Authorization/roleAssignments/${name}`;
const GRANT_NAME = assignmentName(KEY_SCOPE, { principalId: "p1", roleDefinitionId: WHOLE_ROLE });

test("grants a role under a name of its own making, with the principal's type", async () => {
  const { result, writes } = await submit(GRANT, { [assignmentAt(GRANT_NAME)]: { status: 201, body: { name: GRANT_NAME } } });
  expect(result.kind).toBe("done");
  expect(writes.map(({ body }) => body)).toEqual([
    { properties: { roleDefinitionId: WHOLE_ROLE, principalId: "p1", principalType: "ServicePrincipal" } },
  ]);
});

test("names the same grant alike in any casing, and that of another principal otherwise", () => {
  expect(GRANT_NAME).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(assignmentName(KEY_SCOPE.toUpperCase(), { principalId: "P1", roleDefinitionId: ROLE })).toBe(GRANT_NAME);
  expect(assignmentName(KEY_SCOPE, { principalId: "p2", roleDefinitionId: ROLE })).not.toBe(GRANT_NAME);
});

test.each([
  [error(409, "RoleAssignmentExists", "The role assignment already exists."), { kind: "done" }],
  [error(409, "ScopeLocked"), { kind: "refused", reason: "Locked" }],
  [error(403, "AuthorizationFailed", "an ABAC condition not fulfilled"), { kind: "refused", reason: "NotPermitted" }],
  [error(409, "ResourceGroupBeingDeleted"), { kind: "refused", reason: "Conflict" }],
  [error(400, "InvalidPrincipal"), { kind: "refused", reason: "NotAccepted" }],
])("ends a grant as Azure answers: %#", async (answer, expected) => {
  expect((await submit(GRANT, { [assignmentAt(GRANT_NAME)]: answer })).result).toMatchObject(expected);
});

test.each([error(400, "PrincipalNotFound"), error(409, "ConflictError"), error(429, "TooManyRequests"), error(500, "InternalServerError")])(
  "throws on what a retry may cure: %#",
  async (answer) => {
    await expect(submit(GRANT, { [assignmentAt(GRANT_NAME)]: answer })).rejects.toMatchObject({
      name: "TransientError",
      operation: "GrantKeyRole",
    });
  },
);

test("a grant to a principal that is not there yet is a mistake", async () => {
  const early: StepDraft = { ...GRANT, params: { ...GRANT.params, principalId: null } };
  await expect(submit(early, {})).rejects.toBeInstanceOf(InvariantError);
});

const RESTORE: StepDraft = {
  name: "RestoreRoleAssignment",
  params: {
    ...GRANTEE,
    scope: KEY_SCOPE,
    name: "11111111-2222-4333-8444-555555555555",
    roleDefinitionId: WHOLE_ROLE,
    principalType: "ServicePrincipal",
    condition: null,
    conditionVersion: null,
    description: "for orders",
  },
};

test("restores an assignment under its old name, or under another where that is taken", async () => {
  const old = assignmentAt("11111111-2222-4333-8444-555555555555");
  const first = await submit(RESTORE, { [old]: { status: 201, body: { name: "n" } } });
  expect(first.writes.map(({ body }) => body)).toEqual([
    { properties: { roleDefinitionId: WHOLE_ROLE, principalId: "p1", principalType: "ServicePrincipal", description: "for orders" } },
  ]);
  const taken = error(
    400,
    "RoleAssignmentUpdateNotPermitted",
    "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
  );
  const second = await submit(RESTORE, { [old]: taken, [assignmentAt(GRANT_NAME)]: { status: 201, body: { name: GRANT_NAME } } });
  expect(second.result).toMatchObject({ kind: "done" });
  expect(second.writes).toHaveLength(2);
});

test.each([
  ["another principal", { principalId: "p9" }, "asked for principal 'p1', got 'p9'"],
  [
    "another role",
    { roleDefinitionId: "/providers/Microsoft.Authorization/roleDefinitions/00482a5a-887f-4fb3-b363-3b7fe8e74483" },
    "got '00482a5a-887f-4fb3-b363-3b7fe8e74483'",
  ],
  ["no role", { roleDefinitionId: undefined }, "got ''"],
  ["a condition", { condition: "@x" }, "asked for condition '', got '@x'"],
])("an assignment that was made with %s is told with what undoes it", async (_what, over, said) => {
  const asked = { principalId: "P1", roleDefinitionId: WHOLE_ROLE.toUpperCase(), condition: null };
  const made = (properties: unknown) =>
    submit(GRANT, { [assignmentAt(GRANT_NAME)]: { status: 201, body: { name: GRANT_NAME, properties } } });
  expect((await made(asked)).result.kind).toBe("done");
  const { result, writes } = await made({ ...asked, ...over });
  expect(result).toMatchObject({ kind: "refused", reason: "AnsweredOtherwise", code: "OtherValue" });
  expect(JSON.stringify(result)).toContain(said);
  expect(JSON.stringify(result)).toContain(`to undo it, delete role assignment ${GRANT_NAME}`);
  expect(writes).toHaveLength(1);
});

const vaultWith = (keys: string[]): FakeAnswer => ({
  body: {
    id: VAULT_ID,
    properties: { tenantId: "t", sku: { name: "standard" }, accessPolicies: [{ tenantId: "t", objectId: "P1", permissions: { keys } }] },
  },
});

test("adds only lacking permissions to an access policy, of any casing", async () => {
  const step: StepDraft = {
    name: "AddAccessPolicyPermissions",
    params: { ...GRANTEE, vaultId: VAULT_ID, tenantId: "t", applicationId: null, keys: ["get", "wrapKey", "unwrapKey"] },
  };
  const add = `PUT ${VAULT_ID}/accessPolicies/add`;
  const answer = { body: { id: `${VAULT_ID}/accessPolicies/`, properties: { accessPolicies: [] } } };
  const { result, writes } = await submit(step, { [`GET ${VAULT_ID}`]: vaultWith(["Get", "sign"]), [add]: answer });
  expect(result).toMatchObject({ kind: "done", detail: "p1 got wrapKey, unwrapKey on vault v1" });
  expect(writes.map(({ body }) => body)).toEqual([
    { properties: { accessPolicies: [{ tenantId: "t", objectId: "p1", permissions: { keys: ["Get", "sign", "wrapKey", "unwrapKey"] } }] } },
  ]);
  expect(await submit(step, { [`GET ${VAULT_ID}`]: vaultWith(["all"]) })).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("makes an identity that somebody wants by name without a tag, and takes one that is there for it", async () => {
  const step: StepDraft = { name: "CreateIdentity", params: { identityId: IDENTITY_ID, location: "eastus", insteadOf: null } };
  const { writes } = await submit(step, { [`PUT ${IDENTITY_ID}`]: { ...identity(), status: 201 } });
  expect(writes.map(({ body }) => body)).toEqual([{ location: "eastus", tags: {} }]);
  expect(await submit(step, { [`GET ${IDENTITY_ID}`]: identity() })).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("makes a key once, and tells where another one is answered", async () => {
  const step: StepDraft = { name: "CreateKey", params: KEY };
  const put = `PUT ${KEY_SCOPE}`;
  const made = (kty: string, keySize?: number) => ({ [put]: { body: { properties: { kty, keySize } } } });
  expect(await submit(step, made("RSA", 3072))).toMatchObject({ result: { kind: "done", detail: "key k1 made: RSA, 3072 bits" } });
  const other = { kind: "refused", reason: "AnsweredOtherwise", detail: "asked for RSA, 3072 bits, got EC, ? bits" };
  expect(await submit(step, made("EC"))).toMatchObject({ result: other });
  expect(await submit(step, made("RSA", 2048))).toMatchObject({ result: { kind: "refused" } });
  expect(await submit(step, { "GET /keys/k1/": { body: { key: {} } } })).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("makes an identity once, and never takes one that is not its own", async () => {
  const step: StepDraft = { name: "CreateIdentity", params: { identityId: IDENTITY_ID, location: "eastus", insteadOf: "id0" } };
  const { result, writes } = await submit(step, { [`PUT ${IDENTITY_ID}`]: { ...identity(), status: 201 } });
  expect(result).toMatchObject({ kind: "done", detail: expect.stringContaining("p1") });
  expect(writes.map(({ body }) => body)).toEqual([{ location: "eastus", tags: { "keymend:insteadOf": "id0" } }]);
  const own = { body: { ...(identity().body as object), tags: { "keymend:insteadOf": "id0" } } };
  expect(await submit(step, { [`GET ${IDENTITY_ID}`]: own })).toMatchObject({ result: { kind: "done" }, writes: [] });
  const others = { body: { ...(identity().body as object), tags: { "keymend:insteadOf": "id9" } } };
  for (const taken of [identity(), others])
    expect(await submit(step, { [`GET ${IDENTITY_ID}`]: taken })).toMatchObject({
      result: { kind: "refused", code: "NameTaken" },
      writes: [],
    });
});

const ATTACH: StepDraft = { name: "AttachIdentity", params: { targetId: ACCOUNT_ID, identityId: IDENTITY_ID } };

test("attaches an identity by itself, leaving others out, and hands the signed URL back unchanged", async () => {
  const stale = { type: "SystemAssigned,UserAssigned", principalId: "s", userAssignedIdentities: { "/stale": { principalId: "x" } } };
  const { result, writes } = await submit(ATTACH, {
    [`GET ${IDENTITY_ID}`]: identity(),
    [`GET ${ACCOUNT_ID}`]: account({}, stale),
    [`PATCH ${ACCOUNT_ID}`]: accepted,
  });
  expect(result).toEqual({ kind: "submitted", poller: OPERATION });
  expect(writes.map(({ body }) => body)).toEqual([
    { identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: {} } } },
  ]);
});

test("attaches again only where the principal has changed, and never an identity that is gone", async () => {
  const attached = (principalId: string) =>
    account({}, { type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID.toLowerCase()]: { principalId, clientId: "c" } } });
  const same = await submit(ATTACH, { [`GET ${IDENTITY_ID}`]: identity(), [`GET ${ACCOUNT_ID}`]: attached("p1") });
  expect(same).toMatchObject({ result: { kind: "done" }, writes: [] });
  const changed = { [`GET ${IDENTITY_ID}`]: identity(), [`GET ${ACCOUNT_ID}`]: attached("p0"), [`PATCH ${ACCOUNT_ID}`]: accepted };
  expect((await submit(ATTACH, changed)).writes).toHaveLength(1);
  expect(await submit(ATTACH, { [`GET ${ACCOUNT_ID}`]: attached("p0") })).toMatchObject({
    result: { kind: "refused", reason: "NotAccepted" },
    writes: [],
  });
});

test("switches the system identity on without taking the others off", async () => {
  const step: StepDraft = { name: "AttachIdentity", params: { targetId: ACCOUNT_ID, identityId: "SystemAssigned" } };
  const alone = await submit(step, { [`GET ${ACCOUNT_ID}`]: account({}), [`PATCH ${ACCOUNT_ID}`]: accepted });
  expect(alone.writes.map(({ body }) => body)).toEqual([{ identity: { type: "SystemAssigned" } }]);
  const user = { type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: { principalId: "p1" } } };
  const patch = { [`PATCH ${ACCOUNT_ID}`]: accepted };
  const beside = await submit(step, { [`GET ${ACCOUNT_ID}`]: account({}, user), [`GET ${IDENTITY_ID}`]: identity(), ...patch });
  expect(beside.writes.map(({ body }) => body)).toEqual([
    { identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: {} } } },
  ]);
  // One that is gone would fail the request, and one left out stays (Azure/aad-pod-identity issue 515, pulumi/pulumi-azure-native issue 4635).
  const gone = await submit(step, { [`GET ${ACCOUNT_ID}`]: account({}, user), ...patch });
  expect(gone.writes.map(({ body }) => body)).toEqual([{ identity: { type: "SystemAssigned,UserAssigned" } }]);
  const on = account({}, { type: "SystemAssigned", principalId: "s" });
  expect(await submit(step, { [`GET ${ACCOUNT_ID}`]: on })).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("sets the default identity in a PATCH of its own, once", async () => {
  const defaultIdentity = `UserAssignedIdentity=${IDENTITY_ID}`;
  const step: StepDraft = { name: "SetDefaultIdentity", params: { targetId: ACCOUNT_ID, defaultIdentity } };
  const { writes } = await submit(step, {
    [`GET ${ACCOUNT_ID}`]: account({ defaultIdentity: "Undefined" }),
    [`PATCH ${ACCOUNT_ID}`]: accepted,
  });
  expect(writes.map(({ body }) => body)).toEqual([{ properties: { defaultIdentity } }]);
  const again = await submit(step, { [`GET ${ACCOUNT_ID}`]: account({ defaultIdentity: defaultIdentity.toLowerCase() }) });
  expect(again).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("detaches by an explicit null in the casing of the map, never the identity in use", async () => {
  const on = { targetId: ACCOUNT_ID, targetKind: "account" as const, identityId: IDENTITY_ID, keeps: null };
  const step: StepDraft = { name: "DetachIdentity", params: on };
  const stored = IDENTITY_ID.toUpperCase();
  const two = { type: "UserAssigned", userAssignedIdentities: { [stored]: {}, "/new": {} } };
  const patch = { [`PATCH ${ACCOUNT_ID}`]: accepted };
  const both = await submit(step, { [`GET ${ACCOUNT_ID}`]: account({ defaultIdentity: "UserAssignedIdentity=/new" }, two), ...patch });
  expect(both.writes.map(({ body }) => body)).toEqual([{ identity: { type: "UserAssigned", userAssignedIdentities: { [stored]: null } } }]);
  const one = { type: "UserAssigned", userAssignedIdentities: { [stored]: {} } };
  const last = await submit(step, { [`GET ${ACCOUNT_ID}`]: account({ defaultIdentity: "FirstPartyIdentity" }, one), ...patch });
  expect(last.writes.map(({ body }) => body)).toEqual([{ identity: { type: "None" } }]);
  const used = await submit(step, { [`GET ${ACCOUNT_ID}`]: account({ defaultIdentity: `UserAssignedIdentity=${IDENTITY_ID}` }, two) });
  expect(used).toMatchObject({ result: { kind: "refused", code: "StillTheDefault" }, writes: [] });
  expect(await submit(step, { [`GET ${ACCOUNT_ID}`]: account({}) })).toMatchObject({ result: { kind: "done" }, writes: [] });
});

const SET_URI: StepDraft = { name: "SetKeyUri", params: { targetId: ACCOUNT_ID, keyUri: "https://v1.vault.azure.net/keys/k1" } };
const pinned = account({ keyVaultKeyUri: "https://v1.vault.azure.net/keys/k1/" });

test("sets the key URI alone", async () => {
  const { writes } = await submit(SET_URI, { [`GET ${ACCOUNT_ID}`]: pinned, [`PATCH ${ACCOUNT_ID}`]: accepted });
  expect(writes.map(({ body }) => body)).toEqual([{ properties: { keyVaultKeyUri: "https://v1.vault.azure.net/keys/k1" } }]);
});

test("passes on what a revoked account refuses, and waits for an account that is busy", async () => {
  const revoked = {
    status: 400,
    body: {
      code: "BadRequest",
      message: "No Update is allowed on Database Account with Customer Managed Key in Revoked Status\r\nActivityId: 0",
    },
  };
  expect((await submit(SET_URI, { [`GET ${ACCOUNT_ID}`]: pinned, [`PATCH ${ACCOUNT_ID}`]: revoked })).result).toMatchObject({
    kind: "refused",
    reason: "NotAccepted",
    code: "BadRequest",
    detail: expect.stringContaining("Revoked Status"),
  });
  const busy = { status: 412, body: { code: "PreconditionFailed", message: "There is already an operation in progress" } };
  await expect(submit(SET_URI, { [`GET ${ACCOUNT_ID}`]: pinned, [`PATCH ${ACCOUNT_ID}`]: busy })).rejects.toBeInstanceOf(TransientError);
});

const ENCRYPT: StepDraft = {
  name: "SetClusterEncryption",
  params: { targetId: CLUSTER_ID, identityId: IDENTITY_ID, keyUrl: "https://v1.vault.azure.net/keys/k1" },
};
const cluster = (keyEncryptionKeyUrl: string, used = IDENTITY_ID, attached = [used]): FakeAnswer => ({
  body: {
    id: CLUSTER_ID,
    name: "c1",
    location: "eastus",
    identity: {
      type: "UserAssigned",
      userAssignedIdentities: Object.fromEntries(attached.map((id) => [id, { principalId: "p", clientId: "c" }])),
    },
    properties: {
      encryption: {
        customerManagedKeyEncryption: {
          keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: used },
          keyEncryptionKeyUrl,
        },
      },
    },
  },
});

test("sets a cluster's identity and key in one PATCH", async () => {
  const { result, writes } = await submit(ENCRYPT, {
    [`GET ${IDENTITY_ID}`]: identity(),
    [`GET ${CLUSTER_ID}`]: cluster(`https://v1.vault.azure.net/keys/k1/${VERSION}`),
    [`PATCH ${CLUSTER_ID}`]: { status: 202, headers: { location: OPERATION } },
  });
  expect(result).toEqual({ kind: "submitted", poller: OPERATION });
  expect(writes.map(({ body }) => body)).toEqual([
    {
      identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: {} } },
      properties: {
        encryption: {
          customerManagedKeyEncryption: {
            keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: IDENTITY_ID },
            keyEncryptionKeyUrl: "https://v1.vault.azure.net/keys/k1",
          },
        },
      },
    },
  ]);
  const table = { [`GET ${IDENTITY_ID}`]: identity(), [`GET ${CLUSTER_ID}`]: cluster("https://v1.vault.azure.net/keys/k1") };
  expect(await submit(ENCRYPT, table)).toMatchObject({ result: { kind: "done" }, writes: [] });
});

test("detaches from a cluster together with all it encrypts with, never the identity in use", async () => {
  const keyUrl = "https://v1.vault.azure.net/keys/k1";
  const keeps = { identityId: "/other", keyUrl };
  const step: StepDraft = {
    name: "DetachIdentity",
    params: { targetId: CLUSTER_ID, targetKind: "cluster", identityId: IDENTITY_ID, keeps },
  };
  const patch = { [`PATCH ${CLUSTER_ID}`]: { status: 202, headers: { "azure-asyncoperation": OPERATION } } };
  const both = cluster(keyUrl, "/other", [IDENTITY_ID.toUpperCase(), "/other"]);
  const detached = await submit(step, { [`GET ${CLUSTER_ID}`]: both, ...patch });
  expect(detached.writes.map(({ body }) => body)).toEqual([
    {
      identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID.toUpperCase()]: null } },
      properties: {
        encryption: {
          customerManagedKeyEncryption: {
            keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: "/other" },
            keyEncryptionKeyUrl: keyUrl,
          },
        },
      },
    },
  ]);
  expect(await submit(step, { [`GET ${CLUSTER_ID}`]: cluster(keyUrl) })).toMatchObject({
    result: { kind: "refused", code: "StillTheDefault" },
    writes: [],
  });
  expect(await submit(step, { [`GET ${CLUSTER_ID}`]: cluster(keyUrl, "/other") })).toMatchObject({ result: { kind: "done" }, writes: [] });
  const bare = { body: { id: CLUSTER_ID, identity: { userAssignedIdentities: { [IDENTITY_ID]: {} } }, properties: {} } };
  expect(await submit(step, { [`GET ${CLUSTER_ID}`]: bare })).toMatchObject({
    result: { kind: "refused", code: "NoCustomerManagedKey" },
    writes: [],
  });
});

const TOPIC_ID = `${RG}/providers/Microsoft.EventGrid/systemTopics/t1`;
const EVENTS: StepDraft = {
  name: "RestoreEventSubscription",
  params: {
    topicId: TOPIC_ID,
    topicLocation: "eastus",
    source: VAULT_ID,
    name: "e1",
    properties: { destination: { endpointType: "AzureFunction", properties: { resourceId: "/f" } } },
  },
};

test("puts an event subscription back, and its topic where that is gone too", async () => {
  const made = { status: 201, headers: { "azure-asyncoperation": OPERATION }, body: { properties: { provisioningState: "Creating" } } };
  const { result, writes } = await submit(EVENTS, {
    [`PUT ${TOPIC_ID}`]: { body: { properties: { provisioningState: "Succeeded" } } },
    [`PUT ${TOPIC_ID}/eventSubscriptions/e1`]: made,
  });
  // By itself, not by its operation: that would need one more permission.
  expect(result).toEqual({
    kind: "submitted",
    poller: `https://management.azure.com${TOPIC_ID}/eventSubscriptions/e1?api-version=2025-02-15`,
  });
  expect(writes.map(({ body }) => body)).toEqual([
    { location: "eastus", properties: { source: VAULT_ID, topicType: "Microsoft.KeyVault.vaults" } },
    { properties: EVENTS.params.properties },
  ]);
  const present = {
    [`GET ${TOPIC_ID}`]: { body: { properties: { source: VAULT_ID.toUpperCase() } } },
    [`GET ${TOPIC_ID}/eventSubscriptions/e1`]: { body: { name: "e1" } },
  };
  expect(await submit(EVENTS, present)).toMatchObject({ result: { kind: "done" }, writes: [] });
  await expect(submit(EVENTS, { [`PUT ${TOPIC_ID}`]: { body: { properties: { provisioningState: "Creating" } } } })).rejects.toBeInstanceOf(
    TransientError,
  );
});

test("makes a topic with the identity that its event subscription names", async () => {
  const keptBy = { identity: { type: "UserAssigned", userAssignedIdentity: "/id-events" } };
  const properties = { ...EVENTS.params.properties, deadLetterWithResourceIdentity: keptBy };
  const ready = { body: { properties: { provisioningState: "Succeeded" } } };
  const { writes } = await submit(
    { ...EVENTS, params: { ...EVENTS.params, properties } },
    { [`PUT ${TOPIC_ID}`]: ready, [`PUT ${TOPIC_ID}/eventSubscriptions/e1`]: ready },
  );
  expect(writes[0]!.body).toMatchObject({ identity: { type: "UserAssigned", userAssignedIdentities: { "/id-events": {} } } });
});

test.each([`${RG}/providers/Microsoft.KeyVault/vaults/kv-elsewhere`, null])(
  "takes a topic that brings the events of %s for no topic of the vault, whatever subscriptions are under it",
  async (source) => {
    const { result, writes } = await submit(EVENTS, {
      [`GET ${TOPIC_ID}`]: { body: { properties: { source } } },
      [`GET ${TOPIC_ID}/eventSubscriptions/e1`]: { body: { name: "e1" } },
    });
    expect(result).toMatchObject({ kind: "refused", code: "OtherSource" });
    expect(writes).toEqual([]);
  },
);

test("does not put a webhook back whose URL Azure has kept to itself", async () => {
  const properties = { destination: { endpointType: "WebHook", properties: { endpointUrl: null, endpointBaseUrl: "https://x" } } };
  const { result, writes } = await submit({ ...EVENTS, params: { ...EVENTS.params, properties } }, {});
  expect(result).toMatchObject({ kind: "refused", code: "EndpointUnknown" });
  expect(writes).toEqual([]);
});

test.each([
  [{ body: { status: "Dequeued" } }, { kind: "running" }],
  [{ body: { status: "Succeeded" } }, { kind: "succeeded" }],
  [{ body: { id: "i", name: "n", status: "InProgress", startTime: "2024-03-04 20:35:53 +0000" } }, { kind: "running" }],
  [{ body: { status: "Failed", error: { code: "BadRequest", message: "why" } } }, { kind: "failed", code: "BadRequest", detail: "why" }],
  [{ body: { status: "Canceled" } }, { kind: "failed", code: "OperationFailed", detail: "the operation ended as canceled" }],
  [{ status: 202 }, { kind: "running" }],
  [{ status: 200 }, { kind: "succeeded" }],
  [error(404, "OperationNotFound"), { kind: "unknown" }],
])("reads how an operation stands: %#", async (answer, expected) => {
  const { clients, sent } = fakeAzure(() => answer);
  expect(await createStepWriter(() => clients).poll(OPERATION)).toMatchObject(expected);
  expect(sent[0]?.url.href).toBe(OPERATION);
});

test("gives its token to Azure Resource Manager only", async () => {
  const { clients, sent } = fakeAzure(() => ({ body: { status: "Succeeded" } }));
  const { poll } = createStepWriter(() => clients);
  for (const host of ["management.azure.com.evil.example", "evilmanagement.azure.com", "v1.vault.azure.net"]) {
    await expect(poll(`https://${host}/subscriptions/s/operationsStatus/g`)).rejects.toBeInstanceOf(InvariantError);
  }
  await expect(poll("http://management.azure.com/x")).rejects.toBeInstanceOf(InvariantError);
  expect(sent).toEqual([]);
  expect(await poll("https://management.azure.com:443/subscriptions/s/operationsStatus/G")).toEqual({ kind: "succeeded" });
});
