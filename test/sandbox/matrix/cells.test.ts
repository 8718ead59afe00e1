import { describe, expect, test } from "vitest";
import { nameCall } from "../../../sandbox/matrix/call.ts";
import { strikesOf, trainsOf } from "../../../sandbox/matrix/cells.ts";
import type { SeenCall, Strike } from "../../../sandbox/matrix/tap.ts";

const ARM = "https://management.azure.com/subscriptions/s/resourceGroups/rg/providers";

const named = (method: string, url: string, body = "") => nameCall({ method, url: new URL(url), headers: {}, body });

test.each([
  [
    "GET",
    `${ARM}/Microsoft.KeyVault/vaults/kv-orders/keys/cmk/versions?api-version=1`,
    "GET Microsoft.KeyVault/vaults/{}/keys/{}/versions",
    false,
  ],
  [
    "PUT",
    `${ARM}/Microsoft.KeyVault/vaults/kv/providers/Microsoft.Authorization/roleAssignments/7`,
    "PUT Microsoft.KeyVault/vaults/{} Microsoft.Authorization/roleAssignments/{}",
    true,
  ],
  ["GET", "https://kv.vault.azure.net/keys/cmk/0a1b?api-version=7.6", "GET vault.azure.net/keys/{}/{}", false],
  ["POST", "https://kv.vault.azure.net/deletedkeys/cmk/recover", "POST vault.azure.net/deletedkeys/{}/recover", true],
])("%s %s is called %s", (method, url, shape, write) => {
  expect(named(method, url)).toMatchObject({ shape, write });
});

test.each([
  ["application/query+json", false],
  ["application/json", true],
])("what is posted to documents as %s: a write is %s", (contentType, write) => {
  const url = new URL("https://ledger-westus2.documents.azure.com/dbs/books/colls/entries/docs");
  const shape = "POST documents.azure.com/dbs/{}/colls/{}/docs";
  expect(nameCall({ method: "POST", url, headers: { "content-type": contentType }, body: "" })).toMatchObject({ shape, write });
});

test("two questions to Resource Graph are two calls, and both read", () => {
  const ask = (query: string) =>
    named("POST", "https://management.azure.com/providers/Microsoft.ResourceGraph/resources", JSON.stringify({ query }));
  const [vaults, accounts] = [
    ask("where type =~ 'microsoft.keyvault/vaults'"),
    ask("where type =~ 'microsoft.documentdb/databaseaccounts'"),
  ];
  expect(vaults).toMatchObject({ write: false });
  expect(vaults.key).not.toBe(accounts.key);
});

test("operations, whose ids Azure draws, are the same call in every trial", () => {
  const ask = (id: string) => named("GET", `${ARM}/Microsoft.DocumentDB/locations/westus/operationsStatus/${id}?t=1&s=2`);
  expect(ask("1f")).toEqual(ask("2e"));
});

describe("strikes", () => {
  const call = (key: string, more: Partial<SeenCall> = {}): SeenCall => ({
    shape: `${key.split(" ")[0]} thing`,
    key,
    write: false,
    operation: false,
    at: 0,
    sameInstant: 0,
    ...more,
  });
  const read = (name: string, at = 0, sameInstant = 0): SeenCall => call(`GET ${name}`, { at, sameInstant });
  const write = (at = 0, operation = false): SeenCall => call("PATCH a", { at, write: true, operation });
  const shown = (calls: SeenCall[], name: string) =>
    strikesOf(calls).flatMap(({ column, key, moment }) =>
      column.name === name ? [`${key} ${typeof moment === "object" ? `#${moment.write}` : moment}`] : [],
    );

  test("a read is struck at the first look, where it is read again before the first write, and once everything is written", () => {
    const calls = [read("a"), read("b"), read("a", 1), read("a", 1, 1), write(1), read("a", 2), write(2), read("b", 2), read("a", 3)];
    expect(shown(calls, "503")).toEqual(["GET a first", "GET a recheck", "GET a after", "PATCH a #0", "PATCH a #1"]);
    expect(shown(calls, "429")).toEqual(["GET a first", "PATCH a #0", "PATCH a #1"]);
  });

  test("an answer is lost at writes alone, an operation fails where Azure works on", () => {
    const calls = [read("a"), write(), write(0, true)];
    expect(shown(calls, "lost answer")).toEqual(["PATCH a #0", "PATCH a #1"]);
    expect(shown(calls, "operation fails")).toEqual(["PATCH a #1"]);
  });

  test("what is asked only after a write is struck when it first comes", () => {
    const calls = [read("a"), write(), call("HEAD poll", { at: 1 }), call("HEAD poll", { at: 2 })];
    expect(shown(calls, "429")).toEqual(["GET a first", "HEAD poll once", "PATCH a #0"]);
    expect(shown(calls, "503")).toContain("HEAD poll after");
  });

  test("a story without writes has reads struck once", () => {
    expect(shown([read("a"), read("a", 1), read("a", 1, 1)], "403")).toEqual(["GET a first"]);
  });

  test("every strike is in one train, and what decides a story is alone in its own", () => {
    const strikes = strikesOf([read("a"), read("a", 1), read("a", 1, 1), write(1), read("a", 2)]);
    const trains = trainsOf(strikes);
    expect(trains.flat().toSorted(byName)).toEqual(strikes.toSorted(byName));
    for (const train of trains.filter(({ length }) => length > 1)) {
      expect(new Set(train.map(({ moment }) => moment)).size).toBe(1);
      expect(train.some(({ moment, column }) => typeof moment === "object" || (moment === "first" && column.name === "403"))).toBe(false);
    }
    expect(trains.filter(({ length }) => length === 1).length).toBeGreaterThan(0);
  });
  const byName = (a: Strike, b: Strike): number => nameOf(a).localeCompare(nameOf(b));
  const nameOf = ({ column, key, moment }: Strike): string => `${column.name} ${key} ${JSON.stringify(moment)}`;
});
