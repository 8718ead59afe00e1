/** What people do in the stories, each through Azure's or the app's front door, with their own identity. */
import type { Actor, Answer } from "../running/actor.ts";
import { getIncident, type IncidentRow, listIncidents } from "../running/app-api.ts";
import { assignRole, roleDefinitionIdOf } from "../azure/authorization/build.ts";
import { ROLE } from "../azure/authorization/builtin-roles.ts";
import { same } from "../azure/routes.ts";
import { objectAt } from "../azure/json.ts";
import type { Account, Cluster, Json, RoleAssignmentState, World } from "../azure/world.ts";
import type { Estate, Patient } from "../estate/estate.ts";
import { identitiesSetting } from "../estate/keymend-access.ts";
import type { Story, StoryContext } from "./story.ts";

/** Keymend as it is deployed without one of its capabilities: no identity of it, and so no role. */
export const without = (capability: Exclude<keyof Estate["keymend"], "observe">): Pick<Story, "arrange" | "settingsOf"> => ({
  arrange: ({ world, estate }) => {
    const { principalId } = estate.keymend[capability];
    for (const [id, assignment] of world.roleAssignments) if (assignment.principalId === principalId) world.roleAssignments.delete(id);
  },
  settingsOf: ({ keymend: { [capability]: _, ...left } }) => ({ KEYMEND_IDENTITIES: identitiesSetting(left) }),
});

export const API = {
  accounts: "2026-03-15",
  clusters: "2026-06-01",
  vaults: "2026-02-01",
  authorization: "2022-04-01",
  eventGrid: "2025-02-15",
  identities: "2024-11-30",
  resources: "2021-04-01",
  locks: "2020-05-01",
} as const;

const MINUTE = 60_000;

const RUNNING: readonly unknown[] = ["Dequeued", "Enqueued", "InProgress"];
const isEnded = (answer: Answer): boolean => !RUNNING.includes(answer.body["status"]);

const apiOf = (id: string): string => (id.toLowerCase().includes("/mongoclusters/") ? API.clusters : API.accounts);

/** Waits until Azure has done what it answered; how that ended. */
async function done(context: StoryContext, id: string, { headers }: Answer): Promise<Json | undefined> {
  const poll = headers["azure-asyncoperation"];
  if (poll === undefined) return "Succeeded";
  const url = new URL(poll);
  let last: Answer | undefined;
  const ended = async (): Promise<boolean> =>
    isEnded((last = await context.operator.arm("GET", `${url.pathname}${url.search}`, apiOf(id))));
  await context.until("Azure to finish the update", ended, 30 * MINUTE);
  return last?.body["status"];
}

/** Writes a database and waits until Azure has done it. */
export async function writeDatabase(context: StoryContext, id: string, body: Json): Promise<void> {
  const status = await done(context, id, await context.operator.arm("PATCH", id, apiOf(id), body));
  if (status !== "Succeeded") throw new Error(`the update of ${id} ended ${JSON.stringify(status)}`);
}

/** Writes an account as a whole, as a template does that names no default identity. */
export async function replaceAccount(context: StoryContext, id: string): Promise<void> {
  const { body } = await context.operator.arm("GET", id, API.accounts);
  const { location, kind, tags, properties } = body;
  const { locations, databaseAccountOfferType } = objectAt(properties);
  const written = { location, kind, tags, properties: { locations, databaseAccountOfferType } };
  const status = await done(context, id, await context.operator.arm("PUT", id, API.accounts, written));
  if (status !== "Succeeded") throw new Error(`the write of ${id} ended ${JSON.stringify(status)}`);
}

/** Orders a new account with a customer-managed key, and waits until Azure has provisioned it or failed to. */
export async function createAccount(
  context: StoryContext,
  id: string,
  { identityId, keyUri }: { identityId: string; keyUri: string },
): Promise<Account> {
  const { location } = context.patient.vault;
  const answer = await context.operator.arm("PUT", id, API.accounts, {
    location,
    kind: "GlobalDocumentDB",
    identity: { type: "UserAssigned", userAssignedIdentities: { [identityId]: {} } },
    properties: {
      databaseAccountOfferType: "Standard",
      locations: [{ locationName: location, failoverPriority: 0 }],
      keyVaultKeyUri: keyUri,
      defaultIdentity: `UserAssignedIdentity=${identityId}`,
    },
  });
  await done(context, id, answer);
  const account = context.world.accounts.get(id.toLowerCase());
  if (!account) throw new Error(`${id} was not created`);
  return account;
}

/** Orders a new cluster with a customer-managed key, and waits until Azure has provisioned it or failed to. */
export async function createCluster(
  context: StoryContext,
  id: string,
  { identityId, keyUrl }: { identityId: string; keyUrl: string },
): Promise<Cluster> {
  const keyEncryptionKeyIdentity = { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: identityId };
  const answer = await context.operator.arm("PUT", id, API.clusters, {
    location: context.patient.vault.location,
    identity: { type: "UserAssigned", userAssignedIdentities: { [identityId]: {} } },
    properties: { encryption: { customerManagedKeyEncryption: { keyEncryptionKeyIdentity, keyEncryptionKeyUrl: keyUrl } } },
  });
  await done(context, id, answer);
  const cluster = context.world.clusters.get(id.toLowerCase());
  if (!cluster) throw new Error(`${id} was not created`);
  return cluster;
}

/** The role assignments of the patient's identity at the vault or below. */
export const grantsOf = ({ world, patient: { vault, identity } }: Pick<StoryContext, "world" | "patient">): RoleAssignmentState[] =>
  [...world.roleAssignments.values()].filter(
    ({ principalId, scope }) => same(principalId, identity.principalId) && scope.toLowerCase().startsWith(vault.id.toLowerCase()),
  );

/** The patient's own grant: the role assignment of its databases' identity at the vault or its key. */
export function grantOf(context: Pick<StoryContext, "world" | "patient">): { id: string; assignment: RoleAssignmentState } {
  const [assignment] = grantsOf(context);
  const { vault, identity } = context.patient;
  if (!assignment) throw new Error(`${identity.name} has no role assignment on ${vault.name}`);
  return { id: `${assignment.scope}/providers/Microsoft.Authorization/roleAssignments/${assignment.name}`, assignment };
}

export async function removeGrant(context: StoryContext): Promise<void> {
  const { id } = grantOf(context);
  await context.operator.arm("DELETE", id, API.authorization);
  context.tell(
    `role assignment of ${context.patient.identity.name} removed from ${context.patient.vault.name}, by ${context.operator.principal.name}`,
  );
}

/** The patient's own grant has always stood above its vault, where it reaches every other vault too. */
export function grantAtParent(world: World, patient: Patient, where: "the resource group" | "the subscription"): void {
  const { assignment } = grantOf({ world, patient });
  for (const [key, one] of world.roleAssignments) if (one === assignment) world.roleAssignments.delete(key);
  const subscription = `/subscriptions/${world.subscriptionId}`;
  const scope = where === "the subscription" ? subscription : `${subscription}/resourceGroups/${patient.vault.id.split("/")[4]}`;
  assignRole(world, { principalId: patient.identity.principalId, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope });
}

export async function removeGrantAtParent({ operator, patient, tell, world }: StoryContext): Promise<void> {
  const { identity } = patient;
  const role = roleDefinitionIdOf(world, ROLE.keyVaultCryptoServiceEncryptionUser);
  const assignment = [...world.roleAssignments.values()].find(
    ({ principalId, roleDefinitionId }) => same(principalId, identity.principalId) && same(roleDefinitionId, role),
  );
  if (!assignment) throw new Error(`${identity.name} has no role assignment`);
  const { scope, name } = assignment;
  await operator.arm("DELETE", `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, API.authorization);
  tell(`role assignment of ${identity.name} removed at ${scope}, by ${operator.principal.name}`);
}

/** Changes the current version of the patient's key on the vault's data plane. */
export async function patchKey(context: StoryContext, body: Json): Promise<void> {
  await context.operator.key("PATCH", context.patient.vault.name, `/keys/${context.patient.keyName}/`, body);
}

export async function deleteKey({ operator, patient, tell }: StoryContext): Promise<void> {
  await operator.key("DELETE", patient.vault.name, `/keys/${patient.keyName}`);
  tell(`key ${patient.keyName} deleted from ${patient.vault.name}, by ${operator.principal.name}`);
}

/** A body as the operations API takes it. */
export async function pauseOrResume(
  { operator, tell }: StoryContext,
  what: "pause" | "resume",
  body: { reason: string; until?: string },
): Promise<void> {
  const answer = await operator.app("POST", `/api/${what}`, body);
  if (answer.status !== 200) throw new Error(`${what} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  tell(`${operator.principal.name}: ${what}, "${body.reason}"`);
}

export const unixSeconds = (context: Pick<StoryContext, "world">, inMs: number): number =>
  Math.floor((context.world.clock.now() + inMs) / 1000);

type Asked = { id: string; hash: string; steps: string[] };

/** What the app files an incident under or about: the patient's vault, one that its databases are to go to, or one of these. */
const concerns = (row: IncidentRow, { vault, goesTo, databases }: Patient): boolean =>
  [vault, ...(goesTo ? [goesTo] : [])].some(({ id }) => same(row.vaultId, id)) ||
  databases.some(({ id }) => [row.vaultId, ...row.targets].some((named) => same(named, id)));

/** The app's incidents about the patient, as its API lists them to somebody; oldest first. */
export async function incidentsOf(actor: Actor, patient: Patient, sinceIso: string): Promise<IncidentRow[]> {
  const rows = await listIncidents(actor);
  return rows.filter((row) => concerns(row, patient) && row.openedAt >= sinceIso).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** What the app asks about the patient now, if anything. */
async function askedOf({ approver, patient }: StoryContext): Promise<Asked | undefined> {
  for (const { id } of (await incidentsOf(approver, patient, "")).filter(({ state }) => state !== "closed")) {
    const { plan } = await getIncident(approver, id);
    const steps = (plan?.steps ?? []).filter(({ state }) => state === "waitsForApproval").map(({ name }) => name);
    if (plan && steps.length > 0) return { id, hash: plan.hash, steps };
  }
  return undefined;
}

/** Lets time pass until the app asks something, or has closed its incident. */
export async function untilAsked(context: StoryContext): Promise<Asked | undefined> {
  let heard = -1;
  let asked: Asked | undefined;
  const asks = async (): Promise<boolean> => {
    if (context.isOver()) return true;
    if (context.news() === heard) return false;
    heard = context.news();
    asked = await askedOf(context);
    return asked !== undefined;
  };
  await context.until("the app to ask", asks);
  return asked;
}

/** People take their time; what they decide on is what they then see. */
export async function readPlan(context: StoryContext): Promise<Asked | undefined> {
  await context.wait(context.random.int("story-reads", 40, 90) * 1000);
  return askedOf(context);
}

type Word = "approve" | "reject";

/** Says yes or no to exactly that; any answer of the app. */
export async function say(
  { approver, patient, tell }: StoryContext,
  { id, hash, steps }: Asked,
  decision: Word,
  reason: string,
): Promise<Answer> {
  const answer = await approver.app("POST", `/api/incidents/${id}/decision`, { planHash: hash, decision, reason });
  const what = `${decision === "approve" ? "approves" : "rejects"} ${[...new Set(steps)].join(", ")}`;
  const said = `${approver.principal.name} ${what} for ${patient.vault.name}: "${reason}"`;
  tell(answer.status < 300 ? said : `${said}, and is answered ${answer.status}: ${JSON.stringify(answer.body["detail"])}`);
  return answer;
}

/** As the one on call would: reads the plan that the app shows, and decides on exactly that. */
async function decide(context: StoryContext, decision: Word, reason: string): Promise<void> {
  const asked = await readPlan(context);
  if (!asked) return;
  const { status, body } = await say(context, asked, decision, reason);
  if (status >= 300) throw new Error(`the decision was answered ${status}: ${JSON.stringify(body)}`);
}

/** Rejects what the app asks about the patient. */
export async function rejectIt(context: StoryContext, reason = "it was meant"): Promise<void> {
  if (await untilAsked(context)) await decide(context, "reject", reason);
}

const TRIES = 20;

/** Asked again as its answer says, where Azure does not answer the app. */
export async function untilAnswered({ wait }: StoryContext, ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const answer = await ask();
    if (answer.status !== 503 || tries === TRIES) return answer;
    await wait(MINUTE);
  }
}

/** Asks the app for a look that leaves a record, whatever it finds. id: vault, account or cluster. */
export async function askForLook(context: StoryContext, id: string, reason: string): Promise<void> {
  const { operator, tell } = context;
  tell(`${operator.principal.name} asks for a look: "${reason}"`);
  const { status, body } = await untilAnswered(context, () => operator.app("POST", "/api/heal", { id, reason }));
  if (status !== 202) throw new Error(`the request for a look was answered ${status}: ${JSON.stringify(body)}`);
}

/** Approves whatever the app asks about the patient, until it has closed its incident. */
export async function approveAll(context: StoryContext, reason = "an accident, put it back"): Promise<void> {
  while (await untilAsked(context)) {
    await decide(context, "approve", reason);
    // The app has heard it and goes on; what it asks next is another question.
    await context.wait(1000);
  }
}
