/** How far scans of document ids have come: a row each, in a partition of its own in the incidents' table, so that nothing else reads it. */
import { orAbsent } from "../azure/call-azure.ts";
import type { ScanState } from "../domain/id-scan.ts";
import { hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import type { Tables } from "./tables.ts";

export type ScanStore = {
  /** Null before its first slice. */
  load: (wishId: string) => Promise<ScanState | null>;
  keep: (wishId: string, state: ScanState) => Promise<void>;
};

const ROW = "state";
const partitionOf = (wishId: string): string => `scan-${hashText(wishId)}`;

/** A row that can't be read is thrown: nothing is taken for scanned that is not known to be. */
export const createScanStore = (tables: Tables): ScanStore => ({
  load: (wishId) =>
    tables.use("incidents", "look how far a scan has come", async (client) => {
      const row = await orAbsent(() => client.getEntity(partitionOf(wishId), ROW));
      if (row === undefined) return null;
      const state: ScanState = JSON.parse(jsonOf(row, `scan of ${wishId}`));
      return state;
    }),
  keep: (wishId, state) =>
    tables.use("incidents", "keep how far a scan has come", async (client) => {
      await client.upsertEntity({ partitionKey: partitionOf(wishId), rowKey: ROW, ...toRow(state, `scan of ${wishId}`) }, "Replace");
    }),
});
