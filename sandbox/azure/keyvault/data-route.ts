/** The shape of a data-plane operation: what it is called with, and the permission it needs in either permission model. */
import type { Call, Reply } from "../routes.ts";
import type { Vault } from "../world.ts";

export type VaultCall = Call & { vault: Vault };

/** policy: the word in an access policy. dataAction: Azure RBAC's, asked at the key, or at the vault where the path names none. */
export type DataPermission = { policy: string; dataAction: string };

export type DataRoute = {
  method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE";
  /** `{name}` is the key, `{version}` may be empty: clients ask for the current one as /keys/x/. */
  pattern: string;
  permission: DataPermission;
  handle(call: VaultCall): Reply | Promise<Reply>;
};

const key = (policy: string, operation: string): DataPermission => ({ policy, dataAction: `Microsoft.KeyVault/vaults/keys/${operation}` });
const rotationPolicy = (policy: string, operation: string): DataPermission => ({
  policy,
  dataAction: `Microsoft.KeyVault/vaults/keyrotationpolicies/${operation}`,
});

/** Key Vault: rbac-guide.md and the operations of Microsoft.KeyVault; access policy words: REST reference, KeyPermissions. */
export const PERMISSIONS = {
  get: key("get", "read"),
  list: key("list", "read"),
  create: key("create", "create/action"),
  update: key("update", "update/action"),
  delete: key("delete", "delete"),
  recover: key("recover", "recover/action"),
  purge: key("purge", "purge/action"),
  rotate: key("rotate", "rotate/action"),
  wrap: key("wrapKey", "wrap/action"),
  unwrap: key("unwrapKey", "unwrap/action"),
  readRotationPolicy: rotationPolicy("getrotationpolicy", "read"),
  writeRotationPolicy: rotationPolicy("setrotationpolicy", "write"),
} satisfies Record<string, DataPermission>;
