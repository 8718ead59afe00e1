/**
 * Whether Keymend itself is well: what its parts last gave a sign of, held against limits that are stated with it. Azure raises no event
 * while nothing is changed, so of the events only the age is told.
 */
import { type RolesRecord, sayLack } from "../roles/lacking.ts";
import { HOUR, MINUTE, toMs } from "../time.ts";
import type { SweepRecord } from "./sweep-record.ts";
import type { Unarmed } from "./unarmed.ts";

/** When something of the kind last happened. ISO 8601 UTC; absent: never. */
export type Signs = Partial<Record<"event" | "anchor" | "anchorFailed", string>>;

/** limitSeconds: what ageSeconds may come to; null where it is told only. */
export type Check = {
  name: "round" | "seen" | "canary" | "event" | "anchor" | "arming" | "roles";
  ok: boolean;
  at: string | null;
  ageSeconds: number | null;
  limitSeconds: number | null;
  detail: string;
};

export type WellBeing = { ok: boolean; checks: Check[] };

export type Vitals = {
  now: string;
  record: SweepRecord | null;
  /** Between two sweeps, as they are scheduled. */
  periodMs: number;
  signs: Signs;
  /** Whether heads of the audit are kept out of reach at all. */
  isAnchoring: boolean;
  unarmed: readonly Unarmed[];
  /** Null: they were not looked at yet. */
  roles: RolesRecord | null;
};

/** Of three sweeps none came to its end. */
const ROUNDS_MISSED = 3;
/** A look may wait for its turn at Azure, and is followed by sweeps. */
const CANARY_ARRIVES_WITHIN_MS = 30 * MINUTE;
const SEEN_PERCENT = 99;
/** Of three comparisons none came to its end. */
const ROLES_COMPARED_WITHIN_MS = 3 * HOUR;

const checkOf = (now: string, name: Check["name"], at: string | undefined | null, rest: Partial<Check> & { detail: string }): Check => ({
  name,
  ok: true,
  at: at ?? null,
  ageSeconds: at ? Math.round((toMs(now) - toMs(at)) / 1000) : null,
  limitSeconds: null,
  ...rest,
});

const notOlder = (now: string, at: string | undefined, limitMs: number): boolean => at !== undefined && toMs(now) - toMs(at) <= limitMs;

function roundOf({ now, record, periodMs }: Vitals): Check {
  const last = record?.rounds?.at(-1);
  const limitMs = ROUNDS_MISSED * periodMs;
  const ok = notOlder(now, last?.at, limitMs);
  const detail = last ? `the last sweep that came to its end saw ${last.vaults} vaults` : "no sweep has come to its end yet";
  return checkOf(now, "round", last?.at, { ok, limitSeconds: limitMs / 1000, detail });
}

/**
 * Of what the sweeps of the last hour were to see; null where there was nothing. Rounded down: what misses the limit by little does not look
 * like it.
 */
export function shareSeen({ now, record, periodMs }: Pick<Vitals, "now" | "record" | "periodMs">): number | null {
  const within = Math.max(HOUR, 2 * periodMs);
  const rounds = (record?.rounds ?? []).filter(({ at }) => toMs(now) - toMs(at) < within);
  const sum = (pick: (round: { vaults: number; late: number }) => number): number => rounds.reduce((all, round) => all + pick(round), 0);
  const [due, late] = [sum(({ vaults }) => vaults), sum((round) => round.late)];
  return due === 0 ? null : Math.floor(((due - late) * 1000) / due) / 1000;
}

function seenOf(vitals: Vitals): Check {
  const share = shareSeen(vitals);
  const at = vitals.record?.rounds?.at(-1)?.at;
  if (share === null)
    return checkOf(vitals.now, "seen", at, { ok: false, detail: "no vault was seen of late: is there anything to watch?" });
  const percent = Math.round(share * 1000) / 10;
  return checkOf(vitals.now, "seen", at, {
    ok: percent >= SEEN_PERCENT,
    detail: `${percent} % of what the last sweeps were to see was seen in time, and ${SEEN_PERCENT} % must be`,
  });
}

function canaryOf({ now, record }: Pick<Vitals, "now" | "record">): Check {
  const limitSeconds = CANARY_ARRIVES_WITHIN_MS / 1000;
  const canary = record?.canary;
  if (!canary) return checkOf(now, "canary", null, { limitSeconds, detail: "no look was followed yet" });
  if (canary.arrivedAt !== null)
    return checkOf(now, "canary", canary.arrivedAt, { detail: `a look that a sweep asked for at ${canary.sentAt} left its record` });
  const ok = notOlder(now, canary.sentAt, CANARY_ARRIVES_WITHIN_MS);
  const detail = `a look at ${canary.patientId} is asked for and has not left its record yet`;
  return checkOf(now, "canary", canary.sentAt, { ok, limitSeconds, detail });
}

function anchorOf({ now, signs: { anchor, anchorFailed } }: Vitals): Check {
  const ok = anchorFailed === undefined || (anchor !== undefined && toMs(anchor) > toMs(anchorFailed));
  const never = "no head of the audit was anchored yet";
  const went = anchor === undefined ? never : "the last head of the audit is out of reach";
  return checkOf(now, "anchor", anchor, { ok, detail: ok ? went : `a head of the audit could not be anchored at ${anchorFailed}` });
}

const SHOWN = 10;

function armingOf({ now, unarmed }: Vitals): Check {
  const names = unarmed.slice(0, SHOWN).map(({ vaultId, why }) => `${vaultId}: ${why}`);
  const more = unarmed.length > SHOWN ? [`and ${unarmed.length - SHOWN} more`] : [];
  const detail = unarmed.length === 0 ? "no vault is known whose events do not reach Keymend" : [...names, ...more].join("; ");
  return checkOf(now, "arming", null, { detail });
}

function rolesOf({ now, roles }: Vitals): Check {
  const lacks = roles?.lacks ?? [];
  const ok = notOlder(now, roles?.at, ROLES_COMPARED_WITHIN_MS) && lacks.length === 0;
  const none = roles
    ? "Keymend's identities may do all that they are deployed for"
    : "what Keymend's identities may do was not looked at yet";
  const detail = lacks.length === 0 ? none : lacks.map(sayLack).join("; ");
  return checkOf(now, "roles", roles?.at, { ok, limitSeconds: ROLES_COMPARED_WITHIN_MS / 1000, detail });
}

export function wellBeing(vitals: Vitals): WellBeing {
  const { now, signs } = vitals;
  const checks = [
    roundOf(vitals),
    seenOf(vitals),
    canaryOf(vitals),
    checkOf(now, "event", signs.event, { detail: signs.event === undefined ? "no event was taken yet" : "the last event that was taken" }),
    ...(vitals.isAnchoring ? [anchorOf(vitals)] : []),
    armingOf(vitals),
    rolesOf(vitals),
  ];
  return { ok: checks.every(({ ok }) => ok), checks };
}
