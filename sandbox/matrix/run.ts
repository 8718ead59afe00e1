/** Plays the rows of the matrix: first undisturbed, then once for every call that a fault can strike. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTables } from "../azurite.ts";
import { strikesOf } from "./cells.ts";
import { play, type Play, type Row, type Theater } from "./play.ts";
import type { Strike } from "./tap.ts";

export type Struck = { strike: Strike; play: Play };
export type RowResult = { row: Row; undisturbed: Play; struck: Struck[] };

export type RunOptions = {
  seed: number;
  /** Plays at the same time. */
  workers: number;
  /** Of all strikes of a row, those that are played. */
  choose: (strikes: Strike[], row: Row) => Strike[];
  /** Shown what happens in every play. */
  write?: (text: string) => void;
  /** Told of a row as it begins, and after each of its plays. */
  onProgress: (row: Row, done: number, of: number) => void;
};

/** Does all the work in order, some of it at the same time; the first failure ends it. */
async function inParallel<T, R>(items: readonly T[], workers: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}

async function playRow(theater: Theater, row: Row, { workers, choose, onProgress }: RunOptions): Promise<RowResult> {
  onProgress(row, 0, 0);
  const undisturbed = await play(theater, row);
  const strikes = undisturbed.problems.length > 0 ? [] : choose(strikesOf(undisturbed.calls), row);
  let done = 0;
  const struck = await inParallel(strikes, workers, async (strike) => {
    const played = await play(theater, row, { strike, usual: undisturbed.written });
    onProgress(row, ++done, strikes.length);
    return { strike, play: played };
  });
  return { row, undisturbed, struck };
}

/** One row after the other, as they are asked for. */
export async function* runMatrix(rows: readonly Row[], options: RunOptions): AsyncGenerator<RowResult> {
  const folder = await mkdtemp(join(tmpdir(), "keymend-matrix-"));
  const tables = await startTables(folder);
  try {
    await tables.ready;
    const { seed, write } = options;
    for (const row of rows) yield await playRow({ tables, seed, ...(write ? { write } : {}) }, row, options);
  } finally {
    await tables.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
