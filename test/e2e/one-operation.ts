/** A planned operation, asked for through the operations API, and what came of it: the same however often the host dies meanwhile. */
import * as v from "valibot";
import type { Account, Cluster, JsonObject, RecordedWrite } from "../../sandbox/azure/world.ts";
import { listAudit } from "../../sandbox/running/app-api.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { truePhase } from "../../sandbox/play/watch.ts";
import { same } from "../../sandbox/azure/routes.ts";
import { type App, ended, HOUR, putOffKeyChecks } from "./app.ts";
import { auditOf } from "./one-audit.ts";
import type { Came, Course } from "./one-play.ts";

export type Asked = JsonObject & { operation: string };

/** Lays out what there must be before, and says what is then asked for. */
export type Wanted = (on: { app: App; patient: Patient }) => Promise<Asked> | Asked;

const OPERATION = v.object({
  id: v.string(),
  operation: v.string(),
  state: v.string(),
  outcome: v.nullable(v.string()),
  reasonCode: v.nullable(v.string()),
  incidentId: v.nullable(v.string()),
  requirements: v.array(v.object({ name: v.string(), state: v.string() })),
  plan: v.nullable(v.object({ hash: v.string(), steps: v.array(v.object({ state: v.string() })) })),
  applied: v.array(v.object({ name: v.string(), result: v.string() })),
});
type Operation = v.InferOutput<typeof OPERATION>;

async function read({ operator }: App, id: string): Promise<Operation> {
  const { status, body } = await operator.app("GET", `/api/operations/${id}`);
  if (status !== 200) throw new Error(`operation ${id} answers ${status}: ${JSON.stringify(body)}`);
  return v.parse(OPERATION, body);
}

const LIST = v.object({ value: v.array(v.object({ operation: v.string(), requestedAt: v.string() })) });

const listed = async ({ reader }: App): Promise<v.InferOutput<typeof LIST>["value"]> =>
  v.parse(LIST, (await reader.app("GET", "/api/operations")).body).value;

/** Somebody else agrees to what it asks. What has changed since is read again at its next word. */
async function agree({ approver }: App, { incidentId, plan }: Operation): Promise<void> {
  if (incidentId === null || !plan?.steps.some(({ state }) => state === "waitsForApproval")) return;
  const decision = { planHash: plan.hash, decision: "approve", reason: "it is ours" };
  const { status, body } = await approver.app("POST", `/api/incidents/${incidentId}/decision`, decision);
  if (status >= 300 && status !== 409) throw new Error(`the decision was answered ${status}: ${JSON.stringify(body)}`);
}

const PROBLEM = v.object({ detail: v.string() });

/** Whoever hears no answer, as the host died, asks again: it may be on record by then, and the refusal names it. */
async function ask(app: App, body: Asked): Promise<Operation> {
  const answer = await app.operator.app("POST", "/api/operations", { reason: "it is planned", ...body });
  if (answer.status === 202) return v.parse(OPERATION, answer.body);
  const told = v.safeParse(PROBLEM, answer.body);
  const known = told.success ? /^The same is wanted already: operation ([^\s,]+),/.exec(told.output.detail)?.[1] : undefined;
  if (answer.status !== 409 || known === undefined)
    throw new Error(`the operation was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return read(app, known);
}

/** Asked for, agreed to, and over. */
export async function fulfilled(app: App, patient: Patient, body: Asked): Promise<Operation> {
  let now = await ask(app, body);
  let heard = -1;
  const isOver = async (): Promise<boolean> => {
    const news = app.log.filter(({ event, vaultId }) => ["wait", "closed"].includes(event) && same(vaultId ?? "", patient.vault.id)).length;
    if (news === heard) return false;
    heard = news;
    now = await read(app, now.id);
    if (now.state !== "closed") await agree(app, now);
    return now.state === "closed";
  };
  await app.until("the operation to be over", isOver, 30 * HOUR);
  return now;
}

/** Names that Azure and the app draw anew. */
const drawn = (text: string): string =>
  text
    .replaceAll(/\b\d{8}T\d{9}Z-[0-9a-f]{12}\b/g, "{operation}")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "{id}")
    .replaceAll(/\b[0-9a-f]{32}\b/gi, "{version}")
    .replaceAll(/\b\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "{time}");

const sayWrite = ({ method, url, status }: RecordedWrite): string => `${method} ${drawn(new URL(url).pathname)} ${status}`;

/** In Azure's own books. */
function sayDatabase(app: App, database: Account | Cluster): string {
  const phase = truePhase(app.sandbox.world, database);
  const [uri, identity] =
    "clusterStatus" in database
      ? [database.keyEncryptionKeyUrl, database.keyEncryptionIdentityId]
      : [database.keyVaultKeyUri, database.defaultIdentity];
  return drawn(`${database.name} is ${phase}: ${uri} by ${identity}`);
}

function sayVault({ vault }: Patient): string {
  const keys = [...vault.keys.values()].map(({ name, versions }) => {
    const all = versions.map(({ enabled, tags }) => [enabled ? "enabled" : "disabled", ...Object.keys(tags ?? {})].join(" "));
    return `${name} (${all.join(", ")})`;
  });
  return `keys: ${keys.join(", ")}; purge protection ${vault.enablePurgeProtection}`;
}

/** Of a write whose answer died with its host. */
const LOST = " (Azure's answer was lost; it is so now)";

async function whatCame(app: App, patient: Patient, since: string, over: Operation): Promise<Came> {
  const { world } = app.sandbox;
  const { incidents, writes } = await ended(app, patient, since);
  const audits = await Promise.all(incidents.map(async ({ id }) => auditOf(id, await listAudit(app.reader, id))));
  const rows = audits.flatMap((one) => one.rows.map(({ kind, what }) => (kind === "step" ? drawn(what).replace(LOST, "") : kind)));
  // Somebody agrees at the host's next word, which may be the next host's.
  const [agreed, others] = [rows.filter((row) => row === "approval"), rows.filter((row) => row !== "approval")];
  const asked = (await listed(app)).filter(({ operation, requestedAt }) => operation === over.operation && requestedAt >= since);
  const grants = [...world.roleAssignments.values()].filter(({ scope }) => scope.toLowerCase().startsWith(patient.vault.id.toLowerCase()));
  return {
    problems: audits.flatMap(({ problems }) => problems),
    told: [
      `asked for ${asked.length} times: ${over.state} ${over.outcome} ${over.reasonCode}`,
      `requirements: ${over.requirements.map(({ name, state }) => `${name} ${state}`).join(", ")}`,
      `steps: ${over.applied.map(({ name, result }) => `${name} ${result}`).join(", ")}`,
      `incidents: ${incidents.map(({ state, outcome, reason }) => [state, outcome, reason].join(" ")).join(", ")}`,
      `writes: ${writes.map(sayWrite).join(", ")}`,
      ...patient.databases.map((one) => sayDatabase(app, one)),
      sayVault(patient),
      `grants: ${grants.map(({ scope }) => scope.replace(patient.vault.id, "")).join(", ")}`,
      `audit: ${others.join(", ")}; agreed to ${agreed.length} times`,
    ],
  };
}

/** It is played on an app of its own: it leaves another estate behind. */
export const operationOf =
  (name: string, wanted: Wanted): Course =>
  async (app) => {
    const patient = app.patient(name);
    putOffKeyChecks(app, patient);
    const body = await wanted({ app, patient });
    return async () => {
      const since = app.sandbox.world.clock.iso();
      return whatCame(app, patient, since, await fulfilled(app, patient, body));
    };
  };
