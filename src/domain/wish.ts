/**
 * A wish: a state that somebody wants on purpose, on record with who, why and until when. The loop over its vault fulfils it with the plan,
 * the policy, the recheck and the audit that repairs have, so that no operation races a repair. Plain JSON.
 */
import { sameId } from "./arm-id.ts";
import { isSameKey } from "./key-uri.ts";
import type { RequirementName } from "./requirement.ts";
import { DAY, toMs } from "./time.ts";

/** What a database used before stays for so long after it is verified on what takes its place. */
export const KEPT_FOR_MS = DAY;

export type OperationParams = {
  /** For a database that exists, or for one to be made. key: its name. */
  "check-requirements": { kind: "account" | "cluster"; vaultId: string; key: string; identityId: string | null; databaseId: string | null };
  /** Makes what is lacking of it. databaseId: what it is for, where that is there already. purgeProtection: of the vault, asked for by name. */
  prepare: {
    kind: "account" | "cluster";
    vaultId: string;
    key: string;
    identityId: string;
    databaseId: string | null;
    purgeProtection?: true;
  };
  /** keyUri: without a version, of a key that is disabled. databaseId: of one whose identity loses its grant. */
  revoke: { keyUri: string } | { databaseId: string };
  restore: { keyUri: string } | { databaseId: string };
  "rotate-key": { keyUri: string };
  "switch-key": { databaseId: string; keyUri: string };
  "switch-identity": { databaseId: string; identityId: string };
  /** requestUnits: what a scan may take a second of each container. identityId: null for the one that the account uses. */
  "enable-cmk": { databaseId: string; keyUri: string; identityId: string | null; requestUnits: number };
};

export type OperationName = keyof OperationParams;

export type Wished = { [N in OperationName]: { operation: N; params: OperationParams[N] } }[OperationName];

export type Requirement = {
  name: RequirementName;
  state: "met" | "unmet" | "unknown";
  detail: string;
  /** What meets it, or looks. */
  az: string[];
  /** It is advice: nothing is refused for it. */
  advised?: true;
  /** The operation itself meets it: nothing is refused for it. */
  ownWork?: true;
  /** It is being found out: nothing is refused for it yet, and nothing written. */
  pending?: true;
  /** What it is unmet for, one each. */
  items?: string[];
};

export type WishState = "working" | "waiting" | "closed";
export type WishOutcome = "Completed" | "Refused" | "Escalated";

/** What a database used before it was moved, or lost its grant: its key URI, and its default identity, as both are stored. */
export type Before = { keyUri: string | null; defaultIdentity: string };

export type WishStatus = {
  state: WishState;
  outcome: WishOutcome | null;
  reasonCode: string | null;
  detail: string;
  /** Where it was last judged: plan, timeline and audit are the incident's. */
  incidentId: string;
  closedAt: string | null;
  requirements: Requirement[];
  /** How to go back, as command lines. */
  undo: string[];
  progress: { what: string; percent: number | null; since: string; etaSeconds: number | null };
  /** What its database used when it was first looked at; absent where it neither moves one nor takes its grant. */
  before?: Before;
  /** Since when it has been as it is wanted, of what has to hold for a time; absent while it is not. */
  heldSince?: string;
  /** From when on it is told what is needed no more, by a look of then; absent where nothing is, and until it is done. */
  disposable?: { from: string };
  /** What it brought about, or may have by now, is to stay so: it speaks to every later look, until it is taken back. */
  stands: boolean;
};

export type Wish = Wished & {
  schema: 1;
  /** Sorts by time. */
  id: string;
  /** As facts have it, which hold wishes: this shape can name none of theirs. */
  patient: { id: string; kind: "vault" | "database"; vaultName: string | null };
  reason: string;
  by: { objectId: string; name: string };
  at: string;
  /** Nothing of it is written after this; ISO 8601 UTC. */
  until: string;
  cancelled: { at: string; by: string; reason: string } | null;
};

/** status: null until a look has judged it. */
export type WishOnRecord = Wish & { status: WishStatus | null };

export const isOpen = ({ status }: Pick<WishOnRecord, "status">): boolean => status?.state !== "closed";

export const isOutOfTime = ({ until }: Pick<Wish, "until">, at: string): boolean => toMs(at) >= toMs(until);

/** What a look must know of. */
export const concernsLooks = (wish: WishOnRecord): boolean => isOpen(wish) || wish.status?.stands === true;

type Revocation = WishOnRecord & { operation: "revoke" };

const isRevocation = (wish: WishOnRecord): wish is Revocation => wish.operation === "revoke";

const isOfSame = (one: OperationParams["restore"], other: OperationParams["revoke"]): boolean =>
  "keyUri" in one
    ? "keyUri" in other && isSameKey(one.keyUri, other.keyUri)
    : "databaseId" in other && sameId(one.databaseId, other.databaseId);

/** A later wish to give access back, where it has not been refused or called off. */
const takesBack = (wish: WishOnRecord, { at, params }: Revocation): boolean =>
  wish.operation === "restore" &&
  wish.cancelled === null &&
  (isOpen(wish) || wish.status?.outcome === "Completed") &&
  toMs(wish.at) >= toMs(at) &&
  isOfSame(wish.params, params);

/** Revocations that are to be carried out, or to stay. */
export const standingRevocations = (wishes: readonly WishOnRecord[]): Revocation[] =>
  wishes.filter(isRevocation).filter((wish) => {
    const isMeant = wish.status?.stands === true || (isOpen(wish) && wish.cancelled === null);
    return isMeant && !wishes.some((other) => takesBack(other, wish));
  });

/** Revocations that a wish to give access back ends. */
export const takenBackBy = (wish: WishOnRecord, wishes: readonly WishOnRecord[]): Revocation[] =>
  wishes.filter(isRevocation).filter((one) => takesBack(wish, one));

/** Why nothing of it is to be written any more: it was called off, or taken back before it was done; null where neither. */
export function calledOff(wish: WishOnRecord, wishes: readonly WishOnRecord[]): Wish["cancelled"] {
  const other = wish.cancelled ? undefined : wishes.find((one) => takenBackBy(one, wishes).some(({ id }) => id === wish.id));
  return other ? { at: other.at, by: other.by.objectId, reason: `taken back by operation ${other.id}: ${other.reason}` } : wish.cancelled;
}
