/**
 * All that is on record of an incident in one piece, for whoever helps: Microsoft's support, a colleague, oneself later. It is put together when
 * it is asked for: the incident and its audit keep what each look saw and each write was answered, so a copy kept at two hours would only be older.
 */
import type * as v from "valibot";
import type { SUPPORT } from "../api/support-answer.ts";
import type { Incident } from "../domain/incident.ts";
import { ticketDrafts } from "../domain/turn/support.ts";
import type { Authenticate } from "./authenticate.ts";
import { createGuard, json } from "./guard.ts";
import { viewIncident } from "./incident-view.ts";

type Bundle = v.InferOutput<typeof SUPPORT>;

export type SupportDeps = {
  authenticate: Authenticate;
  incidentById: (id: string) => Promise<Incident>;
  stores: {
    listAudit: (
      incidentId: string,
      top: number,
      continuation: string | undefined,
    ) => Promise<{ value: Bundle["audit"]["rows"]; continuation: string | undefined }>;
    verifyAudit: (incidentId: string, seal: Incident["audit"]) => Promise<Bundle["audit"]["chain"]>;
  };
  databasesOf: (vaultId: string) => Promise<Bundle["databases"]>;
  readWriting: () => Promise<Bundle["writing"]>;
  now: () => Date;
};

const PAGE = 1000;

export function createSupportBundle({ authenticate, incidentById, stores, databasesOf, readWriting, now }: SupportDeps) {
  async function allRows(incidentId: string): Promise<Bundle["audit"]["rows"]> {
    const rows: Bundle["audit"]["rows"] = [];
    let more: string | undefined;
    do {
      const page = await stores.listAudit(incidentId, PAGE, more);
      rows.push(...page.value);
      more = page.continuation;
    } while (more !== undefined);
    return rows;
  }

  return createGuard(authenticate)("support", async ({ request }) => {
    // First: rows that come meanwhile are beyond its seal, and no fault.
    const incident = await incidentById(request.params["id"] ?? "");
    const exportedAt = now().toISOString();
    const [chain, rows, databases, writing] = await Promise.all([
      stores.verifyAudit(incident.id, incident.audit),
      allRows(incident.id),
      databasesOf(incident.vaultId),
      readWriting(),
    ]);
    return json({
      format: "keymend/support/1",
      exportedAt,
      incident: viewIncident(incident),
      drafts: ticketDrafts(incident).map(({ kind: _, ...draft }) => draft),
      audit: { format: "keymend/audit/1", incidentId: incident.id, exportedAt, seal: incident.audit ?? null, chain, rows },
      databases,
      writing,
    } satisfies Bundle);
  });
}
