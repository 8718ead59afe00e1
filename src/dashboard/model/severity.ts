/** What is worst, and how it is coloured: one order for lists, graphs and plots. */
import type { Phase } from "../../domain/cause.ts";
import type { OutcomeCode } from "../../domain/incident.ts";

export type Tone = "bad" | "warn" | "info" | "good" | "quiet";

/** The worst first. */
export const PHASES: readonly Phase[] = ["revoked", "inGrace", "recovering", "atRisk", "healthy"];

export const PHASE_WORDS: Record<Phase, { label: string; tone: Tone; means: string }> = {
  revoked: { label: "revoked", tone: "bad", means: "the service has noticed that it lost its key" },
  inGrace: { label: "in grace", tone: "bad", means: "its key is out of reach, and the service has not noticed yet" },
  recovering: { label: "recovering", tone: "warn", means: "its key is within reach again, and the service has not noticed yet" },
  atRisk: { label: "at risk", tone: "warn", means: "it will lose its key at a known time" },
  healthy: { label: "healthy", tone: "good", means: "its key is within reach" },
};

const OUTCOME_TONES: Record<OutcomeCode, Tone> = {
  Prevented: "good",
  OutageAvoided: "good",
  Healed: "info",
  Completed: "good",
  NoChangeNeeded: "quiet",
  Observed: "info",
  Refused: "bad",
  Superseded: "quiet",
  Escalated: "bad",
  Unrecoverable: "bad",
};

export const toneOf = (outcome: OutcomeCode): Tone => OUTCOME_TONES[outcome];

export const worstPhase = (phases: readonly Phase[]): Phase => PHASES.find((phase) => phases.includes(phase)) ?? "healthy";
