import { describe, expect, test } from "vitest";
import { QueryError } from "../../../../sandbox/azure/kql/cursor.ts";
import { compileQuery, type Table } from "../../../../sandbox/azure/kql/operators.ts";
import type { Row } from "../../../../sandbox/azure/kql/expressions.ts";

const ROWS: Row[] = [
  {
    id: "/rg/acc1",
    type: "microsoft.documentdb/databaseaccounts",
    n: 2,
    tags: null,
    properties: { keyUri: "https://kv1/keys/a", on: true, ids: ["x", "y"] },
  },
  { id: "/RG/acc0", type: "microsoft.documentdb/databaseaccounts", n: 10, tags: { env: "Prod" }, properties: { keyUri: "", on: "false" } },
  {
    id: "/rg/kv1",
    type: "microsoft.keyvault/vaults",
    n: null,
    tags: {},
    properties: { "vault-uri": "https://kv1/", deep: { er: [1, 2] } },
  },
];

function run(query: string): Table {
  const table: Table = { columns: ["id", "type", "n", "tags", "properties"], rows: ROWS };
  return compileQuery(query)((name) => (name.toLowerCase() === "resources" ? table : undefined));
}

const ids = (query: string): unknown[] => run(query).rows.map((row) => row["id"]);

function failure(query: string): unknown {
  try {
    return run(query);
  } catch (error) {
    if (error instanceof QueryError) return error.detail;
    throw error;
  }
}

describe("where (Kusto string operators)", () => {
  test.each([
    ["type == 'microsoft.keyvault/vaults'", 1],
    ["type == 'Microsoft.KeyVault/vaults'", 0],
    ["type =~ 'Microsoft.KeyVault/vaults'", 1],
    ["type != 'microsoft.keyvault/vaults'", 2],
    ["type !~ 'Microsoft.KeyVault/vaults'", 2],
    ['type in ("microsoft.keyvault/vaults", "x")', 1],
    ["type !in ('microsoft.keyvault/vaults')", 2],
    ["type in~ ('Microsoft.KeyVault/vaults', 'MICROSOFT.DocumentDB/databaseAccounts')", 3],
    ["type !in~ ('Microsoft.KeyVault/vaults')", 2],
    ["n in (dynamic([2, 10]))", 2],
    ["id contains 'ACC'", 2],
    ["id !contains 'acc'", 1],
    ["id startswith '/rg'", 3],
    ["id startswith_cs '/rg'", 2],
    ["id !startswith '/rg/acc'", 1],
    ["id endswith '1'", 2],
    ["type has 'vaults'", 1],
    ["type has 'vault'", 0],
    ["type !has 'vaults'", 2],
    ["isnotempty(properties.keyUri)", 1],
    ["isempty(properties.keyUri)", 2],
    ["isnull(n) or n >= 10", 2],
    ["n > 1 and n < 10", 1],
    ["n == 2", 1],
    ["tobool(properties.on)", 1],
    ["properties.on == true", 1],
    ["not(tobool(properties.on) == false)", 2],
    ["tolower(tags.env) == 'prod'", 1],
    ["tags['env'] =~ 'PROD'", 1],
    ["properties.ids[1] == 'y' and array_length(properties.ids) == 2", 1],
    ["properties['vault-uri'] startswith @'https://kv1/'", 1],
    ["properties.deep.er[0] == 1", 1],
    ["(id has 'kv1' or id has 'acc0') and isnotnull(tags)", 2],
    ["id == 'it\\'s'", 0],
    ["id !endswith '1'", 1],
    ["coalesce(tags.env, properties.keyUri) == 'Prod'", 1],
    ["n <= 2 or n != 10", 2],
    ["properties.keyUri has 'https'", 1],
    ["tostring(properties.ids) contains 'x'", 1],
    ["null == n", 1],
    ["n == -1", 0],
  ])("%s keeps %i", (condition, count) => {
    expect(run(`Resources | where ${condition}`).rows).toHaveLength(count);
  });
});

describe("the other operators", () => {
  test("project names, computes and leaves out", () => {
    expect(
      run(
        "Resources | where n == 2 | project id, uri = tostring(properties.keyUri), properties.on, tostring(properties.ids[0]), strcat(type, '!')",
      ),
    ).toEqual({
      columns: ["id", "uri", "properties_on", "properties_ids_0", "Column5"],
      rows: [
        {
          id: "/rg/acc1",
          uri: "https://kv1/keys/a",
          properties_on: true,
          properties_ids_0: "x",
          Column5: "microsoft.documentdb/databaseaccounts!",
        },
      ],
    });
  });

  test("extend adds, project-away removes", () => {
    expect(run("Resources | extend env = tostring(tags.env) | project-away tags, properties, type, n | where env == 'Prod'")).toEqual({
      columns: ["id", "env"],
      rows: [{ id: "/RG/acc0", env: "Prod" }],
    });
  });

  test("order is descending unless it says asc, and ids compare without case", () => {
    expect(ids("Resources | order by id asc")).toEqual(["/RG/acc0", "/rg/acc1", "/rg/kv1"]);
    expect(ids("resources | sort by n")).toEqual(["/RG/acc0", "/rg/acc1", "/rg/kv1"]);
    expect(ids("Resources | order by type asc, n desc nulls last")).toEqual(["/RG/acc0", "/rg/acc1", "/rg/kv1"]);
  });

  test("take, limit and top cut", () => {
    expect(ids("Resources | take 1")).toEqual(["/rg/acc1"]);
    expect(ids("Resources | limit 2")).toHaveLength(2);
    expect(ids("Resources | top 1 by n desc")).toEqual(["/RG/acc0"]);
  });

  test("count, distinct and summarize count", () => {
    expect(run("Resources | count").rows).toEqual([{ Count: 3 }]);
    expect(run("Resources | distinct type").rows).toHaveLength(2);
    expect(run("Resources | distinct *").rows).toHaveLength(3);
    expect(run("Resources | summarize count() by type | order by count_")).toEqual({
      columns: ["type", "count_"],
      rows: [
        { type: "microsoft.documentdb/databaseaccounts", count_: 2 },
        { type: "microsoft.keyvault/vaults", count_: 1 },
      ],
    });
    expect(run("Resources | where id == 'x' | summarize total = count()").rows).toEqual([{ total: 0 }]);
  });

  test("union joins pipelines and fills in null", () => {
    const query = `Resources // accounts first
      | where type =~ 'microsoft.documentdb/databaseaccounts' and isnotempty(properties.keyUri)
      | project id, uri = tostring(properties.keyUri)
      | union (Resources | where type has 'vaults' | project id, n)
      | order by id asc;`;

    expect(run(query)).toEqual({
      columns: ["id", "uri", "n"],
      rows: [
        { id: "/rg/acc1", uri: "https://kv1/keys/a", n: null },
        { id: "/rg/kv1", uri: null, n: null },
      ],
    });
  });

  test("a query without a table means Resources (recorded: where where, Azure/azure-powershell)", () => {
    expect(ids("where n == 2")).toEqual(["/rg/acc1"]);
  });
});

describe("what cannot be run (grafana/grafana issue 35225; Azure/azure-powershell Search-AzureRmGraph-QueryError)", () => {
  test.each([
    ["Resources | wher type ==", { code: "ParserFailure", message: "ParserFailure", line: 1, characterPositionInLine: 12, token: "wher" }],
    ["where where", { code: "ParserFailure", message: "ParserFailure", line: 1, characterPositionInLine: 6, token: "where" }],
    ["Resources\n| project id,", { code: "ParserFailure", message: "ParserFailure", line: 2, characterPositionInLine: 13, token: "<EOF>" }],
    [
      "Resources | where id == 'open",
      { code: "ParserFailure", message: "ParserFailure", line: 1, characterPositionInLine: 24, token: "'" },
    ],
    [
      "Resources | where id !like 'x'",
      { code: "ParserFailure", message: "ParserFailure", line: 1, characterPositionInLine: 21, token: "!" },
    ],
    ["Resources | take x", { code: "ParserFailure", message: "ParserFailure", line: 1, characterPositionInLine: 17, token: "x" }],
    ["", { code: "ParserFailure", message: "ParserFailure", line: 1, token: "<EOF>" }],
    ["Resources | where cout(id)", { code: "UnknownFunction", message: "Unknown function: 'cout'." }],
    ["Resources | summarize make_set(id)", { code: "UnknownFunction", message: "Unknown function: 'make_set'." }],
    ["Nowhere | count", { code: "DisallowedLogicalTableName", message: "Table Nowhere is invalid, unsupported or disallowed." }],
    [
      "Resources | project id | where n == 2",
      expect.objectContaining({ message: "'where' operator: Failed to resolve scalar expression named 'n'" }),
    ],
    ["Resources | order by nothing", expect.objectContaining({ message: expect.stringContaining("'nothing'") })],
  ])("%s", (query, detail) => {
    expect(failure(query)).toEqual(detail);
  });
});
