/** Every operation as asked for in facts of every kind: what it may meet, and what it may find lacking. */
import { keyScopeOf } from "../../src/domain/arm-id.ts";
import type { Facts } from "../../src/domain/facts.ts";
import { newScan, type ScanState } from "../../src/domain/id-scan.ts";
import { judgeOperation, type Judged } from "../../src/domain/operations/index.ts";
import { diagnose } from "../../src/domain/plan/diagnose.ts";
import type { OperationName, Requirement, Wished } from "../../src/domain/wish.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aPolicyVault,
  aVault,
  aVersion,
  CLUSTER_ID,
  IDENTITY_ID,
  KEY_URI,
  NOW,
  PRINCIPAL,
  someFacts,
  someFeatures,
  someSettings,
  SUBSCRIPTION,
  V1,
  V2,
  VAULT_ID,
} from "./builders.ts";
import {
  aWish,
  CHECK,
  ENABLE,
  PREPARE,
  RESTORE,
  RESTORE_GRANT,
  REVOKE,
  REVOKE_GRANT,
  ROTATE,
  SWITCH_IDENTITY,
  SWITCH_KEY,
} from "./wishes.ts";

export const OTHER = SWITCH_IDENTITY.params.identityId;
export const SECOND_SCOPE = keyScopeOf(VAULT_ID, "cmk-2");
const keys = [aKey([aVersion(V2), aVersion(V1)]), aKey([aVersion(V1)], "cmk-2")];
export const identities = [anIdentity(), anIdentity("id-orders-2", `${PRINCIPAL}2`)];
const access = [
  anAccess({ assignments: [] }),
  anAccess({ principalId: `${PRINCIPAL}2`, assignments: [] }),
  anAccess({ keyName: "cmk-2", keyScope: SECOND_SCOPE, assignments: [] }),
];
export const bare = anAccount({ keyUri: null, features: someFeatures() });

/** What an operation may meet: each alone makes some requirement or step show. */
const MET: Partial<Facts>[] = [
  {},
  { targets: [anAccount(), aCluster()], keys, identities },
  { targets: [anAccount(), aCluster()], keys, identities, access },
  { targets: [anAccount(), aCluster()], keys, identities, vault: aPolicyVault([]) },
  { keys: [{ state: "gone", name: "cmk" }], identities: [{ state: "gone", id: IDENTITY_ID }] },
  { vault: aPolicyVault() },
  { targets: [] },
  { targets: [bare], keys },
  { targets: [bare], keys, access },
  { targets: [bare], keys, access, baseline: aBaseline() },
  { targets: [bare], keys, vault: aPolicyVault([]) },
  { targets: [{ ...bare, defaultIdentity: { form: "firstParty" }, attached: [] }], keys, identities },
  { targets: [anAccount({ keyUri: null })] },
  { keys: [{ state: "live", name: "cmk", tags: { "keymend:revoked": "r1" }, versions: [aVersion(V1)] }] },
];

const unread = { state: "unreadable", why: "denied", detail: "403" } as const;
const shut = { ...aVault().network, publicNetworkAccess: "Disabled", bypass: "None" } as const;

const unreadable = { why: "denied", detail: "403" } as const;
const longId = { database: "books", container: "entries", partitionKey: '["a"]', bytes: 991, id: "x" };
const tooLong: ScanState = { ...newScan(ACCOUNT_ID, NOW), containers: [], found: [longId], foundCount: 1, doneAt: NOW };

const all = {
  capabilities: ["EnableCassandra", "EnableNoSQLVectorSearch"],
  materializedViews: true,
  allVersionsChangeFeed: true,
  backup: "Continuous",
};

const onCluster = { kind: "cluster", databaseId: CLUSTER_ID } as const;
const WISHES: { readonly [N in OperationName]: readonly Wished[] } = {
  "check-requirements": [CHECK, { ...CHECK, params: { ...CHECK.params, ...onCluster } }],
  prepare: [
    { ...PREPARE, params: { ...PREPARE.params, purgeProtection: true } },
    { ...PREPARE, params: { ...PREPARE.params, databaseId: ACCOUNT_ID } },
    PREPARE,
    { ...PREPARE, params: { ...PREPARE.params, ...onCluster } },
  ],
  revoke: [REVOKE, REVOKE_GRANT, { operation: "revoke", params: { databaseId: CLUSTER_ID } }],
  restore: [RESTORE, RESTORE_GRANT, { operation: "restore", params: { databaseId: CLUSTER_ID } }],
  "rotate-key": [ROTATE],
  "switch-key": [SWITCH_KEY, { ...SWITCH_KEY, params: { ...SWITCH_KEY.params, databaseId: CLUSTER_ID } }],
  "switch-identity": [SWITCH_IDENTITY, { ...SWITCH_IDENTITY, params: { databaseId: CLUSTER_ID, identityId: OTHER } }],
  "enable-cmk": [ENABLE, { ...ENABLE, params: { ...ENABLE.params, identityId: IDENTITY_ID } }],
};

const takenBack = aWish(REVOKE, { id: "r1" });

const judgedOn = (name: OperationName, over: Partial<Facts>): Judged[] =>
  WISHES[name].map((wished) => {
    const wish = aWish(wished);
    const facts = someFacts({ wishes: [takenBack, wish], ...over });
    return judgeOperation({ facts, diagnosis: diagnose(facts, someSettings()), wish });
  });

export const judgedAll = (name: OperationName): Judged[] => MET.flatMap((over) => judgedOn(name, over));

/** As much as can be lacking of each thing that is asked about. */
const LACKING: Partial<Facts>[] = [
  { vault: null, keys: [], identities: [] },
  {
    vault: { ...unread, id: VAULT_ID, name: "kv-orders" },
    keys: [{ ...unread, name: "cmk" }],
    identities: [{ ...unread, id: IDENTITY_ID }],
  },
  { vault: { state: "gone", id: VAULT_ID, name: "kv-orders" } },
  { vault: aVault({ tenantId: "other", purgeProtection: false, softDeleteRetentionInDays: null, network: shut }) },
  {
    keys: [
      aKey([aVersion(V1, { type: "EC", size: 2048, operations: [], enabled: false, expiresOn: NOW, notBefore: "2030-01-01T00:00:00Z" })]),
    ],
  },
  { keys: [aKey([aVersion(V1, { type: null })])], access: [] },
  { keys: [aKey([])] },
  { keys: [{ state: "deleted", name: "cmk", tags: {}, deletedOn: NOW, scheduledPurgeOn: NOW, versions: [] }] },
  { identities: [anIdentity("id-orders", PRINCIPAL, { tenantId: "other", location: "northeurope" })], targets: [anAccount(), aCluster()] },
  { targets: [], missing: [{ ...unread, kind: "account", id: ACCOUNT_ID }] },
  {
    targets: [
      anAccount({ keyUri: `${KEY_URI}/${V1}`, defaultIdentity: { form: "undefined" } }),
      aCluster({ keyUri: "https://example.com/" }),
    ],
  },
  { targets: [{ ...bare, defaultIdentity: { form: "firstParty" }, features: someFeatures(all) }] },
  { targets: [bare], scans: [{ wishId: "w1", principalId: null, state: tooLong }] },
  { targets: [bare], scans: [{ wishId: "w1", principalId: null, state: { ...tooLong, unreadable } }] },
  { targets: [{ ...bare, features: { ...unread } }] },
  { targets: [anAccount({ service: { ...anAccount().service, healthy: false } })] },
  { targets: [anAccount(), aCluster()], access: [anAccess({ assignments: [anAssignment({ scope: SUBSCRIPTION })] })] },
  { targets: [anAccount(), aCluster()], vault: aPolicyVault(["all"]) },
  { keys: [{ state: "live", name: "cmk", tags: { "keymend:revoked": "theirs" }, versions: [aVersion(V1)] }] },
];

const NAMES = Object.keys(WISHES) as OperationName[];

export const allRows: Requirement[] = NAMES.flatMap((name) =>
  [...MET, ...LACKING].flatMap((over) => judgedOn(name, over).flatMap(({ requirements }) => requirements)),
);

/** The lines of all that does not hold. */
export const rowLines = [...new Set(allRows.flatMap(({ az }) => az))];
