/** Every step as it goes over the wire: nothing that an SDK does on the way may lose, mangle or add anything. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignmentName } from "../../src/azure/write-access.ts";
import { createStepWriter } from "../../src/azure/write-step.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import type { StepDraft, StepName } from "../../src/domain/steps/step.ts";
import {
  ACCOUNT_ID,
  CLUSTER_ID,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  KEY_SCOPE,
  KEY_URI,
  NOW,
  PRINCIPAL,
  SUBSCRIPTION,
  TENANT,
  V1,
  V2,
  VAULT_ID,
} from "../support/builders.ts";
import { byPath, type FakeAnswer, fakeAzure } from "../support/fake-azure.ts";
import { draft, PAST, SAMPLES, SECOND } from "../support/steps.ts";

/** answers: of Azure, by method and path. sends: what must go out, and nothing else. */
type Row = { answers: Record<string, FakeAnswer | FakeAnswer[]>; sends: { method: string; path: string; body: unknown }[] };

const GRANT = { roleDefinitionId: ENCRYPTION_ROLE, principalId: PRINCIPAL, principalType: "ServicePrincipal" };
const GRANT_NAME = assignmentName(KEY_SCOPE, GRANT);
const at = (scope: string, name: string): string => `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
const seconds = (iso: string): number => Date.parse(iso) / 1000;
const version = `/keys/cmk/${V1}`;
const key = (attributes: Record<string, unknown>, operations = ["wrapKey", "unwrapKey"]): FakeAnswer => ({
  body: { key: { kid: `${KEY_URI}/${V1}`, kty: "RSA", key_ops: operations }, attributes: { enabled: true, ...attributes } },
});
const tagged = (tags: Record<string, string>): FakeAnswer => ({
  body: { key: { kid: `${KEY_URI}/${V1}`, kty: "RSA" }, attributes: { enabled: true }, tags },
});
const missing: FakeAnswer = { status: 404, body: { error: { code: "KeyNotFound", message: "not found" } } };
const ok = (id: string, more: Record<string, unknown> = {}): FakeAnswer => ({
  body: { id, properties: { provisioningState: "Succeeded", ...more } },
});
const identity = (id: string): FakeAnswer => ({
  body: { id, location: "westeurope", properties: { principalId: "p2", clientId: "c2", tenantId: TENANT } },
});
const vault = (properties: Record<string, unknown>): FakeAnswer => ({
  body: { id: VAULT_ID, properties: { tenantId: TENANT, sku: { family: "A", name: "premium" }, ...properties } },
});
const database = (id: string, properties: Record<string, unknown>, attached: readonly string[] = [IDENTITY_ID]): FakeAnswer => ({
  body: {
    id,
    location: "westeurope",
    identity: {
      type: "UserAssigned",
      userAssignedIdentities: Object.fromEntries(attached.map((one) => [one, { principalId: "p", clientId: "c" }])),
    },
    properties: { provisioningState: "Succeeded", ...properties },
  },
});
const change = (values: Record<string, unknown>, path = version): Row["sends"] => [{ method: "PATCH", path, body: values }];
const TOPIC = SAMPLES.RestoreEventSubscription.topicId;
const SUBSCRIPTION_PATH = `${TOPIC}/eventSubscriptions/keymend`;
const NETWORK = {
  bypass: "None",
  defaultAction: "Deny",
  ipRules: [{ value: "1.2.3.4/32" }],
  virtualNetworkRules: [{ id: `${SUBSCRIPTION}/subnets/a`, ignoreMissingVnetServiceEndpoint: true }],
};
const encryption = (keyEncryptionKeyUrl: string) => ({
  encryption: {
    customerManagedKeyEncryption: {
      keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: IDENTITY_ID },
      keyEncryptionKeyUrl,
    },
  },
});

/** A step without its row does not compile. */
const ROWS: { readonly [N in StepName]: Row } = {
  ExtendKeyExpiry: {
    answers: { [`GET ${version}`]: key({ exp: 5 }), [`PATCH ${version}`]: key({ exp: seconds(SAMPLES.ExtendKeyExpiry.expiresOn) }) },
    sends: change({ attributes: { exp: seconds(SAMPLES.ExtendKeyExpiry.expiresOn) } }),
  },
  PutBackKeyVersion: {
    answers: {
      [`GET ${version}`]: key({ exp: 5, updated: seconds(NOW) }),
      [`PATCH ${version}`]: key({ exp: seconds(PAST) }),
    },
    sends: change({ attributes: { exp: seconds(PAST) } }),
  },
  EnableKeyVersion: {
    answers: { [`GET ${version}`]: key({ enabled: false }), [`PATCH ${version}`]: key({}) },
    sends: change({ attributes: { enabled: true } }),
  },
  TagIntent: {
    answers: { [`GET ${version}`]: tagged({ team: "orders" }), [`PATCH ${version}`]: tagged({ team: "orders", "keymend:revoked": "w1" }) },
    sends: change({ tags: { team: "orders", "keymend:revoked": "w1" } }),
  },
  CreateKeyVersion: {
    answers: { "GET /keys/cmk/": key({ created: 5 }), "POST /keys/cmk/rotate": key({ created: 6 }) },
    sends: [{ method: "POST", path: "/keys/cmk/rotate", body: {} }],
  },
  CreateKey: {
    answers: { "GET /keys/cmk/": missing, [`PUT ${KEY_SCOPE}`]: { body: { properties: { kty: "RSA", keySize: 3072 } } } },
    sends: [{ method: "PUT", path: KEY_SCOPE, body: { properties: { kty: "RSA", keySize: 3072 } } }],
  },
  DisableKeyVersion: {
    answers: { [`GET ${version}`]: key({ enabled: true }), [`PATCH ${version}`]: key({ enabled: false }) },
    sends: change({ attributes: { enabled: false } }),
  },
  UntagIntent: {
    answers: {
      "GET /keys/cmk/versions": {
        body: { value: [{ kid: `${KEY_URI}/${V1}`, tags: { "Keymend:Revoked": "w1", team: "orders" } }, { kid: `${KEY_URI}/${V2}` }] },
      },
      [`GET ${version}`]: tagged({ "Keymend:Revoked": "w1", team: "orders" }),
      [`PATCH ${version}`]: tagged({ team: "orders" }),
    },
    sends: change({ tags: { team: "orders" } }),
  },
  SetKeyNotBefore: {
    answers: {
      [`GET ${version}`]: key({ nbf: 4_000_000_000 }),
      [`PATCH ${version}`]: key({ nbf: seconds(SAMPLES.SetKeyNotBefore.notBefore) }),
    },
    sends: change({ attributes: { nbf: seconds(SAMPLES.SetKeyNotBefore.notBefore) } }),
  },
  RestoreKeyOperations: {
    answers: { [`GET ${version}`]: key({}, ["sign"]), [`PATCH ${version}`]: key({}, ["sign", "wrapKey", "unwrapKey"]) },
    sends: change({ key_ops: ["sign", "wrapKey", "unwrapKey"] }),
  },
  RecoverKey: {
    answers: { "GET /keys/cmk/": missing, "POST /deletedkeys/cmk/recover": key({}) },
    sends: [{ method: "POST", path: "/deletedkeys/cmk/recover", body: undefined }],
  },
  RecoverVault: {
    answers: { [`PUT ${VAULT_ID}`]: ok(VAULT_ID) },
    sends: [
      {
        method: "PUT",
        path: VAULT_ID,
        body: { location: "westeurope", properties: { tenantId: TENANT, sku: { family: "A", name: "premium" }, createMode: "recover" } },
      },
    ],
  },
  RestoreEventSubscription: {
    answers: { [`PUT ${TOPIC}`]: ok(TOPIC), [`PUT ${SUBSCRIPTION_PATH}`]: ok(SUBSCRIPTION_PATH) },
    sends: [
      {
        method: "PUT",
        path: TOPIC,
        body: { location: "westeurope", properties: { source: VAULT_ID, topicType: "Microsoft.KeyVault.vaults" } },
      },
      { method: "PUT", path: SUBSCRIPTION_PATH, body: { properties: { filter: {} } } },
    ],
  },
  RestoreRoleAssignment: {
    answers: { [`PUT ${at(VAULT_ID, "aaaa")}`]: { status: 201, body: { name: "aaaa" } } },
    sends: [{ method: "PUT", path: at(VAULT_ID, "aaaa"), body: { properties: { ...GRANT, description: "it's for orders" } } }],
  },
  GrantKeyRole: {
    answers: { [`PUT ${at(KEY_SCOPE, GRANT_NAME)}`]: { status: 201, body: { name: GRANT_NAME } } },
    sends: [{ method: "PUT", path: at(KEY_SCOPE, GRANT_NAME), body: { properties: GRANT } }],
  },
  RemoveGrant: {
    answers: { [`DELETE ${KEY_SCOPE}/providers/Microsoft.Authorization/roleAssignments/aaaa`]: { status: 204 } },
    sends: [{ method: "DELETE", path: `${KEY_SCOPE}/providers/Microsoft.Authorization/roleAssignments/aaaa`, body: undefined }],
  },
  RemoveAccessPolicyPermissions: {
    answers: { [`PUT ${VAULT_ID}/accessPolicies/remove`]: { body: { properties: { accessPolicies: [] } } } },
    sends: [
      {
        method: "PUT",
        path: `${VAULT_ID}/accessPolicies/remove`,
        body: { properties: { accessPolicies: [{ tenantId: TENANT, objectId: PRINCIPAL, permissions: { keys: ["wrapkey", "get"] } }] } },
      },
    ],
  },
  AddAccessPolicyPermissions: {
    answers: {
      [`GET ${VAULT_ID}`]: vault({ accessPolicies: [{ tenantId: TENANT, objectId: PRINCIPAL, permissions: { keys: ["sign"] } }] }),
      [`PUT ${VAULT_ID}/accessPolicies/add`]: { body: { properties: { accessPolicies: [] } } },
    },
    sends: [
      {
        method: "PUT",
        path: `${VAULT_ID}/accessPolicies/add`,
        body: {
          properties: { accessPolicies: [{ tenantId: TENANT, objectId: PRINCIPAL, permissions: { keys: ["sign", "wrapKey", "get"] } }] },
        },
      },
    ],
  },
  CreateIdentity: {
    answers: { [`PUT ${SECOND}`]: { ...identity(SECOND), status: 201 } },
    sends: [{ method: "PUT", path: SECOND, body: { location: "West Europe", tags: { "keymend:insteadOf": "id-orders" } } }],
  },
  AttachIdentity: {
    answers: {
      [`GET ${SECOND}`]: identity(SECOND),
      [`GET ${ACCOUNT_ID}`]: database(ACCOUNT_ID, {}),
      [`PATCH ${ACCOUNT_ID}`]: ok(ACCOUNT_ID),
    },
    sends: change({ identity: { type: "UserAssigned", userAssignedIdentities: { [SECOND]: {} } } }, ACCOUNT_ID),
  },
  SetDefaultIdentity: {
    answers: { [`GET ${ACCOUNT_ID}`]: database(ACCOUNT_ID, {}), [`PATCH ${ACCOUNT_ID}`]: ok(ACCOUNT_ID) },
    sends: change({ properties: { defaultIdentity: `UserAssignedIdentity=${SECOND}` } }, ACCOUNT_ID),
  },
  DetachIdentity: {
    answers: { [`GET ${ACCOUNT_ID}`]: database(ACCOUNT_ID, {}, [IDENTITY_ID, SECOND]), [`PATCH ${ACCOUNT_ID}`]: ok(ACCOUNT_ID) },
    sends: change({ identity: { type: "UserAssigned", userAssignedIdentities: { [SECOND]: null } } }, ACCOUNT_ID),
  },
  EnablePurgeProtection: {
    answers: { [`GET ${VAULT_ID}`]: vault({}), [`PATCH ${VAULT_ID}`]: vault({ enablePurgeProtection: true }) },
    sends: [{ method: "PATCH", path: VAULT_ID, body: { properties: { enablePurgeProtection: true } } }],
  },
  AllowTrustedServices: {
    answers: { [`GET ${VAULT_ID}`]: vault({ networkAcls: NETWORK }), [`PATCH ${VAULT_ID}`]: vault({ networkAcls: NETWORK }) },
    sends: change({ properties: { networkAcls: { ...NETWORK, bypass: "AzureServices" } } }, VAULT_ID),
  },
  SetKeyUri: {
    answers: { [`GET ${ACCOUNT_ID}`]: database(ACCOUNT_ID, { keyVaultKeyUri: `${KEY_URI}/` }), [`PATCH ${ACCOUNT_ID}`]: ok(ACCOUNT_ID) },
    sends: change({ properties: { keyVaultKeyUri: KEY_URI } }, ACCOUNT_ID),
  },
  SetClusterEncryption: {
    answers: {
      [`GET ${IDENTITY_ID}`]: identity(IDENTITY_ID),
      [`GET ${CLUSTER_ID}`]: database(CLUSTER_ID, encryption(`${KEY_URI}/${V1}`)),
      [`PATCH ${CLUSTER_ID}`]: ok(CLUSTER_ID),
    },
    sends: change(
      { identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: {} } }, properties: encryption(KEY_URI) },
      CLUSTER_ID,
    ),
  },
};

async function send(step: StepDraft, answers: Row["answers"]) {
  const { clients, writes } = fakeAzure(byPath(answers));
  const { kind } = await createStepWriter(() => clients).submit(step);
  return { kind, sends: writes().map(({ method, url, body }) => ({ method, path: decodeURIComponent(url.pathname), body })) };
}

test.each(Object.keys(stepSpecs) as StepName[])("%s sends what it was asked for, all of it and nothing else", async (name) => {
  const { answers, sends } = ROWS[name];
  const sent = await send(draft(name) as StepDraft, answers);
  expect(sent.sends).toEqual(sends);
  expect(["done", "submitted"]).toContain(sent.kind);
});

describe("whatever text stands in it", () => {
  /** Of any kind but lone surrogates, which no UTF-8 can carry. */
  const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).filter((one) => one.isWellFormed() && !one.includes("\0"));
  const bodyOf = async (name: StepName, over: object): Promise<unknown> =>
    (await send({ name, params: { ...SAMPLES[name], ...over } } as StepDraft, ROWS[name].answers)).sends.at(-1)?.body;

  test("a role assignment comes back with its condition and description", () =>
    fc.assert(
      fc.asyncProperty(words, words, async (condition, description) => {
        const body = await bodyOf("RestoreRoleAssignment", { condition, conditionVersion: "2.0", description });
        expect(body).toEqual({ properties: { ...GRANT, condition, conditionVersion: "2.0", description } });
      }),
    ));

  test("an identity bears the name that it stands in for, and lies where it was asked for", () =>
    fc.assert(
      fc.asyncProperty(words, words, async (insteadOf, location) => {
        expect(await bodyOf("CreateIdentity", { insteadOf, location })).toEqual({ location, tags: { "keymend:insteadOf": insteadOf } });
      }),
    ));

  test("an event subscription comes back as it was, with dates from 1970 to 9999 to the millisecond", () =>
    fc.assert(
      fc.asyncProperty(
        fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 31)), noInvalidDate: true }),
        fc.dictionary(words, words),
        async (until, labels) => {
          const properties = { expirationTimeUtc: until.toISOString(), filter: { subjectBeginsWith: "" }, labels: Object.entries(labels) };
          expect(await bodyOf("RestoreEventSubscription", { properties })).toEqual({ properties });
        },
      ),
    ));
});
