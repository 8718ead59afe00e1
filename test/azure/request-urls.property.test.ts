/** What is asked of Azure is about the very resource that was meant, whatever its name: no letter is lost on the way into a URL. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createReadAccess } from "../../src/azure/read-access.ts";
import { createReadTarget } from "../../src/azure/read-database.ts";
import { createReadIdentity } from "../../src/azure/read-identity.ts";
import { createReadKey } from "../../src/azure/read-key.ts";
import { createReadVault } from "../../src/azure/read-vault.ts";
import { createAccessWrites } from "../../src/azure/write-access.ts";
import { patchDatabase } from "../../src/azure/patch-database.ts";
import { isUnder, keyScopeOf, nameOf, normalId } from "../../src/domain/arm-id.ts";
import { keyUriChange } from "../../src/domain/databases/database-change.ts";
import { fakeAzure } from "../support/fake-azure.ts";
import { accountId, clusterId, groupName, guid, identityId, keyName, spellings, vaultId } from "../support/legal-names.ts";

type Clients = ReturnType<typeof fakeAzure>["clients"];

/** Every path that was asked for, as the id that it stands for. */
async function asked(work: (clients: Clients) => Promise<unknown>): Promise<string[]> {
  const { clients, sent } = fakeAzure(() => undefined);
  await work(clients).catch(() => undefined);
  return sent.map(({ url }) => normalId(url.pathname));
}

const all = (ids: fc.Arbitrary<string>, holds: (id: string) => Promise<void>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(ids.chain(spellings), async (id) => {
      await holds(id);
    }),
    { numRuns: 40 },
  );

test("a database", async () => {
  await all(accountId, async (id) => expect(await asked((clients) => createReadTarget(clients)("account", id))).toEqual([normalId(id)]));
  await all(clusterId, async (id) => expect(await asked((clients) => createReadTarget(clients)("cluster", id))).toEqual([normalId(id)]));
  await all(accountId, async (id) =>
    expect(await asked((clients) => patchDatabase(clients, "account", id, keyUriChange("https://kv.vault.azure.net/keys/cmk")))).toEqual([
      normalId(id),
    ]),
  );
});

test("an identity", () =>
  all(identityId, async (id) => expect(await asked((clients) => createReadIdentity(clients)(id))).toEqual([normalId(id)])));

test("a vault", () =>
  all(vaultId, async (id) => expect((await asked((clients) => createReadVault(clients)({ id, name: nameOf(id) })))[0]).toBe(normalId(id))));

test("a key, and who may use it", () =>
  fc.assert(
    fc.asyncProperty(vaultId, keyName, async (id, key) => {
      const vault = { id, name: nameOf(id), uri: "https://kv.vault.azure.net" };
      const scope = keyScopeOf(id, key);
      const [live, , deleted] = await asked((clients) => createReadKey(clients)(vault, key));
      expect([live, deleted]).toEqual([normalId(scope), normalId(`/deletedkeys/${key}`)]);
      const paths = await asked((clients) => createReadAccess(clients)({ principalId: "p", keyScope: scope, keyName: key }));
      expect(paths.length).toBeGreaterThan(1);
      for (const path of paths) expect(isUnder(scope, path)).toBe(true);
    }),
    { numRuns: 40 },
  ));

test("a grant at any scope", () =>
  fc.assert(
    fc.asyncProperty(guid, groupName, async (sub, group) => {
      const scope = `/subscriptions/${sub}/resourceGroups/${group}`;
      const grant = { scope, principalId: sub, identityId: null, roleDefinitionId: sub };
      const [path] = await asked((clients) => createAccessWrites({ reads: clients, writes: clients }).GrantKeyRole(grant));
      expect(isUnder(`${scope}/providers/Microsoft.Authorization/roleAssignments`, path!)).toBe(true);
    }),
    { numRuns: 40 },
  ));
