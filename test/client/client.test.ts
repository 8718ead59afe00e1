import { describe, expect, expectTypeOf, test } from "vitest";
import { ApiError, createClient, type Fetch, type Sent } from "../../src/client/client.ts";

type Asked = { url: string; method: string; headers: Record<string, string>; body?: string };

/** Answers in order, and notes what was asked. */
function setUp(...answers: (Error | { status?: number; body: unknown })[]) {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, init) => {
    asked.push({ url, ...init });
    const answer = answers[asked.length - 1]!;
    if (answer instanceof Error) throw answer;
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    return { status: answer.status ?? 200, headers: new Headers(), text: async () => text };
  };
  return { asked, client: createClient({ url: "https://keymend.example/", token: async () => "t", fetch }) };
}

const WRITING = { writes: true, why: null, pause: null };
const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as ApiError,
  );

describe("a call", () => {
  test("goes where the route is, with the token, and answers what came, new members too", async () => {
    const { asked, client } = setUp({ body: { ...WRITING, new: 1 } });
    expect(await client.call("paused")).toEqual({ ...WRITING, new: 1 });
    expect(asked).toEqual([
      { url: "https://keymend.example/api/pause", method: "GET", headers: { authorization: "Bearer t", accept: "application/json" } },
    ]);
  });

  test("sends its body as JSON, and its id escaped", async () => {
    const { asked, client } = setUp({ body: WRITING }, { status: 404, body: {} });
    await client.call("pause", { body: { reason: "r" } });
    await failure(client.call("incident", { id: "a/../b?c" }));
    expect(asked).toMatchObject([
      { method: "POST", body: '{"reason":"r"}' },
      { url: "https://keymend.example/api/incidents/a%2F..%2Fb%3Fc" },
    ]);
    expect(asked[0]?.headers["content-type"]).toBe("application/json");
  });

  test("of a database has its resource id as the rest of the path", async () => {
    const { asked, client } = setUp({ status: 404, body: {} });
    await failure(client.call("target", { id: "/subscriptions/s/x y" }));
    expect(asked).toMatchObject([{ url: "https://keymend.example/api/targets/subscriptions/s/x%20y" }]);
  });

  test("of one thing without its id, or with what would lead elsewhere, is a mistake of the caller", async () => {
    const { asked, client } = setUp();
    await expect(client.call("incident")).rejects.toThrow(TypeError);
    await expect(client.call("target", { id: "/subscriptions/../../pause" })).rejects.toThrow(TypeError);
    await expect(client.call("decide", { id: ".." })).rejects.toThrow(TypeError);
    await expect(client.call("incident", { id: " " })).rejects.toThrow(TypeError);
    await expect(client.call("target", { id: "/" })).rejects.toThrow(TypeError);
    expect(asked).toEqual([]);
  });

  test("takes the address with or without api", async () => {
    const urls: string[] = [];
    for (const url of ["https://k", "https://k/", "https://k/api", "https://k/api/"]) {
      const fetch: Fetch = async (address) => {
        urls.push(address);
        return { status: 200, headers: new Headers(), text: async () => JSON.stringify(WRITING) };
      };
      await createClient({ url, token: async () => "t", fetch }).call("paused");
    }
    expect(new Set(urls)).toEqual(new Set(["https://k/api/pause"]));
  });
});

describe("a list", () => {
  const row = (id: string) => ({
    id,
    operation: "rotate-key",
    vaultId: "v",
    parameters: {},
    requestedBy: { objectId: "o", name: "n" },
    reason: "r",
    requestedAt: "2026-11-02T10:00:00.000Z",
    until: "2026-11-02T10:00:00.000Z",
    cancelled: null,
    state: "working",
    outcome: null,
    reasonCode: null,
    detail: "",
    closedAt: null,
  });

  test("is read to its end, and the token goes to nobody else", async () => {
    const { asked, client } = setUp(
      { body: { value: [row("2")], nextLink: "https://elsewhere.example/api/operations?state=working&$skipToken=2" } },
      { body: { value: [row("1")] } },
    );
    const ids: string[] = [];
    for await (const { id } of client.all("operations", { state: "working" })) ids.push(id);
    expect(ids).toEqual(["2", "1"]);
    expect(asked.map(({ url }) => url)).toEqual([
      "https://keymend.example/api/operations?state=working",
      "https://keymend.example/api/operations?state=working&%24skipToken=2",
    ]);
  });
});

describe("what goes wrong", () => {
  const problem = { type: "about:blank", title: "t", status: 409, detail: "The plan has changed.", errors: [{ field: "f", problem: "p" }] };
  test.each<[string, Error | { status?: number; body: unknown }, Partial<ApiError>]>([
    [
      "a refusal in its own words",
      { status: 409, body: problem },
      { status: 409, passes: false, message: problem.detail, fields: problem.errors },
    ],
    ["no answer", new Error("ECONNREFUSED"), { status: null, passes: true, message: expect.stringContaining("ECONNREFUSED") as string }],
    [
      "a page of somebody else",
      { status: 502, body: "<html>" },
      { status: 502, passes: true, message: expect.stringContaining("no JSON") as string },
    ],
    [
      "a refusal of somebody else",
      { status: 404, body: { error: {} } },
      { status: 404, message: expect.stringContaining("otherwise than by a Keymend: is this the address of a Keymend?") as string },
    ],
    [
      "a token that is refused before Keymend is asked",
      { status: 401, body: "" },
      { status: 401, passes: false, message: expect.stringContaining("is the audience its own?") as string },
    ],
    [
      "a platform that throttles, or starts",
      { status: 429, body: "" },
      { status: 429, passes: true, message: expect.stringContaining("try again in a while") as string },
    ],
    ["a good status that is none of the route's", { status: 202, body: WRITING }, { status: 202 }],
    [
      "an answer of another shape",
      { body: { ...WRITING, writes: 1 } },
      { status: 200, message: expect.stringContaining("otherwise than this version") as string },
    ],
  ])("is told: %s", async (_, answer, told) => {
    const error = await failure(setUp(answer).client.call("paused"));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject(told);
  });
});

test("answers are typed by their route", async () => {
  const { client } = setUp({ body: { ...WRITING, writes: false } });
  expectTypeOf(client.call<"paused">).returns.resolves.toEqualTypeOf<{
    writes: boolean;
    why: string | null;
    pause: { reason: string; by: string; name: string; at: string; until: string | null } | null;
  }>();
  expectTypeOf<Sent<"decide">["body"]>().toEqualTypeOf<{ planHash: string; decision: "approve" | "reject"; reason: string } | undefined>();
  expect((await client.call("paused")).writes).toBe(false);
});
