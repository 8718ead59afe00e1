import { HttpRequest } from "@azure/functions";
import { expect, test } from "vitest";
import { createConditional } from "../../src/functions/conditional.ts";
import { hashText } from "../../src/storage/canonical-json.ts";

const AT = "2026-11-02T09:00:00.000Z";
const conditional = createConditional({ hash: hashText, now: () => new Date(AT) });
const ask = (method: string, headers: Record<string, string> = {}): HttpRequest =>
  new HttpRequest({ method, url: "https://keymend.example/api/incidents", headers });
const answer = (value: unknown) => ({ jsonBody: { value }, headers: { "cache-control": "no-store" } });

test("the same again is not sent once more", () => {
  const first = conditional(ask("GET"), answer([1]));
  expect(first).toMatchObject({ jsonBody: { value: [1] }, headers: { "cache-control": "no-store", "x-keymend-time": AT } });
  const { etag } = first.headers as Record<string, string>;
  const again = conditional(ask("GET", { "if-none-match": etag! }), answer([1]));
  expect(again).toEqual({ status: 304, headers: { "cache-control": "no-store", "x-keymend-time": AT, etag } });
});

test("what has changed is", () => {
  const { etag } = conditional(ask("GET"), answer([1])).headers as Record<string, string>;
  expect(conditional(ask("GET", { "if-none-match": etag! }), answer([2]))).toMatchObject({ jsonBody: { value: [2] } });
});

test.each([
  ["POST", 202],
  ["GET", 403],
])("%s answered with %i is what it is, with the time", (method, status) => {
  const said = conditional(ask(method, { "if-none-match": "*" }), { ...answer(1), status });
  expect(said).toEqual({ ...answer(1), status, headers: { "cache-control": "no-store", "x-keymend-time": AT } });
});
