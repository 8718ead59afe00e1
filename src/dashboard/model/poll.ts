/** When to ask again: soon while all is well, ever later while it is not. */
const LONGEST_MS = 60_000;

/** failures: in a row. */
export const delayOf = (everyMs: number, failures: number): number =>
  failures === 0 ? everyMs : Math.min(LONGEST_MS, everyMs * 2 ** failures);
