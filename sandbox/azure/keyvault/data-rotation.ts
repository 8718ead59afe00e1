/** Rotation policies on the data plane. Recorded: Azure/azure-cli test_keyvault_key_rotation.yaml, 2022-06. */
import type { Reply } from "../routes.ts";
import type { JsonObject, Key, Vault, World } from "../world.ts";
import { requireKey } from "./data-keys.ts";
import { PERMISSIONS, type DataRoute, type VaultCall } from "./data-route.ts";
import { isPeriod } from "./durations.ts";
import { planExpiry } from "./events.ts";
import { keyId } from "./key-body.ts";
import { nowSeconds } from "./key-state.ts";
import { arrayOf, badParameter, objectOf, textOf } from "./read-body.ts";

/** Never set: a default without id (recorded: cloud-custodian KeyVaultKeyTest.test_key_vault_keys_rotation.json #9). */
const NEVER_SET: JsonObject = {
  lifetimeActions: [{ trigger: { timeBeforeExpiry: "P30D" }, action: { type: "Notify" } }],
  attributes: null,
};

const get = (call: VaultCall): Reply => ({ status: 200, body: requireKey(call).rotationPolicy ?? NEVER_SET });

function put(call: VaultCall): Reply {
  const key = requireKey(call);
  setRotationPolicy(call.world, call.vault, key, objectOf(call.body, badParameter));
  return { status: 200, body: key.rotationPolicy ?? null };
}

/** Takes the form of either plane: rotate and Rotate. */
export function setRotationPolicy(world: World, vault: Vault, key: Key, body: JsonObject): void {
  const expiryTime = textOf(objectOf(body["attributes"], badParameter, "attributes")["expiryTime"], badParameter, "expiryTime");
  if (expiryTime !== undefined && !isPeriod(expiryTime)) throw badParameter("attributes.expiryTime");
  const now = nowSeconds(world);
  const old = objectOf(key.rotationPolicy?.["attributes"], badParameter);
  key.rotationPolicy = {
    id: `${keyId(vault, key)}/rotationpolicy`,
    lifetimeActions: arrayOf(body["lifetimeActions"], badParameter, "lifetimeActions").map((a) => readAction(objectOf(a, badParameter))),
    attributes: { ...(expiryTime === undefined ? {} : { expiryTime }), created: old["created"] ?? now, updated: now },
  };
  // A new Notify time holds for the versions there are; a new expiryTime does not.
  for (const version of key.versions) planExpiry(world, vault, key, version);
}

function readAction(action: JsonObject): JsonObject {
  const type = textOf(objectOf(action["action"], badParameter)["type"], badParameter, "action.type") ?? "";
  const trigger = objectOf(action["trigger"], badParameter, "trigger");
  if (!/^(rotate|notify)$/i.test(type)) throw badParameter("action.type");
  for (const period of Object.values(trigger)) if (typeof period !== "string" || !isPeriod(period)) throw badParameter("trigger");
  return { trigger: { ...trigger }, action: { type: type.toLowerCase() === "rotate" ? "Rotate" : "Notify" } };
}

export const rotationRoutes: DataRoute[] = [
  { method: "GET", pattern: "/keys/{name}/rotationpolicy", permission: PERMISSIONS.readRotationPolicy, handle: get },
  { method: "PUT", pattern: "/keys/{name}/rotationpolicy", permission: PERMISSIONS.writeRotationPolicy, handle: put },
];
