/** Several troubles at once on the sample estate and a few vaults beside it, as a subscription that nobody has looked after for a while has them. */
import { addLock, assignRole } from "../azure/authorization/build.ts";
import { ROLE } from "../azure/authorization/builtin-roles.ts";
import { setNextCheck } from "../azure/documentdb/key-checks.ts";
import type { Principal } from "../azure/world.ts";
import { addPatient, adminsOf, type Patient } from "../estate/patient.ts";
import { API } from "../stories/acts.ts";
import type { AzureAlone } from "../running/azure-alone.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAY_S = DAY / 1000;

const TWICE_A_YEAR = {
  lifetimeActions: [{ trigger: { timeBeforeExpiry: "P30D" }, action: { type: "Rotate" } }],
  attributes: { expiryTime: "P180D" },
};

/** By what its vault is for. */
type Named = (name: "orders" | "payments" | "catalog" | "billing") => Patient;

function addMore({ world, estate }: AzureAlone): void {
  const admins = adminsOf(estate);
  const add = (name: string, key?: Parameters<typeof addPatient>[1]["key"]): Patient => {
    const patient = addPatient(world, { name, kind: "account", access: "rbac", databases: [name], ...(key && { key }) }, admins);
    const scope = `${patient.vault.id}/keys/${patient.keyName}`;
    assignRole(world, { principalId: patient.identity.principalId, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope });
    estate.patients.push(patient);
    return patient;
  };
  add("billing");
  const { vault, identity } = add("ledger");
  vault.enablePurgeProtection = undefined;
  vault.softDeleteRetentionInDays = 7;
  vault.publicNetworkAccess = "Disabled";
  const everywhere = `/subscriptions/${world.subscriptionId}`;
  assignRole(world, { principalId: identity.principalId, role: ROLE.keyVaultAdministrator, scope: everywhere });
  assignRole(world, { principalId: world.random.guid("left"), role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: vault.id });
  const archive = add("archive", { rotationPolicy: TWICE_A_YEAR, exp: Math.floor(world.clock.now() / 1000) + 170 * DAY_S });
  for (const { id } of [archive.vault, archive.identity]) addLock(world, { scope: id, name: "keep", level: "CanNotDelete" });
}

/** What somebody did two hours ago: the service has noticed by now. */
async function breakEarlier({ actor }: AzureAlone, operator: Principal, named: Named): Promise<void> {
  const [catalog, billing, payments] = [named("catalog"), named("billing"), named("payments")];
  const somebody = actor(operator);
  const soon = Math.floor(Date.now() / 1000) + 12 * DAY_S;
  await somebody.key("PATCH", catalog.vault.name, `/keys/${catalog.keyName}/`, { attributes: { enabled: false } });
  await somebody.key("PATCH", payments.vault.name, `/keys/${payments.keyName}/`, { attributes: { exp: soon } });
  await somebody.arm("DELETE", billing.vault.id, API.vaults);
}

/** What somebody did just now: the service has not. */
async function breakJustNow({ actor, world }: AzureAlone, operator: Principal, named: Named): Promise<void> {
  const orders = named("orders");
  for (const database of orders.databases) setNextCheck(world, database, world.clock.now() + 50 * MINUTE);
  const grant = [...world.roleAssignments.values()].find(
    ({ principalId, scope }) => principalId === orders.identity.principalId && scope.toLowerCase() === orders.vault.id.toLowerCase(),
  );
  await actor(operator).arm(
    "DELETE",
    `${grant?.scope}/providers/Microsoft.Authorization/roleAssignments/${grant?.name}`,
    API.authorization,
  );
}

/** The clock must be two hours behind; it ends as it is outside. */
export const TROUBLES_TAKE_MS = 2 * HOUR;

export async function makeTrouble(alone: AzureAlone): Promise<void> {
  addMore(alone);
  const { estate, pass } = alone;
  const named: Named = (name) => estate.patients.find(({ vault }) => vault.name === `kv-${name}`)!;
  await pass(MINUTE);
  await breakEarlier(alone, estate.operator, named);
  await pass(TROUBLES_TAKE_MS - 16 * MINUTE);
  await breakJustNow(alone, estate.operator, named);
  await pass(15 * MINUTE);
}
