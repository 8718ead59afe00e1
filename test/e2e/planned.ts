/** What people plan, one of each operation: what there is before it, and what they ask for. */
import { addPlainAccount } from "../../sandbox/stories/enabling.ts";
import { addKey, keyUriOf } from "../../sandbox/azure/keyvault/build.ts";
import { addIdentity } from "../../sandbox/azure/managed-identity/build.ts";
import type { ManagedIdentityState } from "../../sandbox/azure/world.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { type App, MINUTE } from "./app.ts";
import { type Asked, fulfilled, type Wanted } from "./one-operation.ts";

const newIdentity = ({ sandbox }: App, { vault }: Patient): ManagedIdentityState =>
  addIdentity(sandbox.world, { resourceGroup: "rg-data", name: "id-its-own", location: vault.location });

export const rotateKey: Wanted = ({ patient: { vault, keyName } }) => ({ operation: "rotate-key", keyUri: keyUriOf(vault, keyName) });

export const switchKey: Wanted = ({ app, patient: { vault, databases } }) => {
  addKey(app.sandbox.world, vault, { name: "cmk-new" });
  return { operation: "switch-key", databaseId: databases[0]!.id, keyUri: keyUriOf(vault, "cmk-new") };
};

export const switchIdentity: Wanted = ({ app, patient }) => ({
  operation: "switch-identity",
  databaseId: patient.databases[0]!.id,
  identityId: newIdentity(app, patient).id,
});

export const prepare: Wanted = ({ patient: { kind, vault, identity } }) => {
  vault.enablePurgeProtection = undefined;
  const { id: vaultId, name: confirm } = vault;
  return { operation: "prepare", kind, vaultId, key: "cmk-to-come", identityId: `${identity.id}-to-come`, purgeProtection: true, confirm };
};

/** By an identity that it is given for that. */
export const enableCmk: Wanted = ({ app, patient }) => {
  const { world, estate } = app.sandbox;
  const account = addPlainAccount({ world, patient, estate }, { bare: true });
  patient.databases.push(account);
  const { id: databaseId, name: confirm } = account;
  const keyUri = keyUriOf(patient.vault, patient.keyName);
  return { operation: "enable-cmk", databaseId, keyUri, identityId: newIdentity(app, patient).id, confirm };
};

export const revokeKey = ({ patient: { vault, keyName } }: { patient: Patient }): Asked => ({
  operation: "revoke",
  scope: keyUriOf(vault, keyName),
  confirm: keyName,
});

export const revokeGrant = ({ patient: { databases } }: { patient: Patient }): Asked => ({
  operation: "revoke",
  scope: databases[0]!.id,
  confirm: databases[0]!.name,
});

/** Before the service has noticed that it was revoked. */
const restoreAfter =
  (revoke: ({ patient }: { patient: Patient }) => Asked): Wanted =>
  async ({ app, patient }) => {
    const asked = revoke({ patient });
    await fulfilled(app, patient, asked);
    await app.wait(MINUTE);
    return { operation: "restore", scope: asked["scope"]! };
  };

export const restoreKey = restoreAfter(revokeKey);
export const restoreGrant = restoreAfter(revokeGrant);
