/**
 * Last known good facts per vault, and how often each key version's expiry was extended. Kept by the vault's name, which is
 * unique in all of Azure: a vault that is gone is known by nothing else.
 */
import { normalId } from "../domain/arm-id.ts";
import type { Baseline } from "../domain/facts.ts";
import { vaultNameIn } from "../domain/sight.ts";
import { orAbsent } from "../azure/call-azure.ts";
import { hashText } from "./canonical-json.ts";
import { jsonOf, toRow } from "./rows.ts";
import { quote } from "./tables.ts";
import type { Tables } from "./tables.ts";

type PatientId = { id: string };

export type BaselineStore = {
  load: (patientId: string) => Promise<{ baseline: Baseline | null; expiryExtensions: Record<string, number> }>;
  save: (patient: PatientId, baseline: Baseline) => Promise<void>;
  /** ARM id of a vault that was seen healthy before. */
  vaultIdOf: (vaultName: string) => Promise<string | undefined>;
  /** keyVersion: `{vault name}/{key}/{version}` in lower case. */
  countExtension: (patient: PatientId, keyVersion: string, count: number) => Promise<void>;
};

const BASELINE = "baseline";
const EXTENSION = "extension-";

type Kept = { vaultId: string | null; baseline: Baseline };
type Count = { keyVersion: string; count: number };

export function createBaselineStore(tables: Tables): BaselineStore {
  return {
    load: (patientId) =>
      tables.use("baseline", "load a baseline", async (client) => {
        const partition = partitionOf(patientId);
        let baseline: Baseline | null = null;
        const counts: [string, number][] = [];
        for await (const row of client.listEntities({ queryOptions: { filter: `PartitionKey eq ${quote(partition)}` } })) {
          if (row.rowKey === BASELINE) baseline = readKept(row, partition).baseline;
          else {
            const { keyVersion, count } = readCount(row, partition);
            counts.push([keyVersion, count]);
          }
        }
        return { baseline, expiryExtensions: Object.fromEntries(counts) };
      }),

    save: ({ id }, baseline) =>
      tables.use("baseline", "save a baseline", async (client) => {
        const kept: Kept = { vaultId: id.startsWith("/") ? id : null, baseline };
        const key = { partitionKey: partitionOf(id), rowKey: BASELINE };
        await client.upsertEntity({ ...key, at: baseline.at, ...toRow(kept, `the baseline of ${id}`) }, "Replace");
      }),

    vaultIdOf: (vaultName) =>
      tables.use("baseline", "look up a vault", async (client) => {
        const row = await orAbsent(() => client.getEntity(vaultName.toLowerCase(), BASELINE));
        return (row && readKept(row, vaultName).vaultId) ?? undefined;
      }),

    countExtension: ({ id }, keyVersion, count) =>
      tables.use("baseline", "count an extension", async (client) => {
        const key = { partitionKey: partitionOf(id), rowKey: `${EXTENSION}${hashText(keyVersion)}` };
        await client.upsertEntity(
          { ...key, ...toRow({ keyVersion, count } satisfies Count, `the extension count of ${keyVersion}`) },
          "Replace",
        );
      }),
  };
}

function readKept(row: object, of: string): Kept {
  const kept: Kept = JSON.parse(jsonOf({ ...row }, `the baseline of ${of}`));
  return kept;
}

function readCount(row: object, of: string): Count {
  const count: Count = JSON.parse(jsonOf({ ...row }, `an extension count of ${of}`));
  return count;
}

/** A vault's name; a database of its own is known by its id, which is no key of a table. */
const partitionOf = (patientId: string): string => vaultNameIn(patientId) ?? hashText(normalId(patientId));
