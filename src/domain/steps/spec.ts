/**
 * All that is known of a step beside its values, by type: a step that misses a part does not compile. What a step has none of is null, said
 * in its file. Only its place in the order stands elsewhere: where the steps are listed (index.ts), as it means nothing by itself.
 */
import { normalId, sameId } from "../arm-id.ts";
import type { Writing } from "../capability.ts";
import type { CauseCode } from "../cause-code.ts";
import { databasesIn } from "../databases/guests.ts";
import type { Facts, KeyFacts, KeyVersionFacts, LiveVault, TargetFacts } from "../facts.ts";
import type { Settings } from "../settings.ts";
import type { Grantee } from "../access/access.ts";
import { fromUnix, toUnix } from "../time.ts";
import type { Lines } from "./az.ts";
import type { StepName, StepParams } from "./step.ts";

/** `todo` it may run and would change something; `done` it is so already; `stale` the facts it rests on have changed. */
export type Precondition = "todo" | "done" | { stale: string };

/** What the write takes in Azure, in the words of role definitions: what it reads before is declared by who reads. */
export type Permission = { actions: readonly string[]; dataActions: readonly string[] };

/** What a cause proposes a step in. */
export type Proposed = { facts: Facts; settings: Settings; cause: CauseCode };

/** How often the expiry of a key version was moved, this time included. */
export type Extension = { keyVersion: string; count: number };

/** What a write is made at, of all that databases have: whichever of them share it are brought back by it too. */
export type Touch =
  | { what: "vault" }
  | { what: "key"; key: string }
  /** null: still to be created, so nobody's yet. */
  | { what: "principal"; principalId: string | null }
  | { what: "database"; targetId: string }
  /** No database has its key by it. */
  | { what: "nothing" }
  /** That access was taken away on purpose, or no longer is: what was revoked does not come back by it. */
  | { what: "intent" };

/** What stands beside the value that a step sets: a name for people → its value as text; null where that can't be seen now. */
export type Beside = Record<string, string | null>;

/** What of a key version is put back to what it was. */
export type KeyAttribute = StepParams["PutBackKeyVersion"]["attribute"];

/** asked: as facts show it; null where what the precondition calls done is as asked. */
export type SetOnVersion = { on: OnKeyVersion; attribute: KeyAttribute; asked: string | null };

export type StepSpec<N extends StepName> = {
  /** Whose identity makes the write. */
  capability: Writing;
  /** Of all that a step is made with, only the kind of its database may change it. */
  permission: (params: Pick<StepParams[N], "targetKind" & keyof StepParams[N]>) => Permission;
  undo: (params: StepParams[N]) => string | null;
  /** Command lines a person can run instead, in order. */
  az: (params: StepParams[N]) => Lines;
  /** What it acts on: an ARM id, or a key version's URL. */
  on: (params: StepParams[N]) => string;
  touches: (params: StepParams[N]) => Touch;
  /** What it is for, where its name and what it acts on do not tell. */
  about: ((params: StepParams[N]) => string) | null;
  /** What whoever agrees to it has to know; null where its name says all. */
  tells: ((params: StepParams[N]) => string | null) | null;
  /** Steps of one name that agree in this are one step. */
  key: (params: StepParams[N]) => string[];
  /** What it sets, as far as only a new decision changes it: part of the id, so that an approval is for exactly this. */
  sets: ((params: StepParams[N]) => string[]) | null;
  precondition: (params: StepParams[N], facts: Facts) => Precondition;
  /**
   * The value that it sets, as a look shows it now: undefined where it can't be seen. null: nothing but there or not, done or not, so that no
   * third value could show. Compared with what was there before the write (turn/answers.ts).
   */
  shows: ((params: StepParams[N], facts: Facts) => unknown) | null;
  /** The same of what else stands on the thing that it is written to (beside.ts). null: it makes a thing of its own, on which nothing stood. */
  beside: ((params: StepParams[N], facts: Facts) => Beside | undefined) | null;
  /**
   * What it sets on a key version, which can be put back (undo.ts). null: nothing takes it back that Keymend may write, or Azure does not tell
   * whose doing another value is.
   */
  takenBackBy: ((params: StepParams[N]) => SetOnVersion) | null;
  /** Two that are one step, as one: what each adds, united. null: of two that would set different things, the first. */
  merge: ((first: StepParams[N], second: StepParams[N]) => StepParams[N]) | null;
  /**
   * What Azure does not allow or Keymend does not allow itself, whatever a cause proposes: why this must not be made, undefined where it
   * may. A repair that it stops becomes a matter for a person.
   */
  forbids: ((params: StepParams[N], proposed: Proposed) => string | undefined) | null;
  /** By what it gives a principal access to a key: only those that have a grantee do, and they all do. */
  grants: StepParams[N] extends Grantee ? "role" | "policy" : null;
  /** Whether somebody or something reaches more by it than before: a principal a key, or Azure's own services a vault behind its firewall. */
  widens: boolean;
  /** Whether it takes back what came of an own write: no change of anybody's. */
  isUndo: boolean;
  /** Whether a database reaches its key by another identity from then on. */
  switchesIdentity: boolean;
  /** What is to be remembered once it is made. */
  counts: ((params: StepParams[N]) => Extension) | null;
};

export const actions = (...list: string[]): Permission => ({ actions: list, dataActions: [] });
export const dataActions = (...list: string[]): Permission => ({ actions: [], dataActions: list });

export const touchesVault = (): Touch => ({ what: "vault" });
export const touchesKey = ({ key }: OnKey): Touch => ({ what: "key", key });
export const touchesPrincipal = ({ principalId }: Grantee): Touch => ({ what: "principal", principalId });
export const touchesDatabase = ({ targetId }: { targetId: string }): Touch => ({ what: "database", targetId });
export const touchesNothing = (): Touch => ({ what: "nothing" });
export const touchesIntent = (): Touch => ({ what: "intent" });

const once = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();

/** All of them together. */
export const united = (all: readonly Permission[]): Permission => ({
  actions: once(all.flatMap((one) => one.actions)),
  dataActions: once(all.flatMap((one) => one.dataActions)),
});

export const showPermission = (permission: Permission): string => [...permission.actions, ...permission.dataActions].join(", ");

export const stale = (why: string): { stale: string } => ({ stale: why });

type Or<T> = T | { stale: string };

export const isStale = (value: object): value is { stale: string } => "stale" in value;

export function findVault(facts: Facts, vaultId: string): Or<LiveVault> {
  const { vault } = facts;
  if (vault?.state !== "live" || !sameId(vault.id, vaultId)) return stale(`vault ${vaultId} is not there`);
  return vault;
}

type OnKey = StepParams["RecoverKey"];

export function findKey(facts: Facts, { vaultId, key: name }: OnKey): Or<KeyFacts> {
  const vault = findVault(facts, vaultId);
  if (isStale(vault)) return vault;
  return facts.keys.find((key) => key.name.toLowerCase() === name.toLowerCase()) ?? stale(`key ${name} was not read`);
}

/** Of a step that makes a key live which was as `before` says. */
export function keyBecomesLive(params: OnKey, facts: Facts, before: KeyFacts["state"]): Precondition {
  const key = findKey(facts, params);
  if (isStale(key)) return key;
  if (key.state === "live") return "done";
  return key.state === before ? "todo" : stale(`key ${params.key} is ${key.state}`);
}

export type OnKeyVersion = StepParams["EnableKeyVersion"];

export function findVersion(facts: Facts, params: OnKeyVersion): Or<KeyVersionFacts> {
  const key = findKey(facts, params);
  if (isStale(key)) return key;
  if (key.state !== "live") return stale(`key ${params.key} is ${key.state}`);
  return (
    key.versions.find(({ version }) => version === params.version) ?? stale(`version ${params.version} of key ${params.key} is not there`)
  );
}

export function findTarget(facts: Facts, targetId: string): Or<TargetFacts> {
  return shownTarget(facts, targetId) ?? stale(`database ${targetId} was not read`);
}

/** Undefined where it can't be seen. */
export function shownVersion(facts: Facts, params: OnKeyVersion): KeyVersionFacts | undefined {
  const version = findVersion(facts, params);
  return isStale(version) ? undefined : version;
}

export const shownTarget = (facts: Facts, targetId: string): TargetFacts | undefined =>
  databasesIn(facts).find(({ id }) => sameId(id, targetId));

/** asked: a time, as Key Vault keeps it. */
export const putsBack = (
  { vaultId, vaultUri, key, version }: OnKeyVersion,
  attribute: KeyAttribute,
  asked: string | null,
): SetOnVersion => ({
  on: { vaultId, vaultUri, key, version },
  attribute,
  asked: asked === null ? null : fromUnix(toUnix(asked)),
});

export const keyUrl = ({ vaultUri, key }: OnKey): string => `${vaultUri}/keys/${key}`;
export const versionUrl = (params: OnKeyVersion): string => `${keyUrl(params)}/${params.version}`;
export const onVersion = (params: OnKeyVersion): string[] => [versionUrl(params).toLowerCase()];
export const onId = (...ids: string[]): string[] => ids.map(normalId);

/** What two merged steps add, each once. */
export const withAll = (first: readonly string[], second: readonly string[]): string[] => [
  ...first,
  ...second.filter((one) => !first.some((other) => other.toLowerCase() === one.toLowerCase())),
];

export const ANOTHER_KEY = "a database stays with its key: no repair moves it to another one";
