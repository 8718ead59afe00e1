import {
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type HttpMethods,
  type PipelineRequest,
  RestError,
} from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { createGovernor } from "../../src/azure/governor.ts";
import { callAzure } from "../../src/azure/call-azure.ts";
import { TransientError } from "../../src/domain/errors.ts";
import type { ReadLook } from "../../src/domain/reads/look.ts";
import type { Request } from "../../src/domain/telling/trace.ts";

const ARM = "https://management.azure.com/subscriptions/S1";
const VAULT = `${ARM}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v1?api-version=1`;
const LOOK: ReadLook = { key: "v1", urgency: "event", subscriptionId: "s1", purpose: "e1" };

type Answer = { status?: number; headers?: Record<string, string>; body?: string };

/** Azure answers as told; in the order in which it is asked, the last answer again and again. */
function setUp(...answers: Answer[]) {
  let at = 1_000_000;
  const sent: string[] = [];
  const client: HttpClient = {
    sendRequest: async (request) => {
      const { status = 200, headers = {}, body = `answer ${sent.length}` } = answers[Math.min(sent.length, answers.length - 1)] ?? {};
      sent.push(`${request.method} ${request.url}`);
      if (status === 0) throw new RestError("gone", { code: "ECONNRESET", request });
      return { request, status, headers: createHttpHeaders(headers), bodyAsText: body };
    },
  };
  const told: Request[] = [];
  const governor = createGovernor(
    () => new Date(at),
    (one) => void told.push(one),
  );
  const governed = governor.govern(client);
  const request = (url: string, method: HttpMethods = "GET"): PipelineRequest => createPipelineRequest({ url, method });
  const send = (url = VAULT, method?: HttpMethods) => governed.sendRequest(request(url, method));
  const many = async (count: number, url: (i: number) => string = (i) => `${ARM}/x${i}`, method?: HttpMethods): Promise<number> => {
    const ends = await Promise.allSettled(Array.from({ length: count }, (_, i) => send(url(i), method)));
    return ends.filter(({ status }) => status === "fulfilled").length;
  };
  return { governor, send, many, sent, told, pass: (ms: number) => void (at += ms) };
}

test("what the bucket can't carry is not sent, and ends as Azure's own 429 would: with the time to wait", async () => {
  const { many, send, sent, pass } = setUp();
  // Outside of any look a fifth is left to repairs.
  expect(await many(300)).toBe(200);
  await expect(send()).rejects.toMatchObject({ statusCode: 429, code: "NotSent" });
  const ending = callAzure("read vault", "v1", () => send());
  await expect(ending).rejects.toMatchObject({ name: "TransientError", retryAfterMs: 1000, isOurs: true });
  pass(2000);
  expect(await many(300)).toBe(50);
  expect(sent).toHaveLength(250);
});

test("a repair finds tokens where a look that is only due has long stopped", async () => {
  const { governor, many } = setUp();
  expect(await governor.as("screening", () => many(300))).toBe(125);
  expect(await governor.as("event", () => many(300))).toBe(75);
  expect(await governor.as("repair", () => many(300))).toBe(50);
});

test.each([
  { what: "another subscription", url: "https://management.azure.com/subscriptions/S2/y" },
  { what: "the tenant", url: "https://management.azure.com/providers/Microsoft.Authorization/roleDefinitions/x" },
  { what: "a vault's own host", url: "https://v1.vault.azure.net/keys/k" },
  { what: "Resource Graph", url: "https://management.azure.com/providers/Microsoft.ResourceGraph/resources", method: "POST" as const },
  { what: "a write", url: VAULT, method: "PATCH" as const },
  { what: "a delete", url: VAULT, method: "DELETE" as const },
  { what: "a host that has no budget", url: "https://api.loganalytics.azure.com/v1/workspaces/w/query", method: "POST" as const },
])("$what has a budget of its own", async ({ url, method }) => {
  const { many, send } = setUp();
  await many(300);
  await expect(send(url, method)).resolves.toMatchObject({ status: 200 });
});

test("subscriptions are told apart whatever their casing, and regional front ends are Resource Manager too", async () => {
  const { many, send } = setUp();
  await many(300);
  await expect(send("https://westus.management.azure.com/SUBSCRIPTIONS/s1/x")).rejects.toMatchObject({ statusCode: 429 });
});

test("what Azure says is left counts: others draw on it too", async () => {
  const { many } = setUp({ headers: { "x-ms-ratelimit-remaining-subscription-reads": "60" } });
  expect(await many(1)).toBe(1);
  expect(await many(300)).toBe(10);
});

test.each([
  { says: "Resource Manager", headers: { "retry-after": "15" }, sentAgain: false },
  {
    says: "Resource Manager, with nothing left",
    headers: { "retry-after": "15", "x-ms-ratelimit-remaining-subscription-reads": "0" },
    sentAgain: false,
  },
  {
    says: "a provider of its own limits",
    headers: { "retry-after": "15", "x-ms-ratelimit-remaining-subscription-reads": "200" },
    sentAgain: true,
  },
])("a 429 of $says: the next request is sent: $sentAgain", async ({ headers, sentAgain }) => {
  const { governor, send, sent, pass } = setUp({ status: 429, headers });
  await send();
  await governor.as("repair", () => send()).catch(() => undefined);
  expect(sent).toHaveLength(sentAgain ? 2 : 1);
  pass(15_000);
  await governor.as("repair", () => send());
  expect(sent).toHaveLength(sentAgain ? 3 : 2);
});

test.each([["GET"], ["PATCH"]] as const)(
  "however long a 429 asks to wait, a %s is sent again after a quarter of an hour",
  async (method) => {
    const { governor, send, sent, pass } = setUp({ status: 429, headers: { "retry-after": "86400" } }, {});
    await send(VAULT, method);
    pass(899_000);
    await expect(governor.as("repair", () => send(VAULT, method))).rejects.toMatchObject({ code: "NotSent" });
    pass(1000);
    expect((await governor.as("repair", () => send(VAULT, method))).status).toBe(200);
    expect(sent).toHaveLength(2);
  },
);

test("Resource Graph says when its window ends", async () => {
  const graph = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources";
  const { send, sent, pass } = setUp({
    status: 429,
    headers: { "x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:04" },
  });
  await send(graph, "POST");
  pass(3000);
  await expect(send(graph, "POST")).rejects.toMatchObject({ statusCode: 429 });
  pass(1100);
  await send(graph, "POST");
  expect(sent).toHaveLength(2);
});

test("what was read is kept for the next try of the same look, and for no other", async () => {
  const { governor, send, sent } = setUp();
  const fails = () =>
    governor.withinBudget(LOOK, async () => {
      await send();
      throw new TransientError({ operation: "x", resourceId: "v1", retryAfterMs: null, detail: "503" });
    });
  const reads = (look: Partial<ReadLook> = {}) => governor.withinBudget({ ...LOOK, ...look }, async () => (await send()).bodyAsText);
  await expect(fails()).rejects.toThrow(TransientError);
  expect(await reads({ key: "v2" })).toBe("answer 1");
  expect(await reads()).toBe("answer 0");
  expect(await reads()).toBe("answer 2");
  await expect(fails()).rejects.toThrow(TransientError);
  // Somebody has signalled meanwhile.
  expect(await reads({ purpose: "e1 e2" })).toBe("answer 4");
  await expect(fails()).rejects.toThrow(TransientError);
  // Before a write everything is read anew.
  expect(await reads({ purpose: null })).toBe("answer 6");
  expect(sent).toHaveLength(7);
});

test("what was read is kept for two minutes, and a refusal or a write never", async () => {
  const { governor, send, sent, pass } = setUp({ status: 503 }, {});
  const fails = () =>
    governor.withinBudget(LOOK, async () => {
      await send();
      await send(VAULT, "PATCH");
      throw new TransientError({ operation: "x", resourceId: "v1", retryAfterMs: null, detail: "503" });
    });
  await expect(fails()).rejects.toThrow(TransientError);
  await expect(fails()).rejects.toThrow(TransientError);
  expect(sent).toHaveLength(4);
  await expect(fails()).rejects.toThrow(TransientError);
  expect(sent).toHaveLength(5);
  pass(121_000);
  await expect(fails()).rejects.toThrow(TransientError);
  expect(sent).toHaveLength(7);
});

test("an answer counts for two minutes, however often the look is tried", async () => {
  const { governor, send, sent, pass } = setUp();
  const OTHER = `${ARM}/other`;
  const fails = (...urls: string[]) =>
    governor.withinBudget(LOOK, async () => {
      for (const url of urls) await send(url);
      throw new TransientError({ operation: "x", resourceId: "v1", retryAfterMs: null, detail: "503" });
    });
  await expect(fails(VAULT)).rejects.toThrow(TransientError);
  pass(70_000);
  await expect(fails(VAULT, OTHER)).rejects.toThrow(TransientError);
  expect(sent).toEqual([`GET ${VAULT}`, `GET ${OTHER}`]);
  pass(70_000);
  // The first is 140 s old by now, the other 70.
  expect(await governor.withinBudget(LOOK, async () => [(await send()).bodyAsText, (await send(OTHER)).bodyAsText])).toEqual([
    "answer 2",
    "answer 1",
  ]);
});

test("that something is not there is asked anew by each try", async () => {
  const { governor, send, sent } = setUp({ status: 404 }, { status: 200 });
  const look = governor.withinBudget(LOOK, async () => {
    expect((await send()).status).toBe(404);
    throw new TransientError({ operation: "x", resourceId: "v1", retryAfterMs: null, detail: "503" });
  });
  await expect(look).rejects.toThrow(TransientError);
  expect(await governor.withinBudget(LOOK, async () => (await send()).status)).toBe(200);
  expect(sent).toHaveLength(2);
});

test("a mistake of this program keeps nothing", async () => {
  const { governor, send, sent } = setUp();
  const wrong = async () => {
    await send();
    throw new TypeError("a mistake");
  };
  await expect(governor.withinBudget(LOOK, wrong)).rejects.toThrow("a mistake");
  await governor.withinBudget(LOOK, () => send());
  expect(sent).toHaveLength(2);
});

test("looks are let in as far as the bucket carries them, the others are told their turn; each costs what it cost last", async () => {
  const { governor, send, many, pass } = setUp();
  const look = (key: string, urgency: ReadLook["urgency"] = "screening") => ({ ...LOOK, key, urgency });
  const small = (key: string) => governor.withinBudget(look(key), async () => many(5));
  expect(await small("a")).toBe(5);
  await governor.as("event", () => many(107));
  // 138 are left, 125 of them to others: a look that was never made counts 20, this one the 5 that it took.
  expect(await small("a")).toBe(5);
  await expect(small("b")).rejects.toMatchObject({ isOurs: true, retryAfterMs: 1000 });
  await expect(small("c")).rejects.toMatchObject({ isOurs: true, retryAfterMs: 1280 });
  expect(await governor.withinBudget(look("d", "repair"), async () => (await send()).status)).toBe(200);
  pass(2400);
  expect(await small("b")).toBe(5);
});

test("what is sent is told with whose budget it is of, what is left of that, and Azure's own id; what is not sent is not", async () => {
  const left = { "x-ms-ratelimit-remaining-subscription-reads": "247", "x-ms-request-id": "a1", "x-ms-correlation-request-id": "b1" };
  const { governor, send, told } = setUp({ headers: left }, { status: 0 });
  await governor.withinBudget(LOOK, () => send());
  await expect(send()).rejects.toThrow("gone");
  await send("https://login.microsoftonline.com/t/oauth2").catch(() => undefined);
  const asked = { method: "GET", url: VAULT, budget: "reads s1", startMs: 1_000_000, endMs: 1_000_000 };
  expect(told).toEqual([
    { ...asked, status: 200, remaining: 247, requestId: "a1", correlationId: "b1", error: null },
    { ...asked, status: null, remaining: null, requestId: null, correlationId: null, error: "ECONNRESET" },
  ]);
});
