import { expect, test } from "vitest";
import { accountBody } from "../../../../sandbox/azure/documentdb/account-body.ts";
import { addAccount, addCluster } from "../../../../sandbox/azure/documentdb/build.ts";
import { checkKey, onKeyCheck, setNextCheck, startKeyChecks } from "../../../../sandbox/azure/documentdb/key-checks.ts";
import type { KeyCheck } from "../../../../sandbox/azure/documentdb/state.ts";
import { addKeyVersion } from "../../../../sandbox/azure/keyvault/build.ts";
import type { Switches } from "../../../../sandbox/azure/world.ts";
import { aSetting, at, HOUR, MINUTE, pass, patch, START } from "./support.ts";
import type { Setting } from "./support.ts";

/** Both databases are checked at half past. */
function running(switches: Switches = {}): Setting & { checks: KeyCheck[] } {
  const setting = aSetting(switches);
  const checks: KeyCheck[] = [];
  onKeyCheck(setting.world, (check) => checks.push(check));
  startKeyChecks(setting.world);
  return { ...setting, checks };
}

const statusOf = ({ world, account }: Setting): unknown => at(accountBody(world, account), "properties", "customerManagedKeyStatus");

test("a loss shows only at the next hourly check, and so does the recovery", async () => {
  const setting = running();
  const { world, account, cluster, key } = setting;
  key.versions[0]!.enabled = false;
  await pass(world, 29 * MINUTE);
  expect(statusOf(setting)).toBe("Access to the configured customer managed key confirmed. ");
  expect(cluster.clusterStatus).toBe("Ready");
  await pass(world, 2 * MINUTE);
  expect(statusOf(setting)).toMatch(/^Access to your account is currently revoked because .* \(4018\)\.$/);
  expect(cluster).toMatchObject({ clusterStatus: "Inaccessible", provisioningState: "Succeeded" });
  expect(account).toMatchObject({ provisioningState: "Succeeded", check: { revoked: true, code: 4018, lastCheckAt: START + 30 * MINUTE } });
  key.versions[0]!.enabled = true;
  await pass(world, 58 * MINUTE);
  expect(account.check.revoked).toBe(true);
  await pass(world, 2 * MINUTE);
  expect(statusOf(setting)).toBe("Access to the configured customer managed key confirmed. ");
  expect(cluster.clusterStatus).toBe("Ready");
  expect(account.check).toMatchObject({ revoked: false, code: null });
});

test("each check is told, with what changed; nothing is raised as an event", async () => {
  const { world, account, key, checks } = running();
  const events: unknown[] = [];
  world.publish = (event) => events.push(event);
  await pass(world, HOUR);
  key.versions[0]!.enabled = false;
  await pass(world, 2 * HOUR);
  const told = checks.filter((c) => c.target === account).map((c) => [c.at - START, c.kind, c.path.ok, c.changed]);
  expect(told).toEqual([
    [30 * MINUTE, "account", true, false],
    [90 * MINUTE, "account", false, true],
    [150 * MINUTE, "account", false, false],
  ]);
  expect(events).toEqual([]);
});

test("the literal of a cluster that lost its key is a switch", async () => {
  const { world, cluster, key } = running({ "documentdb.clusterLostStatus": "Failed" });
  key.versions[0]!.enabled = false;
  await pass(world, HOUR);
  expect(cluster.clusterStatus).toBe("Failed");
});

test("the status text without a code is a switch", async () => {
  const setting = running({ "documentdb.codelessStatus": true });
  setting.key.versions[0]!.enabled = false;
  await pass(setting.world, HOUR);
  expect(statusOf(setting)).toMatch(/cmk-troubleshooting-guide$/);
});

test("a newer version is in use from the next check on", async () => {
  const { world, account, cluster, key, vault } = running();
  const old = key.versions[0]!.version;
  await pass(world, MINUTE);
  const { version } = addKeyVersion(world, vault, key.name);
  await pass(world, 28 * MINUTE);
  expect([account.keyVaultKeyUriVersion, cluster.versionInUse]).toEqual([old, old]);
  await pass(world, 2 * MINUTE);
  expect([account.keyVaultKeyUriVersion, cluster.versionInUse]).toEqual([version, version]);
});

test("up to 24 hours later where the guide is believed", async () => {
  const { world, account, key, vault } = running({ "documentdb.versionRolloverMs": 24 * HOUR });
  const { version } = addKeyVersion(world, vault, key.name);
  await pass(world, 23 * HOUR);
  expect(account.keyVaultKeyUriVersion).toBe(key.versions[0]!.version);
  await pass(world, 2 * HOUR);
  expect(account.keyVaultKeyUriVersion).toBe(version);
});

test("a cluster that pins a version stays with it", async () => {
  const { world, identity, keyUri, key, vault } = running();
  const keyUrl = `${keyUri}/${key.versions[0]!.version}`;
  const cluster = addCluster(world, { name: "pinned", resourceGroup: "rg-data", identities: [identity.id], keyUrl });
  addKeyVersion(world, vault, key.name);
  await pass(world, 3 * HOUR);
  expect(cluster.versionInUse).toBe(key.versions[0]!.version);
});

test("the check that brings an account back does not move it to a newer version; the next one does", async () => {
  const { world, account, key, vault } = running();
  const [old] = key.versions;
  old!.enabled = false;
  await pass(world, HOUR);
  old!.enabled = true;
  const { version } = addKeyVersion(world, vault, key.name);
  await pass(world, HOUR);
  expect(account).toMatchObject({ check: { revoked: false }, keyVaultKeyUriVersion: old!.version });
  await pass(world, HOUR);
  expect(account.keyVaultKeyUriVersion).toBe(version);
});

test("a stuck service notices a loss and never the way back", async () => {
  const { world, account, cluster, key } = running();
  account.check.neverRevalidates = true;
  key.versions[0]!.enabled = false;
  await pass(world, HOUR);
  key.versions[0]!.enabled = true;
  await pass(world, 5 * HOUR);
  expect(account.check).toMatchObject({ revoked: true, code: 4018 });
  expect(cluster.clusterStatus).toBe("Ready");
});

test("a database added later is checked too, one whose check was moved at its new time, one deleted no more", async () => {
  const { world, account, cluster, identity, keyUri, checks } = running();
  addAccount(world, { name: "late", resourceGroup: "rg-data", identities: [identity.id], keyUri, phaseMs: 10 * MINUTE });
  setNextCheck(world, cluster, START + 5 * MINUTE);
  world.accounts.delete(account.id.toLowerCase());
  await pass(world, HOUR);
  expect(checks.map((c) => [c.target.name, c.at - START])).toEqual([
    ["carts", 5 * MINUTE],
    ["late", 10 * MINUTE],
  ]);
});

test("no check is missed when the clock jumps", async () => {
  const { world, checks, account } = running();
  world.clock.set(START + 3 * HOUR);
  await world.clock.runDue();
  expect(checks.filter((c) => c.target === account)).toHaveLength(3);
});

test("phases are drawn from the seed and differ", () => {
  const phases = [aSetting(), aSetting()].map(({ world }) =>
    Array.from({ length: 5 }, (_, i) => addAccount(world, { name: `a${i}`, resourceGroup: "rg-data" }).check.phaseMs),
  );
  expect(phases[0]).toEqual(phases[1]);
  expect(new Set(phases[0]).size).toBe(5);
});

test("a new default identity waits for the check, as support says; as a switch it is checked at once", async () => {
  for (const [atOnce, revoked] of [
    [false, true],
    [true, false],
  ] as const) {
    const setting = aSetting({ "documentdb.defaultIdentityRevalidates": atOnce });
    const { world, account, identity } = setting;
    account.defaultIdentity = "Undefined";
    checkKey(world, account);
    expect(account.check).toMatchObject({ revoked: true, code: 4015 });
    await patch(setting, { properties: { defaultIdentity: `UserAssignedIdentity=${identity.id}` } });
    await pass(world, 10 * MINUTE);
    expect(account.check.revoked).toBe(revoked);
  }
});

test("a thousand databases are each checked once an hour", async () => {
  const { world, identity, keyUri, checks } = running();
  for (let i = 0; i < 1_000; i++) addAccount(world, { name: `a${i}`, resourceGroup: "rg-data", identities: [identity.id], keyUri });
  checks.length = 0;
  await pass(world, HOUR);
  expect(checks).toHaveLength(1_002);
});

test("a check can't be moved beyond the hour", () => {
  const { world, account } = running();
  for (const ahead of [0, HOUR + 1]) expect(() => setNextCheck(world, account, START + ahead)).toThrow("every hour");
});
