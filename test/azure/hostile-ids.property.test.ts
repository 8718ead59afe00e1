/**
 * Ids that come from outside (an event, a request, a key's address) name what is asked of Azure and nothing else: whatever stands in them, no
 * request goes to another host, to another kind of thing, or with another query than was meant. What is no id is not sent at all.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createReadAccess, createReadHeld } from "../../src/azure/read-access.ts";
import { createReadTarget } from "../../src/azure/read-database.ts";
import { createReadIdentity } from "../../src/azure/read-identity.ts";
import { createReadKey } from "../../src/azure/read-key.ts";
import { createScreenKey } from "../../src/azure/screen-key.ts";
import { createReadVault } from "../../src/azure/read-vault.ts";
import { patchDatabase } from "../../src/azure/patch-database.ts";
import { createAccessWrites } from "../../src/azure/write-access.ts";
import { keyUriChange } from "../../src/domain/databases/database-change.ts";
import { nameOf } from "../../src/domain/arm-id.ts";
import { aVault } from "../support/builders.ts";
import { fakeAzure } from "../support/fake-azure.ts";

type Clients = ReturnType<typeof fakeAzure>["clients"];

/** What means something in a URL, or to whoever reads one. */
const piece = fc.oneof(
  fc.constantFrom(
    "?",
    "#",
    "&",
    "=",
    "..",
    ".",
    "/",
    "\\",
    "%",
    "%2e%2e",
    "%2F",
    "%3f",
    "%00",
    "@",
    ":",
    ";",
    "'",
    '"',
    " ",
    "\n",
    "\t",
    "+",
  ),
  fc.constantFrom("api-version=1", "evil.example", "//evil.example/", "providers", "keys", "é", "kv"),
  fc.string({ maxLength: 4 }),
);
const hostile = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(""));

const idOf = (type: string) =>
  fc
    .record({ sub: fc.oneof(fc.constant("s1"), hostile), group: fc.oneof(fc.constant("rg1"), hostile), name: hostile })
    .map(({ sub, group, name }) => `/subscriptions/${sub}/resourceGroups/${group}/providers/${type}/${name}`);

const KNOWN_QUERY = ["api-version", "$filter", "maxresults"];

async function urlsOf(work: (clients: Clients) => Promise<unknown>): Promise<URL[]> {
  const { clients, sent } = fakeAzure(() => undefined);
  await work(clients).catch(() => undefined);
  return sent.map(({ url }) => url);
}

const VERSION = /^[\d.]+(-\d\d-\d\d)?(-preview)?$/;

/** hosts: that may be asked. type: of what is asked for. */
function expectOnly(urls: readonly URL[], hosts: readonly string[], type: string): void {
  const isMeant = ({ host, hash, pathname, searchParams }: URL): boolean =>
    hosts.includes(host) &&
    hash === "" &&
    [...searchParams.keys()].every((name) => KNOWN_QUERY.includes(name)) &&
    searchParams.getAll("api-version").every((version) => VERSION.test(version)) &&
    (host !== "management.azure.com" || pathname.toLowerCase().includes(`/providers/${type.toLowerCase()}/`));
  expect(urls.filter((url) => !isMeant(url)).map(({ href }) => href)).toEqual([]);
}

const ARM = ["management.azure.com"];
const ACCOUNT = "Microsoft.DocumentDB/databaseAccounts";
const CLUSTER = "Microsoft.DocumentDB/mongoClusters";
const IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities";
const VAULT = "Microsoft.KeyVault/vaults";

const WAYS: [string, string, readonly string[], (clients: Clients, id: string) => Promise<unknown>][] = [
  ["an account", ACCOUNT, ARM, (clients, id) => createReadTarget(clients)("account", id)],
  ["a cluster", CLUSTER, ARM, (clients, id) => createReadTarget(clients)("cluster", id)],
  [
    "a change of an account",
    ACCOUNT,
    ARM,
    (clients, id) => patchDatabase(clients, "account", id, keyUriChange("https://kv.vault.azure.net/keys/cmk")),
  ],
  ["an identity", IDENTITY, ARM, (clients, id) => createReadIdentity(clients)(id)],
  // Which is looked for among the deleted ones too.
  ["a vault", "Microsoft.KeyVault", ARM, (clients, id) => createReadVault(clients)({ id, name: nameOf(id) })],
  ["what is held at a vault", VAULT, ARM, (clients, id) => createReadHeld(clients)(id)],
  ["who may use a key", VAULT, ARM, (clients, id) => createReadAccess(clients)({ principalId: "p", keyScope: id, keyName: "k" })],
  [
    "a grant",
    VAULT,
    ARM,
    (clients, id) =>
      createAccessWrites({ reads: clients, writes: clients }).GrantKeyRole({
        scope: id,
        principalId: "p",
        identityId: null,
        roleDefinitionId: "r",
      }),
  ],
];

test.each(WAYS)("%s", async (_what, type, hosts, ask) => {
  const harmless = `/subscriptions/s1/resourceGroups/rg1/providers/${type === "Microsoft.KeyVault" ? VAULT : type}/kv`;
  expect(await urlsOf((clients) => ask(clients, harmless))).not.toEqual([]);
  await fc.assert(
    fc.asyncProperty(idOf(type), async (id) => expectOnly(await urlsOf((clients) => ask(clients, id)), hosts, type)),
    { numRuns: 150 },
  );
});

test("a key by its name", () =>
  fc.assert(
    fc.asyncProperty(hostile, async (name) => {
      const vault = {
        ...aVault(),
        id: "/subscriptions/s1/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/kv",
        name: "kv",
        uri: "https://kv.vault.azure.net",
      };
      const read = await urlsOf((clients) => createReadKey(clients)(vault, name));
      const screened = await urlsOf((clients) => createScreenKey(clients, () => new Date())(vault, name));
      const urls = [...read, ...screened];
      expectOnly(urls, [...ARM, "kv.vault.azure.net"], VAULT);
      expect(urls.filter(({ pathname }) => !/\/(keys|deletedkeys)\/[^/]+(\/versions(\/[^/]*)?|\/)?$/i.test(pathname))).toEqual([]);
    }),
    { numRuns: 150 },
  ));
