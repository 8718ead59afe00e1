/** What somebody may want, as a request body: one shape for each operation. */
import * as v from "valibot";
import { identityIn, isClusterId, isDatabaseId, isVaultId, wholeId } from "../domain/arm-id.ts";
import { isKeyName, parseKeyUri, versionlessKeyUri } from "../domain/key-uri.ts";
import type { OperationParams, Wished } from "../domain/wish.ts";
import { DATABASE_ID, REASON, UNTIL } from "./requests.ts";

const VAULT_ID = v.pipe(v.string(), v.check(isVaultId, "must be the resource id of a vault"), v.transform(wholeId));
const IDENTITY_ID = v.pipe(
  v.string(),
  v.check((id) => identityIn(id) !== undefined, "must be the resource id of a user-assigned identity"),
  v.transform(wholeId),
);
const KEY_NAME = v.pipe(v.string(), v.check(isKeyName, "must be the name of a key"));

/** Of every one. */
const COMMON = { reason: REASON, until: v.optional(UNTIL), dryRun: v.optional(v.boolean(), false) };

/** Of a key of a vault; which version it names does not matter. */
const KEY_URI = v.pipe(
  v.string(),
  v.transform((text) => parseKeyUri(text)),
  v.check((uri) => uri.kind === "vault" && versionlessKeyUri(uri) !== undefined, "must be the URI of a key in a key vault"),
  v.transform((uri) => versionlessKeyUri(uri)!),
);

/** A key, to be disabled; a database, whose identity is to lose its grant. */
const SCOPE = v.pipe(
  v.string(),
  v.check((text) => isDatabaseId(text) || v.is(KEY_URI, text), "must be the URI of a key in a key vault, or the resource id of a database"),
  v.transform((text) => (isDatabaseId(text) ? wholeId(text) : v.parse(KEY_URI, text))),
);

const WHOLE = "must be a whole number of request units a second, up to a million";

const ON_VAULT = {
  ...COMMON,
  kind: v.picklist(["account", "cluster"], "must be account or cluster"),
  vaultId: VAULT_ID,
  key: KEY_NAME,
  databaseId: v.optional(DATABASE_ID),
};

export const WISH = v.variant("operation", [
  v.strictObject({ ...ON_VAULT, operation: v.literal("check-requirements"), identityId: v.optional(IDENTITY_ID) }),
  // confirm: the vault's name, where its purge protection is asked for.
  v.strictObject({
    ...ON_VAULT,
    operation: v.literal("prepare"),
    identityId: IDENTITY_ID,
    purgeProtection: v.optional(v.literal(true)),
    confirm: v.optional(v.string()),
  }),
  // confirm: the name of the key or the database.
  v.strictObject({ ...COMMON, operation: v.literal("revoke"), scope: SCOPE, confirm: v.string() }),
  v.strictObject({ ...COMMON, operation: v.literal("restore"), scope: SCOPE }),
  v.strictObject({ ...COMMON, operation: v.literal("rotate-key"), keyUri: KEY_URI }),
  v.strictObject({ ...COMMON, operation: v.literal("switch-key"), databaseId: DATABASE_ID, keyUri: KEY_URI }),
  v.strictObject({ ...COMMON, operation: v.literal("switch-identity"), databaseId: DATABASE_ID, identityId: IDENTITY_ID }),
  // confirm: the account's name. requestUnits: what the scan of document ids may take a second of each container.
  v.strictObject({
    ...COMMON,
    operation: v.literal("enable-cmk"),
    databaseId: v.pipe(
      DATABASE_ID,
      v.check((id) => !isClusterId(id), "must be an account: a cluster is given its key when it is made"),
    ),
    keyUri: KEY_URI,
    identityId: v.optional(IDENTITY_ID),
    requestUnits: v.optional(v.pipe(v.number(), v.integer(WHOLE), v.minValue(1, WHOLE), v.maxValue(1_000_000, WHOLE)), 100),
    confirm: v.string(),
  }),
]);

export type WishBody = v.InferOutput<typeof WISH>;

/** As somebody has written it: a number, true or false is that, all else is text. */
export const memberIn = (said: string): unknown => (/^(?:true|false|0|[1-9]\d*)$/.test(said) ? JSON.parse(said) : said);

type OnDatabase = Extract<WishBody, { operation: "switch-key" | "switch-identity" | "enable-cmk" }>;

function onDatabase(body: OnDatabase): Wished {
  const { databaseId } = body;
  switch (body.operation) {
    case "switch-key":
      return { operation: body.operation, params: { databaseId, keyUri: body.keyUri } };
    case "switch-identity":
      return { operation: body.operation, params: { databaseId, identityId: body.identityId } };
    case "enable-cmk": {
      const { operation, keyUri, identityId = null, requestUnits } = body;
      return { operation, params: { databaseId, keyUri, identityId, requestUnits } };
    }
  }
}

function prepared(body: Extract<WishBody, { operation: "prepare" }>): Wished {
  const { operation, kind, vaultId, key, identityId, databaseId = null, purgeProtection } = body;
  return { operation, params: { kind, vaultId, key, identityId, databaseId, ...(purgeProtection && { purgeProtection }) } };
}

const scoped = (scope: string): OperationParams["revoke"] => (isDatabaseId(scope) ? { databaseId: scope } : { keyUri: scope });

/** What is left of a body is what its operation takes. */
export function wishedIn(body: WishBody): Wished {
  switch (body.operation) {
    case "check-requirements": {
      const { operation, kind, vaultId, key, identityId = null, databaseId = null } = body;
      return { operation, params: { kind, vaultId, key, identityId, databaseId } };
    }
    case "prepare":
      return prepared(body);
    case "switch-key":
    case "switch-identity":
    case "enable-cmk":
      return onDatabase(body);
    case "rotate-key":
      return { operation: body.operation, params: { keyUri: body.keyUri } };
    case "revoke":
    case "restore":
      return { operation: body.operation, params: scoped(body.scope) };
  }
}
