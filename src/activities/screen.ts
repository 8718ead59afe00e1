/** Screens vaults: reads lists and the versions of keys, and says of each vault what they come to. Reads only. */
import { TransientError } from "../domain/errors.ts";
import { parseArmId } from "../domain/arm-id.ts";
import type { LiveVault, Patient } from "../domain/facts.ts";
import { parseKeyUri } from "../domain/key-uri.ts";
import { isDoubtful, type Lists, type Portrait, portraits, type Screened } from "../domain/reads/screening.ts";
import { SECOND } from "../domain/time.ts";

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
export type ScreenAll = (patients: readonly Patient[], withKeys?: boolean) => Promise<(patient: Patient) => Screened>;

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

  return async (patients, withKeys = true) => {
    const listed = await Promise.all(
      deps.subscriptionIds.map(async (id) => ({ id: id.toLowerCase(), lists: await orLater(deps.listSubscription(id)) })),
    );
    /** Why a subscription shows nothing; absent where it does. */
    const silent = new Map<string, "later" | "unread">();
    for (const { id, lists } of listed) if (lists === "later" || lists === undefined) silent.set(id, lists ?? "unread");
    const elsewhere = [...silent.values()].includes("later") ? "later" : "unread";
    const portraitOf = portraits(
      merged(listed.flatMap(({ lists }) => (lists === undefined || lists === "later" ? [] : [lists]))),
      deps.principalIds,
    );
    const found = new Map<Patient, Screened>();
    await inTurn(patients, async (patient) => {
      const subscriptionId = parseArmId(patient.id)?.subscriptionId?.toLowerCase();
      const isListed = patient.vaultName !== null && listed.some(({ id }) => id === subscriptionId);
      // One that is no vault, or in no subscription that is listed, shows in no list.
      if (!isListed) return void found.set(patient, "unread");
      const portrait = portraitOf(patient.vaultName!);
      // Each has databases, or it were no patient: where no list shows them, neither are its keys known nor what the service says.
      const unseen = portrait.targets.length === 0 ? elsewhere : undefined;
      found.set(patient, silent.get(subscriptionId!) ?? unseen ?? (await screen(portrait, withKeys)));
    });
    return (patient) => found.get(patient) ?? "unread";
  };
}
