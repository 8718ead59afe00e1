/** Another subscription of the same tenant, in which other teams keep the keys that databases of the first one use. */
import { assignRole } from "../azure/authorization/build.ts";
import { ROLE } from "../azure/authorization/builtin-roles.ts";
import { addAccount, addCluster } from "../azure/documentdb/build.ts";
import { addKey, addVault, keyUriOf } from "../azure/keyvault/build.ts";
import { addSubscription, type World } from "../azure/world.ts";
import { addResourceEvents, type Estate } from "./estate.ts";
import { grantKeymend } from "./keymend-access.ts";
import { addKeyEvents, DATA, KEYS, type Patient, REGION } from "./patient.ts";

export const SECOND_SUBSCRIPTION = "0b1f6471-0000-4000-8000-5a7e0c0de002";

/** The patient's database, whose key lies in the other subscription from now on; isWatched: as infra/watch.bicep has it. */
export function moveKeyToSecond(world: World, estate: Estate, patient: Patient, { isWatched }: { isWatched: boolean }): void {
  const subscriptionId = SECOND_SUBSCRIPTION;
  const subscription = `/subscriptions/${subscriptionId}`;
  if (!world.subscriptions.has(subscription)) {
    addSubscription(world, { subscriptionId, displayName: "Keys" });
    for (const name of [KEYS, "rg-keymend"]) {
      const id = `${subscription}/resourceGroups/${name}`;
      world.resourceGroups.set(id.toLowerCase(), { id, name, location: REGION, tags: {} });
    }
    for (const role of [ROLE.owner, ROLE.keyVaultAdministrator])
      assignRole(world, { principalId: estate.operator.oid, role, scope: subscription });
  }
  const vault = addVault(world, { name: `${patient.vault.name}-far`, resourceGroup: KEYS, subscriptionId, location: REGION, rbac: true });
  addKey(world, vault, { name: patient.keyName });
  const { principalId, id } = patient.identity;
  assignRole(world, { principalId, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: vault.id });
  if (isWatched) {
    grantKeymend(world, estate.keymend, [vault], subscriptionId);
    addKeyEvents(world, vault);
    addResourceEvents(world, subscriptionId);
  }
  const uri = keyUriOf(vault, patient.keyName);
  const common = { name: "far", resourceGroup: DATA, identities: [id] };
  patient.vault = vault;
  patient.databases = [
    patient.kind === "account"
      ? addAccount(world, { ...common, location: "West US 2", keyUri: uri })
      : addCluster(world, { ...common, location: REGION, keyUrl: uri }),
  ];
}
