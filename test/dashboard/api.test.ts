import { describe, expect, test } from "vitest";
import { createApi, takeFrom, wordsOf } from "../../src/dashboard/api.ts";
import { ApiError } from "../../src/client/client.ts";

const WRITING = { writes: true, why: null, pause: null };
type Reply = { status: number; body?: unknown; headers?: Record<string, string> };

function anApi(replies: Reply[]) {
  const asked: { url: string; headers: Record<string, string> }[] = [];
  let fresh = 0;
  const api = createApi({
    session: { token: async (isFresh) => (isFresh ? `fresh${++fresh}` : "token") },
    origin: "https://keymend.example",
    fetch: async (url, { headers }) => {
      asked.push({ url, headers });
      const { status, body, headers: said = {} } = replies.shift()!;
      return { status, headers: new Headers(said), text: async () => JSON.stringify(body) };
    },
    wall: () => 1000,
  });
  return { api, asked };
}

describe("asking", () => {
  test("again for the same is answered from what is kept, and counts as no change", async () => {
    const { api, asked } = anApi([
      { status: 200, body: WRITING, headers: { etag: '"a"' } },
      { status: 304 },
      { status: 200, body: { ...WRITING, writes: false } },
    ]);
    await expect(api.call("paused")).resolves.toEqual(WRITING);
    const before = api.changes();
    await expect(api.call("paused")).resolves.toEqual(WRITING);
    expect(asked[1]!.headers).toMatchObject({ "if-none-match": '"a"' });
    expect(api.changes()).toBe(before);
    await expect(api.call("paused")).resolves.toMatchObject({ writes: false });
    expect(api.changes()).toBe(before + 1);
  });

  test("with a token that is refused goes once more with a new one", async () => {
    const { api, asked } = anApi([
      { status: 401, body: {} },
      { status: 200, body: WRITING },
    ]);
    await expect(api.call("paused")).resolves.toEqual(WRITING);
    expect(asked.map(({ headers }) => headers["authorization"])).toEqual(["Bearer token", "Bearer fresh1"]);
  });

  test("goes by Keymend's clock", async () => {
    const { api } = anApi([{ status: 200, body: WRITING, headers: { "x-keymend-time": "1970-01-01T00:01:01.000Z" } }]);
    expect(api.now()).toBe(1000);
    await api.call("paused");
    expect(api.now()).toBe(61_000);
  });

  test("keeps no more than so many answers", async () => {
    const replies = Array.from({ length: 202 }, (_, i) => ({ status: 200, body: { value: [] }, headers: { etag: `"${i}"` } }));
    const { api, asked } = anApi(replies);
    for (let i = 0; i <= 200; i += 1) await api.call("incidents", { query: { vaultId: `/v/${i}` } });
    await api.call("incidents", { query: { vaultId: "/v/0" } });
    expect(asked.at(-1)!.headers).not.toHaveProperty("if-none-match");
  });
});

test("what is wrong names each field", () => {
  expect(wordsOf(new ApiError(400, "The body is wrong", [{ field: "reason", problem: "is missing" }]))).toBe(
    "The body is wrong; reason is missing",
  );
  expect([wordsOf(new Error("no")), wordsOf("no")]).toEqual(["no", "no"]);
});

test.each([
  [2, { value: [1, 2], more: true }],
  [3, { value: [1, 2, 3], more: false }],
])("the first %i of a list", async (most, found) => {
  async function* list() {
    yield* [1, 2, 3];
  }
  await expect(takeFrom(list(), most)).resolves.toEqual(found);
});
