import fc from "fast-check";
import { expect, test } from "vitest";
import { CronExpressionParser } from "cron-parser";
import { periodOf } from "../../src/domain/schedule.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";

test.each([
  ["0 */5 * * * *", 5 * MINUTE],
  ["0 1-59/2 * * * *", 2 * MINUTE],
  ["30 0,15,40 * * * *", 25 * MINUTE],
  ["0 * * * * *", MINUTE],
  ["*/20 * * * * *", 20 * SECOND],
  ["* * * * * *", SECOND],
  ["0 0 * * * *", HOUR],
  ["0 0 */6 * * *", 6 * HOUR],
  ["0 30 3 * * *", DAY],
  ["0 */5 3 * * *", DAY],
  [" 0  2/10 *  * * * ", 10 * MINUTE],
  ["0 */0 * * * *", MINUTE],
  ["0 x * * * *", HOUR],
])("%s comes round every %d ms", (schedule, period) => {
  expect(periodOf(schedule)).toBe(period);
});

test("no two of its times lie further apart, by another reading of the same", () => {
  const step = (max: number) => fc.integer({ min: 1, max }).map((n) => `*/${n}`);
  const minute = fc.oneof(fc.constant("*"), step(30), fc.integer({ min: 0, max: 59 }).map(String));
  fc.assert(
    fc.property(minute, fc.oneof(fc.constant("*"), step(12)), (minutes, hours) => {
      const schedule = `0 ${minutes} ${hours} * * *`;
      const period = periodOf(schedule);
      const times = CronExpressionParser.parse(schedule, { currentDate: "2026-11-02T00:00:00Z", tz: "UTC" }).take(30);
      const gaps = times.slice(1).map((time, i) => time.getTime() - times[i]!.getTime());
      if (hours === "*") expect(Math.max(...gaps)).toBe(period);
      else expect(gaps.some((gap) => gap <= period)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
