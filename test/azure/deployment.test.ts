import { createHttpHeaders, type PipelineRequest, type PipelineResponse } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { reachDeployment, SignInError } from "../../src/azure/deployment.ts";

/** status: by how often it was asked, where it is not always the same. */
function setUp(status: number | ((tries: number) => number), headers: Record<string, string> = {}) {
  const sent: PipelineRequest[] = [];
  const client = {
    async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
      sent.push(request);
      return {
        request,
        status: typeof status === "number" ? status : status(sent.length),
        headers: createHttpHeaders(headers),
        bodyAsText: "{}",
      };
    },
  };
  const credential = { getToken: async () => ({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const { fetch } = reachDeployment("api://keymend", client, credential);
  const ask = (method: string) => fetch("https://keymend.example/api/pause", { method, headers: {} });
  return { sent, ask };
}

test("whoever is to wait for longer than anybody watches is told so at once", async () => {
  const { sent, ask } = setUp(429, { "retry-after": "600" });
  expect((await ask("GET")).status).toBe(429);
  expect(sent).toHaveLength(1);
});

test("what only reads is asked again", async () => {
  const { sent, ask } = setUp((tries) => (tries < 3 ? 503 : 200), { "retry-after-ms": "1" });
  expect((await ask("GET")).status).toBe(200);
  expect(sent).toHaveLength(3);
});

test("what says something is said once, whatever comes of it", async () => {
  const { sent, ask } = setUp(503, { "retry-after-ms": "1" });
  expect((await ask("POST")).status).toBe(503);
  expect(sent).toHaveLength(1);
});

test("a redirect is not followed: the token is for nobody else", async () => {
  const { sent, ask } = setUp(302, { location: "https://elsewhere.example/" });
  expect((await ask("GET")).status).toBe(302);
  expect(sent).toHaveLength(1);
});

test("that nobody can sign in is told as that", async () => {
  const { token } = reachDeployment("api://keymend", undefined, { getToken: async () => Promise.reject(new Error("expired")) });
  await expect(token()).rejects.toThrow(SignInError);
  const { token: none } = reachDeployment("api://keymend", undefined, { getToken: async () => null });
  await expect(none()).rejects.toThrow("No token for api://keymend.");
});
