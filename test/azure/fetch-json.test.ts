import { createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { createFetchJson } from "../../src/azure/fetch-json.ts";

const URL = "https://login.example/keys";

/** Answers in turn, and counts how often it was asked. */
function answering(...answers: { status: number; bodyAsText?: string }[]) {
  const asked: string[] = [];
  const client: HttpClient = {
    sendRequest: async (request) => {
      const { status, bodyAsText = "" } = answers[asked.length]!;
      asked.push(`${request.method} ${request.url}`);
      return { status, bodyAsText, headers: createHttpHeaders({ "retry-after-ms": "1" }), request };
    },
  };
  return { asked, fetchJson: createFetchJson(client) };
}

test("reads what is there", async () => {
  const { asked, fetchJson } = answering({ status: 200, bodyAsText: '{"keys":[]}' });
  expect(await fetchJson(URL)).toEqual({ keys: [] });
  expect(asked).toEqual([`GET ${URL}`]);
});

test("asks again where it is told to come again", async () => {
  const { asked, fetchJson } = answering({ status: 503 }, { status: 429 }, { status: 200, bodyAsText: "[]" });
  expect(await fetchJson(URL)).toEqual([]);
  expect(asked).toHaveLength(3);
});

test.each([
  ["is not there", [{ status: 404, bodyAsText: "{}" }], `${URL} answered 404`],
  ["stays away", [{ status: 503 }, { status: 503 }, { status: 503 }], `${URL} answered 503`],
  ["is no JSON", [{ status: 200, bodyAsText: "<html>" }], "JSON"],
  ["is empty", [{ status: 200 }], "JSON"],
])("throws where it %s", async (_, answers, words) => {
  await expect(answering(...answers).fetchJson(URL)).rejects.toThrow(words);
});
