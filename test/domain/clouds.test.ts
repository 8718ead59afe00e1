import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CLOUDS, isResourceManager, keyHostOf, vaultUriOf } from "../../src/domain/clouds.ts";

const clouds = Object.values(CLOUDS);
const pairs = clouds.flatMap((cloud) => clouds.map((other) => ({ cloud, other, here: cloud.name, there: other.name })));
const hostOf = (url: string): string => new URL(url).host;

describe("a cloud", () => {
  test.each(pairs)("$here knows the hosts of $there only where it is the same", ({ cloud, other }) => {
    const isSame = cloud === other;
    expect(keyHostOf(hostOf(vaultUriOf("v-1", other)), cloud)).toEqual(isSame ? { name: "v-1", kind: "vault" } : null);
    expect(keyHostOf(`h1.${other.hsmSuffix}`, cloud)).toEqual(isSame ? { name: "h1", kind: "managedHsm" } : null);
    expect(isResourceManager(hostOf(other.resourceManager), cloud)).toBe(isSame);
    expect(isResourceManager(`eastus.${hostOf(other.resourceManager)}`, cloud)).toBe(isSame);
  });

  test.each(clouds)("$name takes no host that only looks like its own", (cloud) => {
    const manager = hostOf(cloud.resourceManager);
    for (const host of [`x${manager}`, `${manager}.example`, ""]) expect(isResourceManager(host, cloud)).toBe(false);
    for (const host of [cloud.vaultSuffix, `a.b.${cloud.vaultSuffix}`, `.${cloud.vaultSuffix}`, `a_b.${cloud.vaultSuffix}`, "v", ""])
      expect(keyHostOf(host, cloud)).toBeNull();
  });

  test.each(clouds)("$name has tokens of a tenant signed by issuers that name it", (cloud) => {
    const issuers = cloud.issuersOf("t1");
    expect(issuers).toHaveLength(2);
    for (const issuer of issuers) expect(issuer).toMatch(/^https:\/\/[\w.]+\/t1\/(?:v2\.0)?$/);
    expect(cloud.login).not.toMatch(/\/$/);
    expect(cloud.resourceManager).not.toMatch(/\/$/);
  });

  test("bears its own name in the table", () => {
    for (const [name, cloud] of Object.entries(CLOUDS)) expect(cloud.name).toBe(name);
  });
});

test("nothing of a cloud is written anywhere else in the product", () => {
  const words = clouds.flatMap(({ resourceManager, login, vaultSuffix, hsmSuffix, logs, cosmosApplication }) => [
    hostOf(resourceManager),
    hostOf(login),
    vaultSuffix,
    hsmSuffix,
    hostOf(logs),
    ...(cosmosApplication === null ? [] : [cosmosApplication]),
  ]);
  const written = [...words, "windows.net", "chinacloudapi.cn", "usgovcloudapi.net", "azure.net", "azure.us", "azure.cn"];
  const files = globSync("src/**/*.ts").map((file) => file.replaceAll("\\", "/"));
  const found = (file: string): string[] => written.filter((word) => readFileSync(file, "utf8").includes(word));
  expect(found("src/domain/clouds.ts")).toEqual(expect.arrayContaining(words));
  expect(files.filter((file) => file !== "src/domain/clouds.ts" && found(file).length > 0)).toEqual([]);
});
