/** Live keys on the data plane: get, list, versions, create, update, delete, rotate. */
import type { Reply } from "../routes.ts";
import type { Json, JsonObject, Key, KeyVersion } from "../world.ts";
import { listReply } from "./data-list.ts";
import { PERMISSIONS, type DataRoute, type VaultCall } from "./data-route.ts";
import { hasEventSubscription } from "./events.ts";
import { deletedBundle, keyBundle, keyItem, versionItem } from "./key-body.ts";
import { changeVersion, makeKey, makeVersion, rotateKey, softDeleteKey, type VersionChange } from "./key-change.ts";
import { keyNotFound, liveKey, liveKeys, refuseTakenName, versionOf } from "./key-state.ts";
import { badParameter, booleanOf, integerOf, objectOf, tagsOf, textOf, textsOf } from "./read-body.ts";

export function requireKey(call: VaultCall): Key {
  const name = call.params["name"] ?? "";
  const key = liveKey(call.world, call.vault, name);
  if (!key) throw keyNotFound(name, call.params["version"]);
  return key;
}

export function requireVersion(call: VaultCall): { key: Key; version: KeyVersion } {
  const key = requireKey(call);
  const version = versionOf(key, call.params["version"]);
  if (!version) throw keyNotFound(key.name, call.params["version"]);
  return { key, version };
}

/** A disabled key is shown like any other (recorded: Azure/azure-cli test_keyvault_key.yaml, 2022-04). */
function get(call: VaultCall): Reply {
  const { key, version } = requireVersion(call);
  return { status: 200, body: keyBundle(call.vault, key, version) };
}

function list(call: VaultCall): Reply {
  const keys = liveKeys(call.world, call.vault);
  return listReply(
    call,
    keys.map((key) => ({ id: key.name, body: keyItem(call.vault, key) })),
  );
}

/** By version id, not by time. A key that is not there has no versions, which is no error. */
function versions(call: VaultCall): Reply {
  const key = liveKey(call.world, call.vault, call.params["name"] ?? "");
  const sorted = [...(key?.versions ?? [])].sort((a, b) => (a.version < b.version ? -1 : 1));
  return listReply(
    call,
    sorted.map((v) => ({ id: v.version, body: versionItem(call.vault, key!, v) })),
  );
}

function create(call: VaultCall): Reply {
  const { world, vault } = call;
  const name = call.params["name"] ?? "";
  const body = objectOf(call.body, badParameter);
  const kty = textOf(body["kty"], badParameter, "kty");
  if (!kty || !/^(RSA|EC)(-HSM)?$/.test(kty)) throw badParameter("kty");
  const keySize = kty.startsWith("EC") ? curveSize(body) : rsaSize(body);
  const change = readChange(body);
  refuseTakenName(world, vault, name);
  const key = vault.keys.get(name.toLowerCase()) ?? makeKey(vault, name);
  const notifies = hasEventSubscription(world, vault);
  const version = makeVersion(world, vault, key, { ...change, kty, ...(keySize === undefined ? {} : { keySize }), notifies });
  return { status: 200, body: keyBundle(vault, key, version) };
}

function rsaSize(body: JsonObject): number | undefined {
  const size = integerOf(body["key_size"], badParameter, "key_size");
  if (size !== undefined && ![2048, 3072, 4096].includes(size)) throw badParameter("key_size");
  return size;
}

function curveSize(body: JsonObject): number | undefined {
  const curve = textOf(body["crv"], badParameter, "crv");
  if (curve !== undefined && !/^P-(256|384|521)$/.test(curve)) throw badParameter("crv");
  return curve === undefined ? undefined : Number(curve.slice(2));
}

/** Members that are not sent stay; works on a disabled key; an exp in the past is taken (recorded: Azure/azure-sdk-for-js keys_client can_update_a_disabled_key, 2020-06). */
function update(call: VaultCall): Reply {
  const { key, version } = requireVersion(call);
  changeVersion(call.world, call.vault, key, version, readChange(objectOf(call.body, badParameter)));
  return { status: 200, body: keyBundle(call.vault, key, version) };
}

function readChange(body: JsonObject): VersionChange {
  const sent = objectOf(body["attributes"], badParameter, "attributes");
  const present = <T>(value: Json | undefined, read: () => T): T | undefined =>
    value === undefined || value === null ? undefined : read();
  const change = {
    enabled: booleanOf(sent["enabled"], badParameter, "attributes.enabled"),
    nbf: integerOf(sent["nbf"], badParameter, "attributes.nbf"),
    exp: integerOf(sent["exp"], badParameter, "attributes.exp"),
    keyOps: present(body["key_ops"], () => textsOf(body["key_ops"], badParameter, "key_ops")),
    tags: present(body["tags"], () => tagsOf(body["tags"], badParameter)),
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function remove(call: VaultCall): Reply {
  const key = requireKey(call);
  softDeleteKey(call.world, call.vault, key);
  return { status: 200, body: deletedBundle(call.vault, key) };
}

function rotate(call: VaultCall): Reply {
  const key = requireKey(call);
  const version = rotateKey(call.world, call.vault, key, hasEventSubscription(call.world, call.vault));
  return { status: 200, body: keyBundle(call.vault, key, version) };
}

export const keyRoutes: DataRoute[] = [
  { method: "GET", pattern: "/keys", permission: PERMISSIONS.list, handle: list },
  { method: "GET", pattern: "/keys/{name}/versions", permission: PERMISSIONS.list, handle: versions },
  { method: "POST", pattern: "/keys/{name}/create", permission: PERMISSIONS.create, handle: create },
  { method: "POST", pattern: "/keys/{name}/rotate", permission: PERMISSIONS.rotate, handle: rotate },
  { method: "DELETE", pattern: "/keys/{name}", permission: PERMISSIONS.delete, handle: remove },
  { method: "GET", pattern: "/keys/{name}", permission: PERMISSIONS.get, handle: get },
  { method: "PATCH", pattern: "/keys/{name}", permission: PERMISSIONS.update, handle: update },
  { method: "GET", pattern: "/keys/{name}/{version}", permission: PERMISSIONS.get, handle: get },
  { method: "PATCH", pattern: "/keys/{name}/{version}", permission: PERMISSIONS.update, handle: update },
];
