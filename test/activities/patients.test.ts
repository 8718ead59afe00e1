import { describe, expect, test } from "vitest";
import { createPatients, type LookById } from "../../src/activities/patients.ts";
import type { KnownDatabase, KnownPatient } from "../../src/domain/databases/sight.ts";
import type { SignalScope } from "../../src/domain/signal.ts";
import { ACCOUNT_ID, anAccount, aVault, CLUSTER_ID, IDENTITY_ID, KEY_URI, SUBSCRIPTION, VAULT_ID } from "../support/builders.ts";
import { throwing, transient } from "../support/fakes.ts";

const ORDERS = { id: VAULT_ID, kind: "vault", vaultName: "kv-orders" };
const NO_VAULT = `${ACCOUNT_ID}-odd`;

const database = (over: Partial<KnownDatabase> = {}): KnownDatabase => ({
  kind: "account",
  id: ACCOUNT_ID,
  keyUri: KEY_URI,
  identityIds: [],
  ...over,
});

type Known = {
  found?: Record<string, string>;
  seen?: Record<string, string>;
  known?: KnownPatient[];
  look?: Partial<LookById>;
  /** The inventory is not to be had. */
  unread?: Error;
};

/** found: vaults that Azure shows; seen: vaults that Keymend has seen healthy before. */
function setUp(databases: KnownDatabase[], { found = { "kv-orders": VAULT_ID }, seen = {}, known = [], look = {}, unread }: Known = {}) {
  return createPatients({
    inventory: {
      listDatabases: unread ? throwing(unread) : async () => databases,
      findVault: unread ? throwing(unread) : async (name) => found[name],
    },
    baselines: { vaultIdOf: async (name) => seen[name], listKnown: async () => known },
    look: { readTarget: async (kind, id) => ({ kind, id, state: "gone" }), readVault: async ({ name }) => aVault({ name }), ...look },
  });
}

describe("the inventory", () => {
  test("is every vault once, however its name is written, and every database that names none", async () => {
    const patients = setUp([
      database(),
      database({ id: CLUSTER_ID, kind: "cluster", keyUri: KEY_URI.replace("kv-orders", "KV-Orders") }),
      database({ id: NO_VAULT, keyUri: "https://kv-orders.example/keys/cmk" }),
      database({ id: `${NO_VAULT}-2`, keyUri: null }),
      database({ id: `${NO_VAULT}-3`, keyUri: "https://kv-orders.managedhsm.azure.net/keys/cmk" }),
    ]);
    expect((await patients.all()).patients).toEqual([
      ORDERS,
      { id: NO_VAULT, kind: "database", vaultName: null },
      { id: `${NO_VAULT}-2`, kind: "database", vaultName: null },
      { id: `${NO_VAULT}-3`, kind: "database", vaultName: null },
    ]);
  });

  test("that falls silent halfway is told, and what is known is looked at all the same", async () => {
    const patients = createPatients({
      inventory: { listDatabases: async () => [database()], findVault: throwing(new Error("silence")) },
      baselines: { vaultIdOf: async () => VAULT_ID, listKnown: async () => [] },
      look: { readTarget: async (kind, id) => ({ kind, id, state: "gone" }), readVault: async ({ name }) => aVault({ name }) },
    });
    expect(await patients.all()).toEqual({ patients: [ORDERS], databases: [database()], unlisted: [], unread: new Error("silence") });
  });

  test("a database on a managed HSM is its own, though a vault bears the same name", async () => {
    const patients = setUp([database(), database({ id: NO_VAULT, keyUri: "https://kv-orders.managedhsm.azure.net/keys/cmk" })]);
    expect((await patients.all()).patients).toEqual([ORDERS, { id: NO_VAULT, kind: "database", vaultName: null }]);
  });

  test("knows a vault that Azure does not show any more by what was seen before, else by its URI", async () => {
    const databases = [database()];
    expect((await setUp(databases, { found: {}, seen: { "kv-orders": VAULT_ID } }).all()).patients).toEqual([ORDERS]);
    expect((await setUp(databases, { found: {} }).all()).patients).toEqual([{ ...ORDERS, id: "https://kv-orders.vault.azure.net" }]);
  });
});

describe("a signal's scope", () => {
  const OTHER_VAULT = "/subscriptions/s2/resourceGroups/rg2/providers/Microsoft.KeyVault/vaults/kv-other";
  const all = [
    database({ identityIds: [IDENTITY_ID] }),
    database({ id: CLUSTER_ID, kind: "cluster", keyUri: "https://kv-other.vault.azure.net/keys/a" }),
    database({ id: NO_VAULT, keyUri: "https://keys.example/keys/a" }),
  ];
  const patients = setUp(all, { found: { "kv-orders": VAULT_ID, "kv-other": OTHER_VAULT } });
  const OTHER = { id: OTHER_VAULT, kind: "vault", vaultName: "kv-other" };
  const ODD = { id: NO_VAULT, kind: "database", vaultName: null };

  test.each<[string, SignalScope, unknown[]]>([
    ["a vault touches that vault", { kind: "vault", id: VAULT_ID }, [ORDERS]],
    ["a vault written in another casing touches it all the same", { kind: "vault", id: VAULT_ID.toUpperCase() }, [ORDERS]],
    ["a vault that no database uses touches nobody", { kind: "vault", id: `${VAULT_ID}-unused` }, []],
    ["a database touches its vault", { kind: "database", id: CLUSTER_ID.toUpperCase() }, [OTHER]],
    ["a database that names no vault touches itself", { kind: "database", id: NO_VAULT }, [ODD]],
    ["a database that is not in the inventory touches nobody", { kind: "database", id: "/unknown" }, []],
    ["an identity touches the vaults of the databases that have it", { kind: "identity", id: IDENTITY_ID.toLowerCase() }, [ORDERS]],
    ["an identity of nobody touches nobody", { kind: "identity", id: `${IDENTITY_ID}-2` }, []],
    [
      "a group touches every vault and database under it",
      { kind: "under", scope: `${SUBSCRIPTION}/resourcegroups/RG-orders` },
      [ORDERS, ODD],
    ],
    [
      "what becomes of a group touches whom it holds the vault, a database or an identity of",
      { kind: "group", id: `${SUBSCRIPTION}/resourcegroups/RG-orders` },
      [ORDERS, OTHER, ODD],
    ],
    ["a group that holds a vault alone touches it", { kind: "group", id: OTHER_VAULT.split("/providers/")[0]! }, [OTHER]],
    ["a group that holds none of them touches nobody", { kind: "group", id: `${SUBSCRIPTION}/resourceGroups/rg-ord` }, []],
    ["a vault that was purged is known by its name", { kind: "vault", id: "https://kv-orders.vault.azure.net" }, [ORDERS]],
    ["a subscription touches every vault under it", { kind: "under", scope: "/subscriptions/s2" }, [OTHER]],
    ["the root touches all", { kind: "under", scope: "/" }, [ORDERS, OTHER, ODD]],
    ["a group of a similar name touches nobody", { kind: "under", scope: `${SUBSCRIPTION}/resourceGroups/rg-ord` }, []],
  ])("of %s", async (_, scope, expected) => {
    expect((await patients.touchedBy(scope)).patients).toEqual(expected);
  });

  test("that names a vault by a wrong group means the vault of that name: it never becomes a second patient", async () => {
    const wrong = VAULT_ID.replace("rg-orders", "rg-elsewhere");
    expect((await patients.touchedBy({ kind: "vault", id: wrong })).patients).toEqual([ORDERS]);
  });

  test("that names a vault which Azure does not show is taken at its word", async () => {
    const hidden = setUp(all, { found: {} });
    expect((await hidden.touchedBy({ kind: "vault", id: VAULT_ID })).patients).toEqual([ORDERS]);
  });
});

describe("what is known", () => {
  const GONE_DARK: KnownPatient = { patientId: VAULT_ID, databases: [database({ identityIds: [IDENTITY_ID] })] };

  test.each<[string, KnownDatabase[], Known]>([
    ["lists nothing any more", [], { found: {}, known: [GONE_DARK] }],
    [
      "lists only others",
      [database({ id: CLUSTER_ID, keyUri: "https://kv-other.vault.azure.net/keys/a" })],
      { found: {}, known: [GONE_DARK] },
    ],
    ["can't be read", [], { known: [GONE_DARK], unread: transient() }],
  ])("is looked at by its id where the inventory %s", async (_, listed, known) => {
    const patients = setUp(listed, known);
    const { patients: all, unlisted, unread } = await patients.all();
    expect(all).toContainEqual(ORDERS);
    expect(unlisted).toEqual(GONE_DARK.databases);
    expect(unread).toBe(known.unread ?? null);
    for (const scope of [
      { kind: "database", id: ACCOUNT_ID },
      { kind: "identity", id: IDENTITY_ID },
      { kind: "vault", id: VAULT_ID },
      { kind: "under", scope: SUBSCRIPTION },
    ] as const)
      expect((await patients.touchedBy(scope)).patients).toContainEqual(ORDERS);
  });

  test("of a vault that was moved counts too: an event names the group that it has left", async () => {
    const elsewhere = database({ id: ACCOUNT_ID.replace("rg-orders", "rg-data") });
    const there = VAULT_ID.replace("rg-orders", "rg-vaults");
    const patients = setUp([elsewhere], { found: { "kv-orders": there }, known: [{ patientId: VAULT_ID, databases: [elsewhere] }] });
    const moved = { ...ORDERS, id: there };
    for (const group of ["rg-orders", "rg-vaults"])
      expect((await patients.touchedBy({ kind: "group", id: `${SUBSCRIPTION}/resourceGroups/${group}` })).patients).toEqual([moved]);
    expect((await patients.touchedBy({ kind: "group", id: `${SUBSCRIPTION}/resourceGroups/rg-other` })).patients).toEqual([]);
  });

  test("goes by what the inventory says of it, where it does", async () => {
    const moved = database({ keyUri: "https://kv-new.vault.azure.net/keys/a" });
    const { patients: all, unlisted } = await setUp([moved], { found: { "kv-new": `${VAULT_ID}-new` }, known: [GONE_DARK] }).all();
    expect([all, unlisted]).toEqual([[{ id: `${VAULT_ID}-new`, kind: "vault", vaultName: "kv-new" }], []]);
  });

  test("twice is looked at once", async () => {
    expect((await setUp([], { known: [GONE_DARK, { ...GONE_DARK, patientId: ACCOUNT_ID }] }).all()).unlisted).toHaveLength(1);
  });

  test("is nothing: then an inventory that can't be read is no empty list", async () => {
    const patients = setUp([], { unread: transient() });
    expect(await patients.all()).toEqual({ patients: [], databases: [], unlisted: [], unread: transient() });
    await expect(patients.touchedBy({ kind: "vault", id: VAULT_ID })).rejects.toThrow("503");
  });

  test("does not answer for what it does not know, while the inventory can't be read", async () => {
    const patients = setUp([], { known: [GONE_DARK], unread: transient() });
    await expect(patients.touchedBy({ kind: "vault", id: `${VAULT_ID}-other` })).rejects.toThrow("503");
  });
});

describe("whoever asks about one thing", () => {
  const denied = { state: "unreadable", why: "denied", detail: "AuthorizationFailed: no" } as const;
  const blind: Partial<LookById> = {
    readTarget: async (kind, id) => ({ kind, id, ...denied }),
    readVault: async ({ name }) => ({ ...denied, id: null, name }),
  };
  const about = { kind: "database", id: ACCOUNT_ID } as const;
  const aboutVault = { kind: "vault", id: VAULT_ID } as const;

  test("is given its patient, as known or as looked up by its id", async () => {
    expect(await setUp([database()]).find(aboutVault)).toEqual({ patient: ORDERS });
    expect(await setUp([], { look: { readTarget: async () => anAccount() } }).find(about)).toEqual({ patient: ORDERS });
  });

  test.each(["mongoClusters", "rg"])("in a group called %s is read as the kind that it is", async (group) => {
    const read: string[] = [];
    const look: Partial<LookById> = {
      readTarget: async (kind, id) => {
        read.push(kind);
        return { kind, id, state: "gone" };
      },
    };
    for (const type of ["databaseAccounts", "mongoClusters"]) {
      const id = `${SUBSCRIPTION}/resourceGroups/${group}/providers/Microsoft.DocumentDB/${type}/one`;
      await setUp([], { look }).find({ kind: "database", id });
    }
    expect(read).toEqual(["account", "cluster"]);
  });

  test.each([about, aboutVault])("is not told that nothing depends on a $kind that Keymend can't see", async (scope) => {
    expect(await setUp([], { look: blind }).find(scope)).toEqual({
      patient: null,
      why: "unseen",
      detail: expect.stringContaining("AuthorizationFailed"),
    });
    expect(await setUp([], { look: blind, unread: transient() }).find(scope)).toMatchObject({ why: "unseen" });
  });

  test("is told to ask again where the vault is there, and the inventory can't say who depends on it", async () => {
    await expect(setUp([], { unread: transient() }).find(aboutVault)).rejects.toThrow("503");
  });

  test.each([
    ["a database that is not there", about, {}, "is not there"],
    [
      "a database without a customer-managed key",
      about,
      { readTarget: async () => anAccount({ keyUri: null }) },
      "no customer-managed key",
    ],
    ["a cluster that is not there", { kind: "database", id: CLUSTER_ID } as const, {}, "is not there"],
    ["a vault that nobody uses", aboutVault, {}, "that Keymend can see"],
  ])("is told that there is nothing to look after: %s", async (_, scope, look, detail) => {
    expect(await setUp([], { look }).find(scope)).toEqual({ patient: null, why: "none", detail: expect.stringContaining(detail) });
  });
});
