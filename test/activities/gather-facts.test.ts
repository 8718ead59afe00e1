import { describe, expect, test } from "vitest";
import { createGatherFacts, type FactSources, type GatherDeps } from "../../src/activities/gather-facts.ts";
import type { KnownDatabase } from "../../src/domain/databases/sight.ts";
import type { ScanState } from "../../src/domain/id-scan.ts";
import type { AccessFacts, Baseline, MissingTarget, Patient, TargetFacts, VaultFacts } from "../../src/domain/facts.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  aCluster,
  aKey,
  anAccess,
  anAccount,
  anIdentity,
  aStatus,
  aVault,
  CLUSTER_ID,
  clusterSays,
  IDENTITY_ID,
  someFeatures,
  identityIdOf,
  KEY_SCOPE,
  KEY_URI,
  NOW,
  PRINCIPAL,
  TENANT,
  V1,
  VAULT_ID,
} from "../support/builders.ts";
import { throwing, transient } from "../support/fakes.ts";
import { PATIENT } from "../support/turns.ts";
import { aStatusOf, aWish, CHECK, ENABLE, SWITCH_IDENTITY, SWITCH_KEY } from "../support/wishes.ts";
import type { WishOnRecord } from "../../src/domain/wish.ts";

type Azure = {
  listed?: KnownDatabase[] | Error;
  targets?: (TargetFacts | MissingTarget)[];
  vault?: VaultFacts;
  /** Identities that exist; every other id is gone. */
  identities?: { id: string; principalId: string }[];
  baseline?: Baseline;
  firstParty?: string;
  remembered?: KnownDatabase[];
  unarmedTold?: string;
  wishes?: WishOnRecord[];
  /** Of other patients. */
  elsewhere?: Record<string, WishOnRecord[]>;
  /** By the wish. */
  scans?: Record<string, ScanState>;
  sources?: Partial<FactSources>;
};

const known = (target: { kind: "account" | "cluster"; id: string; keyUri?: string | null }): KnownDatabase => ({
  kind: target.kind,
  id: target.id,
  keyUri: target.keyUri ?? KEY_URI,
  identityIds: [],
});

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const isTarget = (target: TargetFacts | MissingTarget): target is TargetFacts => !("state" in target);

function setUp(azure: Azure = {}) {
  const targets = azure.targets ?? [anAccount()];
  const asked: string[] = [];
  const identities = azure.identities ?? [{ id: IDENTITY_ID, principalId: PRINCIPAL }];
  const sources: FactSources = {
    readTarget: async (kind, id) => {
      asked.push(`target ${kind} ${id}`);
      return targets.find((target) => same(target.id, id)) ?? { kind, id, state: "gone" };
    },
    readVault: async (vault) => {
      asked.push(`vault ${vault.name} ${vault.id ?? "without id"}`);
      return azure.vault ?? aVault();
    },
    readKey: async (_, name, inUse) => {
      asked.push(`key ${name} ${inUse.join()}`);
      return aKey(undefined, name);
    },
    readIdentity: async (id) => {
      asked.push(`identity ${id.split("/").at(-1)}`);
      const found = identities.find((one) => same(one.id, id));
      return found ? anIdentity(id.split("/").at(-1), found.principalId, { id: found.id }) : { state: "gone", id };
    },
    readAccess: async ({ principalId, keyName, keyScope }): Promise<AccessFacts> => {
      asked.push(`access ${principalId} ${keyName}`);
      return anAccess({ principalId, keyName, keyScope });
    },
    readEventSubscriptions: async () => ({ topic: null, subscriptions: [] }),
    readHeld: async () => ({ assignments: [], left: 0 }),
    ...azure.sources,
  };
  const deps: GatherDeps = {
    inventory: {
      listDatabases: async () => {
        if (azure.listed instanceof Error) throw azure.listed;
        return azure.listed ?? targets.filter(isTarget).map(known);
      },
      findVault: async () => VAULT_ID,
    },
    sources: () => sources,
    baselines: {
      load: async () => ({
        baseline: azure.baseline ?? null,
        expiryExtensions: { "kv-orders/cmk/1": 2 },
        known: azure.remembered ?? [],
        lifted: [],
        ...(azure.unarmedTold === undefined ? {} : { unarmedTold: azure.unarmedTold }),
      }),
    },
    listWishes: async (patientId) => (patientId === VAULT_ID ? azure.wishes : azure.elsewhere?.[patientId]) ?? [],
    enabling: {
      readFeatures: async () => someFeatures(),
      loadScan: async (wishId) => azure.scans?.[wishId] ?? null,
      readerId: "observer",
    },
    firstPartyPrincipalId: azure.firstParty ?? null,
    tenantId: TENANT,
    now: () => new Date(NOW),
  };
  const gather = (patient: Patient = PATIENT, knownTargets: { id: string; kind: "account" | "cluster" }[] = [], wished?: WishOnRecord[]) =>
    createGatherFacts(deps)(patient, knownTargets, wished);
  return { gather, asked: (what: string) => asked.filter((one) => one.startsWith(what)).sort() };
}

const ids = (things: readonly { id: string }[]): string[] => things.map(({ id }) => id);

describe("one patient", () => {
  test("is read whole: vault, keys, identities, access, databases, and what was known before", async () => {
    const { gather } = setUp({ baseline: aBaseline(), firstParty: "f1" });
    expect(await gather()).toEqual({
      schema: 1,
      at: NOW,
      patient: PATIENT,
      vault: aVault(),
      keys: [aKey()],
      identities: [anIdentity("id-orders", PRINCIPAL)],
      access: [anAccess()],
      targets: [anAccount()],
      missing: [],
      eventSubscriptions: [],
      eventTopic: null,
      held: { assignments: [], left: 0 },
      baseline: aBaseline(),
      expiryExtensions: { "kv-orders/cmk/1": 2 },
      lifted: [],
      wishes: [],
      firstPartyPrincipalId: "f1",
      tenantId: TENANT,
    });
  });

  test("what somebody wants of it is read beside what its databases call for, once, and while it is open", async () => {
    const other = { operation: CHECK.operation, params: { ...CHECK.params, key: "cmk-new", identityId: identityIdOf("id-new") } };
    const over = { operation: CHECK.operation, params: { ...CHECK.params, key: "cmk-old", identityId: identityIdOf("id-old") } };
    const onRecord = [aWish(), aWish(other, { id: "w2" }), aWish(over, { id: "w3", status: aStatusOf({ state: "closed", stands: true }) })];
    const { gather, asked } = setUp({ wishes: onRecord });
    expect((await gather()).wishes).toEqual(onRecord);
    expect(asked("key")).toEqual(["key cmk ", "key cmk-new "]);
    expect(asked("identity")).toEqual(["identity id-new", "identity id-orders"]);
    const rehearsed = setUp();
    const facts = await rehearsed.gather(PATIENT, [], [aWish(other)]);
    expect(facts.wishes).toHaveLength(1);
    expect(facts.keys).toMatchObject([{ name: "cmk" }, { name: "cmk-new" }]);
  });

  test("of a database that is to be moved it is asked what it could do with the new key, and the new identity with the present one", async () => {
    const second = SWITCH_IDENTITY.params.identityId;
    const identities = [
      { id: IDENTITY_ID, principalId: PRINCIPAL },
      { id: second, principalId: "p2" },
    ];
    const toKey = setUp({ wishes: [aWish(SWITCH_KEY)] });
    await toKey.gather();
    expect(toKey.asked("access")).toEqual([`access ${PRINCIPAL} cmk`, `access ${PRINCIPAL} cmk-2`]);
    expect(await toKey.gather()).not.toHaveProperty("guests");
    const toIdentity = setUp({
      identities,
      wishes: [aWish(SWITCH_IDENTITY)],
      targets: [anAccount(), aCluster({ keyUri: `${KEY_URI}-3` })],
    });
    await toIdentity.gather();
    expect(toIdentity.asked("access")).toEqual([`access ${PRINCIPAL} cmk`, `access ${PRINCIPAL} cmk-3`, "access p2 cmk"]);
  });

  test("a database that is to come from another vault is read as a guest: it is none that this vault is judged by", async () => {
    const coming = anAccount({ keyUri: "https://kv-other.vault.azure.net/keys/old" });
    const { gather, asked } = setUp({ wishes: [aWish(SWITCH_KEY)], targets: [coming], listed: [] });
    expect(await gather()).toMatchObject({ targets: [], guests: [coming], missing: [], identities: [{ id: IDENTITY_ID }] });
    expect([asked("key"), asked("access")]).toEqual([["key cmk-2 ", "key old "], [`access ${PRINCIPAL} cmk-2`]]);
    const moved = setUp({ wishes: [aWish(SWITCH_KEY)], targets: [anAccount()], listed: [] });
    const facts = await moved.gather();
    expect(facts.targets).toHaveLength(1);
    expect(facts).not.toHaveProperty("guests");
    const gone = setUp({ wishes: [aWish(SWITCH_KEY)], targets: [], listed: [] });
    expect(await gone.gather()).toMatchObject({ targets: [], missing: [] });
    const cluster = { operation: SWITCH_KEY.operation, params: { ...SWITCH_KEY.params, databaseId: CLUSTER_ID } };
    const keyless = setUp({ wishes: [aWish(cluster)], targets: [aCluster({ keyUri: null })], listed: [] });
    expect(await keyless.gather()).not.toHaveProperty("guests");
  });

  test("with a guest comes what its own vault shows and has on record of it, and the databases whose grant was taken there", async () => {
    const other = "https://kv-other.vault.azure.net";
    const coming = anAccount({ keyUri: `${other}/keys/old` });
    const lost = aCluster({ keyUri: `${other}/keys/old` });
    const status = aStatusOf({ state: "closed", outcome: "Completed", stands: true });
    const revocation = aWish({ operation: "revoke", params: { databaseId: CLUSTER_ID } }, { id: "r1", status });
    const wishes = [aWish(SWITCH_KEY)];
    const live = setUp({ wishes, elsewhere: { [other]: [revocation] }, targets: [coming, lost], listed: [] });
    expect((await live.gather()).homes).toEqual([
      { vault: aVault(), keys: [aKey(undefined, "old")], targets: [lost], wishes: [revocation] },
    ]);
    expect(live.asked("vault")).toEqual(["vault kv-orders " + VAULT_ID, "vault kv-other without id"]);
    const gone = { state: "gone", id: null, name: "kv-other" } as const;
    const dead = setUp({ wishes, targets: [coming], listed: [], sources: { readVault: async () => gone } });
    expect((await dead.gather()).homes).toEqual([{ vault: gone, keys: [], targets: [], wishes: [] }]);
    const hsm = anAccount({ keyUri: "https://hsm-old.managedhsm.azure.net/keys/old" });
    expect(await setUp({ wishes, targets: [hsm], listed: [] }).gather()).not.toHaveProperty("homes");
    const unnamed = anAccount({ keyUri: other });
    expect((await setUp({ wishes, targets: [unnamed], listed: [] }).gather()).homes).toMatchObject([{ keys: [] }]);
  });

  test("the vault is asked for by its id, or by its name where only its URI is known", async () => {
    const { gather, asked } = setUp();
    await gather();
    await gather({ id: "https://kv-orders.vault.azure.net", kind: "vault", vaultName: "kv-orders" });
    expect(asked("vault")).toEqual([`vault kv-orders ${VAULT_ID}`, "vault kv-orders without id"]);
  });

  test("sources are made anew each time: what one of them remembers is no older than the facts", async () => {
    let made = 0;
    const { listDatabases, findVault } = { listDatabases: async () => [], findVault: async () => undefined };
    const gather = createGatherFacts({
      inventory: { listDatabases, findVault },
      sources: () => {
        made++;
        return { readVault: async () => ({ state: "gone", id: null, name: "kv-orders" }) } as unknown as FactSources;
      },
      baselines: { load: async () => ({ baseline: null, expiryExtensions: {}, known: [], lifted: [] }) },
      listWishes: async () => [],
      firstPartyPrincipalId: null,
      tenantId: TENANT,
      now: () => new Date(NOW),
    });
    await gather(PATIENT, []);
    await gather(PATIENT, []);
    expect(made).toBe(2);
  });

  test("Azure not answering is thrown, not left out", async () => {
    const { gather } = setUp({ sources: { readAccess: throwing(transient(3000)) } });
    await expect(gather()).rejects.toMatchObject({ name: "TransientError", retryAfterMs: 3000 });
  });
});

describe("its databases", () => {
  test("are those whose key URI names the vault, in any casing, in a stable order", async () => {
    const targets = [anAccount({ keyUri: KEY_URI.toUpperCase().replace("HTTPS", "https") }), aCluster()];
    const other = { kind: "account" as const, id: "/other", keyUri: "https://kv-else.vault.azure.net/keys/cmk", identityIds: [] };
    const { gather, asked } = setUp({ targets, listed: [...targets.map(known), other, { ...other, keyUri: null }] });
    expect(ids((await gather()).targets)).toEqual([ACCOUNT_ID, CLUSTER_ID]);
    expect(asked("target")).toEqual([`target account ${ACCOUNT_ID}`, `target cluster ${CLUSTER_ID}`]);
  });

  test("that the incident knows are read though the inventory does not list them, once", async () => {
    const { gather, asked } = setUp({ targets: [anAccount(), aCluster()], listed: [known(anAccount())] });
    const facts = await gather(PATIENT, [
      { kind: "account", id: ACCOUNT_ID.toUpperCase() },
      { kind: "cluster", id: CLUSTER_ID },
    ]);
    expect(ids(facts.targets)).toEqual([ACCOUNT_ID, CLUSTER_ID]);
    expect(asked("target")).toHaveLength(2);
  });

  test("that were seen before are read by their id, whatever the inventory says, and where it can't be asked", async () => {
    const remembered = [known(anAccount())];
    const { gather } = setUp({ listed: [], remembered });
    expect(ids((await gather()).targets)).toEqual([ACCOUNT_ID]);
    const { gather: gatherBlind } = setUp({ listed: transient(), remembered });
    expect(ids((await gatherBlind()).targets)).toEqual([ACCOUNT_ID]);
    await expect(setUp({ listed: transient() }).gather()).rejects.toThrow("503");
  });

  test("that were seen before and can't be read any more are missing; those that are gone are forgotten", async () => {
    const missing: MissingTarget = { kind: "account", id: ACCOUNT_ID, state: "unreadable", why: "denied", detail: "no" };
    const { gather } = setUp({ listed: [], targets: [missing], remembered: [known(anAccount()), known(aCluster())] });
    expect(await gather()).toMatchObject({ targets: [], missing: [missing] });
  });

  test.each([
    ["use another vault by now", "https://kv-else.vault.azure.net/keys/cmk"],
    ["have no key of the customer's any more", null],
  ])("that %s are no longer of this patient", async (_, keyUri) => {
    const { gather } = setUp({ targets: [anAccount({ keyUri })], listed: [known(anAccount())] });
    expect(await gather()).toMatchObject({ targets: [], missing: [] });
  });

  test("that are gone need no key; one that can't be read, or is listed all the same, is said to be missing", async () => {
    const missing: MissingTarget = { kind: "account", id: ACCOUNT_ID, state: "unreadable", why: "denied", detail: "no" };
    const { gather } = setUp({ targets: [missing], listed: [known({ kind: "account", id: ACCOUNT_ID }), known(aCluster())] });
    expect(await gather()).toMatchObject({ targets: [], missing: [missing, { kind: "cluster", id: CLUSTER_ID, state: "gone" }] });
    const { gather: gatherUnlisted } = setUp({ targets: [], listed: [] });
    expect(await gatherUnlisted(undefined, [{ kind: "account", id: ACCOUNT_ID }])).toMatchObject({ targets: [], missing: [] });
  });

  test("a database whose key URI names no vault is a patient of its own", async () => {
    const keyUri = "https://keys.example/keys/cmk";
    const targets = [anAccount({ keyUri }), aCluster({ keyUri })];
    const { gather, asked } = setUp({ targets });
    const facts = await gather({ id: ACCOUNT_ID, kind: "database", vaultName: null });
    expect(facts).toMatchObject({ vault: null, keys: [], access: [], eventSubscriptions: [] });
    expect(ids(facts.targets)).toEqual([ACCOUNT_ID]);
    expect(asked("vault")).toEqual([]);
  });

  test("a database on a managed HSM is not read with the vault of the same name", async () => {
    const targets = [anAccount(), aCluster({ keyUri: "https://kv-orders.managedhsm.azure.net/keys/cmk" })];
    const { gather } = setUp({ targets });
    expect(ids((await gather()).targets)).toEqual([ACCOUNT_ID]);
    expect(ids((await gather({ id: CLUSTER_ID, kind: "database", vaultName: null })).targets)).toEqual([CLUSTER_ID]);
  });

  test.each([
    ["an account", anAccount({ service: aStatus({ healthy: null, provisioningState: "Creating" }) })],
    ["a cluster", aCluster({ service: clusterSays("Provisioning", null) })],
  ])("%s that is being created has nothing to lose yet, and is granted nothing", async (_, created) => {
    const { gather } = setUp({ listed: [known(created)], targets: [created] });
    expect(await gather(PATIENT, [])).toMatchObject({ targets: [], missing: [] });
  });

  test("a database of its own that names a vault by now is left to that vault", async () => {
    const { gather } = setUp({ targets: [anAccount()], listed: [known(anAccount())] });
    expect((await gather({ id: ACCOUNT_ID, kind: "database", vaultName: null })).targets).toEqual([]);
  });
});

describe("the vault's side", () => {
  test.each<VaultFacts>([
    { state: "gone", id: VAULT_ID, name: "kv-orders" },
    { state: "unreadable", id: VAULT_ID, name: "kv-orders", why: "denied", detail: "" },
  ])("is not read of a vault that is $state", async (vault) => {
    const { gather, asked } = setUp({ vault });
    expect(await gather()).toMatchObject({ vault, keys: [], access: [], eventSubscriptions: [] });
    expect([...asked("key"), ...asked("access")]).toEqual([]);
  });

  test("each key is read once, with all versions that databases are on", async () => {
    const targets = [anAccount({ versionInUse: V1 }), aCluster({ keyUri: KEY_URI.replace("cmk", "CMK") })];
    const { gather, asked } = setUp({ targets });
    expect((await gather()).keys).toHaveLength(1);
    expect(asked("key")).toEqual([`key cmk ${V1}`]);
    expect(asked("access")).toEqual([`access ${PRINCIPAL} cmk`]);
  });

  test("a key URI that names no key leaves the others to be read", async () => {
    const targets = [anAccount({ keyUri: "https://kv-orders.vault.azure.net/" }), aCluster()];
    const { gather, asked } = setUp({ targets });
    await gather();
    expect(asked("key")).toEqual(["key cmk "]);
  });

  test("access is asked for each key and the identities of the databases on it, not for everybody everywhere", async () => {
    const second = { id: identityIdOf("id-carts"), principalId: "p2" };
    const targets = [
      anAccount(),
      aCluster({
        keyUri: KEY_URI.replace("cmk", "other"),
        defaultIdentity: { form: "user", id: second.id, federatedClientId: null },
        attached: [{ ...second, clientId: null }],
      }),
    ];
    const { gather, asked } = setUp({ targets, identities: [{ id: IDENTITY_ID, principalId: PRINCIPAL }, second] });
    const { access } = await gather();
    expect(asked("access")).toEqual([`access ${PRINCIPAL} cmk`, "access p2 other"]);
    expect(access.map(({ keyScope }) => keyScope)).toEqual([KEY_SCOPE, `${VAULT_ID}/keys/other`]);
  });

  test("event subscriptions that can't be read count as being as they were", async () => {
    const unreadable = { state: "unreadable" as const, why: "denied" as const, detail: "" };
    const readEventSubscriptions = async () => unreadable;
    const subscription = { id: "s", name: "s", topicId: "t", topicName: "t", topicLocation: "global", properties: {} };
    const baseline = aBaseline({ eventSubscriptions: [subscription] });
    expect((await setUp({ sources: { readEventSubscriptions }, baseline }).gather()).eventSubscriptions).toEqual([subscription]);
    const unread = await setUp({ sources: { readEventSubscriptions } }).gather();
    expect([unread.eventSubscriptions, "eventTopic" in unread]).toEqual([[], false]);
  });

  test.each([{ topic: null }, { topic: { id: "t", name: "t", location: "global" } }])("the vault's topic is $topic", async ({ topic }) => {
    const readEventSubscriptions = async () => ({ topic, subscriptions: [] });
    expect((await setUp({ sources: { readEventSubscriptions } }).gather()).eventTopic).toEqual(topic);
  });

  test("what was told of a vault that is not armed comes along", async () => {
    expect((await setUp({ unarmedTold: "nobody may" }).gather()).unarmedTold).toBe("nobody may");
    expect(await setUp().gather()).not.toHaveProperty("unarmedTold");
  });
});

describe("identities", () => {
  test("are read once each, however many databases they are attached to", async () => {
    const attached = [{ id: IDENTITY_ID.toUpperCase(), principalId: PRINCIPAL, clientId: null }];
    const { gather, asked } = setUp({ targets: [anAccount(), aCluster({ attached })] });
    expect((await gather()).identities).toHaveLength(1);
    expect(asked("identity")).toHaveLength(1);
  });

  test("that are gone are followed by those that may stand in for them", async () => {
    const second = { id: identityIdOf("id-orders-2"), principalId: "p2" };
    const { gather, asked } = setUp({ identities: [second] });
    const { identities } = await gather();
    expect(identities.map(({ id, state }) => [id, state])).toEqual([
      [IDENTITY_ID, "gone"],
      [second.id, "live"],
      [identityIdOf("id-orders-3"), "gone"],
      [identityIdOf("id-orders-4"), "gone"],
    ]);
    expect(asked("access")).toEqual(["access p2 cmk"]);
  });

  test("that were the default while all was well are read though they are not attached any more", async () => {
    const second = { id: identityIdOf("id-more"), principalId: "p2" };
    const targets = [anAccount({ defaultIdentity: { form: "undefined" }, attached: [{ ...second, clientId: null }] })];
    const { gather, asked } = setUp({ targets, baseline: aBaseline(), identities: [{ id: IDENTITY_ID, principalId: PRINCIPAL }, second] });
    expect(ids((await gather()).identities).sort()).toEqual([second.id, IDENTITY_ID].sort());
    expect(asked("access")).toEqual([`access ${PRINCIPAL} cmk`, "access p2 cmk"]);
  });

  test("of the system and of Azure Cosmos DB itself are asked for where the database uses them", async () => {
    const targets = [
      anAccount({ defaultIdentity: { form: "undefined" }, systemPrincipalId: "s1", attached: [] }),
      aCluster({ defaultIdentity: { form: "firstParty" }, attached: [] }),
    ];
    const { gather, asked } = setUp({ targets, firstParty: "f1" });
    await gather();
    expect(asked("access")).toEqual(["access f1 cmk", "access s1 cmk"]);
  });
});

describe("an account that somebody wants to give its first key", () => {
  const plain = anAccount({ keyUri: null });
  const wish = aWish(ENABLE);

  test("is read with the vault of that key, with what it has switched on, how far its scan is, and who may use the key", async () => {
    const { gather, asked } = setUp({ targets: [plain], listed: [], wishes: [wish] });
    const facts = await gather();
    expect(facts.targets).toMatchObject([{ id: ACCOUNT_ID, keyUri: null, features: someFeatures() }]);
    expect(facts.scans).toEqual([{ wishId: "w1", principalId: "observer", state: null }]);
    expect(asked("access")).toEqual([`access ${PRINCIPAL} cmk`]);
  });

  test("is no more of it once nobody wants that, and never where it has another vault's key", async () => {
    const over = { ...wish, status: aStatusOf({ state: "closed", outcome: "Refused" }) };
    const refused = await setUp({ targets: [plain], remembered: [known(plain)], wishes: [over] }).gather();
    expect([refused.targets, refused.scans]).toEqual([[], undefined]);
    const elsewhere = anAccount({ keyUri: "https://kv-other.vault.azure.net/keys/k" });
    expect((await setUp({ targets: [elsewhere], listed: [], wishes: [wish] }).gather()).targets).toEqual([]);
  });

  test("a cluster is asked for as one", async () => {
    const { gather, asked } = setUp({
      targets: [aCluster()],
      listed: [],
      wishes: [aWish({ operation: "enable-cmk", params: { ...ENABLE.params, databaseId: CLUSTER_ID } })],
    });
    await gather();
    expect(asked("target")).toEqual([`target cluster ${CLUSTER_ID}`]);
  });
});
