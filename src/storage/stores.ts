/** All that is kept, over one connection to the tables. */
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import type { Decision, Incident } from "../domain/incident.ts";
import type { Signal } from "../domain/signal.ts";
import { createAnchors } from "./anchors.ts";
import { createAuditLog } from "./audit-log.ts";
import { createBaselineStore } from "./baseline-store.ts";
import { createIncidentStore } from "./incident-store.ts";
import { createLetterStore } from "./letter-store.ts";
import { createMailbox } from "./mailbox.ts";
import { createRestraintStore } from "./restraint-store.ts";
import { createRevalidationStore } from "./revalidation-store.ts";
import { createScanStore } from "./scan-store.ts";
import { createSignStore } from "./sign-store.ts";
import { createTables } from "./tables.ts";
import { createWishStore } from "./wish-store.ts";

type Place = Parameters<typeof createTables>[0];

export type StoresDeps = {
  tables: { connectionString: string } | { endpoint: string };
  tableNames: Place["names"];
  /** Null: heads of the audit are kept nowhere else. */
  anchors: { container: string; retentionMs: number } | null;
  credential: TokenCredential;
  httpClient: HttpClient;
  now: () => Date;
  /** Told of a row that can't be read or written, where that stops nobody. */
  setAside: (what: string) => void;
  /** Hears of each incident that was saved. */
  saved: (incident: Incident) => void;
};

export function createStores({ tables: where, tableNames, anchors, credential, httpClient, now, setAside, saved }: StoresDeps) {
  const tables = createTables({ location: "endpoint" in where ? { endpoint: where.endpoint, credential } : where, names: tableNames });
  const signs = createSignStore(tables, now, setAside);
  return {
    signs,
    mailbox: createMailbox<Signal, Decision>(tables),
    audit: createAuditLog(tables, anchors && createAnchors({ ...anchors, credential, now, httpClient }), signs.note),
    incidents: createIncidentStore<Incident>(tables, setAside, saved),
    baselines: createBaselineStore(tables, setAside),
    restraint: createRestraintStore(tables),
    letters: createLetterStore(tables, setAside),
    revalidations: createRevalidationStore(tables, setAside),
    wishes: createWishStore(tables, setAside),
    scans: createScanStore(tables),
  };
}
