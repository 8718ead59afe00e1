/** What somebody may want, as a request body: one shape for each operation. */
import * as v from "valibot";
import { identityIn, isVaultId, wholeId } from "../domain/arm-id.ts";
import { parseKeyUri, versionlessKeyUri } from "../domain/key-uri.ts";
import type { Wished } from "../domain/wish.ts";
import { DATABASE_ID, REASON, UNTIL } from "./requests.ts";

const VAULT_ID = v.pipe(v.string(), v.check(isVaultId, "must be the resource id of a vault"), v.transform(wholeId));
const IDENTITY_ID = v.pipe(
  v.string(),
  v.check((id) => identityIn(id) !== undefined, "must be the resource id of a user-assigned identity"),
  v.transform(wholeId),
);
const KEY_NAME = v.pipe(v.string(), v.regex(/^[0-9a-zA-Z-]{1,127}$/, "must be the name of a key"));

/** Of every one. */
const COMMON = { reason: REASON, until: v.optional(UNTIL), dryRun: v.optional(v.boolean(), false) };

/** Of a key of a vault; which version it names does not matter. */
const KEY_URI = v.pipe(
  v.string(),
  v.transform((text) => parseKeyUri(text)),
  v.check((uri) => uri.kind === "vault" && versionlessKeyUri(uri) !== undefined, "must be the URI of a key in a key vault"),
  v.transform((uri) => versionlessKeyUri(uri)!),
);

const ON_VAULT = {
  ...COMMON,
  kind: v.picklist(["account", "cluster"], "must be account or cluster"),
  vaultId: VAULT_ID,
  key: KEY_NAME,
  databaseId: v.optional(DATABASE_ID),
};

export const WISH = v.variant("operation", [
  v.strictObject({ ...ON_VAULT, operation: v.literal("check-requirements"), identityId: v.optional(IDENTITY_ID) }),
  v.strictObject({ ...ON_VAULT, operation: v.literal("prepare"), identityId: IDENTITY_ID }),
  // confirm: the key's name.
  v.strictObject({ ...COMMON, operation: v.literal("revoke"), scope: KEY_URI, confirm: v.string() }),
  v.strictObject({ ...COMMON, operation: v.literal("restore"), scope: KEY_URI }),
  v.strictObject({ ...COMMON, operation: v.literal("rotate-key"), keyUri: KEY_URI }),
  v.strictObject({ ...COMMON, operation: v.literal("switch-key"), databaseId: DATABASE_ID, keyUri: KEY_URI }),
  v.strictObject({ ...COMMON, operation: v.literal("switch-identity"), databaseId: DATABASE_ID, identityId: IDENTITY_ID }),
]);

export type WishBody = v.InferOutput<typeof WISH>;

/** What is left of a body is what its operation takes. */
export function wishedIn(body: WishBody): Wished {
  switch (body.operation) {
    case "check-requirements": {
      const { operation, kind, vaultId, key, identityId = null, databaseId = null } = body;
      return { operation, params: { kind, vaultId, key, identityId, databaseId } };
    }
    case "prepare": {
      const { operation, kind, vaultId, key, identityId, databaseId = null } = body;
      return { operation, params: { kind, vaultId, key, identityId, databaseId } };
    }
    case "switch-key":
      return { operation: body.operation, params: { databaseId: body.databaseId, keyUri: body.keyUri } };
    case "switch-identity":
      return { operation: body.operation, params: { databaseId: body.databaseId, identityId: body.identityId } };
    case "rotate-key":
      return { operation: body.operation, params: { keyUri: body.keyUri } };
    case "revoke":
    case "restore":
      return { operation: body.operation, params: { keyUri: body.scope } };
  }
}
