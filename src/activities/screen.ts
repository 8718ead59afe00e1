/** Screens vaults: reads lists and the versions of keys, and says of each vault what they come to. Reads only. */
import { TransientError } from "../domain/errors.ts";
import { normalId, parseArmId } from "../domain/arm-id.ts";
import type { LiveVault, Patient } from "../domain/facts.ts";
import { parseKeyUri, vaultNameOf } from "../domain/key-uri.ts";
import { isDoubtful, type Lists, type Portrait, portraits, type Screened } from "../domain/reads/screening.ts";
import { SECOND } from "../domain/time.ts";
import type { Sight } from "./patients.ts";

/** later: it could not be read now. unread: it shows in no list that Keymend reads. */
type Silence = Extract<Screened, string>;

type Version = { enabled: boolean; notBefore: number | null; expires: number | null };

export type ScreenDeps = {
  subscriptionIds: readonly string[];
  /** Undefined: Keymend may not. Throws TransientError where a retry may cure it. */
  listSubscription: (subscriptionId: string) => Promise<Lists | undefined>;
  /** Null: there is none; undefined: Keymend may not. Throws TransientError where a retry may cure it. */
  screenKey: (vault: LiveVault, keyName: string) => Promise<readonly Version[] | null | undefined>;
  digest: (value: unknown) => string;
  /** What these are granted shows wherever it counts: Azure Cosmos DB's own, and Keymend's. */
  principalIds: readonly string[];
  expiryLeadMs: number;
};

/** withKeys: their versions too, one call for each; without, the lists alone. */
export type ScreenAll = (sight: Pick<Sight, "patients" | "databases">, withKeys?: boolean) => Promise<(patient: Patient) => Screened>;

/** Of keys that are read at the same time. */
const WIDTH = 16;

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: WIDTH }, next));
}

const orLater = <T>(read: Promise<T>): Promise<T | "later"> =>
  read.catch((error: unknown): "later" => {
    if (error instanceof TransientError) return "later";
    throw error;
  });

const merged = (all: readonly Lists[]): Lists => ({
  targets: all.flatMap(({ targets }) => targets),
  vaults: all.flatMap(({ vaults }) => vaults),
  identities: all.flatMap(({ identities }) => identities),
  assignments: all.flatMap(({ assignments }) => assignments),
  denies: all.flatMap(({ denies }) => denies),
});

const keyNamesOf = ({ targets }: Portrait): string[] =>
  [...new Set(targets.flatMap(({ keyUri }) => (keyUri === null ? [] : (parseKeyUri(keyUri).key ?? []))))].toSorted();

export function createScreen(deps: ScreenDeps): ScreenAll {
  const { digest, screenKey, expiryLeadMs } = deps;

  /** When something of a version begins or ends, or comes near enough to its end. */
  const timesOf = ({ notBefore, expires }: Version): number[] => [
    ...(notBefore === null ? [] : [notBefore * SECOND]),
    ...(expires === null ? [] : [expires * SECOND, expires * SECOND - expiryLeadMs]),
  ];

  async function screen(portrait: Portrait, withKeys: boolean): Promise<Screened> {
    const { vault } = portrait;
    const names = withKeys && vault?.state === "live" ? keyNamesOf(portrait) : [];
    const keys = await Promise.all(
      names.map(async (name) => ({ name, versions: vault?.state === "live" ? await orLater(screenKey(vault, name)) : null })),
    );
    if (keys.some(({ versions }) => versions === "later")) return "later";
    if (keys.some(({ versions }) => versions === undefined)) return "unread";
    const versions = keys.flatMap((key) => (Array.isArray(key.versions) ? (key.versions as readonly Version[]) : []));
    return { lists: digest(portrait), keys: digest(keys), isDoubtful: isDoubtful(portrait), times: versions.flatMap(timesOf) };
  }

  return async ({ patients, databases }, withKeys = true) => {
    const listed = await Promise.all(
      deps.subscriptionIds.map(async (id) => ({ id: id.toLowerCase(), lists: await orLater(deps.listSubscription(id)) })),
    );
    const read = new Map(listed.flatMap(({ id, lists }) => (lists === undefined || lists === "later" ? [] : [[id, lists] as const])));
    const late = new Set(listed.flatMap(({ id, lists }) => (lists === "later" ? [id] : [])));
    const portraitOf = portraits(merged([...read.values()]), deps.principalIds);
    const dependents = Map.groupBy(databases, ({ keyUri }) => vaultNameOf(keyUri)?.toLowerCase());

    /** Why lists say nothing of it, be it there or not; undefined where they would. */
    const silence = (id: string): Silence | undefined => {
      const subscriptionId = parseArmId(id)?.subscriptionId?.toLowerCase() ?? "";
      if (read.has(subscriptionId)) return undefined;
      return late.has(subscriptionId) ? "later" : "unread";
    };
    /** The vault itself, each database that depends on it, and the identity that each of them goes by: without one of them nobody knows how it is. */
    const hidden = ({ id, vaultName }: Patient, { targets }: Portrait): Silence | undefined => {
      const shown = new Set(targets.map((target) => normalId(target.id)));
      const unshown = (dependents.get(vaultName!) ?? []).filter((database) => !shown.has(normalId(database.id)));
      const identityIds = targets.flatMap(({ defaultIdentity }) => (defaultIdentity.form === "user" ? [defaultIdentity.id] : []));
      const why = [silence(id), ...unshown.map((database) => silence(database.id) ?? "unread"), ...identityIds.map(silence)];
      return why.find((one) => one === "later") ?? why.find((one) => one !== undefined);
    };

    const found = new Map<Patient, Screened>();
    await inTurn(patients, async (patient) => {
      // One that is no vault shows in no list.
      if (patient.vaultName === null) return void found.set(patient, "unread");
      const portrait = portraitOf(patient.vaultName);
      found.set(patient, hidden(patient, portrait) ?? (await screen(portrait, withKeys)));
    });
    return (patient) => found.get(patient) ?? "unread";
  };
}
