/** Planned operations over HTTP: what somebody wants is checked, written down, and the loop over its vault woken. */
import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { type WishBody, wishedIn } from "../api/wish-body.ts";
import type { GatherFacts } from "../activities/gather-facts.ts";
import type { Patients } from "../activities/patients.ts";
import { isClusterId, isDatabaseId, isVaultId, nameOf } from "../domain/arm-id.ts";
import { patientKey } from "../domain/databases/sight.ts";
import type { Patient } from "../domain/facts.ts";
import type { Incident } from "../domain/incident.ts";
import { diagnose } from "../domain/plan/diagnose.ts";
import { disposableNow, operations } from "../domain/operations/index.ts";
import { isRival, isSameWished } from "../domain/operations/same-wished.ts";
import { PURGE_PROTECTION_STAYS } from "../domain/steps/enable-purge-protection.ts";
import { parseKeyUri } from "../domain/key-uri.ts";
import { plan } from "../domain/plan/plan.ts";
import type { Settings } from "../domain/settings.ts";
import { operationInShort } from "../domain/short-names.ts";
import type { Signal } from "../domain/signal.ts";
import { heldBack, pauseEnd, type Restraint } from "../domain/turn/restraint.ts";
import { decideTurn } from "../domain/turn/turn.ts";
import { isOpen, type Wish, type Wished, type WishOnRecord } from "../domain/wish.ts";
import type { ApiCaller, Authenticate } from "./authenticate.ts";
import { type ApiCall, createGuard, json } from "./guard.ts";
import { nextLink } from "./next-link.ts";
import { ProblemError } from "./problem.ts";
import type { SendSignal } from "./send-signal.ts";
import { summarizeWish, tellsLeftover, viewWish } from "./wish-view.ts";

export type WishRecords = {
  keep: (wish: Wish) => Promise<void>;
  find: (wishId: string) => Promise<WishOnRecord | undefined>;
  list: () => Promise<WishOnRecord[]>;
};

export type WishesDeps = {
  authenticate: Authenticate;
  patients: Pick<Patients, "find" | "named">;
  gatherFacts: GatherFacts;
  sendSignal: SendSignal;
  wishes: WishRecords;
  findIncident: (id: string) => Promise<Incident | undefined>;
  loadRestraint: () => Promise<Restraint>;
  settings: Settings;
  digest: (value: unknown) => string;
  newGuid: () => string;
  now: () => Date;
};

/**
 * Nobody wants something for ever. Two days where nothing else is said: an account may take one to move to a new version of its key (Microsoft
 * Learn, "Configure customer-managed keys", Key rotation), which a wish of a day just would not live to see.
 */
const WANTED_FOR = "P2D";

const locationOf = (request: HttpRequest, id: string): string => `${new URL(request.url).origin}/api/operations/${id}`;

type ToConfirm = { what: string; name: string; for: string | null };

function revoked(scope: string): Pick<ToConfirm, "what" | "name"> {
  if (isDatabaseId(scope)) return { what: "the database", name: nameOf(scope) };
  return { what: "the key", name: parseKeyUri(scope).key ?? "" };
}

/** What has to be named, for it can't be undone or takes something away. */
function toConfirm(body: WishBody): ToConfirm | undefined {
  const { loses } = operations[body.operation];
  if (body.operation === "revoke") return { ...revoked(body.scope), for: loses };
  if (body.operation === "enable-cmk") return { what: "the account", name: nameOf(body.databaseId), for: loses };
  if (body.operation !== "prepare" || !body.purgeProtection) return undefined;
  return { what: "the vault", name: nameOf(body.vaultId), for: PURGE_PROTECTION_STAYS };
}

/** What takes something away that nothing brings back is confirmed by the name of what it is about. */
function refuseUnconfirmed(body: WishBody): void {
  const asked = toConfirm(body);
  if (!asked || ("confirm" in body && body.confirm === asked.name)) return;
  throw new ProblemError(400, `${asked.for} To confirm, send the name of ${asked.what}, '${asked.name}', as confirm.`, [
    { field: "confirm", problem: `must be the name of ${asked.what}` },
  ]);
}

/** Each kind has rules of its own: none is to be judged by the other's. */
function refuseOtherKind(body: WishBody): void {
  if (!("kind" in body) || body.databaseId === undefined) return;
  if (isClusterId(body.databaseId) === (body.kind === "cluster")) return;
  throw new ProblemError(400, "The body is not what is expected; see errors.", [
    { field: "databaseId", problem: `must be the resource id of ${body.kind === "cluster" ? "a cluster" : "an account"}, as kind says` },
  ]);
}

const isOf = ({ id }: Wish["patient"], vaultId: string | undefined): boolean =>
  vaultId === undefined || patientKey(id) === patientKey(vaultId);

export function createWishesApi(deps: WishesDeps) {
  const { wishes, settings, now } = deps;
  const guard = createGuard(deps.authenticate);

  /** A vault that no database depends on yet can be wanted something of too. */
  async function patientOf(wished: Wished): Promise<Patient> {
    // What has no key yet belongs to the vault of the key that it is to get.
    if (wished.operation === "enable-cmk") return deps.patients.named(parseKeyUri(wished.params.keyUri).vaultName ?? "");
    const { params } = wished;
    if ("databaseId" in params && !("vaultId" in params)) {
      const own = await patientOfDatabase(params.databaseId);
      return "keyUri" in params ? patientToBe(params.keyUri, own) : own;
    }
    if ("keyUri" in params) return deps.patients.named(parseKeyUri(params.keyUri).vaultName ?? "");
    const { vaultId } = params;
    const found = await deps.patients.find({ kind: "vault", id: vaultId });
    if (found.patient) return found.patient;
    if (found.why === "none") return { id: vaultId, kind: "vault", vaultName: nameOf(vaultId).toLowerCase() };
    throw new ProblemError(424, `${found.detail}. Whether anything depends on it is not known.`, [
      { field: "vaultId", problem: "can't be seen with the roles that Keymend has (docs/deploy.md)" },
    ]);
  }

  /** The vault of the key that it is to have, where Keymend can see it: the grant is made there, and it is looked at there from then on. */
  async function patientToBe(keyUri: string, own: Patient): Promise<Patient> {
    const to = await deps.patients.named(parseKeyUri(keyUri).vaultName ?? "");
    return isVaultId(to.id) ? to : own;
  }

  /** With the vault of the key that it has. */
  async function patientOfDatabase(id: string): Promise<Patient> {
    const found = await deps.patients.find({ kind: "database", id });
    if (found.patient) return found.patient;
    if (found.why === "none") throw new ProblemError(404, found.detail);
    throw new ProblemError(424, found.detail, [
      { field: "databaseId", problem: "can't be seen with the roles that Keymend has (docs/deploy.md)" },
    ]);
  }

  function endOf({ until = WANTED_FOR }: WishBody, at: string): string {
    const end = pauseEnd(until, at);
    if (end === undefined)
      throw new ProblemError(400, "The body is not what is expected; see errors.", [
        { field: "until", problem: "must be an ISO 8601 duration or a time to come, 30 days ahead at the most" },
      ]);
    return end;
  }

  async function wishOf(body: WishBody, caller: ApiCaller): Promise<Wish> {
    const wished = wishedIn(body);
    const patient = await patientOf(wished);
    const at = now().toISOString();
    const id = `${at.replace(/[-:.]/g, "")}-${deps.newGuid().replaceAll("-", "").slice(0, 12)}`;
    const by = { objectId: caller.objectId, name: caller.name };
    return { schema: 1, id, patient, ...wished, reason: body.reason, by, at, until: endOf(body, at), cancelled: null };
  }

  /** The very turn that the loop would take, on facts read now; of which nothing is kept. */
  async function rehearse(wish: Wish): Promise<HttpResponseInit> {
    const wanted: WishOnRecord = { ...wish, status: null };
    const [facts, restraint] = await Promise.all([deps.gatherFacts(wish.patient, [], [wanted]), deps.loadRestraint()]);
    const diagnosis = diagnose(facts, settings);
    const at = now().toISOString();
    const { incident } = decideTurn({
      now: at,
      turn: 0,
      patient: wish.patient,
      incident: null,
      previous: null,
      newId: "dry-run",
      signals: [],
      decisions: [],
      facts,
      factsDigest: deps.digest(facts),
      diagnosis,
      plan: plan(facts, diagnosis, settings),
      digest: deps.digest,
      settings,
      held: heldBack(restraint, settings, at),
    });
    const status = incident?.wishes?.find(({ id }) => id === wish.id) ?? null;
    const { id: _, incidentId: __, ...rehearsed } = viewWish({ ...wanted, status }, incident ?? undefined, []);
    return json({ ...rehearsed, dryRun: true });
  }

  async function refuseRivals(wish: Wish): Promise<void> {
    // Of every vault: who moves a database wants that of the vault that it is to have its key in.
    const open = (await wishes.list()).filter((one) => isOpen(one) && one.cancelled === null);
    const say = ({ id, by, reason }: Wish): string => `operation ${id}, by ${by.name}: ${reason}`;
    const twin = open.find((one) => isSameWished(one, wish));
    if (twin) throw new ProblemError(409, `The same is wanted already: ${say(twin)}`);
    const rival = open.find((one) => isRival(one, wish));
    if (rival)
      throw new ProblemError(
        409,
        `The database is to be moved already, and not twice at once: ${say(rival)}. Wait for its end or cancel it.`,
      );
  }

  async function wake({ client, log }: ApiCall, wish: Wish, caller: ApiCaller, what: string, of: string): Promise<void> {
    const scope = { kind: "vault" as const, id: wish.patient.id };
    const signal: Signal = {
      id: `wish-${wish.id}${of}`,
      source: "wish",
      what,
      at: now().toISOString(),
      scope,
      caller: { objectId: caller.objectId, name: caller.name },
    };
    await deps.sendSignal(client, wish.patient, signal);
    log.info("wished", { vaultId: wish.patient.id, by: caller.objectId, text: `${caller.name}: ${what}` });
  }

  async function wishById({ request }: ApiCall): Promise<WishOnRecord> {
    const id = request.params["id"] ?? "";
    const wish = await wishes.find(id);
    if (!wish) throw new ProblemError(404, `There is no operation ${id}.`);
    return wish;
  }

  /** Time alone shows nothing: what is needed no more is looked at when somebody asks. */
  async function leftoverOf(wish: WishOnRecord): Promise<string[]> {
    if (!tellsLeftover(wish, now().toISOString())) return [];
    const facts = await deps.gatherFacts(wish.patient, [], [wish]);
    return disposableNow({ facts, diagnosis: diagnose(facts, settings), wish });
  }

  async function view(wish: WishOnRecord) {
    const incident = wish.status ? await deps.findIncident(wish.status.incidentId) : undefined;
    return viewWish(wish, incident, await leftoverOf(wish));
  }

  const start = guard("startOperation", async (call, caller) => {
    const { body } = call;
    refuseOtherKind(body);
    refuseUnconfirmed(body);
    const wish = await wishOf(body, caller);
    if (body.dryRun) return rehearse(wish);
    await refuseRivals(wish);
    // On record before anybody is woken: a lost wake-up costs time, never what was said.
    await wishes.keep(wish);
    await wake(call, wish, caller, `a planned operation, ${operationInShort(wish)}: ${wish.reason}`, "");
    return json(await view({ ...wish, status: null }), 202, { location: locationOf(call.request, wish.id), "retry-after": "5" });
  });

  const cancel = guard("cancelOperation", async (call, caller) => {
    const { reason } = call.body;
    const found = await wishById(call);
    const { status, ...wish } = found;
    if (!isOpen(found)) throw new ProblemError(409, `Operation ${wish.id} ended as ${status?.outcome}; there is nothing left to call off.`);
    const cancelled: Wish = { ...wish, cancelled: wish.cancelled ?? { at: now().toISOString(), by: caller.objectId, reason } };
    await wishes.keep(cancelled);
    await wake(call, cancelled, caller, `the calling off of ${operationInShort(wish)}: ${reason}`, "-cancelled");
    return json(await view({ ...cancelled, status }), 202, { location: locationOf(call.request, wish.id), "retry-after": "5" });
  });

  const list = guard("operations", async ({ request, query: { state, vaultId, $top: top, $skipToken: after } }) => {
    const all = (await wishes.list()).filter(({ id, patient }) => (after === undefined || id < after) && isOf(patient, vaultId));
    const asked = all.map(summarizeWish).filter((one) => state === undefined || one.state === state);
    const link = nextLink(request, asked.length > top ? asked[top - 1]?.id : undefined);
    return json({ value: asked.slice(0, top), ...(link ? { nextLink: link } : {}) });
  });

  const read = guard("operation", async (call) => json(await view(await wishById(call))));

  return { start, list, read, cancel };
}
