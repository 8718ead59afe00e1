/** Soft-deleted keys on the data plane: get, list, recover, purge. Recorded: Azure/azure-cli test_keyvault_key_delete.yaml, 2022-08. */
import { AzureError, type Reply } from "../routes.ts";
import type { Key } from "../world.ts";
import { listReply } from "./data-list.ts";
import { PERMISSIONS, type DataRoute, type VaultCall } from "./data-route.ts";
import { deletedBundle, deletedItem, keyBundle } from "./key-body.ts";
import { purgeKey, recoverKey } from "./key-change.ts";
import { currentVersion, deletedKey, deletedKeyNotFound, deletedKeys } from "./key-state.ts";

/** 404 also while the deletion, or a recovery, is still under way. */
function requireDeleted(call: VaultCall): Key {
  const name = call.params["name"] ?? "";
  const key = deletedKey(call.world, call.vault, name);
  if (!key) throw deletedKeyNotFound(name);
  return key;
}

function list(call: VaultCall): Reply {
  const keys = deletedKeys(call.world, call.vault);
  return listReply(
    call,
    keys.map((key) => ({ id: key.name, body: deletedItem(call.vault, key) })),
  );
}

/** The bundle comes back at once, as it was; the key itself is readable some seconds later. */
function recover(call: VaultCall): Reply {
  const key = requireDeleted(call);
  recoverKey(call.world, key);
  return { status: 200, body: keyBundle(call.vault, key, currentVersion(key)) };
}

function purge(call: VaultCall): Reply {
  const key = requireDeleted(call);
  if (call.vault.enablePurgeProtection) {
    // As reported: microsoft/AzureTRE issue 1951.
    throw new AzureError(
      403,
      "Forbidden",
      `Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it ` +
        `after the retention period has passed.\r\nVault: ${call.vault.name};location=${call.vault.location}`,
    );
  }
  purgeKey(call.vault, key);
  return { status: 204 };
}

export const deletedKeyRoutes: DataRoute[] = [
  { method: "GET", pattern: "/deletedkeys", permission: PERMISSIONS.list, handle: list },
  {
    method: "GET",
    pattern: "/deletedkeys/{name}",
    permission: PERMISSIONS.get,
    handle: (call) => ({ status: 200, body: deletedBundle(call.vault, requireDeleted(call)) }),
  },
  { method: "POST", pattern: "/deletedkeys/{name}/recover", permission: PERMISSIONS.recover, handle: recover },
  { method: "DELETE", pattern: "/deletedkeys/{name}", permission: PERMISSIONS.purge, handle: purge },
];
