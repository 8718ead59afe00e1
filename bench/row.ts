/** What a measurement comes to, as `npm run bench` puts it into its table: the last line that a measurement prints. */
export type Row = {
  name: string;
  goal: string;
  figure: string;
  /** How it grows, or what lies beside it; empty where it is one figure. */
  fit: string;
  met: boolean;
  /**
   * count: repeats to the digit for a seed. ratio: two things on the same machine at the same time. wall time: where most of it waits for
   * budgets of Azure's, which are as long on any machine.
   */
  kind: "count" | "virtual time" | "ratio" | "wall time";
};

const MARK = "row ";

export const tell = (...rows: Row[]): void => rows.forEach((row) => console.log(`${MARK}${JSON.stringify(row)}`));

export const rowsIn = (output: string): Row[] =>
  output
    .split("\n")
    .filter((line) => line.startsWith(MARK))
    .map((line): Row => JSON.parse(line.slice(MARK.length)));
