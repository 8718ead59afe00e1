/** What is taken out of a deployment, whole: an incident's audit, and with it all that belongs to a case. */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { AUDIT_ROW } from "../../api/answers.ts";
import type { AnswerOf, Client } from "../../client/client.ts";
import { RESTRAINT_AUDIT } from "../../domain/incident.ts";
import { UsageError } from "../command.ts";
import { type AuditRow, type ChainVerdict, verifyChain } from "../../storage/audit-chain.ts";

/** seal: how far the chain went when the incident's own row was last saved; null where there is none. chain: as the deployment says. */
const AUDIT_EXPORT = v.object({
  format: v.literal("keymend/audit/1"),
  incidentId: v.string(),
  exportedAt: v.string(),
  seal: v.nullable(v.object({ rows: v.number(), head: v.string() })),
  chain: v.unknown(),
  rows: v.array(AUDIT_ROW),
});
export type AuditExport = v.InferOutput<typeof AUDIT_EXPORT>;

/** Read before the rows: rows that come meanwhile are beyond it, and no fault. */
const sealOf = async (client: Client, incidentId: string): Promise<AuditExport["seal"]> =>
  incidentId === RESTRAINT_AUDIT ? null : (await client.call("incident", { id: incidentId })).audit;

export async function exportAudit(
  client: Client,
  incidentId: string,
  now: string,
): Promise<AuditExport & { chain: AnswerOf<"audit">["chain"] }> {
  const seal = await sealOf(client, incidentId);
  const { chain } = await client.call("audit", { query: { incidentId, $top: "1" } });
  const rows: AuditExport["rows"] = [];
  for await (const row of client.all("audit", { incidentId, $top: "200" })) rows.push(row);
  return { format: "keymend/audit/1", incidentId, exportedAt: now, seal, chain, rows };
}

/** Without asking anybody: whether each row follows from the one before, and whether the chain has what its incident knew of it. */
export function checkAudit({ incidentId, rows, seal }: AuditExport): ChainVerdict {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the shape that was read; what a row says besides is hashed with it
  return verifyChain(incidentId, rows as AuditRow[], seal ?? undefined);
}

export async function readExport(file: string): Promise<AuditExport> {
  const read: unknown = await readFile(file, "utf8")
    .then((text): unknown => JSON.parse(text))
    .catch((error: unknown) => {
      throw new UsageError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
    });
  // A support bundle has the audit of its incident in it.
  const inside = typeof read === "object" && read !== null && "audit" in read ? read.audit : read;
  const parsed = v.safeParse(AUDIT_EXPORT, inside);
  if (!parsed.success) throw new UsageError(`${file} is no export of an audit: ${v.summarize(parsed.issues)}`);
  return parsed.output;
}
