import { expect, test } from "vitest";
import { createWriteRequests } from "../../src/azure/write-requests.ts";
import type { Request } from "../../src/domain/telling/trace.ts";
import { aStep } from "../support/turns.ts";

const sent = (over: Partial<Request> = {}): Request => ({
  method: "PATCH",
  url: "https://management.azure.com/x?api-version=1&sig=secret",
  budget: "writes s1",
  startMs: 0,
  endMs: 1,
  status: 202,
  remaining: null,
  requestId: "r1",
  correlationId: "c1",
  error: null,
  ...over,
});

const never = async () => ({ kind: "running" as const });

test("an ending bears the requests of its own write, whatever else is asked at the same time, and no read", async () => {
  const { hear, noted } = createWriteRequests();
  const writer = noted({
    submit: async ({ name }) => {
      hear(sent({ method: "GET" }));
      await Promise.resolve();
      hear(sent({ requestId: name }));
      return { kind: "done", detail: "ok" };
    },
    poll: never,
  });
  hear(sent());
  const both = [aStep(), { ...aStep(), name: "EnableKey" as never }].map((step) => writer.submit(step));
  const made = { method: "PATCH", url: "https://management.azure.com/x", status: 202, correlationId: "c1" };
  expect(await Promise.all(both)).toEqual([
    { kind: "done", detail: "ok", requests: [{ ...made, requestId: "EnableKeyVersion" }] },
    { kind: "done", detail: "ok", requests: [{ ...made, requestId: "EnableKey" }] },
  ]);
});
