/** Ways to take a patient's key away, each through Azure's front door; every one says when it was done. */
import { same } from "../../sandbox/azure/routes.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import type { App } from "./app.ts";

export async function removeGrant({ sandbox, operator }: App, { vault, identity }: Patient): Promise<string> {
  const { roleAssignments, clock } = sandbox.world;
  const since = clock.iso();
  for (const { scope, name, principalId } of roleAssignments.values()) {
    const isIts = same(principalId, identity.principalId) && scope.toLowerCase().startsWith(vault.id.toLowerCase());
    if (isIts) await operator.arm("DELETE", `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, "2022-04-01");
  }
  return since;
}

export async function removePolicy({ sandbox, operator }: App, { vault, identity }: Patient): Promise<string> {
  const since = sandbox.world.clock.iso();
  const accessPolicies = vault.accessPolicies.filter(({ objectId }) => objectId === identity.principalId);
  await operator.arm("PUT", `${vault.id}/accessPolicies/remove`, "2026-02-01", { properties: { accessPolicies } });
  return since;
}

/** What changing an account's identities does at times, by a bug of the service's: the default identity is gone. */
export async function loseDefaultIdentity({ sandbox, operator }: App, { databases, vault }: Patient): Promise<string> {
  const since = sandbox.world.clock.iso();
  for (const database of databases) if ("defaultIdentity" in database) database.defaultIdentity = "Undefined";
  await operator.app("POST", "/api/heal", { id: vault.id, reason: "the default identity is gone" });
  return since;
}

/** The cluster names the version of its key that was the latest until now. */
export async function rotateBehindPin({ sandbox, operator }: App, { databases, vault, keyName }: Patient): Promise<string> {
  const since = sandbox.world.clock.iso();
  const version = vault.keys.get(keyName)?.versions.at(-1)?.version;
  for (const database of databases) {
    if ("keyEncryptionKeyUrl" in database)
      database.keyEncryptionKeyUrl = `https://${vault.name}.vault.azure.net/keys/${keyName}/${version}`;
  }
  await operator.key("POST", vault.name, `/keys/${keyName}/rotate`);
  return since;
}
