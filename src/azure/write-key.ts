/** Changes a key's attributes on the data plane: one version, only what the step names. Never makes, rotates or deletes a key. */
import type { KeyVaultKey, UpdateKeyPropertiesOptions } from "@azure/keyvault-keys";
import { keyScopeOf } from "../domain/arm-id.ts";
import { TransientError } from "../domain/errors.ts";
import { armUrl } from "./arm.ts";
import { classifyError } from "./classify-error.ts";
import type { Clients } from "./clients.ts";
import { done, refused } from "./step-result.ts";
import type { StepResult, Writes } from "./step-result.ts";

const VAULT_API = "api-version=2026-02-01";

type KeySteps = "ExtendKeyExpiry" | "EnableKeyVersion" | "SetKeyNotBefore" | "RestoreKeyOperations" | "RecoverKey";
type Version = { vaultUri: string; key: string; version: string };

/** Permission: Microsoft.KeyVault/vaults/keys/update/action and keys/read; to recover, keys/recover/action. */
export function createKeyWrites(clients: Pick<Clients, "keys">): Writes<KeySteps> {
  /** The PATCH changes only what it carries, also on a disabled key. Recorded: Azure/azure-sdk-for-js recording_can_update_a_disabled_key.js */
  const change = async (on: Version, isDone: (key: KeyVaultKey) => boolean, patch: (key: KeyVaultKey) => UpdateKeyPropertiesOptions) => {
    const client = clients.keys(on.vaultUri);
    const key = await client.getKey(on.key, { version: on.version });
    if (isDone(key)) return done(`${on.key}/${on.version} was so already`);
    await client.updateKeyProperties(on.key, on.version, patch(key));
    return done(`${on.key}/${on.version} changed`);
  };

  return {
    ExtendKeyExpiry: async (params) => {
      const expiresOn = new Date(params.expiresOn);
      // Key Vault takes an expiry in the past without a word. Recorded: the same.
      if (!(expiresOn.getTime() > Date.now())) return refused("NotAccepted", "ExpiryInThePast", `${params.expiresOn} is no time to come`);
      // Someone may have set a later one meanwhile: an expiry is never moved closer.
      return change(
        params,
        ({ properties }) => properties.expiresOn === undefined || properties.expiresOn >= expiresOn,
        () => ({ expiresOn }),
      );
    },
    EnableKeyVersion: (params) =>
      change(
        params,
        ({ properties }) => properties.enabled === true,
        () => ({ enabled: true }),
      ),
    SetKeyNotBefore: (params) => {
      const notBefore = new Date(params.notBefore);
      return change(
        params,
        ({ properties }) => properties.notBefore === undefined || properties.notBefore <= notBefore,
        () => ({ notBefore }),
      );
    },
    RestoreKeyOperations: (params) =>
      change(
        params,
        (key) => params.operations.every((operation) => key.keyOperations?.includes(operation)),
        (key) => ({ keyOps: [...new Set([...(key.keyOperations ?? []), ...params.operations])] }),
      ),
    RecoverKey: async ({ vaultId, vaultUri, key }) => recover(clients, { vaultId, vaultUri, key }),
  };
}

/** The SDK's recover looks first whether the key is live, sends the recovery and looks once more; it polls only when told to. */
async function recover(clients: Pick<Clients, "keys">, on: { vaultId: string; vaultUri: string; key: string }): Promise<StepResult> {
  try {
    const poller = await clients.keys(on.vaultUri).beginRecoverDeletedKey(on.key);
    if (poller.isDone()) return done(`${on.key} is back`);
  } catch (error) {
    const failure = classifyError(error);
    if (failure.kind !== "notFound") throw error;
    // A recovery under way is in neither list, and so is a key deleted seconds ago.
    const detail = "the key is neither live nor in the deleted list yet";
    throw new TransientError({
      operation: "RecoverKey",
      resourceId: `${on.vaultId}/keys/${on.key}`,
      retryAfterMs: null,
      detail,
      cause: error,
    });
  }
  return { kind: "submitted", poller: armUrl(keyScopeOf(on.vaultId, on.key), VAULT_API) };
}
