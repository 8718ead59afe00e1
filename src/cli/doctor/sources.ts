/**
 * Answers what a look asks from the lists of whole subscriptions, where they tell it, and asks Azure for the rest: so a thousand vaults cost
 * a few lists and their keys. The same facts come of it as of a look that reads one by one.
 */
import type { FactSources } from "../../activities/gather-facts.ts";
import { type EstateLists, isRead, type Listed } from "../../azure/list-estate.ts";
import { heldOf } from "../../azure/read-access.ts";
import { roleGuid } from "../../domain/access/access.ts";
import { byId, isUnder, normalId, parseArmId, vaultIn } from "../../domain/arm-id.ts";
import { grouped } from "../../domain/reads/screening.ts";
import type {
  AccessFacts,
  DeletedVault,
  DenyAssignment,
  IdentityFacts,
  LiveVault,
  RoleAssignment,
  RoleDefinition,
  TargetFacts,
} from "../../domain/facts.ts";

/** By subscription, in lower case. */
export type Estate = ReadonlyMap<string, EstateLists>;

const itemsOf = <T>(listed: Listed<T>): readonly T[] => (isRead(listed) ? listed : []);

const all = <T>(estate: Estate, pick: (lists: EstateLists) => Listed<T>): T[] =>
  [...estate.values()].flatMap((lists) => itemsOf(pick(lists)));

export const targetsIn = (estate: Estate): TargetFacts[] => [
  ...all(estate, ({ accounts }) => accounts),
  ...all(estate, ({ clusters }) => clusters),
];

export type VaultsByName = ReadonlyMap<string, LiveVault | DeletedVault>;

/** A live one before a deleted one of its name; names are unique in all of Azure. */
export const vaultsIn = (estate: Estate): VaultsByName =>
  new Map<string, LiveVault | DeletedVault>([
    ...all(estate, ({ deletedVaults }) => deletedVaults).map((vault) => [vault.name.toLowerCase(), vault] as const),
    ...all(estate, ({ vaults }) => vaults).map((vault) => [vault.name.toLowerCase(), vault] as const),
  ]);

/** Whoever a group has as members no list says: then only Azure knows whether a grant reaches somebody. */
const isPerson = ({ principalType }: RoleAssignment): boolean => ["serviceprincipal", "user"].includes(principalType.toLowerCase());

type Access = {
  assignments: Map<string, RoleAssignment[]>;
  groups: RoleAssignment[];
  definitions: Map<string, RoleDefinition>;
  denies: readonly DenyAssignment[];
};

function accessIn({ assignments, definitions, denies }: EstateLists): Access | undefined {
  if (!isRead(assignments) || !isRead(definitions) || !isRead(denies)) return undefined;
  return {
    assignments: grouped(assignments, ({ principalId }) => principalId.toLowerCase()),
    groups: assignments.filter((assignment) => !isPerson(assignment)),
    definitions: new Map(definitions.map((definition) => [roleGuid(definition.id), definition])),
    denies,
  };
}

type Question = { principalId: string; keyScope: string; keyName: string };

/** Undefined where the lists do not tell: a role that is in none of them. */
function answer(access: Access, question: Question): AccessFacts | undefined {
  const reaches = ({ scope }: { scope: string }): boolean => isUnder(scope, question.keyScope);
  const assignments = byId((access.assignments.get(question.principalId.toLowerCase()) ?? []).filter(reaches));
  const roles = [...new Set(assignments.map(({ roleDefinitionId }) => roleDefinitionId))];
  const definitions = roles.flatMap((id) => access.definitions.get(roleGuid(id)) ?? []);
  if (definitions.length < roles.length) return undefined;
  const viaGroups = !access.groups.some(reaches);
  return { ...question, state: "read", viaGroups, assignments, definitions, denies: byId(access.denies.filter(reaches)) };
}

export function createListSources(estate: Estate, real: FactSources): FactSources {
  const targets = new Map(targetsIn(estate).map((target) => [normalId(target.id), target]));
  const identities = new Map(
    all(estate, (lists) => lists.identities).map((identity): [string, IdentityFacts] => [normalId(identity.id), identity]),
  );
  const vaults = vaultsIn(estate);
  const access = new Map([...estate].map(([id, lists]) => [id, accessIn(lists)]));
  const below = grouped(
    all(estate, ({ assignments }) => assignments),
    ({ scope }) => {
      const vaultId = vaultIn(scope);
      return vaultId === undefined ? null : normalId(vaultId);
    },
  );
  const listsAt = (id: string): Access | undefined => access.get(parseArmId(id)?.subscriptionId?.toLowerCase() ?? "");

  return {
    readTarget: async (kind, id) => targets.get(normalId(id)) ?? real.readTarget(kind, id),
    readVault: async (vault) => vaults.get(vault.name.toLowerCase()) ?? real.readVault(vault),
    readKey: real.readKey,
    readIdentity: async (id) => identities.get(normalId(id)) ?? real.readIdentity(id),
    readAccess: async (question) => {
      const known = listsAt(question.keyScope);
      return (known && answer(known, question)) ?? real.readAccess(question);
    },
    readEventSubscriptions: real.readEventSubscriptions,
    readHeld: async (vaultId) => {
      if (!listsAt(vaultId)) return real.readHeld(vaultId);
      return heldOf(below.get(normalId(vaultId)) ?? []);
    },
  };
}
