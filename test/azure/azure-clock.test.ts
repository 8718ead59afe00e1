import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createAzureClock } from "../../src/azure/azure-clock.ts";
import { createHttpClient } from "../../src/azure/http-client.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";

const AZURE = Date.parse("2026-11-21T10:00:00.400Z");
/** As a header says it: to the second. */
const header = (ms: number): string => new Date(ms).toUTCString();

test("a machine whose clock is right keeps its own time, however long the way", () => {
  fc.assert(
    fc.property(fc.nat(20 * SECOND), fc.nat(20 * SECOND), fc.nat(DAY), (there, back, later) => {
      const clock = createAzureClock(() => AZURE + later);
      clock.hear(header(AZURE), AZURE - there, AZURE + back);
      expect(clock.now().getTime()).toBe(AZURE + later);
    }),
  );
});

test("one that is wrong is corrected, but for what the way took and the header's second", () => {
  const skews = [30 * SECOND, 7 * MINUTE, HOUR, 26 * HOUR].flatMap((skew) => [skew, -skew]);
  fc.assert(
    fc.property(fc.constantFrom(...skews), fc.nat(9 * SECOND), fc.nat(9 * SECOND), fc.nat(DAY), (skew, there, back, later) => {
      const clock = createAzureClock(() => AZURE + skew + later);
      clock.hear(header(AZURE), AZURE + skew - there, AZURE + skew + back);
      expect(Math.abs(clock.now().getTime() - (AZURE + later))).toBeLessThanOrEqual(there + back + SECOND);
    }),
  );
});

test("goes by the machine before the first answer, and by the last one that told the time", () => {
  const clock = createAzureClock(() => AZURE + HOUR);
  expect(clock.now().getTime()).toBe(AZURE + HOUR);
  clock.hear(header(AZURE), AZURE + HOUR, AZURE + HOUR);
  const corrected = clock.now().getTime();
  for (const date of [undefined, "", "yesterday"]) clock.hear(date, AZURE + HOUR, AZURE + HOUR);
  expect(clock.now().getTime()).toBe(corrected);
  clock.hear(header(AZURE + HOUR), AZURE + HOUR, AZURE + HOUR);
  expect(clock.now().getTime()).toBe(AZURE + HOUR);
});

test("every answer of Azure is heard, a refusal too", async () => {
  const machine = Date.now();
  const clock = createAzureClock(() => machine);
  const client = createHttpClient(clock, {
    sendRequest: async (request) => ({ request, status: 503, headers: createHttpHeaders({ date: header(machine - 3 * HOUR) }) }),
  });
  await client.sendRequest(createPipelineRequest({ url: "https://management.azure.com/" }));
  expect(Math.abs(clock.now().getTime() - (machine - 3 * HOUR))).toBeLessThan(2 * SECOND);
});
