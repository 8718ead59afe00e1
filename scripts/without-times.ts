/** For a comparison of examples: times (in names of things too) and durations, which a change of pace or of the day alone may move, are left out. */
export const withoutTimes = (example: unknown): unknown =>
  JSON.parse(JSON.stringify(example ?? null).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d{8}T\d{9}Z|\bPT[\dHMS.]+/g, "TIME"));
