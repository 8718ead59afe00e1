import type { DurableClient } from "durable-functions";
import { expect, test } from "vitest";
import { createHousekeeping } from "../../src/functions/housekeeping.ts";
import { NOW } from "../support/builders.ts";
import { fakeLog } from "../support/fakes.ts";

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
  await createHousekeeping({ forgetTold: async (at) => void forgotten.push(at), now: () => new Date(NOW) })(client, log);
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

test("fails visibly where the histories can't be reached", async () => {
  const client = { purgeInstanceHistoryBy: async () => Promise.reject(new Error("HTTP 500")) } as unknown as DurableClient;
  await expect(createHousekeeping({ forgetTold: async () => undefined, now: () => new Date(NOW) })(client, fakeLog())).rejects.toThrow(
    "HTTP 500",
  );
});
