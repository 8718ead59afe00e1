/** The app's operations API as its callers rely on it: the shapes of its answers, checked as they arrive. */
import * as v from "valibot";
import type { Actor } from "./actor.ts";

const kind = v.picklist(["account", "cluster"]);
const nullable = v.nullable(v.string());

const incidentRow = v.object({
  id: v.string(),
  vaultId: v.string(),
  openedAt: v.string(),
  state: v.picklist(["working", "waiting", "closed"]),
  outcome: nullable,
  targets: v.array(v.string()),
});

const plannedStep = v.object({
  name: v.string(),
  on: v.string(),
  permission: v.string(),
  needs: v.picklist(["nothing", "approval"]),
  state: v.string(),
  why: v.nullish(v.string()),
});

const incident = v.object({
  id: v.string(),
  vaultId: v.string(),
  openedAt: v.string(),
  closedAt: nullable,
  state: v.picklist(["working", "waiting", "closed"]),
  outcome: nullable,
  reason: nullable,
  detail: v.string(),
  causes: v.array(
    v.object({ code: v.string(), targetIds: v.array(v.string()), evidence: v.array(v.string()), contradictions: v.array(v.string()) }),
  ),
  targets: v.array(v.object({ id: v.string(), kind, phase: v.string(), phaseBefore: v.string() })),
  plan: v.nullable(v.object({ hash: v.string(), steps: v.array(plannedStep) })),
  applied: v.array(v.object({ name: v.string(), result: v.string() })),
  runbook: v.array(v.string()),
  audit: v.nullish(v.object({ rows: v.number(), head: v.string() })),
});

/** Whole, for it is hashed whole. */
const auditRow = v.looseObject({
  schema: v.literal(2),
  entryId: v.string(),
  kind: v.string(),
  what: v.string(),
  data: v.unknown(),
  at: v.string(),
  actor: v.string(),
  seq: v.number(),
  prev: v.string(),
  hash: v.string(),
});

export type IncidentRow = v.InferOutput<typeof incidentRow>;
export type Incident = v.InferOutput<typeof incident>;
export type AuditRow = v.InferOutput<typeof auditRow>;

const plan = v.object({ steps: v.array(v.object({ state: v.string() })) });

/** Whether it records a plan in which a step waits for a person. */
export const asks = ({ kind: about, data }: AuditRow): boolean =>
  about === "plan" && v.parse(plan, data).steps.some(({ state }) => state === "waitsForApproval");

async function get<Schema extends v.GenericSchema>(actor: Actor, path: string, schema: Schema): Promise<v.InferOutput<Schema>> {
  const { status, body } = await actor.app("GET", path);
  if (status !== 200) throw new Error(`the app answers ${status} to GET ${path}: ${JSON.stringify(body)}`);
  return v.parse(schema, body);
}

async function all<Schema extends v.GenericSchema>(actor: Actor, path: string, row: Schema): Promise<v.InferOutput<Schema>[]> {
  const page = v.object({ value: v.array(row), nextLink: v.optional(v.string()) });
  const rows: v.InferOutput<Schema>[] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const { value, nextLink }: v.InferOutput<typeof page> = await get(actor, next, page);
    rows.push(...value);
    next = nextLink;
  }
  return rows;
}

export const listIncidents = (actor: Actor): Promise<IncidentRow[]> => all(actor, "/api/incidents", incidentRow);

export const getIncident = (actor: Actor, id: string): Promise<Incident> => get(actor, `/api/incidents/${id}`, incident);

/** Oldest first. */
export const listAudit = (actor: Actor, incidentId: string): Promise<AuditRow[]> =>
  all(actor, `/api/audit?incidentId=${encodeURIComponent(incidentId)}`, auditRow);
