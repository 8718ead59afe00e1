/** The operations API: what operators, approvers and readers may ask and say over HTTP. Parse, check the role, call. */
import type { HttpRequest } from "@azure/functions";
import type * as v from "valibot";
import type { AUDIT_LIST, AUDIT_ROW } from "../api/answers.ts";
import type { Claim } from "../activities/apply-step.ts";
import type { GatherFacts } from "../activities/gather-facts.ts";
import type { Patients } from "../activities/patients.ts";
import { isVaultId } from "../domain/arm-id.ts";
import { diagnose } from "../domain/plan/diagnose.ts";
import type { Patient } from "../domain/facts.ts";
import { type Decision, type Incident, RESTRAINT_AUDIT } from "../domain/incident.ts";
import { plan } from "../domain/plan/plan.ts";
import type { Settings } from "../domain/settings.ts";
import { decidable } from "../domain/turn/decidable.ts";
import { questionId, rejectionOf } from "../domain/turn/questions.ts";
import type { Signal, SignalScope } from "../domain/signal.ts";
import { WAKE_UP } from "../orchestrations/names.ts";
import type { ApiCaller, Authenticate } from "./authenticate.ts";
import { type ApiCall, createGuard, json } from "./guard.ts";
import { viewDiagnosis } from "./diagnosis-view.ts";
import { summarizeIncident, viewIncident } from "./incident-view.ts";
import { createLiftTag, type KeepLift } from "./lift-tag.ts";
import { createPausing, type RestraintRecords } from "./pause.ts";
import { nextLink } from "./next-link.ts";
import { ProblemError } from "./problem.ts";
import { instanceIdOf, type SendSignal } from "./send-signal.ts";
import { createSupportBundle, type SupportDeps } from "./support-bundle.ts";

export type Page<T> = { value: T[]; continuation: string | undefined };

export type ApiStores = {
  listIncidents: (query: { state?: string; vaultId?: string; top: number; continuation?: string }) => Promise<Page<Incident>>;
  findIncident: (id: string) => Promise<Incident | undefined>;
  /** The same decision again replaces what it was. */
  addDecision: (decision: Decision) => Promise<void>;
  keepLift: KeepLift;
  listClaims: (incidentId: string) => Promise<Claim[]>;
  listDecisions: (incidentId: string) => Promise<Decision[]>;
  appendAudit: (incidentId: string, what: string, data: unknown, caller: ApiCaller) => Promise<NonNullable<Incident["audit"]>>;
  restraint: RestraintRecords;
  listAudit: (incidentId: string, top: number, continuation: string | undefined) => Promise<Page<v.InferOutput<typeof AUDIT_ROW>>>;
  verifyAudit: (incidentId: string, seal: Incident["audit"]) => Promise<v.InferOutput<typeof AUDIT_LIST>["chain"]>;
  isAnchored: (incidentId: string) => Promise<boolean>;
};

export type ApiDeps = {
  authenticate: Authenticate;
  patients: Patients;
  gatherFacts: GatherFacts;
  sendSignal: SendSignal;
  stores: ApiStores;
  databasesOf: SupportDeps["databasesOf"];
  settings: Settings;
  hash: (text: string) => string;
  digest: (value: unknown) => string;
  newGuid: () => string;
  now: () => Date;
};

const unknownIncident = (id: string): ProblemError => new ProblemError(404, `There is no incident ${id}.`);

const scopeOf = (id: string): Extract<SignalScope, { kind: "vault" | "database" }> => ({ kind: isVaultId(id) ? "vault" : "database", id });

const incidentsOf = (request: HttpRequest, { id }: Patient): string =>
  `${new URL(request.url).origin}/api/incidents?vaultId=${encodeURIComponent(id)}`;

export function createOperationsApi(deps: ApiDeps) {
  const { stores, settings, now } = deps;

  const liftTag = createLiftTag({ ...deps, keepLift: stores.keepLift });

  const pausing = createPausing(deps);

  const guard = createGuard(deps.authenticate);

  async function patientOf(id: string): Promise<Patient> {
    const found = await deps.patients.find(scopeOf(id));
    if (found.patient) return found.patient;
    if (found.why === "unseen")
      throw new ProblemError(424, `${found.detail}. Whether anything depends on it is not known.`, [
        { field: "id", problem: "can't be seen with the roles that Keymend has (docs/deploy.md)" },
      ]);
    throw new ProblemError(404, found.detail, [{ field: "id", problem: "is not in the inventory" }]);
  }

  async function incidentById(id: string): Promise<Incident> {
    const incident = await stores.findIncident(id);
    if (!incident) throw unknownIncident(id);
    return incident;
  }

  const incidentOf = ({ request }: ApiCall): Promise<Incident> => incidentById(request.params["id"] ?? "");

  const incidents = guard("incidents", async ({ request, query: { state, vaultId, $top: top, $skipToken: continuation } }) => {
    const page = await stores.listIncidents({
      top,
      ...(state === undefined ? {} : { state }),
      ...(vaultId === undefined ? {} : { vaultId }),
      ...(continuation === undefined ? {} : { continuation }),
    });
    const link = nextLink(request, page.continuation);
    return json({ value: page.value.map(summarizeIncident), ...(link ? { nextLink: link } : {}) });
  });

  const incident = guard("incident", async (call) => json(viewIncident(await incidentOf(call))));

  const support = createSupportBundle({ ...deps, incidentById, readWriting: pausing.read });

  const heal = guard("heal", async ({ request, client, log, body: { id, reason } }, caller) => {
    const patient = await patientOf(id);
    const at = now().toISOString();
    const signal: Signal = {
      id: `operator-${deps.newGuid()}`,
      source: "operator",
      what: reason,
      at,
      scope: scopeOf(id),
      caller: { objectId: caller.objectId, name: caller.name },
    };
    const done = await deps.sendSignal(client, patient, signal);
    log.info("healAsked", { vaultId: patient.id, by: caller.objectId, done, text: `${caller.name} asked: ${reason}` });
    const location = incidentsOf(request, patient);
    return json({ vaultId: patient.id, instanceId: instanceIdOf(patient, deps.hash), signalId: signal.id }, 202, {
      location,
      "retry-after": "5",
    });
  });

  const lift = guard("lift", async ({ request, client, log, body: { id, tag, reason } }, caller) => {
    const patient = await patientOf(id);
    const { signal, value } = await liftTag(patient, { id, tag, reason }, caller);
    await deps.sendSignal(client, patient, signal);
    log.info("tagLifted", { vaultId: patient.id, by: caller.objectId, text: `${caller.name}: ${signal.what}` });
    return json({ vaultId: patient.id, instanceId: instanceIdOf(patient, deps.hash), signalId: signal.id, tag, value }, 202, {
      location: incidentsOf(request, patient),
      "retry-after": "5",
    });
  });

  const paused = guard("paused", async () => json(await pausing.read()));

  const pause = guard("pause", async ({ log, body: said }, caller) => {
    const state = await pausing.pause(said, caller);
    log.warn("paused", { by: caller.objectId, until: state.pause?.until ?? null, text: `${caller.name}: ${said.reason}` });
    return json(state);
  });

  const resume = guard("resume", async ({ log, body: said }, caller) => {
    const state = await pausing.resume(said, caller);
    log.warn("resumed", { by: caller.objectId, text: `${caller.name}: ${said.reason}` });
    return json(state);
  });

  const diagnoseNow = guard("diagnose", async ({ body: { id } }) => {
    const patient = await patientOf(id);
    const facts = await deps.gatherFacts(patient, []);
    const diagnosis = diagnose(facts, settings);
    const planned = plan(facts, diagnosis, settings);
    return json(viewDiagnosis(patient, diagnosis, planned));
  });

  /** A no stands; whoever approves is not to think that it was heard. */
  async function refuseRejected({ id, progress }: Incident, stepIds: readonly string[]): Promise<void> {
    const decisions = await stores.listDecisions(id);
    const rejection = stepIds.map((stepId) => rejectionOf(stepId, decisions, progress.askedAnewAt)).find((one) => one !== undefined);
    if (rejection)
      throw new ProblemError(409, `This was rejected by ${rejection.by}: ${rejection.reason}. To have it asked for anew: POST /api/heal.`);
  }

  /** A step that was claimed after the incident was read, or by the turn that it shows, is being written, whatever is decided now. */
  async function claimedStep({ id, progress }: Incident, stepIds: readonly string[]): Promise<string | undefined> {
    const claims = await stores.listClaims(id);
    return claims.find(({ stepId, turn }) => stepIds.includes(stepId) && turn >= (progress.turn ?? -1))?.stepId;
  }

  /** Written down before it is asked whether it came in time: who writes claims first and then reads what was decided. */
  async function writeDown(found: Incident, decision: Decision, caller: ApiCaller): Promise<void> {
    const said = `${decision.decision} by ${caller.name}: ${decision.reason}`;
    await stores.appendAudit(found.id, said, decision, caller);
    await stores.addDecision(decision);
    const claimed = await claimedStep(found, decision.steps);
    if (claimed === undefined) return;
    const late: Decision = { ...decision, late: true };
    await stores.appendAudit(found.id, `too late: ${said}; ${claimed} was being written already`, late, caller);
    await stores.addDecision(late);
    throw new ProblemError(
      409,
      `It came too late: ${claimed} was being written already. It is on record, and a no is heard for whatever comes next. Read the incident again.`,
    );
  }

  const decide = guard("decide", async (call, caller) => {
    const { body } = call;
    const found = await incidentOf(call);
    if (found.state === "closed")
      throw new ProblemError(409, `Incident ${found.id} ended as ${found.outcome}; there is nothing left to decide.`);
    if (found.plan?.hash !== body.planHash)
      throw new ProblemError(
        409,
        `The plan has changed: it is now ${found.plan?.hash ?? "none"}. Read the incident again and decide on that.`,
      );
    const asked = decidable(body.decision, found);
    if (asked.length === 0) throw new ProblemError(409, "No step of this plan waits for a decision.");
    const steps = asked.map(({ id }) => id);
    if (body.decision === "approve") await refuseRejected(found, steps);
    const questions = found.progress.asked ?? {};
    const decision: Decision = {
      id: deps.newGuid(),
      incidentId: found.id,
      at: now().toISOString(),
      steps,
      questions: Object.fromEntries(
        asked.flatMap((step) => {
          const question = questions[step.id];
          return question ? [[step.id, questionId(step, question, deps.digest)]] : [];
        }),
      ),
      by: caller.objectId,
      ...body,
    };
    await writeDown(found, decision, caller);
    await wake(call, found);
    return json(decision, 202, {
      location: `${new URL(call.request.url).origin}/api/incidents/${found.id}`,
      "retry-after": "5",
    });
  });

  /** The decision stands in storage: a wake-up that fails costs one check interval, no decision. */
  async function wake({ client, log }: ApiCall, { patient }: Incident): Promise<void> {
    try {
      await client.raiseEvent(instanceIdOf(patient, deps.hash), WAKE_UP, {});
    } catch (error) {
      log.warn("wakeFailed", { vaultId: patient.id, text: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Of one that is not there nothing is verified, unless an anchor knows that it was. */
  async function sealOf(incidentId: string): Promise<Incident["audit"]> {
    const found = await stores.findIncident(incidentId);
    if (!found && !(await stores.isAnchored(incidentId))) throw unknownIncident(incidentId);
    return found?.audit;
  }

  const audit = guard("audit", async ({ request, query: { incidentId, $top: top, $skipToken: continuation } }) => {
    const seal = incidentId === RESTRAINT_AUDIT ? await stores.restraint.loadSeal() : await sealOf(incidentId);
    const page = await stores.listAudit(incidentId, top, continuation);
    const link = nextLink(request, page.continuation);
    return json({ value: page.value, chain: await stores.verifyAudit(incidentId, seal), ...(link ? { nextLink: link } : {}) });
  });

  return { incidents, incident, support, heal, lift, paused, pause, resume, diagnose: diagnoseNow, decide, audit };
}
