/** One vault's trouble from first signal to outcome, as it is stored, and what one turn of the loop adds to it. Plain JSON. */
import type { CauseCode } from "./cause-code.ts";
import type { Phase } from "./cause.ts";
import type { Patient, TargetKind } from "./facts.ts";
import type { DueScan } from "./id-scan.ts";
import type { SignalScope } from "./signal.ts";
import type { Beside } from "./steps/spec.ts";
import type { Step, StepName } from "./steps/step.ts";
import type { WishStatus } from "./wish.ts";

export type OutcomeCode =
  /** Was at risk, never broke. */
  | "Prevented"
  /** The key path was broken and mended before the service noticed. */
  | "OutageAvoided"
  /** The service had noticed; it serves again. */
  | "Healed"
  /** What somebody wanted on purpose is so. */
  | "Completed"
  | "NoChangeNeeded"
  /** Mode observe: diagnosed and planned, nothing written. */
  | "Observed"
  | "Refused"
  /** Someone else mended it meanwhile. */
  | "Superseded"
  | "Escalated"
  | "Unrecoverable";

/** How Azure refuses a write, by what that means for who goes on. */
const AZURE_REFUSALS = [
  "NotPermitted",
  "Locked",
  "Firewall",
  "NotAccepted",
  "Conflict",
  /** Taken, and answered with another value than was asked for. */
  "AnsweredOtherwise",
] as const;
export type AzureRefusal = (typeof AZURE_REFUSALS)[number];

export type RefusalReason =
  | "RevokedOnPurpose"
  | "Paused"
  | "Storm"
  | "Rejected"
  | "ApprovalExpired"
  | "Stopped"
  /** Of a wish. */
  | "RequirementsUnmet"
  | "Cancelled"
  | "ObserveMode";
export type EscalationReason =
  | CauseCode
  | Extract<AzureRefusal, "NotPermitted" | "NotAccepted" | "AnsweredOtherwise">
  | "NotRevalidated"
  /** A wish that was not fulfilled in its time. */
  | "OutOfTime"
  | "AzureUnavailable"
  | "InternalError"
  /** Of the inventory, which is no vault's. */
  | "InventoryUnread"
  | "InventoryShrank"
  | "InventoryEmpty";
export type Reason = RefusalReason | EscalationReason | null;

export type Outcome = { code: OutcomeCode; reason: Reason; detail: string };

export type IncidentTarget = {
  id: string;
  kind: TargetKind;
  phase: Phase;
  phaseBefore: Phase;
  /** The worst phase seen in this incident: decides between Prevented, OutageAvoided and Healed. */
  worst: Phase;
  /** Since when the key path is whole again, as Keymend reads it; null while it is not. */
  pathOkSince: string | null;
  /** Since when the service, too, says that all is well; null while it does not. Absent in what earlier versions kept. */
  healthySince?: string | null;
  /** The service's own words about its access to the key; null where it says nothing. */
  serviceSays: string | null;
  outcome: OutcomeCode | null;
  reason: Reason;
  detail: string;
};

export type IncidentCause = { code: CauseCode; targetIds: string[]; evidence: string[]; contradictions: string[] };

export type PlannedStep = {
  id: string;
  name: StepName;
  on: string;
  /** What it is for, where its name and what it acts on do not tell. Absent in what earlier versions kept. */
  about?: string | null;
  permission: string;
  needs: Step["needs"];
  causes: CauseCode[];
  state: "next" | "settles" | "waitsForPlace" | "waitsForApproval" | "waitsForEarlierStep" | "refused" | "observed" | "applied";
  /** What is asked, or why it is refused, in words. Absent in what earlier versions kept. */
  why?: string | null;
  undo: string | null;
  az: string[];
  /** The wish that it fulfils; absent where it is a repair alone. */
  wish?: string;
};

/** One request of a write, as Azure knows it: by its own ids. status: null where no answer came. */
export type WriteRequest = {
  method: string;
  url: string;
  status: number | null;
  requestId: string | null;
  /** The activity log has it, too. */
  correlationId: string | null;
};

export type AppliedStep = {
  id: string;
  name: StepName;
  on: string;
  /** As of the planned step. Absent in what earlier versions kept. */
  about?: string | null;
  at: string;
  result: "done" | "alreadyDone" | "refused" | "failed" | "stale";
  detail: string;
  targetIds: string[];
  /** What it was made for; absent in what earlier versions kept. */
  causes?: CauseCode[];
  /** What it was made by; absent where nothing was sent, and in what earlier versions kept. */
  requests?: WriteRequest[];
  /** When the service says that this very write changed it; absent where it does not say. */
  changedOn?: string;
  /** Of a refusal: something else than it sets has changed with it, which nobody has put back. */
  beside?: true;
  /** The wish that it was made for; absent where none. */
  wish?: string;
};

/** One that Keymend itself asks Microsoft support for, from when it is wanted on; its name finds it again, whatever got lost on the way. */
export type SupportTicket = {
  name: string;
  subscriptionId: string;
  targetIds: string[];
  /**
   * wanted: nothing was sent. claimed: it is being sent, or the answer to it got lost: nobody sends it again. submitted: Azure works on it.
   * open, refused: it is there, or is not. lost: nobody knows.
   */
  state: "wanted" | "claimed" | "submitted" | "open" | "refused" | "lost";
  /** When it was wanted first. */
  since: string;
  /** Where to ask how it went, while Azure works on it. */
  poller?: string;
  /** As support calls it; null until that is known. */
  number: string | null;
  /** Why there is none; "" where there is. */
  detail: string;
  /** What was sent for it; absent where nothing was. */
  requests?: WriteRequest[];
};

/** Where it is found. */
export type TicketPlace = Pick<SupportTicket, "name" | "subscriptionId">;

export type IncidentWish = WishStatus & { id: string; reason: Reason };

/** A cause that a look found of a database, since when, and whether an event had told of something then. */
export type Loss = { cause: CauseCode; targetId: string; since: string; byEvent: boolean };

/** Who made a change, by object id, with what, where and when, as an event says or a log. */
export type Author = { objectId: string; operation: string; scope: SignalScope | KeyScope; at: string };
/** A key, in all its versions. */
export type KeyScope = { kind: "key"; vaultId: string; name: string };

/** A loss that Keymend's own write, at that time, was seen to have ended. */
export type Repair = { cause: CauseCode; targetId: string; at: string };

/** How Azure refused a step, as its entry tells it. what: Azure's code and words. */
export const refusalDetail = (reason: AzureRefusal, what: string): string => `${reason}: ${what}`;

/** reason: null where the entry bears a word that is none of today's. */
export function readRefusal({ detail }: Pick<AppliedStep, "detail">): { reason: AzureRefusal | null; what: string } {
  const [word, ...what] = detail.split(": ");
  const reason = AZURE_REFUSALS.find((one) => one === word);
  return reason === undefined ? { reason: null, what: detail } : { reason, what: what.join(": ") };
}

/** Azure refused it because Keymend's identity may not do it. */
export const isUnpermitted = (entry: Pick<AppliedStep, "result" | "detail">): boolean =>
  entry.result === "refused" && readRefusal(entry).reason === "NotPermitted";

export type Decision = {
  id: string;
  incidentId: string;
  at: string;
  planHash: string;
  /** Step ids that the approver saw and that need approval. */
  steps: string[];
  /** Step id → the question that it answers, as a digest: an approval is for that one alone. Absent in what earlier versions kept. */
  questions?: Record<string, string>;
  /** It came when a step that it is about was being written already: a yes is void then, a no is for what comes. */
  late?: true;
  decision: "approve" | "reject";
  reason: string;
  by: string;
};

export type Question = {
  /** When it was put. */
  at: string;
  /** Who is to get access; null where nobody is, or the identity is still to be made. */
  principalId: string | null;
  /** Cause → digest of what shows it. */
  evidence: Record<string, string>;
};

/** Whom an incident is about: mostly a vault; for the inventory itself the first subscription that is watched. */
export type IncidentPatient = Patient | { id: string; kind: "subscription"; vaultName: null };

export type Incident = {
  schema: 1;
  /** Sorts by time. */
  id: string;
  patient: IncidentPatient;
  vaultId: string;
  openedAt: string;
  /** When the earliest event that it was opened for came about; absent where none was, and in what earlier versions kept. */
  since?: string;
  closedAt: string | null;
  state: "working" | "waiting" | "closed";
  outcome: OutcomeCode | null;
  reason: Reason;
  detail: string;
  causes: IncidentCause[];
  targets: IncidentTarget[];
  plan: { hash: string; steps: PlannedStep[] } | null;
  applied: AppliedStep[];
  /** The approval in force, with the steps that it still covers. */
  decision: { planHash: string; steps: string[]; expiresAt: string } | null;
  nextLookAt: string | null;
  timeline: { at: string; what: string }[];
  /** Who is behind the events, also of incidents before while the trouble is the same. */
  authors?: Author[];
  signalIds: string[];
  /** Steps that a person refused, also before this incident while the trouble is the same: a no is not asked for again by itself. */
  rejected: string[];
  /** What Keymend has put back on this vault, also in incidents before: who takes it away again may mean it. */
  repairs?: Repair[];
  /** Step id → how often it was tried in vain in the incidents before, until a person asks anew. Absent in what earlier versions kept. */
  inVain?: Record<string, number>;
  /** Digest of what the last verdict rests on; absent in what earlier versions kept. */
  grounds?: string;
  /** What was wanted on purpose while it was open; absent where nothing was. */
  wishes?: IncidentWish[];
  /** What Microsoft support was asked for; absent where nothing was. */
  tickets?: SupportTicket[];
  /** Commands a person can run where Keymend may not. */
  runbook: string[];
  /** Endings in a row for this vault that were no success, this one included: drives how long until the next look. */
  endings: number;
  progress: Progress;
  /** How far the audit went when this was saved: what proves that nothing was taken from it since. Absent in what earlier versions kept. */
  audit?: { rows: number; head: string };
};

export type Progress = {
  /** Looks since the last write: drives the verification schedule. */
  looks: number;
  /** When each verdict that can't be taken back was first seen: code → time. */
  verdictSince: Record<string, string>;
  /** Step id → what a person is asked about it, as it was put. */
  asked?: Record<string, Question>;
  /** What is lost now. */
  losses?: Loss[];
  /** When an operator last asked for a look: a no from before does not count any more. */
  askedAnewAt?: string;
  /** What Keymend may do itself, as a digest, and when that last became another; absent where it was not refused for want of it. */
  permissions?: { digest: string; changedAt: string | null };
  /** The turn that looked last: a step that was claimed in a later one is beyond what the incident says. */
  turn?: number;
  /** When that was; absent in what earlier versions kept. ISO 8601 UTC. */
  lookedAt?: string;
  /** Decisions that the timeline tells. */
  heard?: string[];
  /** The hour mark was told. */
  saidSlow: boolean;
  /**
   * Writes whose effect was not seen yet, with what was there before: of the value that is set, where a third could show, and of what stands
   * beside it. Absent in what earlier versions kept.
   */
  written?: { step: Step; at: string; before?: string; beside?: Beside }[];
  /** A write that Azure has taken and works on for long: where it is followed, look by look. Absent where there is none. */
  following?: { step: Step; poller: string; since: string; requests?: WriteRequest[] | undefined };
  /** A write that may have worked though its answer was lost or its operation failed; absent where there is none. */
  sent?: Step;
};

/** Under this the audit keeps who paused and who resumed, as it keeps an incident's story. */
export const RESTRAINT_AUDIT = "pause";

export type AuditEntry = {
  /** Unique within the incident; the same turn writes the same ids, so a repeated activity adds nothing twice. */
  entryId: string;
  kind:
    | "signal"
    | "wish"
    | "facts"
    | "diagnosis"
    | "outage"
    | "otherValue"
    | "plan"
    | "refusal"
    | "approval"
    | "step"
    | "verification"
    | "outcome"
    | "note";
  what: string;
  data: unknown;
};

/** What the orchestration does next. */
export type Next =
  | { do: "step"; step: Step }
  | { do: "scan"; scan: DueScan }
  | { do: "ticket"; ticket: TicketPlace }
  /** until: ISO 8601 UTC; a wake-up signal ends it early. */
  | { do: "wait"; until: string; why: string }
  | { do: "end"; outcome: Outcome };

export type Turn = {
  /** Null: nothing worth an incident (nothing is wrong, and nobody asked). */
  incident: Incident | null;
  entries: AuditEntry[];
  next: Next;
  /** Everything is as it should be: the facts are good enough to be the new baseline. */
  healthy: boolean;
};

/** The incident's own timeline is for reading; the audit keeps everything. */
const LONGEST_TIMELINE = 300;
const LONGEST_LINE = 1000;

/** A line is for reading: the audit has the whole. */
const cutLine = (what: string): string =>
  what.length > LONGEST_LINE ? `${what.slice(0, LONGEST_LINE).toWellFormed()} [cut: ${what.length} characters]` : what;

/** The timeline with one line more. */
export const toldAlso = ({ timeline }: Pick<Incident, "timeline">, at: string, what: string): Incident["timeline"] =>
  [...timeline, { at, what: cutLine(what) }].slice(-LONGEST_TIMELINE);

/** A new incident: nothing known yet. at: ISO 8601 UTC. endings: how many before it in a row were no success. */
export const openIncident = (id: string, patient: IncidentPatient, at: string, endings: number): Incident => ({
  schema: 1,
  id,
  patient,
  vaultId: patient.id,
  openedAt: at,
  closedAt: null,
  state: "working",
  outcome: null,
  reason: null,
  detail: "",
  causes: [],
  targets: [],
  plan: null,
  applied: [],
  decision: null,
  nextLookAt: null,
  timeline: [],
  authors: [],
  signalIds: [],
  rejected: [],
  runbook: [],
  endings,
  progress: { looks: 0, verdictSince: {}, saidSlow: false },
});
