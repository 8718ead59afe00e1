/** Plays stories under each other reading of what the documentation leaves open. */
import type { Row, Trial, TrialRunner } from "../matrix/trial.ts";
import { openRunners, type Together } from "../matrix/run.ts";
import { createRecorder } from "./asked.ts";
import { problemsUnder } from "./judge.ts";
import { type Reading, readings } from "./readings.ts";

/** One play under one reading; without one, the documented. */
export type Play = { row: Row; reading: Reading | undefined; trial: Trial; documented: Trial; asked: readonly string[]; seconds: number };

/** Stories that set a switch themselves are about that very reading. */
async function playDocumented(runner: TrialRunner, row: Row): Promise<{ trial: Trial; asked: string[] }> {
  const { asked, switches } = createRecorder();
  const { story } = row;
  const trial = await runner.run({
    ...row,
    switches,
    story: {
      ...story,
      break(parts) {
        asked.clear();
        return story.break(parts);
      },
    },
  });
  return { trial, asked: [...asked].toSorted() };
}

/** Readings that can make a difference to who asked for these switches. */
export const mattering = (asked: readonly string[], all: readonly Reading[] = readings): Reading[] => {
  const touched = all.filter(({ switches }) => Object.keys(switches).some((name) => asked.includes(name)));
  // Several at once tell more only where more than one of them is asked for.
  const isMore = ({ switches }: Reading): boolean => {
    const names = Object.keys(switches);
    return names.length === 1 || names.filter((name) => asked.includes(name)).length > 1;
  };
  return touched.filter(isMore);
};

/** Keymend is down until the service has noticed: nothing of this is its doing. */
const NEVER_NOTICED = /^the trial broke off: the service never noticed the break/;
const WAITED_IN_VAIN = /^the trial broke off: the story waited in vain/;

/**
 * Whether there was something to mend, and so to judge: not where another Azure does not feel the break. Who waits in vain for the app while
 * a database is hurt, or where none is hurt as documented either, has met its silence.
 */
export const isFelt = ({ trial, documented }: Pick<Play, "trial" | "documented">): boolean =>
  !trial.problems.some((problem) => NEVER_NOTICED.test(problem) || (WAITED_IN_VAIN.test(problem) && documented.isHurt && !trial.isHurt));

async function playUnder(runner: TrialRunner, row: Row, documented: Trial, reading: Reading): Promise<Trial> {
  return runner.run(
    { ...row, switches: { ...reading.switches } },
    { strikes: [], undisturbed: documented, judge: (evidence) => problemsUnder(evidence, documented, reading) },
  );
}

export type UnknownsOptions = Together & {
  /** Of the readings that can matter to a row, those that are played. */
  choose: (readings: readonly Reading[], row: Row) => readonly Reading[];
  /** Told of every play, one after the other. */
  onPlay: (play: Play) => Promise<void>;
};

const secondsSince = (began: number): number => Math.round((performance.now() - began) / 1000);

/** Each row first under the documented reading, then under the others; rows are played side by side. */
export async function playUnknowns(rows: readonly Row[], options: UnknownsOptions): Promise<void> {
  const runners = await openRunners(options);
  const left = [...rows];
  let told = Promise.resolve();
  const tell = (play: Play): Promise<void> => (told = told.then(() => options.onPlay(play)));
  const playRow = async (runner: TrialRunner, row: Row): Promise<void> => {
    const began = performance.now();
    const { trial: documented, asked } = await playDocumented(runner, row);
    await tell({ row, reading: undefined, trial: documented, documented, asked, seconds: secondsSince(began) });
    if (documented.problems.length > 0) return;
    for (const reading of options.choose(mattering(asked), row)) {
      const from = performance.now();
      const trial = await playUnder(runner, row, documented, reading);
      await tell({ row, reading, trial, documented, asked, seconds: secondsSince(from) });
    }
  };
  const work = async (runner: TrialRunner): Promise<void> => {
    const next = (): Row | undefined => (options.hasTime?.() === false ? undefined : left.shift());
    for (let row = next(); row; row = next()) await playRow(runner, row);
  };
  try {
    await Promise.all(runners.all.map(work));
  } finally {
    await runners.close();
  }
}
