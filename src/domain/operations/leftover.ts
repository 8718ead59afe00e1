/**
 * What still needs a key, or a version of one, that no database wraps with any more. Microsoft Learn, "Configure customer-managed keys", How do
 * customer-managed keys affect periodic and continuous backups: the key version of a backup's time must be enabled for it to be restored.
 */
import { versionInUseOf } from "../databases/key-path.ts";
import { az, azNamed, say } from "../steps/az.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { namesOf } from "../short-names.ts";
import { DAY, toIso, toMs } from "../time.ts";
import { KEPT_FOR_MS, type WishOnRecord } from "../wish.ts";

const namesIn = (targets: readonly TargetFacts[]): string => namesOf(targets.map(({ id }) => id));

/**
 * The last moment at which a backup can have been made that needs it: when the database was seen on what took its place, or, of one that tells
 * no version, a day later, for the service may take that long to move it (the guide, Key rotation).
 */
function lastUsedAt(target: TargetFacts, { status }: WishOnRecord, { at }: Facts): string {
  const seenAt = status?.disposable ? toMs(status.disposable.from) - KEPT_FOR_MS : toMs(at);
  return toIso(versionInUseOf(target) === null ? seenAt + DAY : seenAt);
}

/** what: the key or the version, in words. targets: that have wrapped with it. */
export function neededBy(what: string, targets: readonly TargetFacts[], { facts, wish }: { facts: Facts; wish: WishOnRecord }): string[] {
  const told = targets.filter(({ backupsReachMs }) => typeof backupsReachMs === "number");
  const silent = targets.filter((target) => !told.includes(target));
  const restored = targets.filter(({ restoredFrom }) => restoredFrom !== null);
  return [
    ...told.map((target) => {
      const used = lastUsedAt(target, wish, facts);
      const until = toIso(toMs(used) + target.backupsReachMs!);
      return say(`backups of ${target.name} from before ${used} are restored with ${what}: the last of them is kept until ${until}`);
    }),
    ...(silent.length === 0
      ? []
      : [say(`backups of ${namesIn(silent)} from that time are restored with ${what}: it stays enabled while one of them is kept`)]),
    ...silent.filter(({ kind }) => kind === "account").map(({ id }) => az("cosmosdb", "show", ...azNamed(id), "--query", "backupPolicy")),
    ...(restored.length === 0 ? [] : [say(`${namesIn(restored)} came from a backup, and may hold what was wrapped with ${what}`)]),
  ];
}
