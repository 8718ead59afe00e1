/** What the rules may be told from outside: the part of the configuration that the domain reads. Durations are ISO 8601. */
import type { Allowable, Principals } from "./capability.ts";
import type { CauseCode } from "./cause-code.ts";

/** The narrowest first. */
export const MODES = ["observe", "approve", "heal"] as const;
export type Mode = (typeof MODES)[number];

/** ARM ids, and the container's name. */
export type DeadLetters = { identityId: string; storageId: string; container: string };

/** Who is answered. country: ISO 3166-1 alpha-3. timeZone: a name of Microsoft's. diagnostics: whether support may look into the databases' own logs. */
export type SupportContact = {
  firstName: string;
  lastName: string;
  email: string;
  country: string;
  timeZone: string;
  diagnostics: boolean;
};

export type Settings = {
  mode: Mode;
  /** Key expiry is repaired this many milliseconds ahead. */
  expiryLeadMs: number;
  /** By how much one extension moves an expiry from now. */
  expiryExtensionMs: number;
  /** How many extensions of one key version before a rotation is asked for instead ("expiry debt"). */
  expiryMaxExtensions: number;
  /** No expiry is ever set further than this from now. */
  expiryHorizonMs: number;
  /** How long an approval stays valid. */
  approvalTtlMs: number;
  /** What has stood this long counts as known good; younger things are put back only when a person agrees. */
  knownGoodAfterMs: number;
  /** Within this after Keymend's own repair the same loss is asked about, however often it was mended unasked. */
  repeatWindowMs: number;
  /** A loss that an event reported is looked at once more after this, before it is undone. */
  settleMs: number;
  /** More vaults than these that lose their key within `stormWindowMs` are a storm: nothing is written until a person has looked. */
  maxAffectedVaults: number;
  stormWindowMs: number;
  /** Over how many vaults Keymend writes at once. */
  maxVaultsAtOnce: number;
  /** How many different approvers must agree to a step by which somebody or something gets more access. */
  quorum: number;
  /** Overrides of the causes' defaults. */
  causes: Partial<Record<CauseCode, "auto" | "ask">>;
  /** Object ids whose changes count as meant: auto becomes ask. */
  privilegedCallers: string[];
  /** Log Analytics workspace that the vaults send their audit log to, by its own id; null where none is named. */
  logWorkspace: string | null;
  /** ARM id of the function app that Keymend runs as: where a vault's events are to come. Null where unknown: then no vault is armed. */
  functionAppId: string | null;
  /** From which mode on a vault is armed unasked. */
  armFrom: Exclude<Mode, "observe">;
  /** Where events go that could not be delivered, of vaults that Keymend arms, and the identity that Event Grid writes there as; null: nowhere. */
  deadLetters: DeadLetters | null;
  /** In whose name Keymend itself asks Microsoft support; null: it does not. */
  supportContact: SupportContact | null;
  /** Keymend's own identities: what they write is no signal, and a step of a capability that has none is a person's. */
  principals: Principals;
  /** What else a deployment has allowed: what their roles must hold goes by it (roles/needs.ts). */
  allowed: readonly Allowable[];
};
