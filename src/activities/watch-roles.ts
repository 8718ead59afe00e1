/**
 * Holds what Keymend's own identities may do against what they must, once an hour, and at each sweep while something is lacking: told once,
 * with what gives it back, and again when it is another. Goes by the lists that screening has read; Azure is asked anew only for the
 * definitions of the roles, and where something seems to be lacking.
 */
import { TransientError } from "../domain/errors.ts";
import type { RoleAssignment, RoleDefinition, Unreadable } from "../domain/facts.ts";
import { sameText } from "../domain/arm-id.ts";
import { roleGuid } from "../domain/access/access.ts";
import type { Lists } from "../domain/reads/screening.ts";
import { type Compared, type Held, isSameLack, lackingRoles, type RolesRecord, sayLack } from "../domain/roles/lacking.ts";
import type { Deployed, Others } from "../domain/roles/needs.ts";
import { HOUR, toIso, toMs } from "../domain/time.ts";
import type { Log } from "../log.ts";

type List = (subscriptionId: string) => Promise<Lists | undefined>;

export type WatchRolesDeps = {
  subscriptionIds: readonly string[];
  deployed: Deployed;
  others: Others;
  /** Of one principal in a subscription, through groups too; throws TransientError where a retry may cure it. */
  readAssigned: (subscriptionId: string, principalId: string) => Promise<RoleAssignment[] | Unreadable>;
  readDefinition: (id: string) => Promise<RoleDefinition>;
  load: () => Promise<RolesRecord | null>;
  keep: (record: RolesRecord) => Promise<void>;
  now: () => Date;
};

export function createWatchRoles({ subscriptionIds, deployed, others, readAssigned, readDefinition, load, keep, now }: WatchRolesDeps) {
  const own = Object.values(deployed.principals);
  /** What each subscription's lists told last; null: they are refused. */
  const heard = new Map<string, Lists | null>();
  /** When all was whole last; not known where something is lacking. */
  let wholeAt: number | null = null;
  /** A time that lies ahead was written before the clock was set back. */
  const isDue = (): boolean => wholeAt === null || now().getTime() < wholeAt || now().getTime() >= wholeAt + HOUR;
  const heed = ({ at, lacks }: RolesRecord): void => void (wholeAt = lacks.length === 0 ? toMs(at) : null);

  const readDefinitions = async (assignments: readonly RoleAssignment[], known: readonly RoleDefinition[]): Promise<RoleDefinition[]> => {
    const isKnown = (roleId: string): boolean => known.some(({ id }) => roleGuid(id) === roleGuid(roleId));
    const ids = Map.groupBy(
      assignments.filter(({ roleDefinitionId }) => !isKnown(roleDefinitionId)),
      ({ roleDefinitionId }) => roleGuid(roleDefinitionId),
    );
    return [...known, ...(await Promise.all([...ids.values()].map(([first]) => readDefinition(first!.roleDefinitionId))))];
  };

  /** The lists tell nothing of groups: who seems to lack something is asked about by itself. */
  async function askAnew(before: Held, principalIds: readonly string[], read: readonly string[]): Promise<Held> {
    const asked = principalIds.flatMap((principalId) => read.map((id) => ({ principalId, id })));
    const answers = await Promise.all(
      asked.map(async ({ principalId, id }) => ({ principalId, assigned: await readAssigned(id, principalId) })),
    );
    const seen = answers.flatMap(({ principalId, assigned }) =>
      Array.isArray(assigned) ? assigned.map((one) => ({ principalId, one })) : [],
    );
    const assignments = [...before.assignments, ...seen.map(({ one }) => one)];
    const memberOf = Object.fromEntries(
      principalIds.map((id) => [id, seen.filter(({ principalId }) => principalId === id).map(({ one }) => one.principalId)]),
    );
    return { assignments, definitions: await readDefinitions(assignments, before.definitions), memberOf };
  }

  async function compare(lists: ReadonlyMap<string, Lists | null>): Promise<RolesRecord> {
    const read = subscriptionIds.filter((id) => lists.get(id.toLowerCase()) !== null);
    const all = read.map((id) => lists.get(id.toLowerCase())!);
    const assignments = all.flatMap((one) => one.assignments).filter(({ principalId }) => own.some((id) => sameText(id, principalId)));
    const held: Held = { assignments, definitions: await readDefinitions(assignments, []), memberOf: {} };
    const compared: Compared = {
      lists: {
        targets: all.flatMap(({ targets }) => targets),
        vaults: all.flatMap(({ vaults }) => vaults),
        denies: all.flatMap(({ denies }) => denies),
      },
      held,
      read,
      refused: subscriptionIds.filter((id) => !read.includes(id)),
      deployed,
      others,
    };
    const lacking = new Set(lackingRoles(compared).map(({ capability }) => deployed.principals[capability]!));
    const lacks = lacking.size === 0 ? [] : lackingRoles({ ...compared, held: await askAnew(held, [...lacking], read) });
    return { at: toIso(now().getTime()), lacks };
  }

  function tell(before: RolesRecord | null, { lacks }: RolesRecord, log: Log): void {
    const told = before?.lacks ?? [];
    for (const lack of lacks.filter((one) => !told.some((other) => isSameLack(one, other)))) {
      const { capability, state, actions, vaultIds, az } = lack;
      const fields = { capability, actions, vaults: vaultIds.length, runbook: az, text: sayLack(lack) };
      if (state === "lacking") log.error("roleLacking", fields);
      else log.warn("roleUnknown", fields);
    }
    if (lacks.length === 0 && told.length > 0)
      log.info("rolesWhole", { text: "Keymend's identities may do all that they are deployed for again" });
  }

  return {
    /** The same list; what it tells is remembered until it is compared. */
    hearing:
      (list: List): List =>
      async (id) => {
        const lists = await list(id);
        if (isDue()) heard.set(id.toLowerCase(), lists ?? null);
        return lists;
      },
    /** Of what could not be read this time nothing is said: how old the last comparison is tells that. */
    watch: async (log: Log): Promise<void> => {
      const lists = new Map(heard);
      heard.clear();
      if (subscriptionIds.some((id) => !lists.has(id.toLowerCase()))) return;
      const before = await load();
      if (before) heed(before);
      else wholeAt = null;
      if (!isDue()) return;
      try {
        const after = await compare(lists);
        tell(before, after, log);
        await keep(after);
        heed(after);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        log.warn("rolesUnread", { text: `what Keymend's own identities may do can't be read now: ${error.message}` });
      }
    },
  };
}

export type WatchRoles = ReturnType<typeof createWatchRoles>["watch"];
