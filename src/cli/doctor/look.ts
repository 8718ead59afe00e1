/** Looks at everything: lists first, then each vault's keys, then closely at whatever is not well. Writes nothing. */
import { createGatherFacts, type FactSources } from "../../activities/gather-facts.ts";
import { type EstateLists, isRead, type Listed, type Subscription } from "../../azure/list-estate.ts";
import type { Config } from "../../config.ts";
import { vaultUriOf } from "../../domain/clouds.ts";
import { verdictOf } from "../../domain/databases/index.ts";
import type { Beside } from "../../domain/doctor/gaps.ts";
import type { Unread } from "../../domain/doctor/finding.ts";
import type { Look, Seen } from "../../domain/doctor/report.ts";
import { TransientError } from "../../domain/errors.ts";
import type { Patient, TargetFacts } from "../../domain/facts.ts";
import { vaultNameOf } from "../../domain/key-uri.ts";
import { diagnose } from "../../domain/plan/diagnose.ts";
import { plan } from "../../domain/plan/plan.ts";
import type { Settings } from "../../domain/settings.ts";
import { createListSources, type Estate, targetsIn, vaultsIn, type VaultsByName } from "./sources.ts";

export type LookDeps = {
  listSubscriptions: () => Promise<Listed<Subscription>>;
  listEstate: (subscriptionId: string) => Promise<EstateLists>;
  /** visible: where vaults are searched for. */
  sources: (visible: readonly string[]) => FactSources;
  configFor: (tenantId: string) => Pick<Config, "settings" | "firstPartyPrincipalId">;
  now: () => Date;
  progress: (text: string) => void;
};

/** Nothing at all could be looked at; the message says why. */
export class BlindError extends Error {
  override name = "BlindError";
}

/** Of vaults that are read at the same time; requests wait for their turn by themselves. */
const WIDTH = 24;
/** Each subscription has a budget of its own. */
const SUBSCRIPTIONS_AT_ONCE = 4;

async function inTurn<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, next));
}

/** wanted: by id or by name; none: all. */
function choose(visible: readonly Subscription[], wanted: readonly string[]): Subscription[] {
  if (wanted.length === 0) return [...visible];
  return wanted.map((one) => {
    const found = visible.find(({ id, name }) => id.toLowerCase() === one.toLowerCase() || name.toLowerCase() === one.toLowerCase());
    if (!found)
      throw new BlindError(`There is no subscription '${one}' among those that you may see: ${visible.map(({ name }) => name).join(", ")}`);
    return found;
  });
}

const HIDES: Record<keyof EstateLists, { what: string; hides: string; isBlind: boolean }> = {
  accounts: { what: "accounts", hides: "every account there, and whether it has its key", isBlind: true },
  clusters: { what: "clusters", hides: "every cluster there, and whether it has its key", isBlind: true },
  vaults: { what: "vaults", hides: "nothing, where each vault could be read by itself", isBlind: false },
  deletedVaults: { what: "deleted vaults", hides: "whether a vault that is gone can be recovered", isBlind: false },
  identities: { what: "identities", hides: "nothing, where each identity could be read by itself", isBlind: false },
  assignments: {
    what: "role assignments",
    hides: "who has access, where each vault's could not be read by itself; stale grants",
    isBlind: false,
  },
  definitions: { what: "role definitions", hides: "what a role allows, where it could not be read by itself", isBlind: false },
  denies: { what: "deny assignments", hides: "whether access is denied, where each vault's could not be read by itself", isBlind: false },
  locks: { what: "locks", hides: "whether vaults and identities are kept from being deleted", isBlind: false },
};

function unreadIn({ name, id }: Subscription, lists: EstateLists): Unread[] {
  const listed = new Map(Object.entries<Listed<unknown>>(lists));
  return Object.entries(HIDES).flatMap(([part, told]) => {
    const one = listed.get(part)!;
    if (isRead(one)) return [];
    return [{ ...told, what: `${told.what} of subscription ${name} (${id})`, why: one.detail }];
  });
}

/** Databases with a key of their own, and those that have lost it so far that they name none. */
const hasKey = (target: TargetFacts): boolean => target.keyUri !== null || verdictOf(target) === "lost";

type Group = { patient: Patient; databases: TargetFacts[] };

function patientsOf(targets: readonly TargetFacts[], vaults: VaultsByName): Group[] {
  const groups = new Map<string, Group>();
  for (const target of targets) {
    const vaultName = vaultNameOf(target.keyUri)?.toLowerCase() ?? null;
    const id = vaultName === null ? target.id : vaults.get(vaultName)?.id || vaultUriOf(vaultName);
    const group = groups.get(id) ?? { patient: { id, kind: vaultName === null ? "database" : "vault", vaultName }, databases: [] };
    group.databases.push(target);
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** What has no list is read by itself: so what lists and keys show to be broken, or can't show, is read again by itself before it is said. */
const isDoubtful = ({ diagnosis }: Look): boolean =>
  diagnosis.targets.some(({ findings }) => findings.some(({ evidence: { effect } }) => effect === "broken" || effect === "unknown"));

export async function lookAtAll(deps: LookDeps, wanted: readonly string[]): Promise<Seen & { settings: Settings }> {
  const { now, progress } = deps;
  progress("Who may be looked at ...");
  const visible = await deps.listSubscriptions();
  if (!isRead(visible)) throw new BlindError(`The subscriptions could not be listed; is anybody signed in (az login)?\n${visible.detail}`);
  const asked = choose(visible, wanted);
  if (asked.length === 0) throw new BlindError("You may see no subscription.");
  const { tenantId } = asked[0]!;
  const config = deps.configFor(tenantId);

  const estate = new Map<string, EstateLists>();
  const listAll = (subscriptions: readonly Subscription[]): Promise<void> =>
    inTurn(subscriptions, SUBSCRIPTIONS_AT_ONCE, async ({ id }) => {
      estate.set(id.toLowerCase(), await deps.listEstate(id));
      progress(`Lists of ${estate.size} of ${subscriptions.length} subscriptions ...`);
    });
  await listAll(asked);
  const unread = asked.flatMap((subscription) => unreadIn(subscription, estate.get(subscription.id.toLowerCase())!));
  const targets = targetsIn(estate).filter(hasKey);
  const named = targets.flatMap(({ keyUri }) => vaultNameOf(keyUri)?.toLowerCase() ?? []);
  const others = visible.filter(({ id }) => !estate.has(id.toLowerCase()));
  // A vault may be in a subscription that nobody asked about.
  const known = vaultsIn(estate);
  if (others.length > 0 && named.some((name) => !known.has(name))) await listAll(others);

  const beside = besideIn(estate);
  const real = deps.sources(visible.map(({ id }) => id));
  const { looks, unread: missed } = await lookAtEach({ ...deps, ...config, tenantId }, patientsOf(targets, vaultsIn(estate)), estate, real);
  return {
    at: now().toISOString(),
    subscriptions: asked.map(({ id, name }) => ({ id, name })),
    looks,
    beside,
    unread: [...unread, ...missed, ...unreadOf(looks)],
    settings: config.settings,
  };
}

function besideIn(estate: Estate): Beside {
  const lists = [...estate.values()].map(({ locks }) => locks);
  return { locks: lists.every(isRead) ? lists.flat() : null };
}

type Looking = Pick<LookDeps, "now" | "progress"> & Pick<Config, "settings" | "firstPartyPrincipalId"> & { tenantId: string };

async function lookAtEach(
  deps: Looking,
  groups: readonly Group[],
  estate: Estate,
  real: FactSources,
): Promise<{ looks: Look[]; unread: Unread[] }> {
  const listed = createListSources(estate, real);
  const lookWith = async (sources: FactSources, { patient, databases }: Group): Promise<Look> => {
    const gather = createGatherFacts({
      inventory: {
        listDatabases: async () => databases.map(({ kind, id, keyUri }) => ({ kind, id, keyUri, identityIds: [] })),
        findVault: async () => undefined,
      },
      sources: () => sources,
      // Nobody has looked before.
      baselines: { load: async () => ({ baseline: null, expiryExtensions: {}, known: [], lifted: [] }) },
      listWishes: async () => [],
      firstPartyPrincipalId: deps.firstPartyPrincipalId,
      tenantId: deps.tenantId,
      now: deps.now,
    });
    const facts = await gather(patient, []);
    const diagnosis = diagnose(facts, deps.settings);
    return { facts, diagnosis, plan: plan(facts, diagnosis, deps.settings) };
  };
  const looks: Look[] = [];
  const unread: Unread[] = [];
  await inTurn(groups, WIDTH, async (group) => {
    try {
      const first = await lookWith(listed, group);
      looks.push(isDoubtful(first) ? await lookWith(real, group) : first);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      unread.push(notLooked(group, error));
    }
    deps.progress(`${looks.length + unread.length} of ${groups.length} vaults ...`);
  });
  return { looks, unread };
}

const notLooked = ({ patient, databases }: Group, error: TransientError): Unread => ({
  what: patient.vaultName === null ? `database ${patient.id}` : `vault ${patient.vaultName}`,
  why: error.message,
  hides: `whether these have their key: ${databases.map(({ name }) => name).join(", ")}`,
  isBlind: true,
});

/** What a look could not read of one vault, beside what its databases' findings say of it. */
function unreadOf(looks: readonly Look[]): Unread[] {
  return looks.flatMap(({ facts: { vault, held, keys, identities, access } }) => {
    const name = vault?.name ?? "";
    const parts = [
      ...keys.map((key) => ({ one: key, what: `key ${key.name} of vault ${name}` })),
      ...identities.map((identity) => ({ one: identity, what: `identity ${identity.id}` })),
      ...access.map((one) => ({ one, what: `what ${one.principalId} may do with key ${one.keyName} of vault ${name}` })),
    ];
    const refused = parts.flatMap(({ one, what }): Unread[] =>
      one.state === "unreadable" ? [{ what, why: one.detail, hides: "whether its databases have their key", isBlind: true }] : [],
    );
    const isUnheld = vault?.state === "live" && held === undefined;
    const grants: Unread[] = isUnheld
      ? [{ what: `role assignments of vault ${name}`, why: "refused", hides: "stale grants", isBlind: false }]
      : [];
    return [...refused, ...grants];
  });
}
