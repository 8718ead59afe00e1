/** The one way a database is changed: a PATCH that holds what a PATCH may hold (domain/databases/database-change.ts). */
import { forbidsChange, type DatabaseChange } from "../domain/databases/database-change.ts";
import { InvariantError } from "../domain/errors.ts";
import type { TargetKind } from "../domain/facts.ts";
import { armUrl } from "./arm.ts";
import type { Clients } from "./clients.ts";
import { fromAnswer, type StepResult } from "./step-result.ts";

const API: Record<TargetKind, string> = { account: "api-version=2026-03-15", cluster: "api-version=2026-06-01" };

/** Permission: Microsoft.DocumentDB/databaseAccounts/write or .../mongoClusters/write. Throws where the change must not be sent. */
export async function patchDatabase(
  { arm }: Pick<Clients, "arm">,
  kind: TargetKind,
  id: string,
  change: DatabaseChange,
): Promise<StepResult> {
  const why = forbidsChange(kind, change);
  if (why !== undefined) throw new InvariantError(`${id}: ${why}`);
  const url = armUrl(id, API[kind]);
  return fromAnswer(await arm.send("PATCH", url, change), url, `the ${kind} took it at once`);
}
