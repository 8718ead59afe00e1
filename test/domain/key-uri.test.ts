import { describe, expect, test } from "vitest";
import { keyNameOf, type KeyUriFault, parseKeyUri, versionlessKeyUri } from "../../src/domain/key-uri.ts";
import { KEY_URI, V1 } from "../support/builders.ts";

describe("a key URI", () => {
  test("names host, vault, key and version", () => {
    expect(parseKeyUri(` ${KEY_URI}/${V1.toUpperCase()}`)).toEqual({
      host: "kv-orders.vault.azure.net",
      vaultName: "kv-orders",
      key: "cmk",
      version: V1,
      kind: "vault",
      faults: [],
    });
  });

  test("with the port that Key Vault itself writes is a vault's", () => {
    expect(parseKeyUri("https://V1.vault.azure.net:443/keys/k")).toMatchObject({ kind: "vault", vaultName: "v1", key: "k", faults: [] });
  });

  test.each(["https://kv-orders.vault.azure.cn/keys/k", "https://kv-orders.vault.usgovcloudapi.net/keys/k"])(
    "%s is that of another cloud, and names no vault here",
    (uri) => {
      expect(parseKeyUri(uri)).toMatchObject({ kind: "unknown", vaultName: null, key: "k", faults: ["unknownHost"] });
    },
  );

  test("of a managed HSM says so", () => {
    expect(parseKeyUri("https://hsm1.managedhsm.azure.net/keys/k")).toMatchObject({ kind: "managedHsm", vaultName: "hsm1", faults: [] });
  });

  test.each<[string, string, KeyUriFault[]]>([
    ["is no URI", "kv-orders/keys/cmk", ["notAUri"]],
    ["is not secure", KEY_URI.replace("https", "http"), ["notHttps"]],
    ["names a host that is no vault", "https://orders.documents.azure.com/keys/cmk", ["unknownHost"]],
    ["names only the vault", "https://kv-orders.vault.azure.net", ["noKeyName"]],
    ["ends at /keys, as the guide's own example does", "https://ContosoKeyVault.vault.azure.net/keys", ["noKeyName"]],
    ["names a secret", "https://kv-orders.vault.azure.net/secrets/cmk", ["noKeyName"]],
    ["ends in a slash", `${KEY_URI}/`, ["trailingSlash"]],
    ["names a key that can't be", "https://kv-orders.vault.azure.net/keys/c_mk", ["badKeyName"]],
    ["ends in something that is no version", `${KEY_URI}/latest`, ["badVersion"]],
    ["goes on after the version", `${KEY_URI}/${V1}/wrapkey`, ["extraParts"]],
    ["has a query", `${KEY_URI}?api-version=7.4`, ["extraParts"]],
    ["has another port", "https://kv-orders.vault.azure.net:8080/keys/cmk", ["extraParts"]],
  ])("that %s is told so", (_what, uri, faults) => {
    expect(parseKeyUri(uri).faults).toEqual(faults);
  });

  test("is set right only where it says which key is meant", () => {
    expect(versionlessKeyUri(parseKeyUri(`${KEY_URI}/${V1}`))).toBe(KEY_URI);
    expect(versionlessKeyUri(parseKeyUri(`${KEY_URI.replace("https", "http")}/`))).toBe(KEY_URI);
    expect(versionlessKeyUri(parseKeyUri("https://example.com/keys/cmk"))).toBeUndefined();
    expect(versionlessKeyUri(parseKeyUri("https://kv-orders.vault.azure.net"))).toBeUndefined();
    expect(versionlessKeyUri(parseKeyUri("https://kv-orders.vault.azure.net/keys/c_mk"))).toBeUndefined();
  });
});

test.each([
  [KEY_URI, "cmk"],
  [`${KEY_URI}/${V1}`, "cmk"],
  [`${KEY_URI}/`, "cmk"],
  [KEY_URI.replace(".net/", ".net:443/"), "cmk"],
  ["https://kv-orders.vault.azure.net", ""],
  ["no URI", ""],
  [null, ""],
])("the key that %s names", (keyUri, name) => {
  expect(keyNameOf(keyUri)).toBe(name);
});
