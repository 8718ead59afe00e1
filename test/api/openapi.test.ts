/** The description of the API: current, well-formed, and of what the app really serves. */
import { readFileSync } from "node:fs";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, test } from "vitest";
import { describeApi } from "../../scripts/openapi/describe.ts";
import { asDescribed } from "../support/described.ts";

/** All rules, warnings as errors. Every operation has its refusals by construction. */
const CONFIG = await createConfig({ extends: ["recommended-strict"], rules: { "operation-4xx-response": "off" } });

const written = readFileSync("docs/openapi.json", "utf8");

describe("docs/openapi.json", () => {
  test("is what the schemas say now (npm run openapi)", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(JSON.parse(written)).toEqual(describeApi(version));
  });

  test("has no fault by the linter's strictest rules, warnings among them", async () => {
    const problems = await lintFromString({ source: written, absoluteRef: "openapi.json", config: CONFIG });
    expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([]);
  });

  test("the linter finds what is wrong", async () => {
    const source = written.replace('"operationId": "heal"', '"operationId": "incident"');
    expect(await lintFromString({ source, absoluteRef: "openapi.json", config: CONFIG })).not.toEqual([]);
  });
});

describe("an answer that is not as described is found out", () => {
  const writing = { writes: true, why: null, pause: null };
  test.each([
    ["a status", { status: 202, jsonBody: writing }],
    ["a type", { status: 200, jsonBody: { ...writing, writes: "yes" } }],
    ["a member too many", { status: 200, jsonBody: { ...writing, more: 1 } }],
    ["a member too few", { status: 200, jsonBody: { writes: true, why: null } }],
    ["a time that is none", { status: 200, jsonBody: { ...writing, pause: { reason: "r", by: "b", name: "n", at: "now", until: null } } }],
    ["a content type", { status: 404, headers: { "content-type": "text/html" }, jsonBody: {} }],
  ])("by %s", (_, answer) => {
    expect(asDescribed("paused", { status: 200, jsonBody: writing })).toBeTruthy();
    expect(() => asDescribed("paused", answer)).toThrow(/^paused answers/);
  });

  test("by a header that is lacking", () => {
    const jsonBody = { vaultId: "v", instanceId: "i", signalId: "s" };
    expect(() => asDescribed("heal", { status: 202, headers: { location: "/" }, jsonBody })).toThrow("without Retry-After");
  });
});
