/**
 * What still needs a key, or a version of one, that no database wraps with any more. Microsoft Learn, "Configure customer-managed keys", How do
 * customer-managed keys affect periodic and continuous backups: the key version of a backup's time must be enabled for it to be restored, and
 * continuous backups reach back 30 days.
 */
import { az, azNamed, say } from "../steps/az.ts";
import type { TargetFacts } from "../facts.ts";
import { namesOf } from "../short-names.ts";

const namesIn = (targets: readonly TargetFacts[]): string => namesOf(targets.map(({ id }) => id));

/** what: the key or the version, in words. targets: that have wrapped with it. */
export function neededBy(what: string, targets: readonly TargetFacts[]): string[] {
  const accounts = targets.filter(({ kind }) => kind === "account");
  const restored = targets.filter(({ restoredFrom }) => restoredFrom !== null);
  return [
    ...(targets.length === 0
      ? []
      : [say(`backups of ${namesIn(targets)} from that time are restored with ${what}: it stays enabled while one of them is kept`)]),
    ...accounts.map(({ id }) => az("cosmosdb", "show", ...azNamed(id), "--query", "backupPolicy")),
    ...(restored.length === 0 ? [] : [say(`${namesIn(restored)} came from a backup, and may hold what was wrapped with ${what}`)]),
  ];
}
