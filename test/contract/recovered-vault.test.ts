/** A vault that is recovered is mended to the end: what Keymend may do to its keys outlived it, whatever else is wrong with them. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Key, KeyVersion } from "../../sandbox/azure/world.ts";
import { createActor } from "../../sandbox/running/actor.ts";
import type { StepDraft } from "../../src/domain/steps/step.ts";
import { type Sandbox, startSandbox } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

type OnVersion = { vaultId: string; vaultUri: string; key: string; version: string };
type Row = [broken: string, breakIt: (key: Key, version: KeyVersion, now: number) => void, mend: (on: OnVersion, now: number) => StepDraft];

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const expiresOn = iso(Math.floor(Date.now() / 1000) + 90 * 86_400);

test.each<Row>([
  [
    "expired",
    (_, version, now) => void (version.exp = now - 60),
    (on) => ({ name: "ExtendKeyExpiry", params: { ...on, expiresOn, previous: null, extensions: 1 } }),
  ],
  ["disabled", (_, version) => void (version.enabled = false), (on) => ({ name: "EnableKeyVersion", params: on })],
  [
    "not yet valid",
    (_, version, now) => void (version.nbf = now + 600),
    (on, now) => ({ name: "SetKeyNotBefore", params: { ...on, notBefore: iso(now - 60) } }),
  ],
  [
    "without its operations",
    (_, version) => void (version.keyOps = ["sign"]),
    (on) => ({ name: "RestoreKeyOperations", params: { ...on, operations: ["wrapKey", "unwrapKey"] } }),
  ],
  [
    "deleted",
    (key, _, now) => void (key.deleted = { deletedDate: now, scheduledPurgeDate: now + 86_400, visibleAt: 0 }),
    ({ version: _, ...on }) => ({ name: "RecoverKey", params: on }),
  ],
])("a key that is %s", async (_, breakIt, mend) => {
  const { world, azure, estate, patient } = sandbox;
  const { vault, keyName } = patient("account", "rbac");
  const key = vault.keys.get(keyName)!;
  const now = Math.floor(world.clock.now() / 1000);
  breakIt(key, key.versions[0]!, now);
  const operator = createActor({ azure, principal: estate.operator, apiAudience: "", hostUrl: () => "" });
  await operator.arm("DELETE", vault.id, "2024-11-01");
  expect([...world.roleAssignments.values()].filter(({ scope }) => scope.startsWith(vault.id.toLowerCase()))).toEqual([]);

  const recover = { vaultId: vault.id, location: vault.location, tenantId: world.tenantId, sku: "standard" };
  expect(await sandbox.carryOut({ name: "RecoverVault", params: recover })).toMatchObject({ kind: "done" });
  const on = { vaultId: vault.id, vaultUri: `https://${vault.name}.vault.azure.net`, key: keyName, version: key.versions[0]!.version };
  expect(await sandbox.carryOut(mend(on, now))).toMatchObject({ kind: "done" });
});
