/** What lists and the versions of a key are read from, for screening. */
import { expect, test } from "vitest";
import { createListSubscription } from "../../src/azure/list-subscription.ts";
import { createScreenKey } from "../../src/azure/screen-key.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { type Answers, byPath, fakeAzure, IDENTITY_ID, SUB, VAULT_ID } from "../support/fake-azure.ts";

const VAULT = { id: VAULT_ID, name: "v1", uri: "https://v1.vault.azure.net" };
const V1 = "1".repeat(32);
const V2 = "2".repeat(32);
const DENIED = { status: 403, body: { error: { code: "Forbidden", message: "no", innererror: { code: "ForbiddenByRbac" } } } };
const provider = (path: string): string => `GET /subscriptions/${SUB}/providers/${path}`;

const LISTS = {
  [provider("Microsoft.DocumentDB/databaseAccounts")]: { body: { value: [] } },
  [provider("Microsoft.DocumentDB/mongoClusters")]: { body: { value: [] } },
  [provider("Microsoft.KeyVault/vaults")]: { body: { value: [] } },
  [provider("Microsoft.KeyVault/deletedVaults")]: { body: { value: [] } },
  [provider("Microsoft.ManagedIdentity/userAssignedIdentities")]: {
    body: { value: [{ id: IDENTITY_ID, name: "id1", location: "x", properties: { principalId: "p", clientId: "c", tenantId: "t" } }] },
  },
  [provider("Microsoft.Authorization/roleAssignments")]: { body: { value: [] } },
  [provider("Microsoft.Authorization/denyAssignments")]: { body: { value: [] } },
};

test("a subscription is seven lists, whatever is in it", async () => {
  const { clients, sent } = fakeAzure(byPath(LISTS));
  expect(await createListSubscription(clients)(SUB)).toEqual({
    targets: [],
    vaults: [],
    identities: [{ state: "live", id: IDENTITY_ID, name: "id1", location: "x", tenantId: "t", principalId: "p", clientId: "c", tags: {} }],
    assignments: [],
    denies: [],
  });
  expect(sent).toHaveLength(7);
});

test.each(Object.keys(LISTS))("without the list %s nothing is screened there", async (path) => {
  const { clients } = fakeAzure(byPath({ ...LISTS, [path]: DENIED }));
  expect(await createListSubscription(clients)(SUB)).toBeUndefined();
  const busy = fakeAzure(byPath({ ...LISTS, [path]: { status: 503 } }));
  await expect(createListSubscription(busy.clients)(SUB)).rejects.toThrow(TransientError);
});

const dataPath = "GET /keys/k/versions";
const armPath = `GET ${VAULT_ID}/keys/k/versions`;
const dataItem = (version: string, attributes: object) => ({ kid: `https://v1.vault.azure.net/keys/k/${version}`, attributes });
const armItem = (version: string, attributes: object) => ({
  id: `${VAULT_ID}/keys/k/versions/${version}`,
  name: version,
  properties: { attributes, keyUriWithVersion: `https://v1.vault.azure.net:443/keys/k/${version}` },
});

function setUp(answers: Answers) {
  let at = 0;
  const { clients, sent } = fakeAzure(answers);
  const screenKey = createScreenKey(clients, () => new Date(at));
  return { screen: () => screenKey(VAULT, "k"), sent, pass: (ms: number) => void (at += ms) };
}

const PORTRAITS = [
  { version: V1, enabled: false, notBefore: null, expires: 300, updated: 9, tags: {} },
  { version: V2, enabled: true, notBefore: 100, expires: null, updated: 7, tags: { a: "b" } },
];

test("the vault itself tells a key's versions, page by page, in whatever order", async () => {
  const next = "https://v1.vault.azure.net/keys/k/versions?api-version=7.4&$skiptoken=x";
  const pages = [
    { body: { value: [{ ...dataItem(V2, { enabled: true, nbf: 100, updated: 7 }), tags: { a: "b" } }], nextLink: next } },
    { body: { value: [dataItem(V1, { enabled: false, exp: 300, updated: 9 })], nextLink: null } },
  ];
  const { screen, sent } = setUp(byPath({ [dataPath]: pages }));
  expect(await screen()).toEqual(PORTRAITS);
  expect(sent).toHaveLength(2);
});

test("where the vault lets nobody in Resource Manager tells the same, and the vault is asked again after an hour", async () => {
  const items = [
    { ...armItem(V2, { enabled: true, nbf: 100, updated: 7 }), tags: { a: "b" } },
    armItem(V1, { enabled: false, exp: 300, updated: 9 }),
  ];
  const { screen, sent, pass } = setUp(byPath({ [dataPath]: DENIED, [armPath]: { body: { value: items } } }));
  expect(await screen()).toEqual(PORTRAITS);
  expect(await screen()).toEqual(PORTRAITS);
  expect(sent).toHaveLength(3);
  pass(3_600_000);
  await screen();
  expect(sent).toHaveLength(5);
});

test.each([
  ["the vault says that there is none", { [dataPath]: { status: 404, body: { error: { code: "KeyNotFound", message: "no" } } } }, null],
  ["Resource Manager says so", { [dataPath]: DENIED }, null],
  ["both refuse", { [dataPath]: DENIED, [armPath]: DENIED }, undefined],
])("a key, where %s", async (_, table, is) => {
  expect(await setUp(byPath(table)).screen()).toBe(is);
});

test("no answer is no verdict", async () => {
  await expect(setUp(() => "reset").screen()).rejects.toThrow(TransientError);
});
