/** What is worth telling, and how much it presses. The same news has the same id however often it is found: by that it is told once. */
import { LONGEST_LABEL } from "../bounded.ts";
import type { Incident, IncidentTarget, OutcomeCode, PlannedStep, Reason } from "../incident.ts";
import { shortOf } from "../short-names.ts";
import { loudness } from "../turn/outcome.ts";
import { bundleOf } from "../turn/support.ts";
import type { Held } from "../turn/restraint.ts";

/**
 * now: waits for nothing, at whatever hour. soon: waits for the next digest and the end of quiet hours. record: nobody has to do anything;
 * only machines are told.
 */
export type Weight = "now" | "soon" | "record";

export type News = {
  id: string;
  /** As receivers tell kinds apart: `Keymend.Healed`. */
  type: string;
  weight: Weight;
  /** When it came about: ISO 8601 UTC. */
  at: string;
  /** Resource id of the vault, or of what else it is about. */
  about: string;
  incidentId: string | null;
  /** What is the same again within a day is no news to people. */
  like: string;
  /** For people: one line, one sentence, and what goes with it. */
  title: string;
  text: string;
  facts: [name: string, value: string][];
  /** A person is to say yes or no. */
  asks: boolean;
  /** For machines. */
  data: Record<string, unknown>;
  /** In the log too, and so on record where no channel is set: there is no incident that would tell of it. */
  isLogged?: true;
};

const cut = (text: string): string => (text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1).toWellFormed()}…` : text);

const SHOWN = 10;
const listed = (all: readonly string[]): string => [...all.slice(0, SHOWN), ...(all.length > SHOWN ? ["…"] : [])].join(", ");

const databasesOf = (targets: readonly IncidentTarget[]): string => listed(targets.map(({ id, phase }) => `${shortOf(id)} (${phase})`));

const causesOf = ({ causes }: Incident): string => listed(causes.map(({ code }) => code));

const factsOf = (incident: Incident): [string, string][] => {
  const all: [string, string][] = [
    ["Causes", causesOf(incident)],
    ["Databases", databasesOf(incident.targets)],
    ["Since", incident.openedAt],
  ];
  return all.filter(([, value]) => value !== "");
};

/** Who said so knows it, and need not be woken. */
const BY_A_PERSON: readonly Reason[] = ["RevokedOnPurpose", "Paused", "Rejected"];
/** Nothing came of it and nothing was to come of it. */
const NO_NEWS: readonly OutcomeCode[] = ["NoChangeNeeded", "Superseded"];

function weightOf(code: OutcomeCode, reason: Reason): Weight {
  if (NO_NEWS.includes(code)) return "record";
  return loudness(code, reason) === "alarm" && !BY_A_PERSON.includes(reason) ? "now" : "soon";
}

/** What is broken already can't wait; what will break can. */
const pressing = ({ targets }: Incident): "now" | "soon" =>
  targets.some(({ phase }) => phase !== "healthy" && phase !== "atRisk") ? "now" : "soon";

/** Who is sent to support is told what to take along. */
const forSupport = (incident: Incident): [string, string][] =>
  incident.reason === "NotRevalidated" ? [["For support", bundleOf(incident)]] : [];

/** How an incident has ended; also of one that waits with an outcome, as that of the inventory does. */
export function outcomeNews(incident: Incident): News {
  const { id, vaultId, reason, detail, openedAt, closedAt, causes, targets } = incident;
  const outcome = incident.outcome!;
  return {
    id: `${id}-${outcome}`,
    type: `Keymend.${outcome}`,
    weight: weightOf(outcome, reason),
    at: closedAt ?? openedAt,
    about: vaultId,
    incidentId: id,
    like: [vaultId, outcome, reason, ...causes.map(({ code }) => code).toSorted()].join(" "),
    title: `${outcome}${reason === null ? "" : ` (${reason})`}: ${shortOf(vaultId)}`,
    text: cut(detail),
    facts: [...factsOf(incident), ...forSupport(incident)],
    asks: false,
    data: {
      incidentId: id,
      vaultId,
      outcome,
      reason,
      detail,
      causes: causes.map(({ code }) => code),
      targets: targets.map((target) => ({ id: target.id, phase: target.phase, outcome: target.outcome })),
      openedAt,
      closedAt,
    },
  };
}

const inWords = ({ name, on, why }: PlannedStep): string => `${name} on ${shortOf(on)}${why ? `: ${why}` : ""}`;

/** That a person is asked; undefined where nobody is. */
export function questionNews(incident: Incident, at: string): News | undefined {
  const { id, vaultId, state, plan } = incident;
  const steps = state === "waiting" ? (plan?.steps.filter((step) => step.state === "waitsForApproval") ?? []) : [];
  if (plan === null || steps.length === 0) return undefined;
  return {
    id: `${id}-question-${plan.hash}`,
    type: "Keymend.Question",
    weight: pressing(incident),
    at,
    about: vaultId,
    incidentId: id,
    like: `${id} ${plan.hash}`,
    title: `Decide: ${shortOf(vaultId)}`,
    text: cut(steps.map(inWords).join("\n")),
    facts: factsOf(incident),
    asks: true,
    data: {
      incidentId: id,
      vaultId,
      planHash: plan.hash,
      steps: steps.map(({ id: stepId, name, on, why }) => ({ id: stepId, name, on, why: why ?? null })),
      causes: incident.causes.map(({ code }) => code),
      targets: incident.targets.map((target) => ({ id: target.id, phase: target.phase })),
    },
  };
}

/** That the service has lost its key while the incident is open; undefined where it has not. */
export function outageNews(incident: Incident, at: string): News | undefined {
  const down = incident.state === "closed" ? [] : incident.targets.filter(({ phase }) => phase === "revoked");
  if (down.length === 0) return undefined;
  const { id, vaultId } = incident;
  return {
    id: `${id}-outage`,
    type: "Keymend.Outage",
    weight: "now",
    at,
    about: vaultId,
    incidentId: id,
    like: `${id} outage`,
    title: `Outage: ${listed(down.map((target) => shortOf(target.id)))}`,
    text: "the service has noticed that it can't use the key: the database is out of reach until it is mended and the service has looked again",
    facts: factsOf(incident),
    asks: false,
    data: { incidentId: id, vaultId, targets: down.map((target) => target.id), causes: incident.causes.map(({ code }) => code) },
  };
}

/** That nothing is written any more, for too many vaults are in trouble at once. about: the first subscription that is watched. */
export function stormNews({ since, why }: Pick<Held, "since" | "why">, about: string, at: string): News {
  return {
    id: `storm-${at}`,
    type: "Keymend.Storm",
    weight: "now",
    at,
    about,
    incidentId: null,
    like: `storm ${since}`,
    title: "A storm: Keymend writes nothing",
    text: cut(why),
    facts: [],
    asks: false,
    data: { why },
  };
}
