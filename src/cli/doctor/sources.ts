/**
 * Answers what a look asks from the lists of whole subscriptions, where they tell it, and asks Azure for the rest: so a thousand vaults cost
 * a few lists and their keys. The same facts come of it as of a look that reads one by one.
 */
import type { FactSources } from "../../activities/gather-facts.ts";
import { type EstateLists, isRead, type Listed } from "../../azure/list-estate.ts";
import { roleGuid } from "../../domain/access/access.ts";
import { isUnder, normalId, parseArmId } from "../../domain/arm-id.ts";
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

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item).toLowerCase();
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

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
    assignments: grouped(assignments, ({ principalId }) => principalId),
    groups: assignments.filter((assignment) => !isPerson(assignment)),
    definitions: new Map(definitions.map((definition) => [roleGuid(definition.id), definition])),
    denies,
  };
}

const byId = <T extends { id: string }>(list: readonly T[]): T[] => list.toSorted((a, b) => a.id.localeCompare(b.id));

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

/** A subscription may have 4,000 assignments (Microsoft Learn, "Troubleshoot Azure RBAC limits"): as much as a look keeps of them. */
const HELD_KEPT = 200;

export function createListSources(estate: Estate, real: FactSources): FactSources {
  const targets = new Map(targetsIn(estate).map((target) => [normalId(target.id), target]));
  const identities = new Map(
    all(estate, (lists) => lists.identities).map((identity): [string, IdentityFacts] => [normalId(identity.id), identity]),
  );
  const vaults = vaultsIn(estate);
  const access = new Map([...estate].map(([id, lists]) => [id, accessIn(lists)]));
  const below = grouped(
    all(estate, ({ assignments }) => assignments).filter(({ scope }) => /\/vaults\//i.test(scope)),
    ({ scope }) => scope.split("/").slice(0, 9).join("/"),
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
      const own = byId(below.get(vaultId.toLowerCase()) ?? []);
      return { assignments: own.slice(0, HELD_KEPT), left: Math.max(0, own.length - HELD_KEPT) };
    },
  };
}
