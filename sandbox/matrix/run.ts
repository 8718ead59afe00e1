/** Plays the rows of the matrix: first undisturbed, then under every fault at every call that it can strike. */
import { join } from "node:path";
import { startTables } from "../running/azurite.ts";
import { createTemporaryFolder } from "../running/temporary.ts";
import { strikesOf, trainsOf } from "./cells.ts";
import { createTrialRunner, type Row, type Trial, type TrialRunner } from "./trial.ts";
import type { Strike } from "./tap.ts";

export type Struck = { strike: Strike; trial: Trial };
export type RowResult = { row: Row; undisturbed: Trial; struck: Struck[] };

export type Together = {
  seed: number;
  /** Who has no more time begins no other row. */
  hasTime?: () => boolean;
  /** Trials at the same time. */
  workers: number;
  /** Shown what happens in every trial. */
  write?: (text: string) => void;
};

export type RunOptions = Together & {
  /** Of all strikes of a row, those that are played. */
  choose: (strikes: Strike[], row: Row) => Strike[];
  /** Told of a row as it begins, and of how many strikes it has been through. */
  onProgress: (row: Row, done: number, of: number) => void;
};

/** Several strikes in one trial, where it ended just as undisturbed, each met with what it must; else they are tried one by one. */
function sortOut(train: readonly Strike[], trial: Trial, undisturbed: Trial): { met: Strike[]; left: Strike[][] } {
  if (train.length === 1) return { met: [...train], left: [] };
  const { outcome, reason, problems, hits } = trial;
  if (problems.length > 0 || outcome !== undisturbed.outcome || reason !== undisturbed.reason || hits.length === 0)
    return { met: [], left: train.map((strike) => [strike]) };
  return { met: [...hits], left: hits.length < train.length ? [train.slice(hits.length)] : [] };
}

async function tryRow(runners: readonly TrialRunner[], row: Row, { choose, onProgress }: RunOptions): Promise<RowResult> {
  onProgress(row, 0, 0);
  const [first] = runners;
  const undisturbed = await first!.run(row);
  const strikes = undisturbed.problems.length > 0 ? [] : choose(strikesOf(undisturbed.calls), row);
  const trains = trainsOf(strikes);
  const struck: Struck[] = [];
  const work = async (runner: TrialRunner): Promise<void> => {
    for (let train = trains.shift(); train; train = trains.shift()) {
      const trial = await runner.run(row, { strikes: train, undisturbed });
      const { met, left } = sortOut(train, trial, undisturbed);
      trains.push(...left);
      struck.push(...met.map((strike) => ({ strike, trial })));
      onProgress(row, struck.length, strikes.length);
    }
  };
  await Promise.all(runners.map(work));
  const order = new Map(strikes.map((strike, index) => [strike, index]));
  return { row, undisturbed, struck: struck.toSorted((a, b) => order.get(a.strike)! - order.get(b.strike)!) };
}

export type Runners = { all: readonly TrialRunner[]; close: () => Promise<void> };

/** Runners on tables that they share, each with an app of its own; once closed they are gone without a trace. */
export async function openRunners({ seed, workers, write }: Together): Promise<Runners> {
  const folder = createTemporaryFolder("keymend-matrix-");
  const tables = await startTables(folder.path);
  const all = Array.from({ length: workers }, (_, number) =>
    createTrialRunner({ tables, seed, number, folder: join(folder.path, String(number)), ...(write ? { write } : {}) }),
  );
  return {
    all,
    async close() {
      await Promise.all(all.map((runner) => runner.close()));
      await tables.close();
      folder.remove();
    },
  };
}

/** One row after the other, as they are asked for. */
export async function* runMatrix(rows: readonly Row[], options: RunOptions): AsyncGenerator<RowResult> {
  const runners = await openRunners(options);
  try {
    for (const row of rows) {
      if (options.hasTime?.() === false) return;
      yield await tryRow(runners.all, row, options);
    }
  } finally {
    await runners.close();
  }
}
