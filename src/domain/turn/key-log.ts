/** What a vault's own log is asked about its keys, and what its entries say: the activity log knows nothing of the data plane. */
import type { Author } from "../incident.ts";
import { LOG_OPERATIONS } from "../signal.ts";
import { isOfKeys } from "./authors.ts";
import { type Asking, spanToSearch } from "./logs.ts";

/** Times: ISO 8601 UTC. */
export type KeyLogQuestion = { workspaceId: string; vaultId: string; operations: readonly string[]; since: string; until: string };

/** One operation that has ended well. uris: of the key, as the log has it. */
export type KeyLogEntry = { operation: string; uris: readonly string[]; at: string; objectId: string | null };

/** Undefined where nothing hangs on it, where no workspace is named, or where it can't tell. */
export function questionToKeyLog(asking: Asking): KeyLogQuestion | undefined {
  const { settings, facts } = asking;
  const span = spanToSearch(asking, isOfKeys);
  if (span === undefined || settings.logWorkspace === null || facts.vault?.id == null) return undefined;
  return { workspaceId: settings.logWorkspace, vaultId: facts.vault.id, operations: LOG_OPERATIONS, ...span };
}

/** With a version or without, and among the deleted ones. */
const KEY = /^https:\/\/[^/]+\/(?:deleted)?keys\/([^/?#]+)/i;

export function authorsInKeyLog(entries: readonly KeyLogEntry[], vaultId: string): Author[] {
  return entries.flatMap(({ operation, uris, at, objectId }) => {
    const name = uris.map((uri) => KEY.exec(uri)?.[1]).find((one) => one !== undefined);
    if (name === undefined || objectId === null) return [];
    return [{ objectId, operation: operation.toLowerCase(), scope: { kind: "key" as const, vaultId, name }, at }];
  });
}
