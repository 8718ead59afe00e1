import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  formatArmId,
  groupIn,
  isDatabaseId,
  isKeyId,
  isUnder,
  isVaultId,
  keyScopeOf,
  nameOf,
  normalId,
  parseArmId,
  sameId,
  storageIn,
  withoutLastSlashes,
} from "../../src/domain/arm-id.ts";
import { IDENTITY_ID, KEY_SCOPE, VAULT_ID } from "../support/builders.ts";

const SUB = "/subscriptions/s1";
const MG = "/providers/Microsoft.Management/managementGroups/contoso";
const ASSIGNMENT = `${VAULT_ID}/providers/Microsoft.Authorization/roleAssignments/guid`;

test("nobody in the domain takes an id or a key URI apart but their readers", () => {
  const files = globSync("src/domain/**/*.ts").filter((file) => readFileSync(file, "utf8").includes('.split("/")'));
  // A schedule has a slash of its own.
  expect(files.toSorted()).toEqual(["arm-id", "key-uri", "schedule"].map((name) => `src/domain/${name}.ts`));
});

describe("ids of resources", () => {
  test.each([
    [VAULT_ID, VAULT_ID.split("/providers/")[0]],
    [KEY_SCOPE, VAULT_ID.split("/providers/")[0]],
    [`${SUB}/resourcegroups/Rg/`, `${SUB}/resourceGroups/Rg`],
    [SUB, undefined],
    [`${SUB}/providers/Microsoft.Storage/storageAccounts/keep`, undefined],
    ["orders", undefined],
  ])("are of a group: %s", (id, group) => {
    expect(groupIn(id)).toBe(group);
  });

  test("of what a storage account holds name it", () => {
    const account = `${SUB}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/keep`;
    expect(storageIn(`${account}/blobServices/default/containers/lost`)).toBe(account);
    expect(storageIn(VAULT_ID)).toBeUndefined();
  });

  test("are the same in any casing and with a slash at the end", () => {
    expect(sameId(`${VAULT_ID.toUpperCase()}/`, VAULT_ID)).toBe(true);
    expect(sameId(VAULT_ID, IDENTITY_ID)).toBe(false);
    expect(normalId(" /Subscriptions/S1/ ")).toBe("/subscriptions/s1");
    expect(sameId(VAULT_ID.slice(1), VAULT_ID)).toBe(true);
  });

  test.each([
    ["", ""],
    ["/", ""],
    ["///", ""],
    ["/a//b", "/a//b"],
    ["/a//b///", "/a//b"],
  ])("of '%s' is left without last slashes: '%s'", (id, whole) => {
    expect(withoutLastSlashes(id)).toBe(whole);
  });

  test.each<[string, string, ReturnType<typeof parseArmId>]>([
    ["the root scope", "/", { subscriptionId: null, resourceGroup: null, parent: null, type: null, names: [] }],
    ["a subscription", SUB, { subscriptionId: "s1", resourceGroup: null, parent: null, type: null, names: [] }],
    [
      "a group as identities write it",
      `${SUB}/resourcegroups/rg`,
      { subscriptionId: "s1", resourceGroup: "rg", parent: null, type: null, names: [] },
    ],
    [
      "a management group",
      MG,
      { subscriptionId: null, resourceGroup: null, parent: null, type: "Microsoft.Management/managementGroups", names: ["contoso"] },
    ],
    [
      "a key",
      `${SUB}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v/keys/k`,
      { subscriptionId: "s1", resourceGroup: "rg", parent: null, type: "Microsoft.KeyVault/vaults/keys", names: ["v", "k"] },
    ],
    [
      "an extension",
      `${SUB}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v/providers/Microsoft.Authorization/roleAssignments/g`,
      {
        subscriptionId: "s1",
        resourceGroup: "rg",
        parent: `${SUB}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v`,
        type: "Microsoft.Authorization/roleAssignments",
        names: ["g"],
      },
    ],
  ])("%s is parsed and formatted back", (_what, id, parsed) => {
    expect(parseArmId(id)).toEqual(parsed);
    expect(sameId(formatArmId(parseArmId(id)!), id)).toBe(true);
  });

  test.each([
    "",
    "https://kv.vault.azure.net/keys/k",
    "/subscriptions",
    "/subscriptions/s/resourceGroups",
    "/providers/X/y",
    "subscription/s",
    "orders",
    "/providers",
    "/subscriptions//resourceGroups/rg",
  ])("'%s' is no id", (text) => {
    expect(parseArmId(text)).toBeUndefined();
  });

  test("have the name of their last part, where they have one", () => {
    expect(nameOf(ASSIGNMENT)).toBe("guid");
    expect(nameOf(SUB)).toBe("");
    expect(nameOf("nonsense")).toBe("");
    expect(keyScopeOf(`${VAULT_ID}/`, "cmk")).toBe(KEY_SCOPE);
  });
});

test.each([
  ["a group", VAULT_ID.split("/providers")[0]!],
  ["an assignment at a vault", ASSIGNMENT],
  ["no id", "kv-orders"],
  ["the root", "/"],
])("%s is neither a vault nor a database", (_what, id) => {
  expect([isVaultId(id), isDatabaseId(id), isKeyId(id)]).toEqual([false, false, false]);
});

describe("scopes", () => {
  test.each<[string, string, string, boolean]>([
    ["a key lies under itself", KEY_SCOPE, KEY_SCOPE, true],
    ["a key lies under its vault in any casing", VAULT_ID.toLowerCase(), KEY_SCOPE, true],
    ["a key lies under its resource group", VAULT_ID.split("/providers")[0]!, KEY_SCOPE, true],
    ["a key lies under the root", "/", KEY_SCOPE, true],
    ["a key lies under a management group, which its id can't show", MG, KEY_SCOPE, true],
    ["a vault does not lie under its key", KEY_SCOPE, VAULT_ID, false],
    ["a vault does not lie under one whose name begins like its own", VAULT_ID, `${VAULT_ID}-2`, false],
    ["a management group does not lie under another", MG, `${MG}-2`, false],
  ])("%s", (_what, scope, id, expected) => {
    expect(isUnder(scope, id)).toBe(expected);
  });
});

test("any number of ids reads alike, those that were read before too", () => {
  const ids = Array.from({ length: 20_001 }, (_, i) => `/Subscriptions/S${i}`);
  for (const round of [1, 2]) expect([round, ids.every((id) => normalId(id) === id.toLowerCase())]).toEqual([round, true]);
});
