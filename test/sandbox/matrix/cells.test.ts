import { describe, expect, test } from "vitest";
import { nameCall } from "../../../sandbox/matrix/call.ts";
import { strikesOf } from "../../../sandbox/matrix/cells.ts";
import type { SeenCall } from "../../../sandbox/matrix/tap.ts";

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

test("operations, whose ids Azure draws, are the same call in every play", () => {
  const ask = (id: string) => named("GET", `${ARM}/Microsoft.DocumentDB/locations/westus/operationsStatus/${id}?t=1&s=2`);
  expect(ask("1f")).toEqual(ask("2e"));
});

describe("strikes", () => {
  const read = (name: string): SeenCall => ({ shape: "GET thing", key: `GET ${name}`, write: false, operation: false });
  const write = (operation = false): SeenCall => ({ shape: "PATCH thing", key: "PATCH a", write: true, operation });
  const shown = (calls: SeenCall[], name: string) =>
    strikesOf(calls).flatMap(({ column, key, nth }) => (column.name === name ? [`${key} #${nth}`] : []));

  test("a read is struck at the first look, the last before the first write and the first after the last", () => {
    const calls = [read("a"), read("b"), read("a"), write(), read("a"), write(), read("b"), read("a")];
    expect(shown(calls, "503")).toEqual(["GET a #0", "GET a #1", "GET b #1", "PATCH a #0", "PATCH a #1"]);
    expect(shown(calls, "429")).toEqual(["GET a #0", "PATCH a #0", "PATCH a #1"]);
  });

  test("an answer is lost at writes alone, an operation fails where Azure works on", () => {
    const calls = [read("a"), write(), write(true)];
    expect(shown(calls, "lost answer")).toEqual(["PATCH a #0", "PATCH a #1"]);
    expect(shown(calls, "operation fails")).toEqual(["PATCH a #1"]);
  });

  test("a story without writes has reads struck once", () => {
    expect(shown([read("a"), read("a"), read("a")], "403")).toEqual(["GET a #0"]);
  });
});
