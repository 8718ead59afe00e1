import type { DurableClient } from "durable-functions";
import { expect, test } from "vitest";
import { createHousekeeping } from "../../src/functions/housekeeping.ts";
import { NOW } from "../support/builders.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";

test("forgets what ended and was made more than thirty days ago; what runs stays, however old", async () => {
  const asked: unknown[] = [];
  const forgotten: string[] = [];
  const client = {
    purgeInstanceHistoryBy: async (filter: unknown) => {
      asked.push(filter);
      return { instancesDeleted: 12 };
    },
  } as unknown as DurableClient;
  const log = fakeLog();
  await createHousekeeping({ forget: [async (at) => void forgotten.push(at)], now: () => new Date(NOW) })(client, log);
  expect(forgotten).toEqual([NOW]);
  const before = "2026-10-03T10:00:00.000Z";
  expect(asked).toEqual([
    {
      createdTimeFrom: new Date(0),
      createdTimeTo: new Date(before),
      runtimeStatus: ["Completed", "Failed", "Terminated", "Canceled"],
    },
  ]);
  expect(log.lines).toEqual([
    { level: "info", event: "purged", fields: { instances: 12, before, text: "forgot 12 ended orchestrations" } },
  ]);
});

test("fails visibly where one of them can't be reached, and forgets the other all the same", async () => {
  const forgotten: string[] = [];
  const forget = async (at: string): Promise<void> => void forgotten.push(at);
  const down = { purgeInstanceHistoryBy: async () => Promise.reject(new Error("HTTP 500")) } as unknown as DurableClient;
  await expect(createHousekeeping({ forget: [forget], now: () => new Date(NOW) })(down, fakeLog())).rejects.toThrow("HTTP 500");
  expect(forgotten).toEqual([NOW]);
  const up = { purgeInstanceHistoryBy: async () => ({ instancesDeleted: 1 }) } as unknown as DurableClient;
  const log = fakeLog();
  await expect(createHousekeeping({ forget: [throwing(transient()), forget], now: () => new Date(NOW) })(up, log)).rejects.toThrow("503");
  expect(forgotten).toEqual([NOW, NOW]);
  expect(log.lines).toMatchObject([{ event: "purged" }]);
});
