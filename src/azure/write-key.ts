/** Changes a key's attributes on the data plane: one version, only what the step names. Rotates or makes one only where a step names just that; never deletes one. */
import * as v from "valibot";
import { keyScopeOf } from "../domain/arm-id.ts";
import { TransientError } from "../domain/errors.ts";
import { parseKeyUri } from "../domain/key-uri.ts";
import { NEW_KEY } from "../domain/steps/create-key.ts";
import { REVOKED_TAG, tagIn, withoutTag } from "../domain/tags.ts";
import type { KeyAttribute } from "../domain/steps/spec.ts";
import type { StepParams } from "../domain/steps/step.ts";
import { fromUnix, toUnix } from "../domain/time.ts";
import { armUrl } from "./arm.ts";
import { orAbsent } from "./call-azure.ts";
import type { Sides } from "./clients.ts";
import { done, refused, takeBack } from "./step-result.ts";
import type { StepResult, Writes } from "./step-result.ts";

const VAULT_API = "api-version=2026-02-01";

/** GA version of the data plane with everything that is written here. */
const KEYS_API = "api-version=7.4";

type KeySteps =
  | "ExtendKeyExpiry"
  | "PutBackKeyVersion"
  | "EnableKeyVersion"
  | "SetKeyNotBefore"
  | "RestoreKeyOperations"
  | "RecoverKey"
  | "TagIntent"
  | "DisableKeyVersion"
  | "CreateKeyVersion"
  | "CreateKey"
  | "UntagIntent";
type Version = { vaultUri: string; key: string; version: string };

const bundle = v.object({
  key: v.object({ key_ops: v.nullish(v.array(v.string())) }),
  attributes: v.object({
    enabled: v.nullish(v.boolean()),
    exp: v.nullish(v.number()),
    nbf: v.nullish(v.number()),
    updated: v.nullish(v.number()),
  }),
  tags: v.nullish(v.record(v.string(), v.string())),
});
const madeKey = v.object({ key: v.object({ kid: v.string() }), attributes: v.object({ created: v.number() }) });
const versionPage = v.object({
  value: v.nullish(v.array(v.object({ kid: v.string(), tags: v.nullish(v.record(v.string(), v.string())) }))),
  nextLink: v.nullish(v.string()),
});
/** What a PATCH changes, on the wire; times in seconds since 1970. */
type Values = { enabled?: boolean; exp?: number; nbf?: number; key_ops?: string[]; tags?: Record<string, string> };

function valuesOf(body: unknown): Values {
  const { key, attributes, tags } = v.parse(bundle, body);
  const { enabled, exp, nbf } = attributes;
  return {
    enabled: enabled ?? true,
    ...(typeof exp === "number" ? { exp } : {}),
    ...(typeof nbf === "number" ? { nbf } : {}),
    key_ops: key.key_ops ?? [],
    tags: tags ?? {},
  };
}

/** When the version was changed last, by whomever, as ISO 8601; nothing where the answer does not say. */
function changedIn(body: unknown): { changedOn?: string } {
  const { updated } = v.parse(bundle, body).attributes;
  return typeof updated === "number" ? { changedOn: fromUnix(updated) } : {};
}

/** Tags are sent whole: what is not among them is taken off. */
const bodyOf = ({ key_ops: operations, tags, ...attributes }: Values): unknown => ({
  ...(operations ? { key_ops: operations } : {}),
  ...(tags ? { tags } : {}),
  ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
});

const NAMES = ["enabled", "exp", "nbf", "key_ops", "tags"] as const;

function wire(value: Values[keyof Values]): string {
  if (Array.isArray(value)) return JSON.stringify(value.toSorted());
  if (typeof value !== "object") return JSON.stringify(value ?? null);
  return JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b))));
}

/** What is otherwise than it is to be. */
const otherThan = (wanted: Values, got: Values): (typeof NAMES)[number][] => NAMES.filter((name) => wire(wanted[name]) !== wire(got[name]));

function backTo(attribute: KeyAttribute, value: string | string[]): Values {
  if (typeof value !== "string") return { key_ops: value };
  return attribute === "expiresOn" ? { exp: toUnix(value) } : { nbf: toUnix(value) };
}

type KeySides = Sides<"sendToVault", "sendToVault" | "arm">;

/** Permission: Microsoft.KeyVault/vaults/keys/update/action; to recover, keys/recover/action; to rotate, keys/rotate/action; to make one, keys/write. */
export function createKeyWrites({ reads, writes }: KeySides): Writes<KeySteps> {
  const putBack = async (url: string, back: Values): Promise<string> =>
    Object.keys(back).length === 0
      ? "there was none before, which can't be set"
      : takeBack(JSON.stringify(back), () => writes.sendToVault("PATCH", url, bodyOf(back)));

  /**
   * The PATCH changes only what it carries, also on a disabled key. Recorded: Azure/azure-sdk-for-js recording_can_update_a_disabled_key.js.
   * Key Vault takes any date: what it answers is compared with what was asked, and another value is taken back. What was to stay as it was and
   * did not is told alone: somebody may have changed it a moment before, and may have meant it.
   */
  const change = async (
    { vaultUri, key, version }: Version,
    patch: (now: Values, changedOn: string | undefined) => Values | "done" | StepResult,
  ): Promise<StepResult> => {
    const url = `${vaultUri}/keys/${encodeURIComponent(key)}/${version}?${KEYS_API}`;
    const read = (await reads.sendToVault("GET", url)).body;
    const before = valuesOf(read);
    const asked = patch(before, changedIn(read).changedOn);
    if (asked === "done") return done(`${key}/${version} was so already`);
    if ("kind" in asked) return asked;
    const answer = (await writes.sendToVault("PATCH", url, bodyOf(asked))).body;
    const got = valuesOf(answer);
    const wanted = { ...before, ...asked };
    const others = otherThan(wanted, got);
    if (others.length === 0) return { ...done(`${key}/${version} changed`), ...changedIn(answer) };
    const ours = others.filter((name) => asked[name] !== undefined);
    const back = Object.fromEntries(ours.flatMap((name) => (before[name] === undefined ? [] : [[name, before[name]]])));
    const said = others.map((name) => `${name in asked ? "asked for" : "left"} ${name} ${wire(wanted[name])}, got ${wire(got[name])}`);
    const undone = ours.length === 0 ? [] : [await putBack(url, back)];
    return { ...refused("AnsweredOtherwise", "OtherValue", [...said, ...undone].join("; ")), ...changedIn(answer) };
  };

  return {
    ExtendKeyExpiry: async (params) => {
      const exp = toUnix(params.expiresOn);
      // Key Vault takes an expiry in the past without a word. Recorded: the same.
      if (!(exp * 1000 > Date.now())) return refused("NotAccepted", "ExpiryInThePast", `${params.expiresOn} is no time to come`);
      // Someone may have set a later one meanwhile: an expiry is never moved closer.
      return change(params, (now) => (now.exp === undefined || now.exp >= exp ? "done" : { exp }));
    },
    PutBackKeyVersion: ({ attribute, value, writtenOn, ...on }) =>
      change(on, (now, changedOn) => {
        const back = backTo(attribute, value);
        if (otherThan({ ...now, ...back }, now).length === 0) return "done";
        return changedOn === writtenOn ? back : refused("Conflict", "ChangedSince", `it was changed at ${changedOn ?? "a time not told"}`);
      }),
    EnableKeyVersion: (params) => change(params, (now) => (now.enabled === true ? "done" : { enabled: true })),
    SetKeyNotBefore: (params) => {
      const nbf = toUnix(params.notBefore);
      return change(params, (now) => (now.nbf === undefined || now.nbf <= nbf ? "done" : { nbf }));
    },
    RestoreKeyOperations: (params) =>
      change(params, ({ key_ops: present = [] }) => {
        const isWhole = params.operations.every((operation) => present.includes(operation));
        return isWhole ? "done" : { key_ops: [...new Set([...present, ...params.operations])] };
      }),
    TagIntent: (params) =>
      change(params, ({ tags = {} }) =>
        tagIn(tags, REVOKED_TAG) === undefined ? { tags: { ...tags, [REVOKED_TAG]: params.value } } : "done",
      ),
    DisableKeyVersion: (params) => change(params, (now) => (now.enabled === false ? "done" : { enabled: false })),
    // By the key's own rotation: of the same kind, and with the expiry that its rotation policy gives (Key Vault REST reference, Rotate Key).
    CreateKeyVersion: async ({ vaultUri, key, since }) => {
      const url = `${vaultUri}/keys/${encodeURIComponent(key)}`;
      const latest = v.parse(madeKey, (await reads.sendToVault("GET", `${url}/?${KEYS_API}`)).body);
      if (latest.attributes.created >= toUnix(since)) return done(`key ${key} has a version of since then`);
      const made = v.parse(madeKey, (await writes.sendToVault("POST", `${url}/rotate?${KEYS_API}`, {})).body);
      return done(`version ${parseKeyUri(made.key.kid).version ?? ""} of key ${key}`);
    },
    UntagIntent: async (params) => {
      const { key, value } = params;
      for (const version of await versionsTagged(reads, params)) {
        const result = await change({ ...params, version }, ({ tags = {} }) =>
          tagIn(tags, REVOKED_TAG) === value ? { tags: withoutTag(tags, REVOKED_TAG) } : "done",
        );
        if (result.kind !== "done") return result;
      }
      return done(`key ${key} bears ${REVOKED_TAG} no more`);
    },
    CreateKey: (params) => create({ reads, writes }, params),
    RecoverKey: (params) => recover({ reads, writes }, params),
  };
}

/** Tags belong to a version: after a rotation the one that bears it is not the newest. */
async function versionsTagged({ sendToVault }: KeySides["reads"], { vaultUri, key, value }: StepParams["UntagIntent"]): Promise<string[]> {
  const tagged: string[] = [];
  for (let url: string | undefined = `${vaultUri}/keys/${encodeURIComponent(key)}/versions?${KEYS_API}`; url !== undefined;) {
    const page: v.InferOutput<typeof versionPage> = v.parse(versionPage, (await sendToVault("GET", url)).body);
    for (const { kid, tags } of page.value ?? []) if (tagIn(tags ?? {}, REVOKED_TAG) === value) tagged.push(parseKeyUri(kid).version ?? "");
    url = page.nextLink ?? undefined;
  }
  return tagged;
}

const armKey = v.object({ properties: v.object({ kty: v.string(), keySize: v.nullish(v.number()) }) });

/** By Azure Resource Manager, which changes nothing of a key that was made meanwhile and answers with that one: it is compared with what was asked. */
async function create({ reads, writes }: KeySides, { vaultId, vaultUri, key }: StepParams["CreateKey"]): Promise<StepResult> {
  const live = await orAbsent(() => reads.sendToVault("GET", `${vaultUri}/keys/${encodeURIComponent(key)}/?${KEYS_API}`));
  if (live !== undefined) return done(`key ${key} is there already`);
  const { body } = await writes.arm.send("PUT", armUrl(keyScopeOf(vaultId, key), VAULT_API), { properties: NEW_KEY });
  const { kty, keySize } = v.parse(armKey, body).properties;
  if (kty === NEW_KEY.kty && keySize === NEW_KEY.keySize) return done(`key ${key} made: ${kty}, ${keySize} bits`);
  return refused(
    "AnsweredOtherwise",
    "OtherValue",
    `asked for ${NEW_KEY.kty}, ${NEW_KEY.keySize} bits, got ${kty}, ${keySize ?? "?"} bits`,
  );
}

/** By hand: the SDK's recovery reads the key too, which whoever may recover it may not. */
async function recover({ reads, writes }: KeySides, { vaultId, vaultUri, key }: StepParams["RecoverKey"]): Promise<StepResult> {
  const at = (collection: string): string => `${vaultUri}/${collection}/${encodeURIComponent(key)}`;
  if ((await orAbsent(() => reads.sendToVault("GET", `${at("keys")}/?${KEYS_API}`))) !== undefined) return done(`${key} is back`);
  if ((await orAbsent(() => writes.sendToVault("POST", `${at("deletedkeys")}/recover?${KEYS_API}`))) === undefined) {
    // A recovery under way is in neither list, and so is a key deleted seconds ago.
    const detail = "the key is neither live nor in the deleted list yet";
    throw new TransientError({ operation: "RecoverKey", resourceId: `${vaultId}/keys/${key}`, retryAfterMs: null, detail });
  }
  return { kind: "submitted", poller: armUrl(keyScopeOf(vaultId, key), VAULT_API) };
}
