import {
  createHttpHeaders,
  createPipelineRequest,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { waitingClient } from "../../src/azure/waiting-client.ts";
import { createGovernor } from "../../src/azure/governor.ts";

const request = createPipelineRequest({ url: "https://management.azure.com/subscriptions/s/x" });
const answer = (status: number, headers: Record<string, string> = {}): PipelineResponse => ({
  request,
  status,
  headers: createHttpHeaders(headers),
});

/** Time passes by sleeping alone; the last answer comes again and again. */
function setUp(...answers: (PipelineResponse | Error)[]) {
  let at = 0;
  const slept: number[] = [];
  let asked = 0;
  const client = {
    async sendRequest(): Promise<PipelineResponse> {
      const one = answers[Math.min(asked++, answers.length - 1)]!;
      if (one instanceof Error) throw one;
      return one;
    },
  };
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
    at += ms;
  };
  return { slept, send: () => waitingClient(client, { now: () => at, sleep }).sendRequest(request), asked: () => asked };
}

test.each([200, 404, 403, 409])("%i is an answer", async (status) => {
  const { send, slept } = setUp(answer(status));
  expect((await send()).status).toBe(status);
  expect(slept).toEqual([]);
});

test("waits as long as Azure asks to", async () => {
  const { send, slept } = setUp(answer(429, { "retry-after": "17" }), answer(503, { "retry-after": "3" }), answer(200));
  expect((await send()).status).toBe(200);
  expect(slept).toEqual([17_000, 3000]);
});

test("where Azure does not say for how long, longer each time, and not for ever", async () => {
  const { send, slept } = setUp(answer(500));
  expect((await send()).status).toBe(500);
  expect(slept).toEqual([2000, 4000, 8000]);
});

test("gives up where the wait is longer than anybody watches", async () => {
  const { send, slept } = setUp(answer(429, { "retry-after": "3600" }));
  expect((await send()).status).toBe(429);
  expect(slept).toEqual([]);
});

test("a connection that broke is tried again, and then told as it was", async () => {
  const broken = new RestError("socket hang up", { code: "ECONNRESET" });
  const { send, slept } = setUp(broken);
  await expect(send()).rejects.toBe(broken);
  expect(slept).toHaveLength(3);
  expect((await setUp(broken, answer(200)).send()).status).toBe(200);
});

test("a mistake of this program is no reason to wait", async () => {
  const { send, asked } = setUp(new TypeError("no"));
  await expect(send()).rejects.toThrow(TypeError);
  expect(asked()).toBe(1);
});

test("takes its turn where the governor has none to give yet, and sends all in the end", async () => {
  let at = 1_000_000;
  const sent: PipelineRequest[] = [];
  const network = {
    async sendRequest(one: PipelineRequest): Promise<PipelineResponse> {
      sent.push(one);
      return { ...answer(200), request: one };
    },
  };
  const governed = createGovernor(() => new Date(at)).govern(network);
  const client = waitingClient(governed, { now: () => at, sleep: async (ms) => void (at += ms) });
  for (let i = 0; i < 300; i += 1) await client.sendRequest(createPipelineRequest({ url: `${request.url}${i}` }));
  expect(sent).toHaveLength(300);
  // 200 are there at once, and 25 come back in a second.
  expect(at - 1_000_000).toBeGreaterThanOrEqual(4000);
});
