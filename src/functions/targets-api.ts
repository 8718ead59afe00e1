/** What Keymend keeps alive, as the last look at each found it: from storage alone, so that a page may ask for all of it often. */
import type * as v from "valibot";
import type { TARGET, TARGET_SUMMARY } from "../api/answers.ts";
import { isDatabaseId, isVaultId, normalId, sameId, wholeId } from "../domain/arm-id.ts";
import { type KnownDatabase, type KnownPatient, patientKey, vaultNameIn } from "../domain/databases/sight.ts";
import type { Baseline } from "../domain/facts.ts";
import type { Incident } from "../domain/incident.ts";
import type { Settings } from "../domain/settings.ts";
import { toIso, toMs } from "../domain/time.ts";
import type { Unarmed } from "../domain/turn/unarmed.ts";
import type { Authenticate } from "./authenticate.ts";
import { createGuard, json } from "./guard.ts";
import { summarizeIncident } from "./incident-view.ts";
import { nextLink } from "./next-link.ts";
import { ProblemError } from "./problem.ts";

type Summary = v.InferOutput<typeof TARGET_SUMMARY>;

export type TargetsDeps = {
  authenticate: Authenticate;
  listKnown: () => Promise<KnownPatient[]>;
  listUnarmed: () => Promise<Unarmed[]>;
  /** By patientKey: when a full look was last asked for. */
  loadScreens: () => Promise<Record<string, { lookedAt: number }>>;
  loadBaseline: (patientId: string) => Promise<{ baseline: Pick<Baseline, "at"> | null }>;
  listOpenIncidents: () => Promise<Open[]>;
  latestIncident: (patientId: string) => Promise<{ incident: Incident } | undefined>;
  settings: Pick<Settings, "functionAppId">;
};

/** lookedAt: its own looks are asked for by no sweep. */
type Open = { id: string; vaultId: string; lookedAt?: string };

type Kept = {
  unarmed: ReadonlyMap<string, Unarmed>;
  screens: Record<string, { lookedAt: number }>;
  open: ReadonlyMap<string, Open>;
};

const WELL: readonly KnownDatabase["phase"][] = ["healthy", "atRisk"];

/**
 * Whether the vault's events reach Keymend. That nothing was told against it says so only of a vault that a look has found in order: of one in
 * trouble, or gone, a look may not have been able to tell.
 */
function armedOf(
  { patientId, databases }: KnownPatient,
  told: Unarmed | undefined,
  { functionAppId }: TargetsDeps["settings"],
): Summary["armed"] {
  if (vaultNameIn(patientId) === null) return { state: "unknown", why: "its key URI names no vault" };
  if (told) return { state: "unarmed", why: told.why };
  if (functionAppId === null) return { state: "unknown", why: "KEYMEND_FUNCTION_APP does not say which app Keymend is" };
  if (databases.every(({ phase }) => WELL.includes(phase))) return { state: "armed", why: null };
  return { state: "unknown", why: "the last look could not tell" };
}

function summariesOf(patient: KnownPatient, { unarmed, screens, open }: Kept, settings: TargetsDeps["settings"]): Summary[] {
  const { patientId, databases } = patient;
  const key = patientKey(patientId);
  const incident = open.get(key);
  const lookedAt = Math.max(screens[key]?.lookedAt ?? 0, incident?.lookedAt === undefined ? 0 : toMs(incident.lookedAt));
  const armed = armedOf(patient, unarmed.get(key), settings);
  return databases.map(({ id, kind, keyUri, identityIds, phase, expiresOn }) => ({
    id,
    kind,
    vaultId: patientId,
    keyUri,
    identityIds: [...new Set(identityIds)],
    phase: phase ?? null,
    expiresOn: expiresOn ?? null,
    armed,
    lastLookAt: lookedAt === 0 ? null : toIso(lookedAt),
    openIncidentId: incident?.id ?? null,
  }));
}

/** Where a list goes on: behind this id, which may hold anything that an id may. */
const tokenOf = ({ id }: Summary): string => Buffer.from(normalId(id)).toString("base64url");

/** As the path has it: with or without its first slash, its slashes escaped or not. */
const idIn = (text: string): string => wholeId(`/${text.replaceAll(/%2f/gi, "/").replace(/^\/+/, "")}`);

export function createTargetsApi(deps: TargetsDeps) {
  const guard = createGuard(deps.authenticate);

  async function kept(): Promise<Kept> {
    const [unarmed, screens, open] = await Promise.all([deps.listUnarmed(), deps.loadScreens(), deps.listOpenIncidents()]);
    return {
      unarmed: new Map(unarmed.map((one) => [patientKey(one.vaultId), one])),
      screens,
      open: new Map(open.map((one) => [patientKey(one.vaultId), one])),
    };
  }

  /** vaultId: of its databases alone; undefined: of all. */
  async function summaries(vaultId: string | undefined): Promise<Summary[]> {
    const [known, all] = await Promise.all([deps.listKnown(), kept()]);
    return known
      .filter(({ patientId }) => vaultId === undefined || patientKey(patientId) === patientKey(vaultId))
      .flatMap((patient) => summariesOf(patient, all, deps.settings));
  }

  const targets = guard("targets", async ({ request, query: { vaultId, phase, kind, $top: top, $skipToken: token } }) => {
    const after = token === undefined ? "" : Buffer.from(token, "base64url").toString();
    const asked = (await summaries(vaultId))
      .filter((one) => (phase === undefined || one.phase === phase) && (kind === undefined || one.kind === kind))
      .map((one) => ({ one, key: normalId(one.id) }))
      .filter(({ key }) => key > after)
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ one }) => one);
    const last = asked[top - 1];
    const link = nextLink(request, last && asked.length > top ? tokenOf(last) : undefined);
    return json({ value: asked.slice(0, top), ...(link ? { nextLink: link } : {}) });
  });

  const database = guard("target", async ({ request }) => {
    const id = idIn(request.params["id"] ?? "");
    if (isVaultId(id)) throw new ProblemError(404, `${id} is a vault: GET /api/targets?vaultId=... lists its databases.`);
    if (!isDatabaseId(id)) throw new ProblemError(404, `${id} is not the resource id of an account or a cluster.`);
    const patient = (await deps.listKnown()).find(({ databases }) => databases.some((one) => sameId(one.id, id)));
    if (!patient) throw new ProblemError(404, `No look has found ${id}, or it is not there any more. POST /api/diagnose looks now.`);
    const all = await kept();
    const [{ baseline }, latest] = await Promise.all([deps.loadBaseline(patient.patientId), deps.latestIncident(patient.patientId)]);
    const summary = summariesOf(patient, all, deps.settings).find((one) => sameId(one.id, id));
    return json({
      ...summary!,
      lastKnownGoodAt: baseline?.at ?? null,
      armsBy: all.unarmed.get(patientKey(patient.patientId))?.az ?? [],
      latestIncident: latest ? summarizeIncident(latest.incident) : null,
    } satisfies v.InferOutput<typeof TARGET>);
  });

  /**
   * The rest of a path may be nothing: then the list is meant. Which of two routes that both match is taken the Functions host does not promise
   * (briandunnington.github.io, "Azure Functions: Route Priority": in the order in which they were registered).
   */
  const target: typeof targets = (call) => ((call.request.params["id"] ?? "") === "" ? targets(call) : database(call));

  return { operations: { targets, target }, databasesOf: summaries };
}
