/**
 * For a comparison of examples: times (in names of things too) and durations, which a change of pace or of the day alone may move, are left out,
 * and so is the number of a ticket, which begins with its day.
 */
export const withoutTimes = (example: unknown): unknown =>
  JSON.parse(JSON.stringify(example ?? null).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d{8}T\d{9}Z|\bPT[\dHMS.]+|\b1\d{14}\b/g, "TIME"));
