/** What people do in the stories, each through Azure's or the app's front door, with their own identity. */
import type { Actor, Answer } from "../actor.ts";
import { same } from "../azure/routes.ts";
import type { Json, JsonObject, RoleAssignmentState } from "../azure/world.ts";
import type { Stage } from "./story.ts";

export const API = {
  accounts: "2026-03-15",
  clusters: "2026-06-01",
  vaults: "2026-02-01",
  authorization: "2022-04-01",
  identities: "2024-11-30",
  locks: "2020-05-01",
} as const;

const MINUTE = 60_000;

const isEnded = (answer: Answer): boolean => !["Dequeued", "Enqueued", "InProgress"].includes(String(answer.body["status"] ?? "Succeeded"));

/** Writes a database and waits until Azure has done it. */
export async function writeDatabase(stage: Stage, id: string, body: Json): Promise<void> {
  const api = id.toLowerCase().includes("/mongoclusters/") ? API.clusters : API.accounts;
  const answer = await stage.operator.arm("PATCH", id, api, body);
  const poll = answer.headers["azure-asyncoperation"];
  if (poll === undefined) return;
  const url = new URL(poll);
  let last: Answer | undefined;
  const ended = async (): Promise<boolean> => isEnded((last = await stage.operator.arm("GET", `${url.pathname}${url.search}`, api)));
  await stage.until("Azure to finish the update", ended, 30 * MINUTE);
  if (last?.body["status"] !== "Succeeded") throw new Error(`the update of ${id} ended ${JSON.stringify(last?.body)}`);
}

/** The patient's own grant: the role assignment of its databases' identity at the vault or its key. */
export function grantOf(stage: Pick<Stage, "world" | "patient">): { id: string; assignment: RoleAssignmentState } {
  const { vault, identity } = stage.patient;
  for (const assignment of stage.world.roleAssignments.values()) {
    const here = assignment.scope.toLowerCase().startsWith(vault.id.toLowerCase());
    if (here && same(assignment.principalId, identity.principalId)) {
      return { id: `${assignment.scope}/providers/Microsoft.Authorization/roleAssignments/${assignment.name}`, assignment };
    }
  }
  throw new Error(`${identity.name} has no role assignment on ${vault.name}`);
}

export async function removeGrant(stage: Stage): Promise<void> {
  const { id } = grantOf(stage);
  await stage.operator.arm("DELETE", id, API.authorization);
  stage.tell(
    `role assignment of ${stage.patient.identity.name} removed from ${stage.patient.vault.name}, by ${stage.operator.principal.name}`,
  );
}

/** Changes the current version of the patient's key on the vault's data plane. */
export async function patchKey(stage: Stage, body: Json): Promise<void> {
  await stage.operator.key("PATCH", stage.patient.vault.name, `/keys/${stage.patient.keyName}/`, body);
}

export const unixSeconds = (stage: Pick<Stage, "world">, inMs: number): number => Math.floor((stage.world.clock.now() + inMs) / 1000);

type IncidentRow = JsonObject & { id: string; vaultId: string; state: string };
type Asked = { id: string; hash: string; steps: string[] };

/** The app's incidents about these, as its API lists them to somebody; oldest first. */
export async function incidentsOf(actor: Actor, patientIds: readonly string[], sinceIso: string): Promise<IncidentRow[]> {
  const found: IncidentRow[] = [];
  for (let next: string | undefined = "/api/incidents"; next !== undefined;) {
    const answer = await actor.app("GET", next);
    if (answer.status !== 200) throw new Error(`the app's list of incidents answers ${answer.status}: ${JSON.stringify(answer.body)}`);
    found.push(...(answer.body["value"] as unknown as IncidentRow[]));
    next = typeof answer.body["nextLink"] === "string" ? answer.body["nextLink"] : undefined;
  }
  return found
    .filter((row) => patientIds.some((id) => same(id, row.vaultId)) && String(row["openedAt"]) >= sinceIso)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** What the app asks about the patient now, if anything. */
async function askedOf({ approver, patient }: Stage): Promise<Asked | undefined> {
  const rows = await incidentsOf(approver, [patient.vault.id, ...patient.databases.map(({ id }) => id)], "");
  for (const { id } of rows.filter(({ state }) => state !== "closed")) {
    const { body } = await approver.app("GET", `/api/incidents/${id}`);
    const plan = body["plan"] as unknown as { hash: string; steps: { state: string; name: string }[] } | null;
    const steps = (plan?.steps ?? []).filter(({ state }) => state === "waitsForApproval").map(({ name }) => name);
    if (plan && steps.length > 0) return { id, hash: plan.hash, steps };
  }
  return undefined;
}

/** As the one on call would: waits until the app asks, reads the plan, and decides on exactly that. */
export async function decide(stage: Stage, decision: "approve" | "reject", reason: string): Promise<void> {
  let asked: Asked | undefined;
  await stage.until("the app to ask", async () => (asked = await askedOf(stage)) !== undefined, 3 * 60 * MINUTE);
  // People read before they decide; the plan they decide on is the one that they then see.
  await stage.wait(stage.random.int("story-reads", 40, 90) * 1000);
  asked = (await askedOf(stage)) ?? asked;
  if (!asked) throw new Error("the app has stopped asking");
  const { id, hash, steps } = asked;
  const answer = await stage.approver.app("POST", `/api/incidents/${id}/decision`, { planHash: hash, decision, reason });
  if (answer.status >= 300) throw new Error(`the decision was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  stage.tell(
    `${stage.approver.principal.name} ${decision === "approve" ? "approves" : "rejects"} ${[...new Set(steps)].join(", ")}: "${reason}"`,
  );
}
