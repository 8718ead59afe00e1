import { expect, test } from "vitest";
import { createReadAccess, createReadHeld } from "../../src/azure/read-access.ts";
import { createReadIdentity } from "../../src/azure/read-identity.ts";
import { byPath, fakeAzure, IDENTITY_ID, SUB, VAULT_ID } from "../support/fake-azure.ts";
import type { Answers } from "../support/fake-azure.ts";

const ROLE = `/subscriptions/${SUB}/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6`;
const KEY_SCOPE = `${VAULT_ID}/keys/k1`;
const ASSIGNMENTS = `${KEY_SCOPE}/providers/Microsoft.Authorization/roleAssignments`;
const DENIES = `${KEY_SCOPE}/providers/Microsoft.Authorization/denyAssignments`;

/** Shaped as recorded: Azure/azure-cli test_role_assignment_no_graph.yaml, 2025-11 */
const assignment = (principalId: string) => ({
  properties: {
    roleDefinitionId: ROLE,
    principalId,
    principalType: "ServicePrincipal",
    scope: VAULT_ID,
    condition: null,
    conditionVersion: null,
    createdOn: "2026-11-01T10:00:00.1234567Z",
    updatedOn: "2026-11-01T10:00:00.1234567Z",
    createdBy: null,
    updatedBy: null,
    delegatedManagedIdentityResourceId: null,
    description: null,
  },
  id: `${VAULT_ID}/providers/Microsoft.Authorization/roleAssignments/n1`,
  type: "Microsoft.Authorization/roleAssignments",
  name: "n1",
});
const definition = {
  id: ROLE,
  name: "e147488a-f6f5-4113-8e2d-b22465e65bf6",
  properties: {
    roleName: "Key Vault Crypto Service Encryption User",
    permissions: [{ actions: [], notActions: [], dataActions: ["Microsoft.KeyVault/vaults/keys/read"], notDataActions: [] }],
  },
};
const denied = { status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } };
const ask = { principalId: "p1", keyScope: KEY_SCOPE, keyName: "k1" };

const answers =
  (refuse: { assignedTo?: boolean; definitions?: boolean; denies?: boolean } = {}): Answers =>
  (sent) => {
    const path = sent.url.pathname.toLowerCase();
    const filter = sent.url.searchParams.get("$filter") ?? "";
    if (path === ASSIGNMENTS.toLowerCase()) {
      if (refuse.assignedTo && filter.includes("assignedTo"))
        return { status: 400, body: { error: { code: "BadRequestFormat", message: "no" } } };
      return { body: { value: [assignment("p1")] } };
    }
    if (path === DENIES.toLowerCase()) return refuse.denies ? denied : { body: { value: [] } };
    if (path === ROLE.toLowerCase()) return refuse.definitions ? denied : { body: definition };
    return undefined;
  };

test("reads grants through groups, each definition once", async () => {
  const { clients, sent } = fakeAzure(answers());
  const readAccess = createReadAccess(clients);
  const [first] = await Promise.all([readAccess(ask), readAccess(ask)]);
  expect(first).toEqual({
    ...ask,
    state: "read",
    viaGroups: true,
    assignments: [
      {
        id: `${VAULT_ID}/providers/Microsoft.Authorization/roleAssignments/n1`,
        name: "n1",
        scope: VAULT_ID,
        roleDefinitionId: ROLE,
        principalId: "p1",
        principalType: "ServicePrincipal",
        condition: null,
        conditionVersion: null,
        description: null,
        createdOn: "2026-11-01T10:00:00.123Z",
      },
    ],
    definitions: [
      {
        id: ROLE,
        roleName: "Key Vault Crypto Service Encryption User",
        permissions: [{ actions: [], notActions: [], dataActions: ["Microsoft.KeyVault/vaults/keys/read"], notDataActions: [] }],
      },
    ],
    denies: [],
  });
  expect(sent.map(({ url }) => url.searchParams.get("$filter"))).toContain("atScope() and assignedTo('p1')");
  for (const once of ["roleDefinitions", "denyAssignments"]) {
    expect(sent.filter(({ url }) => url.pathname.includes(once))).toHaveLength(1);
  }
});

test("in whatever order Azure lists them, the same grants and denials read the same", async () => {
  const read = (...names: string[]) => {
    const named = (of: string) => names.map((name) => ({ ...assignment("p1"), id: `${VAULT_ID}/providers/${of}/${name}`, name }));
    const lists: Answers = (sent) => {
      const path = sent.url.pathname.toLowerCase();
      if (path === ASSIGNMENTS.toLowerCase()) return { body: { value: named("Microsoft.Authorization/roleAssignments") } };
      return path === DENIES.toLowerCase() ? { body: { value: named("Microsoft.Authorization/denyAssignments") } } : answers()(sent);
    };
    return createReadAccess(fakeAzure(lists).clients)(ask);
  };
  expect(await read("n2", "n1", "n3")).toEqual(await read("n3", "n2", "n1"));
});

test("reads direct grants where groups are refused, and says so", async () => {
  const { clients, sent } = fakeAzure(answers({ assignedTo: true }));
  expect(await createReadAccess(clients)(ask)).toMatchObject({ state: "read", viaGroups: false, assignments: [{ principalId: "p1" }] });
  expect(sent.map(({ url }) => url.searchParams.get("$filter"))).toContain("principalId eq 'p1'");
});

test("a definition that may not be read grants nothing that counts", async () => {
  const { clients } = fakeAzure(answers({ definitions: true }));
  expect(await createReadAccess(clients)(ask)).toMatchObject({ definitions: [{ id: ROLE, permissions: null }] });
});

test("reads what takes a grant away again: a condition, and what its role leaves out", async () => {
  const condition = { condition: "@Resource[x] StringEquals 'y'", conditionVersion: "2.0" };
  const notDataActions = ["Microsoft.KeyVault/vaults/keys/wrap/action"];
  const { properties } = definition;
  const { clients } = fakeAzure((sent) => {
    const path = sent.url.pathname.toLowerCase();
    const bound = assignment("p1");
    if (path === ASSIGNMENTS.toLowerCase()) return { body: { value: [{ ...bound, properties: { ...bound.properties, ...condition } }] } };
    if (path === ROLE.toLowerCase())
      return { body: { ...definition, properties: { ...properties, permissions: [{ ...properties.permissions[0], notDataActions }] } } };
    return answers()(sent);
  });
  expect(await createReadAccess(clients)(ask)).toMatchObject({
    assignments: [condition],
    definitions: [{ permissions: [{ notDataActions }] }],
  });
});

test("an empty condition is none: command-line tools write it to take one off", async () => {
  const { clients } = fakeAzure((sent) => {
    if (sent.url.pathname.toLowerCase() !== ASSIGNMENTS.toLowerCase()) return answers()(sent);
    const bound = assignment("p1");
    return { body: { value: [{ ...bound, properties: { ...bound.properties, condition: "", conditionVersion: "" } }] } };
  });
  expect(await createReadAccess(clients)(ask)).toMatchObject({ assignments: [{ condition: null, conditionVersion: null }] });
});

test("deny assignments that may not be read make the whole unreadable", async () => {
  const { clients } = fakeAzure(answers({ denies: true }));
  expect(await createReadAccess(clients)(ask)).toMatchObject({ ...ask, state: "unreadable", why: "denied" });
});

test("a role assignment has been as it is since it was changed last: what its condition was lifted for an hour ago has not stood longer", async () => {
  const { properties, ...rest } = assignment("p1");
  const changed = { ...rest, properties: { ...properties, updatedOn: "2026-11-02T10:00:00.1234567Z" } };
  const { clients } = fakeAzure((sent) => (sent.url.pathname === ASSIGNMENTS ? { body: { value: [changed] } } : answers()(sent)));
  expect(await createReadAccess(clients)(ask)).toMatchObject({ assignments: [{ createdOn: "2026-11-02T10:00:00.123Z" }] });
});

test("reads a deny assignment", async () => {
  const deny = {
    id: `${VAULT_ID}/providers/Microsoft.Authorization/denyAssignments/d1`,
    name: "d1",
    type: "Microsoft.Authorization/denyAssignments",
    properties: {
      denyAssignmentName: "no keys",
      permissions: [{ actions: [], notActions: [], dataActions: ["Microsoft.KeyVault/vaults/keys/*"], notDataActions: [] }],
      scope: VAULT_ID,
      doNotApplyToChildScopes: false,
      principals: [{ id: "00000000-0000-0000-0000-000000000000", displayName: "All Principals", type: "SystemDefined" }],
      excludePrincipals: [{ id: "e", type: "ServicePrincipal" }],
      isSystemProtected: true,
      createdOn: "2026-11-01T10:00:00.1234567Z",
      updatedOn: "2026-11-02T10:00:00.1234567Z",
    },
  };
  const { clients } = fakeAzure((sent) =>
    sent.url.pathname.toLowerCase().includes("denyassignments") ? { body: { value: [deny] } } : answers()(sent),
  );
  expect(await createReadAccess(clients)(ask)).toMatchObject({
    denies: [
      {
        name: "no keys",
        scope: VAULT_ID,
        permissions: [{ dataActions: ["Microsoft.KeyVault/vaults/keys/*"] }],
        principals: [{ id: "00000000-0000-0000-0000-000000000000", type: "SystemDefined" }],
        excludePrincipals: [{ id: "e", type: "ServicePrincipal" }],
        doesNotApplyToChildScopes: false,
        condition: null,
        changedOn: "2026-11-02T10:00:00.123Z",
      },
    ],
  });
});

test("reads an identity, and says when there is none", async () => {
  const body = {
    location: "eastus",
    tags: { "keymend:insteadOf": "id0" },
    id: IDENTITY_ID,
    name: "id1",
    type: "Microsoft.ManagedIdentity/userAssignedIdentities",
    properties: { tenantId: "t", principalId: "p1", clientId: "c1" },
  };
  expect(await createReadIdentity(fakeAzure(byPath({ [`GET ${IDENTITY_ID}`]: { body } })).clients)(IDENTITY_ID)).toEqual({
    state: "live",
    id: IDENTITY_ID,
    name: "id1",
    location: "eastus",
    tenantId: "t",
    principalId: "p1",
    clientId: "c1",
    tags: { "keymend:insteadOf": "id0" },
  });
  expect(await createReadIdentity(fakeAzure(() => undefined).clients)(IDENTITY_ID)).toEqual({ state: "gone", id: IDENTITY_ID });
  const odd = await createReadIdentity(fakeAzure(() => undefined).clients)("not an id");
  expect(odd).toMatchObject({ state: "unreadable", why: "unusable" });
});

test("of what is held at a vault and its keys as much is read as is remembered, whosever it is, and the rest counted", async () => {
  const row = (n: number, scope: string) => ({
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${String(n).padStart(4, "0")}`,
    name: String(n),
    properties: { scope, roleDefinitionId: "r", principalId: `p${n}`, principalType: "Group" },
  });
  const value = [
    row(900, `/subscriptions/${SUB}`),
    ...Array.from({ length: 230 }, (_, n) => row(n, n % 2 === 0 ? VAULT_ID : `${VAULT_ID}/keys/k1`)),
  ];
  const list = `GET ${VAULT_ID}/providers/Microsoft.Authorization/roleAssignments`;
  const held = await createReadHeld(fakeAzure(byPath({ [list]: { body: { value } } })).clients)(VAULT_ID);
  expect(held).toMatchObject({ left: 30 });
  expect("assignments" in held && held.assignments).toHaveLength(200);
  expect(await createReadHeld(fakeAzure(byPath({ [list]: denied })).clients)(VAULT_ID)).toMatchObject({
    state: "unreadable",
    why: "denied",
  });
});
