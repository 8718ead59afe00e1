/** What the doctor tells of a database, as plain data: every renderer shows the same. */
import type { Phase } from "../cause.ts";
import type { TargetKind } from "../facts.ts";

/**
 * The worst first: `trouble` it has lost its key or will within the hour; `unseen` nobody can tell; `warning` it will, or what protects it is
 * lacking; `note` worth knowing. A database of which nothing is told is `fine`.
 */
export const SEVERITIES = ["trouble", "unseen", "warning", "note", "fine"] as const;
export type DatabaseSeverity = (typeof SEVERITIES)[number];
export type Severity = Exclude<DatabaseSeverity, "fine">;

export const worstOf = (all: readonly DatabaseSeverity[]): DatabaseSeverity => SEVERITIES.find((one) => all.includes(one)) ?? "fine";

/** A rule of the doctor's own: a requirement or a precaution that is lacking, which is no loss. */
export const GAPS = [
  "PurgeProtectionOff",
  "RetentionShort",
  "VaultNotLocked",
  "IdentityNotLocked",
  "NoRotationPolicy",
  "ExpiryWithoutRotation",
  "VersionPinned",
  "PrivateOnlyVault",
  "StaleGrant",
  "IdentityHoldsMore",
] as const;
export type GapCode = (typeof GAPS)[number];

/** code: of a cause, or of a gap. */
export type Finding = {
  code: string;
  title: string;
  severity: Severity;
  /** One sentence each, with values. */
  evidence: string[];
  /** Lines of a shell that mend it, or that show it where only a person can decide. Never empty. */
  az: string[];
};

/** on: the ARM id of what lacks it, which databases share. */
export type Gap = Omit<Finding, "code"> & { code: GapCode; on: string };

/** How Keymend would take a step in mode heal. */
export type Way = "byItself" | "asks" | "refuses" | "later";

export type Would = { step: string; way: Way; why: string; undo: string | null };

/** days: until it is out of reach, from now; null where nothing is known that ends it. */
export type Runway = { days: number | null; at: string | null };

export type DatabaseReport = {
  id: string;
  name: string;
  kind: TargetKind;
  severity: DatabaseSeverity;
  /** null: it could not be looked at. */
  phase: Phase | null;
  runway: Runway;
  /** What would happen and when, if nobody did anything. */
  outlook: string;
  findings: Finding[];
  /** What it lacks, by code; the report has each gap once. */
  gaps: GapCode[];
  would: Would[];
  /** What Keymend would tell instead of doing anything. */
  tells: string[];
  contradictions: string[];
  vault: { name: string; id: string | null; state: string } | null;
  keyUri: string | null;
  identity: { name: string; id: string | null; state: string } | null;
};

/** Something that could not be read, and what that hides. isBlind: without it a database could not be judged. */
export type Unread = { what: string; why: string; hides: string; isBlind: boolean };

export type Report = {
  schema: 1;
  at: string;
  subscriptions: { id: string; name: string }[];
  counts: { databases: number; vaults: number } & Record<DatabaseSeverity, number>;
  verdict: "nothing" | "warnings" | "trouble" | "couldNotLook";
  /** Worst first. */
  databases: DatabaseReport[];
  /** Worst first. databaseIds: whose it is. */
  gaps: (Gap & { databaseIds: string[] })[];
  unread: Unread[];
};
