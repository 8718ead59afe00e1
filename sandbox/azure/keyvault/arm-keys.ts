/**
 * Keys read through ARM: authorized by actions, not by data actions or access policies, and behind no firewall
 * (Key Vault: network-security.md, quick-create-template.md). Bodies as in azure-rest-api-specs' examples listKeys.json, getKey.json.
 */
import { evaluateDataAction } from "../authorization/evaluate.ts";
import { AzureError, type Call, type Reply, type Route } from "../routes.ts";
import type { Json, JsonObject, Key, KeyVersion, Vault } from "../world.ts";
import { rbacDenial } from "./authorize.ts";
import { setRotationPolicy } from "./data-rotation.ts";
import { PERMISSIONS } from "./data-route.ts";
import { hasEventSubscription } from "./events.ts";
import { recoveryLevel } from "./key-body.ts";
import { makeKey, makeVersion } from "./key-change.ts";
import { currentVersion, keyNotFound, liveKey, liveKeys, refuseTakenName, versionOf } from "./key-state.ts";
import { badRequest, booleanOf, integerOf, objectOf, tagsOf, textOf, textsOf } from "./read-body.ts";
import { setting } from "./switches.ts";
import { requireVault, vaultIdOf, vaultUri } from "./vault-state.ts";

const attributes = (vault: Vault, v: KeyVersion): JsonObject => ({
  enabled: v.enabled,
  nbf: v.nbf,
  exp: v.exp,
  created: v.created,
  updated: v.updated,
  recoveryLevel: recoveryLevel(vault),
});

/** Key identifiers that come through ARM name the port. */
const armKeyUri = (vault: Vault, key: Key, v?: KeyVersion): string => `${vaultUri(vault)}:443/keys/${key.name}${v ? `/${v.version}` : ""}`;

function frame(vault: Vault, key: Key, v: KeyVersion, properties: JsonObject): JsonObject {
  return {
    id: `${vault.id}/keys/${key.name}`,
    name: key.name,
    type: "Microsoft.KeyVault/vaults/keys",
    location: vault.location,
    ...(v.tags ? { tags: v.tags } : {}),
    properties,
  };
}

function item(vault: Vault, key: Key): JsonObject {
  const v = currentVersion(key);
  return frame(vault, key, v, { attributes: attributes(vault, v), keyUri: armKeyUri(vault, key) });
}

const asVersion = (vault: Vault, body: JsonObject, key: Key, v: KeyVersion): JsonObject => ({
  ...body,
  id: `${vault.id}/keys/${key.name}/versions/${v.version}`,
  name: v.version,
  type: "Microsoft.KeyVault/vaults/keys/versions",
});

function versionItem(vault: Vault, key: Key, v: KeyVersion): JsonObject {
  const properties = { attributes: attributes(vault, v), keyUri: armKeyUri(vault, key), keyUriWithVersion: armKeyUri(vault, key, v) };
  return asVersion(vault, frame(vault, key, v, properties), key, v);
}

function whole(vault: Vault, key: Key, v: KeyVersion): JsonObject {
  return frame(vault, key, v, {
    attributes: { ...attributes(vault, v), exportable: false },
    kty: v.kty,
    keyOps: [...v.keyOps],
    keySize: v.kty.startsWith("RSA") ? v.keySize : undefined,
    curveName: v.kty.startsWith("EC") ? `P-${v.keySize}` : undefined,
    keyUri: armKeyUri(vault, key),
    keyUriWithVersion: armKeyUri(vault, key, v),
    rotationPolicy: armRotationPolicy(key),
  });
}

/** Here the actions' types are written small. */
function armRotationPolicy(key: Key): JsonObject | undefined {
  if (!key.rotationPolicy) return undefined;
  const actions = key.rotationPolicy["lifetimeActions"];
  const lowered = (Array.isArray(actions) ? actions : []).map((a): Json => {
    const action = objectOf(a, badRequest);
    return { ...action, action: { type: textOf(objectOf(action["action"], badRequest)["type"], badRequest, "type")?.toLowerCase() } };
  });
  return { attributes: key.rotationPolicy["attributes"], lifetimeActions: lowered };
}

function readable(call: Call): { vault: Vault; key: Key; version: KeyVersion } {
  const vault = requireVault(call);
  const { keyName = "", keyVersion } = call.params;
  askDataPlane(call, vault, keyName);
  const key = liveKey(call.world, vault, keyName);
  const version = key && versionOf(key, keyVersion);
  if (!key || !version) throw keyNotFound(keyName, keyVersion);
  return { vault, key, version };
}

/** Field reports have ARM answer 400 where the data plane denies its own call (Azure/bicep issue 6539): behind a switch. */
function askDataPlane(call: Call, vault: Vault, keyName: string): void {
  const { dataAction } = PERMISSIONS.get;
  const scope = `${vault.id}/keys/${keyName}`;
  if (evaluateDataAction(call.world, call.caller.oid, dataAction, scope).allowed) return;
  if (!setting(call.world, "keyvault.armKeysAskDataPlane")) return;
  const caller = `name=KeyVault/ManagementPlane;appid=${call.caller.appid};oid=${call.caller.oid}`;
  throw new AzureError(400, "ForbiddenByRbac", `[ForbiddenByRbac (Forbidden)] ${rbacDenial(vault, caller, dataAction, scope)}`);
}

function list(call: Call): Reply {
  const vault = requireVault(call);
  return { status: 200, body: { value: liveKeys(call.world, vault).map((key) => item(vault, key)) } };
}

function listVersions(call: Call): Reply {
  const { vault, key } = readable(call);
  const sorted = [...key.versions].sort((a, b) => (a.version < b.version ? -1 : 1));
  return { status: 200, body: { value: sorted.map((v) => versionItem(vault, key, v)) } };
}

/** Makes a key that is not there; one that is comes back as it is (Key Vault: quick-create-bicep.md). */
function put(call: Call): Reply {
  const vault = requireVault(call);
  const { keyName = "" } = call.params;
  const body = objectOf(call.body, badRequest);
  const properties = objectOf(body["properties"], badRequest, "properties");
  refuseTakenName(call.world, vault, keyName);
  const key = vault.keys.get(keyName.toLowerCase()) ?? createKey(call, vault, body, properties);
  return { status: 200, body: whole(vault, key, currentVersion(key)) };
}

function createKey(call: Call, vault: Vault, body: JsonObject, p: JsonObject): Key {
  const sent = objectOf(p["attributes"], badRequest, "attributes");
  const tags = body["tags"] === undefined ? undefined : tagsOf(body["tags"], badRequest);
  const spec = {
    kty: textOf(p["kty"], badRequest, "kty"),
    keySize: integerOf(p["keySize"], badRequest, "keySize"),
    keyOps: p["keyOps"] === undefined ? undefined : textsOf(p["keyOps"], badRequest, "keyOps"),
    enabled: booleanOf(sent["enabled"], badRequest, "attributes.enabled"),
    nbf: integerOf(sent["nbf"], badRequest, "attributes.nbf"),
    exp: integerOf(sent["exp"], badRequest, "attributes.exp"),
    tags,
    notifies: hasEventSubscription(call.world, vault),
  };
  const key = makeKey(vault, call.params["keyName"] ?? "");
  if (p["rotationPolicy"] !== undefined) setRotationPolicy(call.world, vault, key, objectOf(p["rotationPolicy"], badRequest));
  makeVersion(call.world, vault, key, Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)));
  return key;
}

const KEYS = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.KeyVault/vaults/{vaultName}/keys";
const KEY = `${KEYS}/{keyName}`;
const READ = "Microsoft.KeyVault/vaults/keys/read";
const READ_VERSION = "Microsoft.KeyVault/vaults/keys/versions/read";

const getOne = (call: Call): Reply => {
  const { vault, key, version } = readable(call);
  return { status: 200, body: whole(vault, key, version) };
};

const getVersion = (call: Call): Reply => {
  const { vault, key, version } = readable(call);
  return { status: 200, body: asVersion(vault, whole(vault, key, version), key, version) };
};

export const armKeyRoutes: Route[] = [
  { method: "GET", pattern: KEYS, action: READ, scopeOf: vaultIdOf, handle: list },
  { method: "GET", pattern: KEY, action: READ, handle: getOne },
  {
    method: "PUT",
    pattern: KEY,
    action: "Microsoft.KeyVault/vaults/keys/write",
    event: "Microsoft.KeyVault/vaults/keys/write",
    handle: put,
  },
  { method: "GET", pattern: `${KEY}/versions`, action: READ_VERSION, scopeOf: keyScope, handle: listVersions },
  { method: "GET", pattern: `${KEY}/versions/{keyVersion}`, action: READ_VERSION, handle: getVersion },
];

function keyScope(call: Call): string {
  return `${vaultIdOf(call)}/keys/${call.params["keyName"]}`;
}
