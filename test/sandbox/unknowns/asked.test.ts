/** A switch is asked for where its value makes a difference, and nowhere else: each needless one costs every story a play. */
import { describe, expect, test } from "vitest";
import { checkKey } from "../../../sandbox/azure/documentdb/key-checks.ts";
import { keyPath } from "../../../sandbox/azure/documentdb/key-path.ts";
import { addKeyVersion } from "../../../sandbox/azure/keyvault/build.ts";
import { keyVaultRoutes } from "../../../sandbox/azure/keyvault/routes.ts";
import { managedIdentityRoutes } from "../../../sandbox/azure/managed-identity/routes.ts";
import { monitorRoutes } from "../../../sandbox/azure/monitor/routes.ts";
import { resourceGraphRoutes } from "../../../sandbox/azure/resource-graph/routes.ts";
import { assignRole } from "../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../sandbox/azure/authorization/builtin-roles.ts";
import { createRecorder } from "../../../sandbox/unknowns/asked.ts";
import { aSetting, SUBSCRIPTION } from "../azure/documentdb/support.ts";
import { throughArm } from "../azure/through-arm.ts";

const VAULTS = "?api-version=2026-02-01";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-data`;

function asking() {
  const { asked, switches } = createRecorder();
  const setting = aSetting(switches);
  const { world, owner, vault, key } = setting;
  const arm = throughArm(world, [...resourceGraphRoutes, ...keyVaultRoutes, ...monitorRoutes, ...managedIdentityRoutes], "2024-04-01");
  const graph = () =>
    arm(owner, "POST", "/providers/Microsoft.ResourceGraph/resources", { query: "Resources | project id", subscriptions: [SUBSCRIPTION] });
  const activity = () =>
    arm(
      owner,
      "GET",
      `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=${encodeURIComponent(`eventTimestamp ge '2026-11-02T07:00:00Z' and resourceUri eq '${vault.id}'`)}`,
    );
  const readKey = () => arm(owner, "GET", `${vault.id}/keys/${key.name}${VAULTS}`);
  const tag = () => arm(owner, "PATCH", `${vault.id}${VAULTS}`, { tags: { a: "b" } });
  /** What is asked for from now on. */
  const during = async (act: () => unknown): Promise<string[]> => {
    asked.clear();
    await act();
    return [...asked].toSorted();
  };
  return { ...setting, graph, activity, readKey, tag, during };
}

describe("Resource Graph is asked how late it is", () => {
  test("not where all is as it was", async () => {
    const { graph, during } = asking();
    await graph();
    expect(await during(graph)).toEqual([]);
  });

  test("by a write where it shows, by anything else where it would not yet", async () => {
    const { graph, tag, account, during } = asking();
    await graph();
    await tag();
    expect(await during(graph)).toEqual(["graphLagMaxSeconds"]);
    account.defaultIdentity = "Undefined";
    expect(await during(graph)).toEqual(["graphFullScanMinutes", "graphLagMaxSeconds"]);
  });

  test("where something is new or gone", async () => {
    const { graph, world, identity, owner, during } = asking();
    const arm = throughArm(world, managedIdentityRoutes, "2024-11-30");
    await graph();
    await arm(owner, "PUT", `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-new`, { location: "westus2" });
    expect(await during(graph)).toEqual(["graphLagMaxSeconds"]);
    world.clock.set(world.clock.now() + 60_000);
    await graph();
    await arm(owner, "DELETE", identity.id);
    expect(await during(graph)).toEqual(["graphLagMaxSeconds"]);
  });
});

test("the activity log is asked how late it is where somebody reads the entry", async () => {
  const { tag, activity, during } = asking();
  expect(await during(tag)).toEqual([]);
  expect(await during(activity)).toEqual(["activityLogLagMaxMinutes", "activityLogLagMinMinutes", "activityLogPageSize"]);
});

test("a key through ARM asks the data plane's question only where the data plane would refuse", async () => {
  const { readKey, world, owner, vault, during } = asking();
  expect(await during(readKey)).toEqual(["keyvault.armKeysAskDataPlane"]);
  assignRole(world, { principalId: owner.oid, role: ROLE.keyVaultCryptoOfficer, scope: vault.id });
  expect(await during(readKey)).toEqual([]);
});

test("a code is asked for by the check that shows it, a version's age where there is another to move to", async () => {
  const { world, account, vault, key, during } = asking();
  checkKey(world, account);
  expect(await during(() => checkKey(world, account))).not.toContain("documentdb.versionRolloverMs");
  key.versions[0]!.enabled = false;
  expect(await during(() => keyPath(world, account).ok)).not.toContain("documentdb.disabledOrExpiredCode");
  expect(await during(() => checkKey(world, account))).toContain("documentdb.disabledOrExpiredCode");
  key.versions[0]!.enabled = true;
  checkKey(world, account);
  addKeyVersion(world, vault, key.name);
  expect(await during(() => checkKey(world, account))).toContain("documentdb.versionRolloverMs");
});
