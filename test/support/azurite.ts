/** One table service per test file: Azurite on a port of its own. Each test takes tables of its own names. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { startTables } from "../../sandbox/running/azurite.ts";
import { createTables } from "../../src/storage/tables.ts";
import type { TableNames, Tables } from "../../src/storage/tables.ts";

export function useAzurite(): { fresh: () => { tables: Tables; names: TableNames; connectionString: string } } {
  let connectionString = "";
  let close = async (): Promise<void> => {};
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "keymend-tables-"));
    const service = await startTables(folder);
    await service.ready;
    ({ connectionString } = service);
    close = async () => {
      await service.close();
      await rm(folder, { recursive: true, force: true });
    };
  });
  afterAll(async () => close());
  return {
    fresh: () => {
      const mark = `t${randomBytes(6).toString("hex")}`;
      const names = { incidents: `${mark}i`, audit: `${mark}a`, baseline: `${mark}b` };
      return { tables: createTables({ location: { connectionString }, names }), names, connectionString };
    },
  };
}
