/** Reads everything about one patient at one moment. Reads only; what can't be read is said, never left out. */
import { vaultUriOf } from "../domain/clouds.ts";
import { isClusterId, keyScopeOf, normalId, sameId } from "../domain/arm-id.ts";
import type {
  AccessFacts,
  AccountFeatures,
  Baseline,
  EventSubscriptionFacts,
  EventTopicFacts,
  Facts,
  Held,
  HomeFacts,
  IdentityFacts,
  KeyFacts,
  LiftedTag,
  LiveVault,
  MissingTarget,
  Patient,
  TargetFacts,
  TargetKind,
  Unreadable,
  VaultFacts,
} from "../domain/facts.ts";
import type { IdScan, ScanState } from "../domain/id-scan.ts";
import { parseKeyUri, vaultNameOf } from "../domain/key-uri.ts";
import { isBeingCreated, verdictOf } from "../domain/databases/index.ts";
import { concernedBy, mayBeKeyless, mayScan, readsOfWishes } from "../domain/operations/index.ts";
import { isOpen, standingRevocations, type WishOnRecord } from "../domain/wish.ts";
import { identitiesToRead, principalsToRead, standInsToRead } from "../domain/what-to-read.ts";
import type { KnownDatabase } from "../domain/databases/sight.ts";
import type { Inventory } from "./patients.ts";

/** Each throws TransientError where a retry may cure it, and says `unreadable` where it won't. */
export type FactSources = {
  readTarget: (kind: TargetKind, id: string) => Promise<TargetFacts | MissingTarget>;
  readVault: (vault: { id?: string; name: string }) => Promise<VaultFacts>;
  /** inUse: versions that databases say they wrap with; read with type, size and operations beside the latest. */
  readKey: (vault: LiveVault, keyName: string, inUse: readonly string[]) => Promise<KeyFacts>;
  readIdentity: (id: string) => Promise<IdentityFacts>;
  readAccess: (question: { principalId: string; keyScope: string; keyName: string }) => Promise<AccessFacts>;
  readEventSubscriptions: (
    vaultId: string,
  ) => Promise<{ topic: EventTopicFacts | null; subscriptions: EventSubscriptionFacts[] } | Unreadable>;
  /** Role assignments at the vault and its keys, whosever. */
  readHeld: (vaultId: string) => Promise<Held | Unreadable>;
};

export type Stored = {
  baseline: Baseline | null;
  expiryExtensions: Record<string, number>;
  known: KnownDatabase[];
  lifted: LiftedTag[];
  unarmedTold?: string;
};

export type Enabling = {
  /** Of an account. */
  readFeatures: (id: string) => Promise<AccountFeatures | Unreadable>;
  /** How far the scan for a wish has come; null before its first slice. */
  loadScan: (wishId: string) => Promise<ScanState | null>;
  /** Who reads, by object id; null where that is not known. */
  readerId: string | null;
};

export type GatherDeps = {
  inventory: Inventory;
  /** Made anew for each gathering: what one of them remembers (role definitions) is no older than the facts. */
  sources: () => FactSources;
  baselines: {
    load: (patientId: string) => Promise<Stored>;
  };
  /** What somebody wants of the patient, as far as a look must know of it. */
  listWishes: (patientId: string) => Promise<WishOnRecord[]>;
  /** For accounts that somebody wants to give a key; absent where nobody can want anything. */
  enabling?: Enabling;
  firstPartyPrincipalId: string | null;
  tenantId: string;
  now: () => Date;
};

type KnownTarget = { id: string; kind: TargetKind };

/** wished: what would be wanted too, though it is not on record. */
export type GatherFacts = (patient: Patient, knownTargets: readonly KnownTarget[], wished?: readonly WishOnRecord[]) => Promise<Facts>;

/** What wishes ask for beside what databases do. concerned: databases that they are about. guests: those of another vault. */
type Wanted = { keys: readonly string[]; identities: readonly IdentityFacts[]; concerned: readonly string[]; guests: readonly Seen[] };

/** A database with the identities that matter to it. */
type Seen = { target: TargetFacts; identities: IdentityFacts[] };

const isRead = (target: TargetFacts | MissingTarget): target is TargetFacts => !("state" in target);

function belongs(target: TargetFacts, patient: Patient): boolean {
  // One that has lost its key, and does not even name it any more, is nobody else's.
  if (target.keyUri === null) return verdictOf(target) === "lost";
  const name = vaultNameOf(target.keyUri);
  return patient.kind === "vault"
    ? name?.toLowerCase() === patient.vaultName?.toLowerCase()
    : name === null && sameId(target.id, patient.id);
}

export function createGatherFacts({
  inventory,
  sources: makeSources,
  baselines,
  listWishes,
  enabling,
  firstPartyPrincipalId,
  tenantId,
  now,
}: GatherDeps): GatherFacts {
  /** What is known is read by its id whatever the inventory says, and also where it can't be asked. */
  async function list(patient: Patient, known: readonly KnownTarget[]): Promise<KnownDatabase[]> {
    try {
      return (await inventory.listDatabases()).filter((database) => {
        const name = vaultNameOf(database.keyUri);
        return patient.kind === "vault" ? name?.toLowerCase() === patient.vaultName?.toLowerCase() : sameId(database.id, patient.id);
      });
    } catch (error) {
      if (known.length === 0) throw error;
      return [];
    }
  }

  /** The inventory lags, and leaves out what it may not show; databases that were seen before, or that this incident knows, are read all the same. */
  async function readTargets(
    sources: FactSources,
    patient: Patient,
    known: readonly KnownTarget[],
    wished: readonly string[],
    keyless: readonly string[],
  ) {
    const listed = await list(patient, known);
    const own = distinctBy([...listed, ...known], ({ id }) => id);
    const isIn = (all: readonly { id: string }[], id: string): boolean => all.some((one) => sameId(one.id, id));
    const others = distinct(wished).filter((id) => !isIn(own, id));
    const wanted = [...own, ...others.map((id): KnownTarget => ({ kind: isClusterId(id) ? "cluster" : "account", id }))];
    const read = await Promise.all(wanted.map(({ kind, id }) => sources.readTarget(kind, id)));
    const living = read
      .filter(isRead)
      .filter((target) => !isBeingCreated(target))
      .sort((a, b) => a.id.localeCompare(b.id));
    const isAskedAbout = ({ id }: TargetFacts): boolean => keyless.some((one) => sameId(one, id));
    // One that somebody wants to give its first key, or asks about one, is looked at with the vault of that key.
    const mine = living.filter((target) => belongs(target, patient) || (target.keyUri === null && isAskedAbout(target)));
    const withFeatures = async (target: TargetFacts): Promise<TargetFacts> =>
      enabling && target.kind === "account" && isAskedAbout(target)
        ? { ...target, features: await enabling.readFeatures(target.id) }
        : target;
    const targets = await Promise.all(mine.map(withFeatures));
    const guests = living.filter(
      (target) => target.keyUri !== null && !isIn(targets, target.id) && wished.some((id) => sameId(id, target.id)),
    );
    const missing = read.filter((target): target is MissingTarget => !isRead(target) && isIn(own, target.id));
    // A database that is gone needs no key; one that the inventory goes on listing may not be gone at all.
    const isListed = ({ id }: MissingTarget): boolean => listed.some((database) => sameId(database.id, id));
    return { targets, guests, missing: missing.filter((target) => target.state !== "gone" || isListed(target)) };
  }

  /** A vault that guests have their key in, with what is on record of it. */
  async function readHome(sources: FactSources, name: string, guests: readonly TargetFacts[]): Promise<HomeFacts> {
    const mine = guests.filter(({ keyUri }) => vaultNameOf(keyUri)?.toLowerCase() === name);
    const keyNames = distinct(mine.flatMap(({ keyUri }) => parseKeyUri(keyUri!).key ?? []));
    const inUse = mine.flatMap(({ versionInUse }) => versionInUse ?? []);
    const [vault, wishes] = await Promise.all([sources.readVault({ name }), listWishes(vaultUriOf(name))]);
    const named = standingRevocations(wishes).flatMap(({ params }) => ("databaseId" in params ? [params.databaseId] : []));
    const [keys, read] = await Promise.all([
      vault.state === "live" ? Promise.all(keyNames.map((key) => sources.readKey(vault, key, inUse))) : [],
      Promise.all(distinct(named).map((id) => sources.readTarget(isClusterId(id) ? "cluster" : "account", id))),
    ]);
    return { vault, keys, targets: read.filter(isRead), wishes };
  }

  const readHomes = (sources: FactSources, guests: readonly TargetFacts[]): Promise<HomeFacts[]> => {
    const names = distinct(guests.flatMap(({ keyUri }) => vaultNameOf(keyUri)?.toLowerCase() ?? []));
    return Promise.all(names.map((name) => readHome(sources, name, guests)));
  };

  async function readScans(wishes: readonly WishOnRecord[]): Promise<IdScan[]> {
    if (!enabling) return [];
    const { loadScan, readerId: principalId } = enabling;
    return Promise.all(wishes.filter(mayScan).map(async ({ id: wishId }) => ({ wishId, principalId, state: await loadScan(wishId) })));
  }

  async function readVaultSide(sources: FactSources, vault: LiveVault, seen: readonly Seen[], baseline: Baseline | null, wanted: Wanted) {
    const wrapping = seen.map(({ target, identities }) => ({
      keyName: target.keyUri === null ? null : parseKeyUri(target.keyUri).key,
      principals: principalsToRead(target, identities, baseline, firstPartyPrincipalId),
      isConcerned: wanted.concerned.some((id) => sameId(id, target.id)),
    }));
    const ofDatabases = wrapping.flatMap(({ keyName, ...one }) => (keyName === null ? [] : [{ keyName, ...one }]));
    const live = wanted.identities.flatMap((identity) => (identity.state === "live" ? [identity.principalId] : []));
    // Whatever is named may come to be used with any other: the key that is wanted by who uses the present one, or none yet, the present one by who is wanted.
    const toCome = wanted.guests.flatMap((one) => principalsToRead(one.target, one.identities, null, firstPartyPrincipalId));
    const using = [...live, ...toCome, ...wrapping.flatMap(({ principals, isConcerned }) => (isConcerned ? principals : []))];
    const wraps = [
      ...ofDatabases,
      ...wanted.keys.map((keyName) => ({ keyName, principals: using })),
      ...ofDatabases.flatMap(({ keyName, isConcerned }) => (isConcerned ? [{ keyName, principals: live }] : [])),
    ];
    const keyNames = distinct(wraps.map(({ keyName }) => keyName));
    const questions = distinctBy(
      wraps.flatMap(({ keyName, principals }) =>
        principals.map((principalId) => ({ principalId, keyName, keyScope: keyScopeOf(vault.id, keyName) })),
      ),
      ({ principalId, keyScope }) => `${keyScope} ${principalId}`,
    );
    const inUse = seen.flatMap(({ target }) => target.versionInUse ?? []);
    const [keys, access, events, held] = await Promise.all([
      Promise.all(keyNames.map((name) => sources.readKey(vault, name, inUse))),
      Promise.all(questions.map((question) => sources.readAccess(question))),
      sources.readEventSubscriptions(vault.id),
      sources.readHeld(vault.id),
    ]);
    // Those that can't be read count as being as they were: nothing is restored on a guess.
    const heard =
      "state" in events
        ? { eventSubscriptions: baseline?.eventSubscriptions ?? [] }
        : { eventSubscriptions: events.subscriptions, eventTopic: events.topic };
    return { keys, access, ...heard, ...("state" in held ? {} : { held }) };
  }

  return async (patient, knownTargets, wished = []) => {
    const sources = makeSources();
    const [stored, onRecord] = await Promise.all([baselines.load(patient.id), listWishes(patient.id)]);
    const wishes = [...onRecord, ...wished];
    const open = wishes.filter(isOpen);
    const { keys, identityIds, databaseIds } = readsOfWishes(open);
    const keyless = readsOfWishes(open.filter(mayBeKeyless)).databaseIds;
    const [{ targets, guests, missing }, scans, vault] = await Promise.all([
      readTargets(sources, patient, [...knownTargets, ...stored.known], databaseIds, keyless),
      readScans(open),
      patient.vaultName === null
        ? null
        : sources.readVault({ name: patient.vaultName, ...(patient.id.startsWith("/") ? { id: patient.id } : {}) }),
    ]);
    const { baseline, expiryExtensions, lifted, unarmedTold } = stored;
    const homes = await readHomes(sources, guests);
    const { seen: all, others } = await readIdentities(sources, [...targets, ...guests], baseline, identityIds);
    const [seen, coming] = [all.slice(0, targets.length), all.slice(targets.length)];
    const wanted = { keys, identities: others, concerned: concernedBy(open, { targets }), guests: coming };
    const side =
      vault?.state === "live"
        ? await readVaultSide(sources, vault, seen, baseline, wanted)
        : { keys: [], access: [], eventSubscriptions: [] };
    return {
      schema: 1,
      // Now that Azure has answered, and so told the time.
      at: now().toISOString(),
      patient,
      vault,
      ...side,
      identities: distinctBy([...all.flatMap(({ identities }) => identities), ...others], ({ id }) => id),
      targets,
      missing,
      ...(guests.length > 0 && { guests }),
      ...(homes.length > 0 && { homes }),
      baseline,
      expiryExtensions,
      lifted,
      ...(unarmedTold === undefined ? {} : { unarmedTold }),
      wishes,
      ...(scans.length === 0 ? {} : { scans }),
      firstPartyPrincipalId,
      tenantId,
    };
  };
}

/** Each identity is read once, however many databases it is attached to, and whatever else asks for it. */
async function readIdentities(
  sources: FactSources,
  targets: readonly TargetFacts[],
  baseline: Baseline | null,
  wanted: readonly string[],
): Promise<{ seen: Seen[]; others: IdentityFacts[] }> {
  const asked = new Map<string, Promise<IdentityFacts>>();
  const readOne = (id: string): Promise<IdentityFacts> => {
    const answer = asked.get(normalId(id)) ?? sources.readIdentity(id);
    asked.set(normalId(id), answer);
    return answer;
  };
  const read = (ids: readonly string[]): Promise<IdentityFacts[]> => Promise.all(distinct(ids).map(readOne));
  const ofDatabases = targets.map(async (target) => {
    const first = await read(identitiesToRead(target, baseline));
    return { target, identities: [...first, ...(await read(standInsToRead(target, first)))] };
  });
  const [seen, others] = await Promise.all([Promise.all(ofDatabases), read(wanted)]);
  return { seen, others };
}

/** Ids and names in Azure compare without case. */
function distinctBy<T>(items: readonly T[], idOf: (item: T) => string): T[] {
  return items.filter((item, i) => items.findIndex((other) => sameId(idOf(other), idOf(item))) === i);
}
const distinct = (ids: readonly string[]): string[] => distinctBy(ids, (id) => id);
