/** What a cause is: one way to lose the key, with all that is known about it as one value. The registry is causes/index.ts. */
import type { CauseCode } from "./cause-code.ts";
import type { Facts, TargetFacts } from "./facts.ts";
import type { LogOperation, Operation } from "./signal.ts";
import type { Settings } from "./settings.ts";
import type { StepDraft, StepName } from "./steps/step.ts";
import type { ServiceVerdict } from "./databases/rules.ts";

/**
 * What a cause does to its database: `broken` the key path does not work now; `willBreak` it works until a known time (or the next
 * rotation); `waiting` the path works, the service has not noticed; `unknown` it is out of reach or could not be read: not proven healthy.
 */
export type Effect = "broken" | "willBreak" | "waiting" | "unknown";

export type Evidence = {
  effect: Effect;
  /** One plain sentence each, naming the facts it rests on, with values. */
  facts: string[];
  /** When it breaks, for `willBreak` with a known time; ISO 8601 UTC. */
  breaksAt?: string;
  /** Values that `mend` needs and should not find a second time. Plain JSON. */
  values: Record<string, string | string[] | null>;
};

export type Mend =
  /** Steps in order, least change first. asks: why a person is to agree first, whatever the settings. */
  | { kind: "steps"; steps: StepDraft[]; asks?: string }
  /** Nothing Keymend may do: `wait` until the service moves or the limit passes; `escalate` to a person now; `unrecoverable` nobody can. */
  | { kind: "wait"; reason: string }
  /** isWord: it rests on what the service says alone, which lags. */
  | { kind: "escalate"; reason: string; isWord?: true }
  | { kind: "unrecoverable"; reason: string };

export type Default = "auto" | "ask" | "none";

export type Cause = {
  code: CauseCode;
  title: string;
  /** What shows it, and what mends it (or who can), in words. */
  shownBy: string;
  repair: string;
  /** What the repair may consist of, in the order in which it is made. */
  steps: readonly StepName[];
  kinds: readonly ("account" | "cluster")[];
  /** Public source of the rule, by page or specification. */
  source: string;
  /** By which operations somebody can have made it; see mending/made-by.ts. */
  madeBy: readonly (Operation | LogOperation)[];
  /** `auto` and `ask` are defaults a policy may change; `none`: there is nothing to allow. */
  default: Default;
  /** Status codes of an account that this cause explains. */
  statusCodes: readonly number[];
  /** Where it is found nothing else is said of the database: the rest follows from it, or is out of reach. */
  eclipses?: true;
  /** From facts alone; nothing where it does not apply. `found`: what the causes before it in the registry have shown. */
  find: (facts: Facts, target: TargetFacts, settings: Settings, found: readonly Finding[]) => Evidence | undefined;
  mend: (evidence: Evidence, facts: Facts, target: TargetFacts, settings: Settings) => Mend;
  /** For a person, where no step mends it: command lines that only read and prove it, and words as comments of a shell. */
  advice?: (facts: Facts, target: TargetFacts) => string[];
};

export type Phase = "healthy" | "atRisk" | "inGrace" | "revoked" | "recovering";

export type Finding = { code: CauseCode; evidence: Evidence };

/** What Keymend can't judge, and the setting or step that would let it. cause: what it is called where the service does not confirm access. */
export type Limit = { cause: CauseCode; text: string; wants: string };

export type TargetDiagnosis = {
  id: string;
  kind: "account" | "cluster";
  phase: Phase;
  /** In the registry's order. Empty only when healthy. */
  findings: Finding[];
  /** Of a database whose access the service confirms, and of which Keymend can't judge all. */
  readiness?: Limit;
  /** What the service says of its access to the key, in its own words; null where it says nothing. */
  service: { verdict: ServiceVerdict; says: string | null };
  /** Where the service's status and the key path disagree, one sentence each. */
  contradictions: string[];
};

export type Diagnosis = {
  at: string;
  targets: TargetDiagnosis[];
  /** What the turn tells authors by, which knows no cause itself. */
  madeBy: (cause: CauseCode) => readonly (Operation | LogOperation)[];
};
