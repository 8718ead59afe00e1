/** wrapkey and unwrapkey: the refusals are real, the cryptography is not. */
import { AzureError, type Reply } from "../routes.ts";
import type { Key, KeyVersion, World } from "../world.ts";
import { requireVersion } from "./data-keys.ts";
import { PERMISSIONS, type DataRoute, type VaultCall } from "./data-route.ts";
import { keyId } from "./key-body.ts";
import { nowSeconds } from "./key-state.ts";
import { badParameter, objectOf, textOf } from "./read-body.ts";
import { setting } from "./switches.ts";

export type Operation = "wrapKey" | "unwrapKey";
export type Refusal = "Disabled" | "Expired" | "NotYetValid" | "OperationNotAllowed";

/**
 * Why a version may not be used so; undefined: it may. Disabled stops everything; outside nbf and exp unwrap still works;
 * key_ops says what is allowed at all (Key Vault: keys/about-keys-details.md).
 */
export function refusalOf(world: World, version: KeyVersion, operation: Operation): Refusal | undefined {
  if (!version.enabled) return "Disabled";
  const now = nowSeconds(world);
  if (operation === "wrapKey" && version.nbf !== undefined && now < version.nbf) return "NotYetValid";
  if (operation === "wrapKey" && version.exp !== undefined && version.exp <= now) return "Expired";
  return version.keyOps.some((op) => op.toLowerCase() === operation.toLowerCase()) ? undefined : "OperationNotAllowed";
}

/** The words after "Operation wrapKey", and the inner code. Those for expired and not yet valid are assumptions: no wire form is known. */
function wordsOf(world: World): Record<Refusal, { text: string; code: string }> {
  return {
    // azure-sdk-for-python issue 45342, 2026-02
    Disabled: { text: "is not allowed on a disabled key.", code: "KeyDisabled" },
    Expired: { text: "is not allowed on an expired key.", code: setting(world, "keyvault.expiredDenialCode") },
    NotYetValid: { text: "is not allowed on a key that is not yet valid.", code: setting(world, "keyvault.notYetValidDenialCode") },
    // azure-sdk-for-net issue 11518
    OperationNotAllowed: { text: "is not permitted on this key.", code: "KeyOperationForbidden" },
  };
}

function refuse(world: World, refusal: Refusal, operation: Operation): AzureError {
  const { text, code } = wordsOf(world)[refusal];
  return new AzureError(403, "Forbidden", `Operation ${operation} ${text}`, { innererror: { code } });
}

const ALGORITHMS = ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5"];

function crypto(operation: Operation): (call: VaultCall) => Reply {
  return (call) => {
    const { key, version } = requireVersion(call);
    const body = objectOf(call.body, badParameter);
    const algorithm = textOf(body["alg"], badParameter, "alg") ?? "";
    const value = textOf(body["value"], badParameter, "value");
    if (!ALGORITHMS.includes(algorithm) || !version.kty.startsWith("RSA")) throw badParameter("alg");
    if (!value || !/^[\w-]+$/.test(value)) throw badParameter("value");
    const refusal = refusalOf(call.world, version, operation);
    if (refusal) throw refuse(call.world, refusal, operation);
    const result = operation === "wrapKey" ? wrap(key, version, value) : unwrap(key, version, value);
    return { status: 200, body: { kid: keyId(call.vault, key, version), value: result } };
  };
}

const prefix = (key: Key, version: KeyVersion): string => `${key.name}/${version.version}.`;

const wrap = (key: Key, version: KeyVersion, value: string): string => Buffer.from(`${prefix(key, version)}${value}`).toString("base64url");

/** Only the version that wrapped it can unwrap it. */
function unwrap(key: Key, version: KeyVersion, value: string): string {
  const text = Buffer.from(value, "base64url").toString();
  if (!text.startsWith(prefix(key, version))) throw badParameter("value");
  return text.slice(prefix(key, version).length);
}

export const cryptoRoutes: DataRoute[] = [
  { method: "POST", pattern: "/keys/{name}/{version}/wrapkey", permission: PERMISSIONS.wrap, handle: crypto("wrapKey") },
  { method: "POST", pattern: "/keys/{name}/{version}/unwrapkey", permission: PERMISSIONS.unwrap, handle: crypto("unwrapKey") },
];
