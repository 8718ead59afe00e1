import { describe, expect, test } from "vitest";
import { keyScopeOf } from "../../../src/domain/arm-id.ts";
import { userAssigned } from "../../../src/domain/databases/default-identity.ts";
import type { Facts, TargetFacts } from "../../../src/domain/facts.ts";
import { azOf, completeStep, countAfter, isWidening, mergeDrafts, precondition, stepSpecs } from "../../../src/domain/steps/index.ts";
import { topicFor } from "../../../src/domain/steps/restore-event-subscription.ts";
import type { StepDraft, StepName, StepParams } from "../../../src/domain/steps/step.ts";
import {
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aPolicyVault,
  aStatus,
  aVault,
  aVersion,
  CLUSTER_ID,
  clusterSays,
  IDENTITY_ID,
  KEY_SCOPE,
  KEY_URI,
  NOW,
  PRINCIPAL,
  someFacts,
  V1,
  V2,
  VAULT_ID,
} from "../../support/builders.ts";
import { draft, FUTURE, PAST, SAMPLES, SECOND, VAULT_URI } from "../../support/steps.ts";

const PRINCIPAL_2 = "22222222-0000-4000-8000-000000000002";
const ours = anIdentity("id-orders-2", PRINCIPAL_2, { tags: { "keymend:insteadOf": "id-orders" } });
const unread = { state: "unreadable", why: "denied", detail: "403" } as const;
const goneIdentity = { state: "gone", id: IDENTITY_ID } as const;
const blind = { ...unread, principalId: PRINCIPAL, keyName: "cmk", keyScope: KEY_SCOPE };
const settled = anAccess({ principalId: PRINCIPAL_2, assignments: [anAssignment({ principalId: PRINCIPAL_2 })] });
const noRole = { access: [anAccess({ assignments: [] })] };

type Row = [
  what: string,
  step: { name: StepName; params: StepParams[StepName] },
  facts: Partial<Facts>,
  /** "todo", "done", or why it is stale. */
  expected: string,
];
const row = <N extends StepName>(
  what: string,
  name: N,
  facts: Partial<Facts>,
  expected: string,
  over: Partial<StepParams[N]> = {},
): Row => [`${name}: ${what}`, draft(name, over), facts, expected];

const versions = (...over: Parameters<typeof aVersion>[1][]) => ({ keys: [aKey(over.map((one) => aVersion(V1, one)))] });
const vault = (over: Parameters<typeof aVault>[0]) => ({ vault: aVault(over) });
const account = (over: Parameters<typeof anAccount>[0]) => ({ targets: [anAccount(over)] });
const cluster = (over: Parameters<typeof aCluster>[0] = {}) => ({ targets: [aCluster(over)] });
const withSecond = [...anAccount().attached, { id: SECOND, principalId: PRINCIPAL_2, clientId: null }];
const updating = { service: aStatus({ provisioningState: "Updating" }) };
const usesSecond = { defaultIdentity: { form: "user", id: SECOND, federatedClientId: null } as const, attached: withSecond };

const tagged = (value: string): Partial<Facts> => ({
  keys: [{ state: "live", name: "cmk", tags: { "Keymend:Revoked": value }, versions: [aVersion(V1)] }],
});

const VERSION_STEPS = ["ExtendKeyExpiry", "PutBackKeyVersion", "EnableKeyVersion", "SetKeyNotBefore", "RestoreKeyOperations"] as const;

const KEY_2 = `${VAULT_URI}/keys/cmk-2`;
const toSecond = { keyUri: KEY_2, from: KEY_URI };
const toSecondUrl = { keyUrl: KEY_2, from: KEY_URI };
const CUT_OFF = "the identity to use on orders has no access to the key";
const YOUNG = "the grant of the identity to use on orders may not have reached the vault yet";
const NOBODY = "orders uses no identity that is known";
const reachesSecond = (createdOn = "2026-01-01T00:00:00.000Z") =>
  anAccess({ keyName: "cmk-2", keyScope: keyScopeOf(VAULT_ID, "cmk-2"), assignments: [anAssignment({ createdOn })] });
/** One that is to leave its key for another one. */
const leaving = (over: Partial<Facts> = {}, target: Partial<TargetFacts> = {}): Partial<Facts> => ({
  keys: [aKey(), aKey(undefined, "cmk-2")],
  access: [reachesSecond()],
  targets: [anAccount(target)],
  ...over,
});

const ROWS: Row[] = [
  ...VERSION_STEPS.flatMap((name): Row[] => [
    row("the vault is gone", name, { vault: null }, `vault ${VAULT_ID} is not there`),
    row("it is another vault", name, vault({ id: `${VAULT_ID}2` }), `vault ${VAULT_ID} is not there`),
    row("the key was not read", name, { keys: [] }, "key cmk was not read"),
    row("the key is gone", name, { keys: [{ state: "gone", name: "CMK" }] }, "key cmk is gone"),
    row("the version is not there", name, { keys: [aKey([aVersion(V2)])] }, `version ${V1} of key cmk is not there`),
  ]),
  row("expired as before", "ExtendKeyExpiry", versions({ expiresOn: PAST }), "todo"),
  row("it has no expiry any more", "ExtendKeyExpiry", versions({ expiresOn: null }), "done"),
  row("it expires later already", "ExtendKeyExpiry", versions({ expiresOn: "2028-01-01T00:00:00.000Z" }), "done"),
  row(
    "somebody moved it",
    "ExtendKeyExpiry",
    versions({ expiresOn: "2026-10-02T00:00:00.000Z" }),
    "the expiry was changed to 2026-10-02T00:00:00.000Z",
  ),
  row("the new time has passed", "ExtendKeyExpiry", versions({ expiresOn: PAST }), "the expiry to set has passed", {
    expiresOn: "2026-10-03T00:00:00.000Z",
  }),
  row("enabled", "DisableKeyVersion", {}, "todo"),
  row("disabled", "DisableKeyVersion", versions({ enabled: false }), "done"),
  row("the version is not there", "DisableKeyVersion", { keys: [aKey([aVersion(V2)])] }, `version ${V1} of key cmk is not there`),
  row("held", "RemoveGrant", { access: [anAccess({ assignments: [anAssignment({ scope: KEY_SCOPE, name: "aaaa" })] })] }, "todo"),
  row("gone", "RemoveGrant", { access: [anAccess({ assignments: [] })] }, "done"),
  row("nothing read of it", "RemoveGrant", { access: [] }, `what ${PRINCIPAL} may do was not read`),
  row(
    "what it may do could not be read",
    "RemoveGrant",
    {
      access: [{ state: "unreadable", why: "denied", detail: "403", principalId: PRINCIPAL, keyName: "cmk", keyScope: KEY_SCOPE }],
    },
    `what ${PRINCIPAL} may do was not read`,
  ),
  row("held", "RemoveAccessPolicyPermissions", { vault: aPolicyVault(["Get", "sign"]) }, "todo"),
  row("gone", "RemoveAccessPolicyPermissions", { vault: aPolicyVault(["sign"]) }, "done"),
  row("the vault is gone", "RemoveAccessPolicyPermissions", { vault: null }, `vault ${VAULT_ID} is not there`),
  row("a vault with Azure RBAC", "RemoveAccessPolicyPermissions", {}, "the vault was switched to Azure RBAC"),
  row("none since then", "CreateKeyVersion", {}, "todo"),
  row("one in that very second", "CreateKeyVersion", versions({ createdOn: "2026-11-02T10:00:00.000Z" }), "done", {
    since: "2026-11-02T10:00:00.900Z",
  }),
  row("one since", "CreateKeyVersion", versions({ createdOn: "2026-12-01T00:00:00.000Z" }), "done"),
  row("no version", "CreateKeyVersion", { keys: [aKey([])] }, "when the newest version of key cmk was made is not known"),
  row(
    "one of no known time",
    "CreateKeyVersion",
    versions({ createdOn: null }),
    "when the newest version of key cmk was made is not known",
  ),
  row("a key of that name", "CreateKey", {}, "done"),
  row("none", "CreateKey", { keys: [{ state: "gone", name: "cmk" }] }, "todo"),
  row(
    "one that is deleted",
    "CreateKey",
    { keys: [{ state: "deleted", name: "cmk", tags: {}, deletedOn: null, scheduledPurgeOn: null, versions: [] }] },
    "key cmk is deleted",
  ),
  row("one that was not read", "CreateKey", { keys: [] }, "key cmk was not read"),
  row("no tag", "TagIntent", {}, "todo"),
  row("tagged, whoever did it", "TagIntent", tagged("drill"), "done"),
  row("no tag", "UntagIntent", {}, "done"),
  row("its own tag", "UntagIntent", tagged("w1"), "todo"),
  row("somebody else's tag", "UntagIntent", tagged("drill"), "key cmk bears keymend:revoked with another value: 'drill'"),
  ...(["TagIntent", "UntagIntent", "CreateKeyVersion"] as const).flatMap((name): Row[] => [
    row("the vault is gone", name, { vault: null }, `vault ${VAULT_ID} is not there`),
    row("the key is gone", name, { keys: [{ state: "gone", name: "cmk" }] }, "key cmk is gone"),
  ]),
  row("disabled", "EnableKeyVersion", versions({ enabled: false }), "todo"),
  row("enabled", "EnableKeyVersion", {}, "done"),
  row("as the own write left it", "PutBackKeyVersion", versions({ expiresOn: FUTURE, updatedOn: NOW }), "todo"),
  row("as it was before", "PutBackKeyVersion", versions({ expiresOn: PAST }), "done"),
  row("changed since", "PutBackKeyVersion", versions({ expiresOn: FUTURE, updatedOn: PAST }), `version ${V1} of key cmk was changed since`),
  row("changed at a time not told", "PutBackKeyVersion", versions({ expiresOn: FUTURE }), `version ${V1} of key cmk was changed since`),
  row("operations in another order", "PutBackKeyVersion", versions({ operations: ["wrapKey", "sign"] }), "done", {
    attribute: "operations",
    value: ["sign", "wrapKey"],
  }),
  row("not valid yet", "SetKeyNotBefore", versions({ notBefore: FUTURE }), "todo"),
  row("valid", "SetKeyNotBefore", versions({ notBefore: PAST }), "done"),
  row("without a date", "SetKeyNotBefore", {}, "done"),
  row("operations lacking", "RestoreKeyOperations", versions({ operations: ["sign"] }), "todo"),
  row("operations there", "RestoreKeyOperations", versions({ operations: ["sign", "wrapKey", "unwrapKey", "verify"] }), "done"),
  row("others were added meanwhile", "RestoreKeyOperations", versions({ operations: ["verify"] }), "the key operations were changed"),
  row("operations not read", "RestoreKeyOperations", versions({ operations: null }), "the key operations could not be read"),
  row(
    "deleted",
    "RecoverKey",
    { keys: [{ state: "deleted", name: "cmk", tags: {}, deletedOn: null, scheduledPurgeOn: null, versions: [] }] },
    "todo",
  ),
  row("live", "RecoverKey", {}, "done"),
  row("purged", "RecoverKey", { keys: [{ state: "gone", name: "cmk" }] }, "key cmk is gone"),
  row("vault gone", "RecoverKey", { vault: null }, `vault ${VAULT_ID} is not there`),
  row(
    "deleted",
    "RecoverVault",
    {
      vault: {
        state: "deleted",
        id: VAULT_ID,
        name: "kv-orders",
        resourceGroup: "",
        location: "",
        tags: {},
        deletedOn: null,
        scheduledPurgeOn: null,
      },
    },
    "todo",
  ),
  row("live", "RecoverVault", {}, "done"),
  row("purged", "RecoverVault", { vault: { state: "gone", id: VAULT_ID, name: "kv-orders" } }, `vault ${VAULT_ID} is gone`),
  row("not read", "RecoverVault", { vault: null }, `vault ${VAULT_ID} was not read`),
  row("another one", "RecoverVault", vault({ id: `${VAULT_ID}2` }), `vault ${VAULT_ID} was not read`),
  row("without an id", "RecoverVault", { vault: { state: "gone", id: null, name: "kv" } }, `vault ${VAULT_ID} was not read`),
  row("lost", "RestoreEventSubscription", {}, "todo"),
  row("vault gone", "RestoreEventSubscription", { vault: null }, `vault ${VAULT_ID} is not there`),
  row("lost", "RestoreRoleAssignment", noRole, "todo"),
  row("others' access not read", "RestoreRoleAssignment", { access: [{ ...blind, principalId: PRINCIPAL_2 }] }, "todo"),
  row(
    "there again",
    "RestoreRoleAssignment",
    { access: [anAccess({ assignments: [anAssignment({ name: "AAAA" })], definitions: [] })] },
    "done",
  ),
  row("granted otherwise", "RestoreRoleAssignment", {}, "done"),
  row("lacking", "GrantKeyRole", noRole, "todo"),
  row("access of a new principal not read", "GrantKeyRole", { access: [] }, "todo"),
  row("granted", "GrantKeyRole", {}, "done"),
  row("access unreadable", "GrantKeyRole", { access: [blind] }, `what ${PRINCIPAL} may do could not be read`),
  row("vault gone", "GrantKeyRole", { vault: null }, `vault ${VAULT_ID} is not there`),
  row("switched to policies", "GrantKeyRole", { vault: aPolicyVault() }, "the vault was switched to access policies"),
  row("principal not known", "GrantKeyRole", noRole, `the principal of ${IDENTITY_ID} is not known yet`, { principalId: null }),
  row("identity gone", "GrantKeyRole", { ...noRole, identities: [goneIdentity] }, `identity ${IDENTITY_ID} is gone`),
  row(
    "identity made again",
    "GrantKeyRole",
    { ...noRole, identities: [anIdentity("id-orders", PRINCIPAL_2)] },
    `identity ${IDENTITY_ID} has another principal now`,
  ),
  row("a principal without an identity of its own", "GrantKeyRole", noRole, "todo", { identityId: null }),
  row("lacking", "AddAccessPolicyPermissions", { vault: aPolicyVault(["get"]) }, "todo"),
  row("there", "AddAccessPolicyPermissions", { vault: aPolicyVault(["GET", "wrapkey"]) }, "done"),
  row("all of them", "AddAccessPolicyPermissions", { vault: aPolicyVault(["all"]) }, "done"),
  row("only for an application", "AddAccessPolicyPermissions", { vault: aPolicyVault(["all"]) }, "todo", { applicationId: "app" }),
  row("switched to roles", "AddAccessPolicyPermissions", {}, "the vault was switched to Azure RBAC"),
  row("vault gone", "AddAccessPolicyPermissions", { vault: null }, `vault ${VAULT_ID} is not there`),
  row(
    "identity gone",
    "AddAccessPolicyPermissions",
    { vault: aPolicyVault([]), identities: [goneIdentity] },
    `identity ${IDENTITY_ID} is gone`,
  ),
  row("not there", "CreateIdentity", {}, "todo"),
  row("known to be free", "CreateIdentity", { identities: [{ state: "gone", id: SECOND }] }, "todo"),
  row("made already", "CreateIdentity", { identities: [ours] }, "done"),
  row("one that is wanted by name", "CreateIdentity", { identities: [anIdentity("id-orders-2", PRINCIPAL_2)] }, "done", {
    insteadOf: null,
  }),
  row(
    "somebody else's",
    "CreateIdentity",
    { identities: [anIdentity("id-orders-2", PRINCIPAL_2)] },
    `identity ${SECOND} belongs to somebody else`,
  ),
  row("not readable", "CreateIdentity", { identities: [{ ...unread, id: SECOND }] }, `identity ${SECOND} could not be read`),
  row("there", "AttachIdentity", { identities: [ours] }, "todo"),
  row("not there", "AttachIdentity", {}, `identity ${SECOND} is not there`),
  row("attached", "AttachIdentity", account({ attached: withSecond }), "done"),
  row("being changed", "AttachIdentity", { identities: [ours], ...account(updating) }, "orders is being changed (Updating)"),
  row("being changed, attached", "AttachIdentity", account({ ...updating, attached: withSecond }), "done"),
  row(
    "changed in vain",
    "AttachIdentity",
    { identities: [ours], ...account({ service: aStatus({ provisioningState: "Failed" }) }) },
    "todo",
  ),
  row("database not read", "AttachIdentity", { targets: [] }, `database ${ACCOUNT_ID} was not read`),
  row("system, off", "AttachIdentity", {}, "todo", { identityId: "SystemAssigned" }),
  row("system, on", "AttachIdentity", account({ systemPrincipalId: PRINCIPAL }), "done", { identityId: "SystemAssigned" }),
  row("ready", "SetDefaultIdentity", { identities: [ours], access: [settled], ...account({ attached: withSecond }) }, "todo"),
  row("done", "SetDefaultIdentity", account(usesSecond), "done"),
  row(
    "not attached",
    "SetDefaultIdentity",
    { identities: [ours], access: [settled] },
    "the identity to use is not attached to orders, or not known",
  ),
  row(
    "without access",
    "SetDefaultIdentity",
    { identities: [ours], ...account({ attached: withSecond }) },
    "the identity to use on orders has no access to the key",
  ),
  row(
    "access fresh",
    "SetDefaultIdentity",
    {
      identities: [ours],
      access: [{ ...settled, assignments: [anAssignment({ principalId: PRINCIPAL_2, createdOn: NOW })] }],
      ...account({ attached: withSecond }),
    },
    "the grant of the identity to use on orders may not have reached the vault yet",
  ),
  row("by policy", "SetDefaultIdentity", { vault: aPolicyVault(), ...account({ systemPrincipalId: PRINCIPAL }) }, "todo", {
    defaultIdentity: "SystemAssignedIdentity",
  }),
  row("system already", "SetDefaultIdentity", account({ defaultIdentity: { form: "system" } }), "done", {
    defaultIdentity: "systemassignedidentity",
  }),
  row(
    "without a key",
    "SetDefaultIdentity",
    { identities: [ours], access: [settled], ...account({ attached: withSecond, keyUri: null }) },
    "the identity to use on orders has no access to the key",
  ),
  row(
    "that never had a key",
    "SetDefaultIdentity",
    { identities: [ours], access: [], ...account({ attached: withSecond, keyUri: null }) },
    "todo",
    { keyless: true },
  ),
  row(
    "that never had a key, and not the identity either",
    "SetDefaultIdentity",
    { ...account({ keyUri: null }) },
    "the identity to use is not attached to orders, or not known",
    { keyless: true },
  ),
  row("nonsense", "SetDefaultIdentity", {}, "'Somebody' is no default identity", { defaultIdentity: "Somebody" }),
  row("database not read", "SetDefaultIdentity", { targets: [] }, `database ${ACCOUNT_ID} was not read`),
  row("gone and replaced", "DetachIdentity", { identities: [ours, goneIdentity], ...account(usesSecond) }, "todo", {
    identityId: IDENTITY_ID,
  }),
  row("detached", "DetachIdentity", {}, "done"),
  row("still the default", "DetachIdentity", { identities: [goneIdentity] }, `${IDENTITY_ID} is still what orders uses`, {
    identityId: IDENTITY_ID,
  }),
  row(
    "nothing is the default",
    "DetachIdentity",
    { identities: [goneIdentity], ...account({ defaultIdentity: { form: "undefined" } }) },
    `${IDENTITY_ID} is still what orders uses`,
    { identityId: IDENTITY_ID },
  ),
  row("alive", "DetachIdentity", account(usesSecond), `${IDENTITY_ID} is not known to be gone`, { identityId: IDENTITY_ID }),
  row(
    "made again with another principal",
    "DetachIdentity",
    { identities: [anIdentity("id-orders", PRINCIPAL_2)], ...account(usesSecond) },
    "todo",
    { identityId: IDENTITY_ID },
  ),
  row(
    "of a principal that is not shown",
    "DetachIdentity",
    account({ ...usesSecond, attached: [{ id: IDENTITY_ID, principalId: null, clientId: null }] }),
    `${IDENTITY_ID} is not known to be gone`,
    { identityId: IDENTITY_ID },
  ),
  row(
    "not read",
    "DetachIdentity",
    { identities: [], ...account({ ...usesSecond, defaultIdentity: { form: "system" } }) },
    `${IDENTITY_ID} is not known to be gone`,
    { identityId: IDENTITY_ID },
  ),
  row("database not read", "DetachIdentity", { targets: [] }, `database ${ACCOUNT_ID} was not read`),
  row("off", "EnablePurgeProtection", vault({ purgeProtection: false }), "todo"),
  row("on", "EnablePurgeProtection", {}, "done"),
  row("vault gone", "EnablePurgeProtection", { vault: null }, `vault ${VAULT_ID} is not there`),
  row("no bypass", "AllowTrustedServices", vault({ network: { ...aVault().network, bypass: "None" } }), "todo"),
  row("bypass", "AllowTrustedServices", {}, "done"),
  row("vault gone", "AllowTrustedServices", { vault: null }, `vault ${VAULT_ID} is not there`),
  row("with a version", "SetKeyUri", account({ keyUri: `${KEY_URI}/${V1}` }), "todo"),
  row("right", "SetKeyUri", {}, "done"),
  row("another key", "SetKeyUri", account({ keyUri: `${VAULT_URI}/keys/other` }), "orders names another key now"),
  row("another key on purpose, which its identity can't reach", "SetKeyUri", leaving({ access: [] }), CUT_OFF, toSecond),
  row("another key on purpose, which it can reach", "SetKeyUri", leaving(), "todo", toSecond),
  row("another key on purpose, granted a moment ago", "SetKeyUri", leaving({ access: [reachesSecond(NOW)] }), YOUNG, toSecond),
  row("another key on purpose, and no identity", "SetKeyUri", leaving({}, { defaultIdentity: { form: "undefined" } }), NOBODY, toSecond),
  row(
    "another key on purpose, and one that nobody knows",
    "SetKeyUri",
    leaving({}, { defaultIdentity: { form: "unknown", raw: "?" } }),
    NOBODY,
    toSecond,
  ),
  row("a third key", "SetKeyUri", leaving({}, { keyUri: `${VAULT_URI}/keys/third` }), "orders names another key now", toSecond),
  row("no key", "SetKeyUri", account({ keyUri: null }), "orders names another key now"),
  row("no key yet", "SetKeyUri", account({ keyUri: null }), "todo", { first: { defaultIdentity: userAssigned(IDENTITY_ID) } }),
  row("no key yet, and another identity", "SetKeyUri", account({ keyUri: null }), "orders does not use FirstPartyIdentity yet", {
    first: { defaultIdentity: "FirstPartyIdentity" },
  }),
  row("no key yet, and nonsense", "SetKeyUri", account({ keyUri: null }), "orders does not use Somebody yet", {
    first: { defaultIdentity: "Somebody" },
  }),
  row(
    "no key yet, and no grant",
    "SetKeyUri",
    { ...account({ keyUri: null }), access: [anAccess({ assignments: [] })] },
    "the identity to use on orders has no access to the key",
    { first: { defaultIdentity: userAssigned(IDENTITY_ID) } },
  ),
  row("database not read", "SetKeyUri", { targets: [] }, `database ${ACCOUNT_ID} was not read`),
  row("pinned and Ready", "SetClusterEncryption", cluster({ keyUri: `${KEY_URI}/${V1}` }), "todo"),
  row("as wanted", "SetClusterEncryption", cluster(), "done"),
  row(
    "pinned and not Ready",
    "SetClusterEncryption",
    cluster({ keyUri: `${KEY_URI}/${V1}`, service: clusterSays(null, null) }),
    "carts is not Ready",
  ),
  row(
    "another identity and not Ready",
    "SetClusterEncryption",
    { identities: [ours], access: [settled], ...cluster({ service: clusterSays("Inaccessible", false) }) },
    "todo",
    { identityId: SECOND },
  ),
  row(
    "another identity without access",
    "SetClusterEncryption",
    { identities: [ours], ...cluster() },
    "the identity to use on carts has no access to the key",
    { identityId: SECOND },
  ),
  row("another key", "SetClusterEncryption", cluster({ keyUri: `${VAULT_URI}/keys/other` }), "carts names another key now"),
  row("another key on purpose", "SetClusterEncryption", leaving({ targets: [aCluster()] }), "todo", toSecondUrl),
  row(
    "another key on purpose, not Ready",
    "SetClusterEncryption",
    leaving({ targets: [aCluster({ service: clusterSays("Updating", null) })] }),
    "carts is not Ready",
    toSecondUrl,
  ),
  row(
    "another key on purpose, there already",
    "SetClusterEncryption",
    leaving({ targets: [aCluster({ keyUri: KEY_2 })] }),
    "done",
    toSecondUrl,
  ),
  row("no key", "SetClusterEncryption", cluster({ keyUri: null }), "carts names no key"),
  row("database not read", "SetClusterEncryption", { targets: [] }, `database ${CLUSTER_ID} was not read`),
];

describe("before a step", () => {
  test.each(ROWS)("%s", (_what, step, facts, expected) => {
    const state = precondition(step, someFacts(facts));
    expect(typeof state === "string" ? state : state.stale).toBe(expected);
  });

  test("a subscription that is there again is known by topic and name", () => {
    const { topicId } = SAMPLES.RestoreEventSubscription;
    const eventSubscriptions = [
      { id: "", name: "Keymend", topicId: topicId.toUpperCase(), topicName: "t", topicLocation: "", properties: {} },
    ];
    expect(precondition(draft("RestoreEventSubscription"), someFacts({ eventSubscriptions }))).toBe("done");
  });
});

test.each([
  [
    { filter: { includedEventTypes: ["Microsoft.KeyVault.KeyExpired", "Microsoft.KeyVault.KeyNearExpiry"] } },
    "KeyExpired, KeyNearExpiry of kv-orders to a receiver that Azure does not name",
  ],
  [
    {
      destination: {
        endpointType: "AzureFunction",
        properties: { resourceId: `${VAULT_ID.split("/providers")[0]}/providers/Microsoft.Web/sites/func/functions/onKeyVaultEvent` },
      },
    },
    "all events of kv-orders to func/onKeyVaultEvent",
  ],
  [
    { filter: null, destination: { endpointType: "WebHook", properties: { endpointBaseUrl: "https://hook.example/in" } } },
    "all events of kv-orders to https://hook.example/in",
  ],
  [{ destination: { endpointType: "EventHub" } }, "all events of kv-orders to EventHub"],
])("an event subscription is told by what it brings to whom: %j", (properties, words) => {
  const params = { ...SAMPLES.RestoreEventSubscription, properties };
  const { about } = completeStep(
    { name: "RestoreEventSubscription", params },
    { causes: [], targetIds: [], needs: "nothing", ready: true },
  );
  expect(about).toBe(`keymend: ${words}`);
});

const by = (identity: object) => ({ deliveryWithResourceIdentity: { identity }, deadLetterWithResourceIdentity: { identity } });

test.each<[what: string, properties: Record<string, unknown>, identity: unknown, tells: string | undefined]>([
  ["none", {}, undefined, undefined],
  ["one that is not named", by({ type: "UserAssigned", userAssignedIdentity: "" }), undefined, undefined],
  [
    "one for both",
    by({ type: "UserAssigned", userAssignedIdentity: "/id" }),
    { type: "UserAssigned", userAssignedIdentities: { "/id": {} } },
    undefined,
  ],
  ["its own", by({ type: "SystemAssigned" }), { type: "SystemAssigned" }, expect.stringContaining("another system identity")],
  [
    "its own and another",
    { ...by({ type: "SystemAssigned" }), deadLetterWithResourceIdentity: { identity: { userAssignedIdentity: "/id" } } },
    { type: "SystemAssigned, UserAssigned", userAssignedIdentities: { "/id": {} } },
    expect.stringContaining("no role yet"),
  ],
])("a topic that is made for an event subscription has the identities that it names: %s", (_what, properties, identity, tells) => {
  const params = { ...SAMPLES.RestoreEventSubscription, properties };
  expect(topicFor(params)).toEqual({
    location: params.topicLocation,
    properties: { source: params.source, topicType: "Microsoft.KeyVault.vaults" },
    ...(identity === undefined ? {} : { identity }),
  });
  const step = completeStep({ name: "RestoreEventSubscription", params }, { causes: [], targetIds: [], needs: "nothing", ready: true });
  expect(step.tells).toEqual(tells);
});

describe("every step", () => {
  test.each(Object.keys(stepSpecs).map((name) => name as StepName))(
    "%s says what it needs, on what, how to undo it and the command that does the same",
    (name) => {
      const step = completeStep(draft(name) as StepDraft, {
        causes: ["KeyExpired"],
        targetIds: [ACCOUNT_ID],
        needs: "nothing",
        ready: true,
      });
      for (const permission of step.permission.split(", "))
        expect(permission).toMatch(
          name === "RemoveGrant" ? /^Microsoft\.Authorization\/roleAssignments\/delete$/ : /^Microsoft\.\w+\/[\w/]+\/(write|read|action)$/,
        );
      expect(step.on).toMatch(/^(https:\/\/|\/subscriptions\/)/);
      expect(step.id.startsWith(`${name}|`)).toBe(true);
      expect(step.undo === null || step.undo.length > 0).toBe(true);
      for (const line of azOf(step)) {
        expect(line).toMatch(/^(az|#) /);
        // Nothing is ever PUT onto a database (it would drop what is left out), nor opened; deleted is one role assignment, where somebody wants just that.
        expect(line).not.toMatch(/--method put .*DocumentDB|--default-action/i);
        expect(/delete/i.test(line)).toBe(name === "RemoveGrant");
      }
    },
  );

  test("lets somebody or something reach more in these alone", () => {
    const widening = (Object.keys(stepSpecs) as StepName[]).filter((name) => isWidening(draft(name) as StepDraft));
    expect(widening.toSorted()).toEqual(["AddAccessPolicyPermissions", "AllowTrustedServices", "GrantKeyRole", "RestoreRoleAssignment"]);
  });

  test("asks for the right on accounts or on clusters, whichever it writes to", () => {
    const of = (targetKind: "account" | "cluster") => stepSpecs.DetachIdentity.permission({ targetKind });
    expect(of("account")).toEqual({ actions: ["Microsoft.DocumentDB/databaseAccounts/write"], dataActions: [] });
    expect(of("cluster")).toEqual({ actions: ["Microsoft.DocumentDB/mongoClusters/write"], dataActions: [] });
  });

  test("names an undo only where there is one", () => {
    const purpose = { causes: [], targetIds: [], needs: "nothing", ready: true } as const;
    expect(completeStep(draft("DetachIdentity"), { ...purpose, causes: [], targetIds: [] }).undo).toBeNull();
    expect(completeStep(draft("ExtendKeyExpiry", { previous: null }), { ...purpose, causes: [], targetIds: [] }).undo).toBeNull();
  });
});

describe("what a step is for those around it", () => {
  const named = (holds: (name: StepName) => boolean) => Object.keys(stepSpecs).filter((name) => holds(name as StepName));

  test("access is granted by role or by policy", () => {
    expect(named((name) => stepSpecs[name].grants === "role")).toEqual(["RestoreRoleAssignment", "GrantKeyRole"]);
    expect(named((name) => stepSpecs[name].grants === "policy")).toEqual(["AddAccessPolicyPermissions"]);
  });

  test("a database is switched to another identity by its default, or by what a cluster encrypts with", () => {
    expect(named((name) => stepSpecs[name].switchesIdentity)).toEqual(["SetDefaultIdentity", "SetClusterEncryption"]);
  });

  test("only the extensions of an expiry are counted, by key version", () => {
    const counted = { keyVersion: `kv-orders/cmk/${V1}`, count: 3 };
    expect(countAfter(draft("ExtendKeyExpiry", { key: "CMK", extensions: 3 }))).toEqual(counted);
    expect(named((name) => countAfter(draft(name)) !== undefined)).toEqual(["ExtendKeyExpiry"]);
  });
});

describe("two steps on the same thing", () => {
  test("unite what they add", () => {
    const [first, other] = [
      draft("AddAccessPolicyPermissions", { keys: ["get", "wrapKey"] }),
      draft("AddAccessPolicyPermissions", { keys: ["WrapKey", "list"] }),
    ];
    expect(mergeDrafts(first, other)).toMatchObject({ params: { keys: ["get", "wrapKey", "list"] } });
    expect(
      mergeDrafts(draft("RestoreKeyOperations", { operations: ["wrapKey"] }), draft("RestoreKeyOperations", { operations: ["unwrapKey"] })),
    ).toMatchObject({ params: { operations: ["wrapKey", "unwrapKey"] } });
  });

  test("that would set different things are the first", () => {
    const first = draft("SetDefaultIdentity");
    expect(mergeDrafts(first, draft("SetDefaultIdentity", { defaultIdentity: "FirstPartyIdentity" }))).toBe(first);
    expect(mergeDrafts(draft("AddAccessPolicyPermissions"), first)).toEqual(draft("AddAccessPolicyPermissions"));
    expect(mergeDrafts(draft("RestoreKeyOperations"), first)).toEqual(draft("RestoreKeyOperations"));
  });
});

test("a grant to nobody at all has an id that names nobody", () => {
  const params = { identityId: null, principalId: null, scope: KEY_SCOPE, roleDefinitionId: "r" };
  const step = completeStep({ name: "GrantKeyRole", params }, { causes: [], targetIds: [], needs: "nothing", ready: false });
  expect(step.id.endsWith("|")).toBe(true);
  expect(
    completeStep(
      { name: "GrantKeyRole", params: { ...params, principalId: PRINCIPAL } },
      { causes: [], targetIds: [], needs: "nothing", ready: false },
    ).id,
  ).toContain(PRINCIPAL);
});
