import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { ProblemError } from "../../src/functions/problem.ts";
import { readBody, readQuery } from "../../src/functions/read-body.ts";
import { INCIDENTS, NO_QUERY } from "../../src/api/requests.ts";
import { aRequest } from "./support.ts";

const SCHEMA = v.strictObject({
  id: v.pipe(v.string(), v.minLength(1, "must not be empty")),
  where: v.optional(v.strictObject({ region: v.picklist(["west", "east"], "must be west or east") })),
});

const read = (body: unknown) => readBody(aRequest({ method: "POST", body }), SCHEMA);

async function problemOf(body: unknown): Promise<{ status: number; detail: string; errors?: unknown }> {
  const thrown = await read(body).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ProblemError)) throw new Error(`no problem document: ${String(thrown)}`);
  return thrown.response.jsonBody as { status: number; detail: string };
}

test("a body that fits is read", async () => {
  expect(await read({ id: "x", where: { region: "west" } })).toEqual({ id: "x", where: { region: "west" } });
  expect(await read(' {"id":"x"} ')).toEqual({ id: "x" });
});

describe("a body that can't be read says why", () => {
  test.each([
    ["nothing", undefined, "Send a JSON object as the body."],
    ["blanks", "  \n", "Send a JSON object as the body."],
    ["no JSON", "id=x", "The body is no JSON: "],
    ["JSON that was cut off", '{"id":"x', "The body is no JSON: "],
    ["too much", JSON.stringify({ id: "x".repeat(16_384) }), "The body has 16393 characters; at most 16384 are read."],
  ])("%s", async (_, body, detail) => {
    const problem = await problemOf(body);
    expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
    expect(problem).not.toHaveProperty("errors");
  });

  test("as much as is allowed is read", async () => {
    const body = JSON.stringify({ id: "x".repeat(16_384 - '{"id":""}'.length) });
    expect(body).toHaveLength(16_384);
    expect(await read(body)).toHaveProperty("id");
  });
});

describe("a body that does not fit names each wrong field", () => {
  test.each([
    ["a member that is missing", {}, [{ field: "id", problem: "is missing" }]],
    ["a member of another type", { id: 7 }, [{ field: "id", problem: expect.stringContaining("Expected string") }]],
    ["a member that is null", { id: null }, [{ field: "id", problem: expect.stringContaining("null") }]],
    ["a member that breaks a rule", { id: "" }, [{ field: "id", problem: "must not be empty" }]],
    ["a member nobody knows", { id: "x", name: "y" }, [{ field: "name", problem: "is not known" }]],
    ["a member within a member", { id: "x", where: { region: "north" } }, [{ field: "where.region", problem: "must be west or east" }]],
    ["a member missing within a member", { id: "x", where: {} }, [{ field: "where.region", problem: "is missing" }]],
    ["two things at once", { where: { region: "north" } }, [{ field: "id" }, { field: "where.region" }]],
    ["a list", [], [{ field: "id", problem: "is missing" }]],
    ["a text", '"x"', [{ field: "(body)", problem: expect.stringContaining("Expected Object") }]],
    ["null", "null", [{ field: "(body)", problem: expect.stringContaining("null") }]],
  ])("%s", async (_, body, errors) => {
    const problem = await problemOf(body);
    expect(problem).toMatchObject({ status: 400, detail: "The body is not what is expected; see errors.", errors });
  });
});

describe("a query with a $filter", () => {
  const VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv";
  const ask = (query: Record<string, string>, schema: v.GenericSchema = INCIDENTS): unknown => {
    try {
      return readQuery(aRequest({ path: `/api/incidents?${new URLSearchParams(query).toString()}` }), schema);
    } catch (error) {
      return error instanceof ProblemError ? (error.response.jsonBody as { errors: unknown }).errors : error;
    }
  };

  test("says the same as the parameters of its names", () => {
    const filtered = ask({ $filter: `state eq 'waiting' and vaultId eq '${VAULT}'`, $top: "7" });
    expect(filtered).toMatchObject(ask({ state: "waiting", vaultId: VAULT, $top: "7" }) as object);
  });

  test.each<[string, Record<string, string>, string, string | RegExp]>([
    ["a name that the list has not", { $filter: "phase eq 'revoked'" }, "phase", "is not known"],
    ["a value that is none", { $filter: "state eq 'gone'" }, "state", /must be one of/],
    ["what is said beside it too", { $filter: "state eq 'waiting'", state: "closed" }, "state", "is given more than once"],
    ["the same twice", { $filter: "state eq 'waiting' and state eq 'closed'" }, "state", "is given more than once"],
    ["another comparison", { $filter: "state ne 'closed'" }, "$filter", /^must be name eq/],
  ])("is refused for %s", (_, query, field, problem) => {
    expect(ask(query)).toMatchObject([{ field, problem: problem instanceof RegExp ? expect.stringMatching(problem) : problem }]);
  });

  test("is refused where nothing can be chosen", () => {
    expect(ask({ $filter: "state eq 'waiting'" }, NO_QUERY)).toContainEqual({ field: "$filter", problem: "is not known" });
  });
});
