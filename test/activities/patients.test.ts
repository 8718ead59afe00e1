import { describe, expect, test } from "vitest";
import { createPatients, type KnownDatabase } from "../../src/activities/patients.ts";
import type { SignalScope } from "../../src/domain/signal.ts";
import { ACCOUNT_ID, CLUSTER_ID, IDENTITY_ID, KEY_URI, SUBSCRIPTION, VAULT_ID } from "../support/builders.ts";

const ORDERS = { id: VAULT_ID, kind: "vault", vaultName: "kv-orders" };
const NO_VAULT = `${ACCOUNT_ID}-odd`;

const database = (over: Partial<KnownDatabase> = {}): KnownDatabase => ({
  kind: "account",
  id: ACCOUNT_ID,
  keyUri: KEY_URI,
  identityIds: [],
  ...over,
});

type Known = { found?: Record<string, string>; seen?: Record<string, string> };

/** found: vaults that Azure shows; seen: vaults that Keymend has seen healthy before. */
function setUp(databases: KnownDatabase[], { found = { "kv-orders": VAULT_ID }, seen = {} }: Known = {}) {
  return createPatients({
    inventory: { listDatabases: async () => databases, findVault: async (name) => found[name] },
    baselines: { vaultIdOf: async (name) => seen[name] },
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
    expect(await patients.all()).toEqual([
      ORDERS,
      { id: NO_VAULT, kind: "database", vaultName: null },
      { id: `${NO_VAULT}-2`, kind: "database", vaultName: null },
      { id: `${NO_VAULT}-3`, kind: "database", vaultName: null },
    ]);
  });

  test("a database on a managed HSM is its own, though a vault bears the same name", async () => {
    const patients = setUp([database(), database({ id: NO_VAULT, keyUri: "https://kv-orders.managedhsm.azure.net/keys/cmk" })]);
    expect(await patients.all()).toEqual([ORDERS, { id: NO_VAULT, kind: "database", vaultName: null }]);
  });

  test("knows a vault that Azure does not show any more by what was seen before, else by its URI", async () => {
    const databases = [database()];
    expect(await setUp(databases, { found: {}, seen: { "kv-orders": VAULT_ID } }).all()).toEqual([ORDERS]);
    expect(await setUp(databases, { found: {} }).all()).toEqual([{ ...ORDERS, id: "https://kv-orders.vault.azure.net" }]);
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
    ["a subscription touches every vault under it", { kind: "under", scope: "/subscriptions/s2" }, [OTHER]],
    ["the root touches all", { kind: "under", scope: "/" }, [ORDERS, OTHER, ODD]],
    ["a group of a similar name touches nobody", { kind: "under", scope: `${SUBSCRIPTION}/resourceGroups/rg-ord` }, []],
  ])("of %s", async (_, scope, expected) => {
    expect(await patients.touchedBy(scope)).toEqual(expected);
  });

  test("that names a vault by a wrong group means the vault of that name: it never becomes a second patient", async () => {
    const wrong = VAULT_ID.replace("rg-orders", "rg-elsewhere");
    expect(await patients.touchedBy({ kind: "vault", id: wrong })).toEqual([ORDERS]);
  });

  test("that names a vault which Azure does not show is taken at its word", async () => {
    const hidden = setUp(all, { found: {} });
    expect(await hidden.touchedBy({ kind: "vault", id: VAULT_ID })).toEqual([ORDERS]);
  });
});
