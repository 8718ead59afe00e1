/** Who is looked at: turns the inventory and a signal's scope into patients. Each vault once; a database whose key URI names no vault is its own. */
import { isUnder, nameOf, sameId } from "../domain/arm-id.ts";
import type { Patient, TargetKind } from "../domain/facts.ts";
import { vaultNameOf } from "../domain/key-uri.ts";
import type { SignalScope } from "../domain/signal.ts";

export type KnownDatabase = { kind: TargetKind; id: string; keyUri: string | null; identityIds: string[] };

export type Inventory = {
  /** Every database with a customer-managed key in the configured subscriptions. May lag behind by minutes. */
  listDatabases: () => Promise<KnownDatabase[]>;
  /** ARM id of the vault with that name, live or soft-deleted; undefined where there is none. */
  findVault: (name: string) => Promise<string | undefined>;
};

export type KnownVaults = {
  /** ARM id of a vault Keymend has seen before, by its name. */ vaultIdOf: (name: string) => Promise<string | undefined>;
};

export type PatientsDeps = { inventory: Inventory; baselines: KnownVaults };

export function createPatients({ inventory, baselines }: PatientsDeps) {
  /** The vault's URI stands for it where no id is to be found any more. */
  async function idOf(name: string, otherwise = `https://${name}.vault.azure.net`): Promise<string> {
    return (await inventory.findVault(name)) ?? (await baselines.vaultIdOf(name)) ?? otherwise;
  }

  async function patientsOf(databases: readonly KnownDatabase[]): Promise<Patient[]> {
    const names = new Set<string>();
    const own: Patient[] = [];
    for (const database of databases) {
      const name = vaultNameOf(database.keyUri);
      if (name === null) own.push({ id: database.id, kind: "database", vaultName: null });
      else names.add(name.toLowerCase());
    }
    const vaults = await Promise.all(
      [...names].sort().map(async (name): Promise<Patient> => ({ id: await idOf(name), kind: "vault", vaultName: name })),
    );
    return [...vaults, ...own];
  }

  return {
    /** Every patient of the inventory. */
    async all(): Promise<Patient[]> {
      return patientsOf(await inventory.listDatabases());
    },
    /** Those a signal's scope touches; empty where it touches none. */
    async touchedBy(scope: SignalScope): Promise<Patient[]> {
      const databases = await inventory.listDatabases();
      switch (scope.kind) {
        case "database":
          return patientsOf(databases.filter((database) => sameId(database.id, scope.id)));
        case "identity":
          return patientsOf(databases.filter((database) => database.identityIds.some((id) => sameId(id, scope.id))));
        case "vault": {
          const name = nameOf(scope.id).toLowerCase();
          const mine = databases.filter((database) => vaultNameOf(database.keyUri)?.toLowerCase() === name);
          // Names of vaults are unique in all of Azure: an id that says another group must not make a second patient of it.
          return mine.length === 0 ? [] : [{ id: await idOf(name, scope.id), kind: "vault", vaultName: name }];
        }
        case "under":
          // A grant above the vaults, or a deleted group: every vault below it may be touched.
          return (await patientsOf(databases)).filter((patient) => isUnder(scope.scope, patient.id));
      }
    },
  };
}

export type Patients = ReturnType<typeof createPatients>;
