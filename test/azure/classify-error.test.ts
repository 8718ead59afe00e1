import { RestError } from "@azure/core-rest-pipeline";
import { expect, onTestFinished, test, vi } from "vitest";
import { classifyError } from "../../src/azure/classify-error.ts";
import type { Failure } from "../../src/azure/classify-error.ts";
import type { Clients } from "../../src/azure/clients.ts";
import { ACCOUNT_ID, fakeAzure, SUB } from "../support/fake-azure.ts";
import type { FakeAnswer } from "../support/fake-azure.ts";

type Call = (clients: Clients) => Promise<unknown>;

const getAccount: Call = (clients) => clients.accounts(SUB).databaseAccounts.get("rg1", "acc1");
const getCluster: Call = (clients) => clients.clusters(SUB).mongoClusters.get("rg1", "c1");
const getVault: Call = (clients) => clients.vaults(SUB).vaults.get("rg1", "v1");
const getKeyThroughArm: Call = (clients) => clients.vaults(SUB).keys.get("rg1", "v1", "k1");
const getKey: Call = (clients) => clients.keys("https://v1.vault.azure.net").getKey("k1");
const getIdentity: Call = (clients) => clients.identities(SUB).userAssignedIdentities.get("rg1", "id1");
const createAssignment: Call = (clients) =>
  clients.authorization(SUB).roleAssignments.create(`/subscriptions/${SUB}`, "n", { principalId: "p", roleDefinitionId: "r" });
const query: Call = (clients) => clients.graph.resources({ query: "Resources", subscriptions: [SUB] });
const patchAccount: Call = (clients) => clients.arm.send("PATCH", `${ACCOUNT_ID}?api-version=2026-03-15`, {});

async function classify(call: Call, answer: FakeAnswer | "reset"): Promise<Failure> {
  const { clients } = fakeAzure(() => answer);
  try {
    await call(clients);
  } catch (error) {
    return classifyError(error);
  }
  throw new Error("the call worked");
}

const CASES: Record<string, { call: Call; answer: FakeAnswer | "reset"; expected: Partial<Failure> }> = {
  "an unwrapped 412 of Cosmos DB through the pipeline": {
    call: patchAccount,
    answer: { status: 412, body: { code: "PreconditionFailed", message: "There is already an operation in progress\r\nActivityId: 1" } },
    expected: {
      kind: "preconditionFailed",
      code: "PreconditionFailed",
      message: "There is already an operation in progress\r\nActivityId: 1",
    },
  },
  "an unwrapped 400 of Cosmos DB through its SDK": {
    call: getAccount,
    answer: { status: 400, body: { code: "BadRequest", message: "No Update is allowed" } },
    expected: { kind: "invalid", code: "BadRequest", message: "No Update is allowed" },
  },
  // Recorded: Azure/azure-cli-extensions, test_support_tickets.yaml, 2020-01.
  "a refusal of Microsoft.Support, in capitals": {
    call: patchAccount,
    answer: {
      status: 400,
      body: { Error: { Code: "InvalidData", Message: "Please provide a valid name.", Target: null, InnerError: null } },
    },
    expected: { kind: "invalid", code: "InvalidData", message: "Please provide a valid name." },
  },
  "a missing account": {
    call: getAccount,
    answer: { status: 404, body: { error: { code: "ResourceNotFound", message: "The Resource was not found" } } },
    expected: { kind: "notFound", code: "ResourceNotFound" },
  },
  "a subscription that may not be seen is no absence": {
    call: getVault,
    answer: { status: 404, body: { error: { code: "SubscriptionNotFound", message: "The subscription could not be found." } } },
    expected: { kind: "denied", code: "SubscriptionNotFound" },
  },
  "a 404 of something on the way is no absence": {
    call: getVault,
    answer: { status: 404, body: "<html>nginx</html>", headers: { "content-type": "text/html" } },
    expected: { kind: "transient", code: "Http404" },
  },
  "a snake-cased 500 of mongoClusters": {
    call: getCluster,
    answer: { status: 500, body: { error: { code: "internal_server_error", message: "Internal server error." } } },
    expected: { kind: "transient", code: "internal_server_error" },
  },
  "a refusal of the vault's firewall": {
    call: getKey,
    answer: { status: 403, body: { error: { code: "Forbidden", message: "Client address", innererror: { code: "ForbiddenByFirewall" } } } },
    expected: { kind: "firewall", code: "ForbiddenByFirewall" },
  },
  "a refusal of a vault whose public access is off": {
    call: getKey,
    answer: {
      status: 403,
      body: { error: { code: "Forbidden", message: "Client address", innererror: { code: "ForbiddenByConnection" } } },
    },
    expected: { kind: "firewall", code: "ForbiddenByConnection" },
  },
  "a refusal by RBAC on the data plane": {
    call: getKey,
    answer: { status: 403, body: { error: { code: "Forbidden", message: "Caller is not", innererror: { code: "ForbiddenByRbac" } } } },
    expected: { kind: "denied", code: "ForbiddenByRbac" },
  },
  "a refusal by RBAC through ARM, which is a 400": {
    call: getKeyThroughArm,
    answer: {
      status: 400,
      body: { error: { code: "ForbiddenByRbac", message: "[ForbiddenByRbac (Forbidden)] Caller is not authorized" } },
    },
    expected: { kind: "denied", code: "ForbiddenByRbac" },
  },
  "a missing key": {
    call: getKey,
    answer: { status: 404, body: { error: { code: "KeyNotFound", message: "A key with (name/id) k1 was not found in this key vault." } } },
    expected: { kind: "notFound", code: "KeyNotFound" },
  },
  "a missing identity, through an SDK of the older kind": {
    call: getIdentity,
    answer: { status: 404, body: { error: { code: "ResourceNotFound", message: "not found" } } },
    expected: { kind: "notFound", code: "ResourceNotFound", message: "not found" },
  },
  "a lock": {
    call: createAssignment,
    answer: { status: 409, body: { error: { code: "ScopeLocked", message: "cannot perform write operation" } } },
    expected: { kind: "conflict", code: "ScopeLocked" },
  },
  "throttling that names its seconds": {
    call: getVault,
    answer: { status: 429, headers: { "retry-after": "17" }, body: { error: { code: "TooManyRequests", message: "slow" } } },
    expected: { kind: "throttled", retryAfterMs: 17_000 },
  },
  "throttling of Resource Graph, which names a quota": {
    call: query,
    answer: {
      status: 429,
      headers: { "x-ms-user-quota-resets-after": "00:00:05" },
      body: { error: { code: "RateLimiting", message: "slow" } },
    },
    expected: { kind: "throttled", retryAfterMs: 5000 },
  },
  "a subscription that never had such resources": {
    call: getVault,
    answer: { status: 409, body: { error: { code: "MissingSubscriptionRegistration", message: "not registered to use namespace" } } },
    expected: { kind: "notFound", code: "MissingSubscriptionRegistration" },
  },
  "a connection that breaks": { call: getVault, answer: "reset", expected: { kind: "transient", code: "ECONNRESET" } },
  "an answer that is no JSON": {
    call: patchAccount,
    answer: { status: 200, body: "{cut" },
    expected: { kind: "invalid", code: "PARSE_ERROR" },
  },
};

test.each(Object.entries(CASES))("tells %s", async (_, { call, answer, expected }) => {
  expect(await classify(call, answer)).toMatchObject(expected);
});

test("reads a Retry-After that is a date", async () => {
  const at = "2026-11-02T10:00:00.000Z";
  vi.useFakeTimers({ now: new Date(at), toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const headers = { "retry-after": new Date(Date.parse(at) + 60_000).toUTCString() };
  expect(await classify(getVault, { status: 503, headers, body: {} })).toMatchObject({ kind: "transient", retryAfterMs: 60_000 });
});

test("reckons it from the answer's own time, whatever the machine says", async () => {
  const at = Date.parse("2030-01-01T00:00:00Z");
  const [date, later] = [at, at + 90_000].map((ms) => new Date(ms).toUTCString());
  const failure = await classify(getVault, { status: 503, headers: { date: date!, "retry-after": later! }, body: {} });
  expect(failure.retryAfterMs).toBe(90_000);
});

test("takes a missing token for an outage, not for a refusal", () => {
  const error = new Error("ManagedIdentityCredential: no answer");
  error.name = "CredentialUnavailableError";
  expect(classifyError(error)).toMatchObject({ kind: "transient", code: "CredentialUnavailableError" });
});

test("throws on what is no answer of Azure", () => {
  const mistake = new TypeError("undefined is not a function");
  expect(() => classifyError(mistake)).toThrow(mistake);
});

test("keeps a message short", () => {
  expect(classifyError(new RestError("x".repeat(9000), { statusCode: 400 })).message).toHaveLength(2000);
});
