/** Reads everything about one patient at one moment. Reads only; what can't be read is said, never left out. */
import { keyScopeOf, sameId } from "../domain/arm-id.ts";
import type {
  AccessFacts,
  Baseline,
  EventSubscriptionFacts,
  Facts,
  IdentityFacts,
  KeyFacts,
  LiveVault,
  MissingTarget,
  Patient,
  TargetFacts,
  TargetKind,
  Unreadable,
  VaultFacts,
} from "../domain/facts.ts";
import { parseKeyUri } from "../domain/key-uri.ts";
import { ownIdentityCandidates, replacementCandidates } from "../domain/causes/replacement-identity.ts";
import { principalStateOf } from "../domain/targets/index.ts";
import type { Inventory } from "./patients.ts";

/** Each throws TransientError where a retry may cure it, and says `unreadable` where it won't. */
export type FactSources = {
  readTarget: (kind: TargetKind, id: string) => Promise<TargetFacts | MissingTarget>;
  readVault: (vault: { id?: string; name: string }) => Promise<VaultFacts>;
  /** inUse: versions that databases say they wrap with; read with type, size and operations beside the latest. */
  readKey: (vault: LiveVault, keyName: string, inUse: readonly string[]) => Promise<KeyFacts>;
  readIdentity: (id: string) => Promise<IdentityFacts>;
  readAccess: (question: { principalId: string; keyScope: string; keyName: string }) => Promise<AccessFacts>;
  readEventSubscriptions: (vaultId: string) => Promise<EventSubscriptionFacts[] | Unreadable>;
};

export type GatherDeps = {
  inventory: Inventory;
  /** Made anew for each gathering: what one of them remembers (role definitions) is no older than the facts. */
  sources: () => FactSources;
  baselines: { load: (patientId: string) => Promise<{ baseline: Baseline | null; expiryExtensions: Record<string, number> }> };
  firstPartyPrincipalId: string | null;
  tenantId: string;
  now: () => Date;
};

export type GatherFacts = (patient: Patient, knownTargets: readonly { id: string; kind: TargetKind }[]) => Promise<Facts>;

const isRead = (target: TargetFacts | MissingTarget): target is TargetFacts => !("state" in target);

function belongs(target: TargetFacts, patient: Patient): boolean {
  if (target.keyUri === null) return false;
  const name = parseKeyUri(target.keyUri).vaultName;
  return patient.kind === "vault"
    ? name?.toLowerCase() === patient.vaultName?.toLowerCase()
    : name === null && sameId(target.id, patient.id);
}

export function createGatherFacts({
  inventory,
  sources: makeSources,
  baselines,
  firstPartyPrincipalId,
  tenantId,
  now,
}: GatherDeps): GatherFacts {
  /** The inventory lags; databases this incident already knows are read all the same. */
  async function readTargets(sources: FactSources, patient: Patient, known: readonly { id: string; kind: TargetKind }[]) {
    const listed = (await inventory.listDatabases()).filter((database) => {
      const name = database.keyUri === null ? null : parseKeyUri(database.keyUri).vaultName;
      return patient.kind === "vault" ? name?.toLowerCase() === patient.vaultName?.toLowerCase() : sameId(database.id, patient.id);
    });
    const wanted = [...listed, ...known.filter((target) => !listed.some((database) => sameId(database.id, target.id)))];
    const read = await Promise.all(wanted.map(({ kind, id }) => sources.readTarget(kind, id)));
    const targets = read
      .filter(isRead)
      .filter((target) => belongs(target, patient))
      .sort((a, b) => a.id.localeCompare(b.id));
    // A database that is gone needs no key; one that can't be read might.
    return {
      targets,
      missing: read.filter((target): target is MissingTarget => !isRead(target)).filter((target) => target.state !== "gone"),
    };
  }

  async function readIdentities(sources: FactSources, targets: readonly TargetFacts[]): Promise<IdentityFacts[]> {
    const ids = targets.flatMap((target) => [
      ...target.attached.map((identity) => identity.id),
      ...(target.defaultIdentity.form === "user" ? [target.defaultIdentity.id] : []),
    ]);
    const first = await Promise.all(distinct(ids).map((id) => sources.readIdentity(id)));
    // An identity that is gone is replaced by one of a new name; those that exist already are part of the facts.
    const gone = first.filter((identity) => identity.state === "gone");
    const more = [...gone.flatMap((identity) => replacementCandidates(identity.id)), ...targets.flatMap(ownIdentityCandidates)];
    const candidates = await Promise.all(
      distinct(more)
        .filter((id) => !ids.some((known) => sameId(known, id)))
        .map((id) => sources.readIdentity(id)),
    );
    return [...first, ...candidates];
  }

  async function readVaultSide(
    sources: FactSources,
    vault: LiveVault,
    targets: readonly TargetFacts[],
    identities: readonly IdentityFacts[],
  ) {
    const keyNames = distinct(targets.flatMap((target) => parseKeyUri(target.keyUri ?? "").key ?? []));
    const live = identities.flatMap((identity) => (identity.state === "live" ? [identity.principalId] : []));
    const used = targets
      .map((target) => principalStateOf(target, identities, firstPartyPrincipalId))
      .flatMap((state) => (state.state === "known" ? [state.principalId] : []));
    const questions = keyNames.flatMap((keyName) =>
      distinct([...live, ...used]).map((principalId) => ({ principalId, keyName, keyScope: keyScopeOf(vault.id, keyName) })),
    );
    const inUse = targets.flatMap((target) => target.versionInUse ?? []);
    const [keys, access, eventSubscriptions] = await Promise.all([
      Promise.all(keyNames.map((name) => sources.readKey(vault, name, inUse))),
      Promise.all(questions.map((question) => sources.readAccess(question))),
      sources.readEventSubscriptions(vault.id),
    ]);
    return { keys, access, eventSubscriptions };
  }

  return async (patient, knownTargets) => {
    const at = now().toISOString();
    const sources = makeSources();
    const [{ targets, missing }, vault, stored] = await Promise.all([
      readTargets(sources, patient, knownTargets),
      patient.vaultName === null
        ? null
        : sources.readVault({ name: patient.vaultName, ...(patient.id.startsWith("/") ? { id: patient.id } : {}) }),
      baselines.load(patient.id),
    ]);
    const identities = await readIdentities(sources, targets);
    const side =
      vault?.state === "live" ? await readVaultSide(sources, vault, targets, identities) : { keys: [], access: [], eventSubscriptions: [] };
    // Those that can't be read count as being as they were: nothing is restored on a guess.
    const eventSubscriptions = Array.isArray(side.eventSubscriptions)
      ? side.eventSubscriptions
      : (stored.baseline?.eventSubscriptions ?? []);
    return {
      schema: 1,
      at,
      patient,
      vault,
      ...side,
      eventSubscriptions,
      identities,
      targets,
      missing,
      baseline: stored.baseline,
      expiryExtensions: stored.expiryExtensions,
      firstPartyPrincipalId,
      tenantId,
    };
  };
}

/** Ids compare without case. */
function distinct(ids: readonly string[]): string[] {
  return ids.filter((id, i) => ids.findIndex((other) => sameId(other, id)) === i);
}
