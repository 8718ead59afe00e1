import { expect, test } from "vitest";
import { doctor } from "../../../src/cli/doctor.ts";
import { createTerminal } from "../../../src/cli/terminal.ts";
import { type LookDeps, lookAtAll } from "../../../src/cli/doctor/look.ts";
import { configFor } from "../../../src/cli/doctor/settings.ts";
import type { EstateLists } from "../../../src/azure/list-estate.ts";
import type { FactSources } from "../../../src/activities/gather-facts.ts";
import { TransientError } from "../../../src/domain/errors.ts";
import type { Unreadable } from "../../../src/domain/facts.ts";
import {
  ACCOUNT_ID,
  aKey,
  anAccess,
  anAccount,
  anAssignment,
  anIdentity,
  aRole,
  aVault,
  ENCRYPTION_ROLE,
  NOW,
  revoked,
  TENANT,
  VAULT_ID,
} from "../../support/builders.ts";

const ONE = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
const TWO = "22222222-1bf0-4dda-aec3-cb9272f09590";
const denied: Unreadable = { state: "unreadable", why: "denied", detail: "Forbidden: no" };

const EMPTY: EstateLists = {
  accounts: [],
  clusters: [],
  vaults: [],
  deletedVaults: [],
  identities: [],
  assignments: [],
  definitions: [aRole()],
  denies: [],
  locks: [],
};
const WELL: EstateLists = {
  ...EMPTY,
  accounts: [anAccount()],
  vaults: [aVault()],
  identities: [anIdentity()],
  assignments: [anAssignment()],
};

function setUp(lists: Record<string, EstateLists>, over: Partial<LookDeps> = {}, real: Partial<FactSources> = {}) {
  const listed: string[] = [];
  const asked: string[] = [];
  const heard =
    <A extends unknown[], T>(name: string, answer: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      asked.push(name);
      return answer(...args);
    };
  const sources: FactSources = {
    readTarget: heard("target", async () => anAccount()),
    readVault: heard("vault", async () => aVault()),
    readKey: heard("key", async () => aKey()),
    readIdentity: heard("identity", async () => anIdentity()),
    readAccess: heard("access", async () => anAccess()),
    readHeld: heard("held", async () => ({ assignments: [], left: 0 })),
    readEventSubscriptions: async () => denied,
    ...real,
  };
  const deps: LookDeps = {
    listSubscriptions: async () => Object.keys(lists).map((id, i) => ({ id, name: `sub-${i + 1}`, tenantId: TENANT })),
    listEstate: async (id) => {
      listed.push(id);
      return lists[id]!;
    },
    sources: () => sources,
    configFor: (tenantId) => configFor({}, tenantId),
    now: () => new Date(NOW),
    progress: () => {},
    ...over,
  };
  return { listed, asked, look: (...wanted: string[]) => lookAtAll(deps, wanted) };
}

test("what is well costs its lists and its key", async () => {
  const { look, asked } = setUp({ [ONE]: WELL });
  const { looks, unread, subscriptions } = await look();
  expect(looks.map(({ diagnosis }) => diagnosis.targets.map(({ phase }) => phase))).toEqual([["healthy"]]);
  expect({ asked, unread, subscriptions }).toEqual({ asked: ["key"], unread: [], subscriptions: [{ id: ONE, name: "sub-1" }] });
});

test("what the lists show to be broken is read by itself before it is said", async () => {
  const { look, asked } = setUp({ [ONE]: { ...WELL, assignments: [] } });
  const { looks } = await look();
  // Meanwhile the grant was there: a list may be older.
  expect(looks[0]?.diagnosis.targets[0]?.phase).toBe("healthy");
  expect(asked).toEqual(expect.arrayContaining(["target", "vault", "identity", "access", "held"]));
});

test("a grant of a role that is in no list is read by itself, and so is whatever a list that was refused would have shown", async () => {
  const odd = ENCRYPTION_ROLE.replace(/[^/]+$/, "99999999-f6f5-4113-8e2d-b22465e65bf6");
  const custom = setUp({ [ONE]: { ...WELL, assignments: [anAssignment({ roleDefinitionId: odd })] } });
  await custom.look();
  expect(custom.asked).toContain("access");
  const refused = setUp({ [ONE]: { ...WELL, assignments: denied, vaults: denied, locks: denied, accounts: [anAccount()] } });
  const { unread, beside } = await refused.look();
  expect(refused.asked).toEqual(expect.arrayContaining(["access", "vault", "held"]));
  expect(unread.map(({ what, isBlind }) => [what.split(" of ")[0], isBlind])).toEqual([
    ["vaults", false],
    ["role assignments", false],
    ["locks", false],
  ]);
  expect(beside.locks).toBeNull();
});

test("a subscription by its id or its name; a vault in another is found there", async () => {
  const both = { [ONE]: { ...WELL, vaults: [] }, [TWO]: { ...EMPTY, vaults: [aVault()] } };
  const byName = setUp(both);
  const { looks, subscriptions } = await byName.look("SUB-1");
  expect(subscriptions.map(({ id }) => id)).toEqual([ONE]);
  expect(byName.listed).toEqual([ONE, TWO]);
  expect(looks[0]?.facts.vault?.state).toBe("live");
  // Where nothing is missing nobody looks further.
  const whole = setUp({ [ONE]: WELL, [TWO]: EMPTY });
  await whole.look(ONE.toUpperCase());
  expect(whole.listed).toEqual([ONE]);
});

test("databases without a key of their own are nobody's concern, unless the service says that they have lost one", async () => {
  const accounts = [
    anAccount({ id: `${ACCOUNT_ID}-1`, keyUri: null }),
    anAccount({ id: `${ACCOUNT_ID}-2`, keyUri: null, service: revoked() }),
  ];
  const { look } = setUp({ [ONE]: { ...EMPTY, accounts } }, {}, { readTarget: async () => accounts[1]! });
  const { looks } = await look();
  expect(looks.map(({ facts }) => facts.patient)).toEqual([{ id: `${ACCOUNT_ID}-2`, kind: "database", vaultName: null }]);
});

test.each<[what: string, over: Partial<LookDeps>, wanted: string[], words: string]>([
  ["nobody is signed in", { listSubscriptions: async () => denied }, [], "is anybody signed in (az login)?\nForbidden: no"],
  ["there is no subscription", { listSubscriptions: async () => [] }, [], "You may see no subscription."],
  ["not the one that is asked for", {}, ["elsewhere"], "There is no subscription 'elsewhere' among those that you may see: sub-1"],
])("says why it can't look: %s", async (_, over, wanted, words) => {
  await expect(setUp({ [ONE]: WELL }, over).look(...wanted)).rejects.toThrow(words);
});

test("a vault that Azure does not answer about hides its databases, and no others", async () => {
  const failing = async (): Promise<never> => {
    throw new TransientError({ operation: "read key", resourceId: VAULT_ID, retryAfterMs: null, detail: "InternalServerError" });
  };
  const { look } = setUp({ [ONE]: WELL }, {}, { readKey: failing });
  const { looks, unread } = await look();
  expect(looks).toEqual([]);
  expect(unread).toMatchObject([{ what: "vault kv-orders", hides: "whether these have their key: orders", isBlind: true }]);
  await expect(setUp({ [ONE]: WELL }, {}, { readKey: async () => Promise.reject(new TypeError("no")) }).look()).rejects.toThrow(TypeError);
});

test("what one vault's look could not read is said beside what it hides", async () => {
  const { look } = setUp(
    { [ONE]: WELL },
    {},
    {
      readKey: async () => ({ ...denied, name: "cmk" }),
      readIdentity: async (id) => ({ ...denied, id }),
      readAccess: async (question) => ({ ...denied, ...question }),
      readHeld: async () => denied,
    },
  );
  const { unread } = await look();
  expect(unread.map(({ what, isBlind }) => [what.split(" ").slice(0, 2).join(" "), isBlind])).toEqual([
    ["key cmk", true],
    [
      "identity /subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-orders/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-orders",
      true,
    ],
    ["role assignments", false],
  ]);
});

test("settings of the environment count, but for the mode and what only a deployment has", () => {
  const { settings } = configFor(
    { KEYMEND_EXPIRY_LEAD: "P10D", KEYMEND_MODE: "observe", KEYMEND_TABLE_CONNECTION_STRING: "x", PATH: "y" },
    TENANT,
  );
  expect(settings).toMatchObject({ mode: "heal", expiryLeadMs: 10 * 86_400_000 });
  expect(() => configFor({ KEYMEND_EXPIRY_LEAD: "soon" }, TENANT)).toThrow(
    "The settings of the environment are wrong:\n  KEYMEND_EXPIRY_LEAD",
  );
});

test("two things can't be printed at once, and nothing is looked at then", async () => {
  const terminal = createTerminal({ write: () => {} }, { write: () => {} }, {});
  const call = { values: { json: true, csv: "-" }, positionals: [], terminal, env: {} };
  await expect(doctor.run(call)).rejects.toThrow("only one thing can be printed");
});
