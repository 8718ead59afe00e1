/**
 * Who is looked at: turns the inventory, what is known from before and a signal's scope into patients. Each vault once; a database whose
 * key URI names no vault is its own. The inventory says what is new; what is known is looked at whatever it says (domain/databases/sight.ts).
 */
import { vaultUriOf } from "../domain/clouds.ts";
import { isClusterId, isUnder, isVaultId, nameOf, sameId } from "../domain/arm-id.ts";
import type { MissingTarget, Patient, TargetFacts, TargetKind, VaultFacts } from "../domain/facts.ts";
import { vaultNameOf } from "../domain/key-uri.ts";
import { type KnownDatabase, type KnownPatient, unlistedOf, vaultNameIn } from "../domain/databases/sight.ts";
import type { SignalScope } from "../domain/signal.ts";

export type Inventory = {
  /** Every database with a customer-managed key in the configured subscriptions. May lag behind by minutes, and leave out what Keymend may not read. */
  listDatabases: () => Promise<KnownDatabase[]>;
  /** ARM id of the vault with that name, live or soft-deleted; undefined where there is none. */
  findVault: (name: string) => Promise<string | undefined>;
};

export type KnownVaults = {
  /** ARM id of a vault Keymend has seen before, by its name. */
  vaultIdOf: (name: string) => Promise<string | undefined>;
  listKnown: () => Promise<KnownPatient[]>;
};

/** Reads one thing by its id, for whoever asks about one that nothing is known of. */
export type LookById = {
  readTarget: (kind: TargetKind, id: string) => Promise<TargetFacts | MissingTarget>;
  readVault: (vault: { id?: string; name: string }) => Promise<VaultFacts>;
};

export type PatientsDeps = { inventory: Inventory; baselines: KnownVaults; look: LookById };

export type Sight = {
  patients: Patient[];
  /** All that the inventory lists or that is known from before, the patients' and in part of others. */
  databases: readonly KnownDatabase[];
  /** Known from before, and not in the inventory any more. */
  unlisted: KnownDatabase[];
  /** Why the inventory could not be read. */
  unread: Error | null;
};

/** The patient of one thing, or why there is none: nothing depends on it, or Keymend can't see whether anything does. */
export type Found = { patient: Patient } | { patient: null; why: "none" | "unseen"; detail: string };

/** unread: why the inventory could not be read, set also where it falls silent halfway. */
type View = { databases: KnownDatabase[]; unlisted: KnownDatabase[]; unread: Error | null; ids: ReadonlyMap<string, string> };

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const kindOf = (id: string): TargetKind => (isClusterId(id) ? "cluster" : "account");

export function createPatients({ inventory, baselines, look }: PatientsDeps) {
  async function list(): Promise<{ listed: KnownDatabase[]; unread: Error | null }> {
    try {
      return { listed: await inventory.listDatabases(), unread: null };
    } catch (error) {
      return { listed: [], unread: asError(error) };
    }
  }

  async function view(): Promise<View> {
    const [{ listed, unread }, known] = await Promise.all([list(), baselines.listKnown()]);
    const unlisted = unlistedOf(
      listed,
      known.flatMap(({ databases }) => databases),
    );
    const ids = new Map(known.flatMap(({ patientId }) => (isVaultId(patientId) ? [[vaultNameIn(patientId)!, patientId] as const] : [])));
    return { databases: [...listed, ...unlisted], unlisted, unread, ids };
  }

  /** The vault's URI stands for it where no id is to be found any more. Where the inventory is silent the vault itself is asked all the same. */
  async function idOf(name: string, seen: View, otherwise = vaultUriOf(name)): Promise<string> {
    const listed = seen.unread
      ? undefined
      : await inventory.findVault(name).catch((error: unknown): undefined => void (seen.unread ??= asError(error)));
    return listed ?? seen.ids.get(name.toLowerCase()) ?? (await baselines.vaultIdOf(name)) ?? otherwise;
  }

  async function patientsOf(databases: readonly KnownDatabase[], seen: View): Promise<Patient[]> {
    const names = new Set<string>();
    const own: Patient[] = [];
    for (const database of databases) {
      const name = vaultNameOf(database.keyUri);
      if (name === null) own.push({ id: database.id, kind: "database", vaultName: null });
      else names.add(name.toLowerCase());
    }
    const vaults = await Promise.all(
      [...names].sort().map(async (name): Promise<Patient> => ({ id: await idOf(name, seen), kind: "vault", vaultName: name })),
    );
    return [...vaults, ...own];
  }

  async function touchedIn(scope: SignalScope, seen: View): Promise<Patient[]> {
    const { databases } = seen;
    switch (scope.kind) {
      case "database":
        return patientsOf(
          databases.filter((database) => sameId(database.id, scope.id)),
          seen,
        );
      case "identity":
        return patientsOf(
          databases.filter((database) => database.identityIds.some((id) => sameId(id, scope.id))),
          seen,
        );
      case "vault": {
        const name = vaultNameIn(scope.id) ?? nameOf(scope.id).toLowerCase();
        const mine = databases.filter((database) => vaultNameOf(database.keyUri)?.toLowerCase() === name);
        // Names of vaults are unique in all of Azure: an id that says another group must not make a second patient of it.
        return mine.length === 0 ? [] : [{ id: await idOf(name, seen, scope.id), kind: "vault", vaultName: name }];
      }
      case "group":
        return touchedInGroup(scope.id, seen);
      case "under":
        // A grant above the vaults: every vault below it may be touched.
        return (await patientsOf(databases, seen)).filter((patient) => isUnder(scope.scope, patient.id));
    }
  }

  /** Each patient of which the vault, a database or an identity is in there, or was when it was last seen: of a move the group that is left is named. */
  async function touchedInGroup(group: string, seen: View): Promise<Patient[]> {
    const { databases } = seen;
    const isIn = (id: string): boolean => isUnder(group, id);
    const inside = databases.filter(({ id, identityIds }) => isIn(id) || identityIds.some(isIn));
    const names = new Set(inside.map(({ keyUri }) => vaultNameOf(keyUri)?.toLowerCase()));
    const wasIn = (name: string): boolean => isIn(seen.ids.get(name) ?? "");
    const isTouched = ({ id, vaultName }: Patient): boolean =>
      isIn(id) || (vaultName !== null && (names.has(vaultName) || wasIn(vaultName)));
    return (await patientsOf(databases, seen)).filter(isTouched);
  }

  async function findDatabase(id: string): Promise<Found> {
    const kind = kindOf(id);
    const read = await look.readTarget(kind, id);
    if (!("state" in read)) {
      if (read.keyUri === null) return { patient: null, why: "none", detail: `${id} has no customer-managed key.` };
      const database = { kind, id: read.id, keyUri: read.keyUri, identityIds: [] };
      const [patient] = await patientsOf([database], { databases: [], unlisted: [], unread: null, ids: new Map() });
      return { patient: patient! };
    }
    if (read.state === "gone") return { patient: null, why: "none", detail: `${id} is not there, says Azure Resource Manager.` };
    return { patient: null, why: "unseen", detail: `Keymend can't see ${id}: ${read.detail}` };
  }

  async function findVault(id: string): Promise<Found> {
    const read = await look.readVault({ id, name: nameOf(id) });
    if (read.state === "unreadable") return { patient: null, why: "unseen", detail: `Keymend can't see ${id}: ${read.detail}` };
    return { patient: null, why: "none", detail: `Of the databases that Keymend can see none has a customer-managed key in ${id}.` };
  }

  return {
    /** Every patient of the inventory, and every one that is known from before. */
    async all(): Promise<Sight> {
      const seen = await view();
      const patients = await patientsOf(seen.databases, seen);
      // By then it may have fallen silent.
      return { patients, databases: seen.databases, unlisted: seen.unlisted, unread: seen.unread };
    },
    /** Those a signal's scope touches; empty where it touches none. Throws where none is known and the inventory can't say so. */
    async touchedBy(scope: SignalScope): Promise<Pick<Sight, "patients" | "databases">> {
      const seen = await view();
      const touched = await touchedIn(scope, seen);
      if (touched.length === 0 && seen.unread) throw seen.unread;
      return { patients: touched, databases: seen.databases };
    },
    /** A vault by its name, whether anything depends on it or not. */
    async named(vaultName: string): Promise<Patient> {
      const name = vaultName.toLowerCase();
      return { id: await idOf(name, await view()), kind: "vault", vaultName: name };
    },
    /** Of a vault or database that somebody asks about. What nothing is known of is looked at by its id before anything is said of it. */
    async find(scope: Extract<SignalScope, { kind: "vault" | "database" }>): Promise<Found> {
      const seen = await view().catch((error: unknown): View => {
        return { databases: [], unlisted: [], unread: asError(error), ids: new Map() };
      });
      const [patient] = await touchedIn(scope, seen);
      if (patient) return { patient };
      const found = scope.kind === "database" ? await findDatabase(scope.id) : await findVault(scope.id);
      // Of a vault that is there nobody knows what depends on it, while the inventory is silent.
      if (scope.kind === "vault" && !found.patient && found.why === "none" && seen.unread) throw seen.unread;
      return found;
    },
  };
}

export type Patients = ReturnType<typeof createPatients>;
