/**
 * Writes to accounts. PUT and PATCH answer 200 with the whole account, a PATCH with the old values, and come true later; DELETE
 * answers 202. Recorded: azure-powershell TestAnalyticalStorageSchemaTypeUpdateAccount.json (2023-04, 2024-09), azure-cli
 * test_cosmosdb_managed_service_identity.yaml and test_cosmosdb_key_vault_key_uri.yaml (2022-04).
 */
import type { Call, Reply } from "../routes.ts";
import type { Account, World } from "../world.ts";
import { findAccount, HEADERS, requireAccount, requireGroup, shown } from "./account-find.ts";
import { stampNow } from "./account-new.ts";
import { createAccount, readReplacement } from "./account-put.ts";
import {
  readChange,
  requireAllowedWhileRevoked,
  requireCanEnableKey,
  requireIdle,
  requireJoinsOf,
  requireKeyUriAlone,
  requireUsableIdentities,
} from "./account-rules.ts";
import type { AccountChange } from "./account-rules.ts";
import { applyIdentity, attached, setSystemIdentity } from "./identity.ts";
import type { IdentityRequest } from "./identity.ts";
import { dataOf } from "./data.ts";
import { checkKey, useVersion } from "./key-checks.ts";
import { defaultIdentityId, tryKey } from "./key-path.ts";
import { accountOperationHeaders, begin } from "./operations.ts";
import type { Duration } from "./operations.ts";
import { stateOf } from "./state.ts";
import type { Operation, OperationFailure } from "./state.ts";
import { flagSwitch, wordSwitch } from "./switches.ts";

/** Seconds, as recorded; enabling a key on an existing account "depends on unused RUs and on data size". */
const DURATIONS = {
  identity: [55, 65],
  // The one recorded poll, 458 s after the answer, said Succeeded: an upper bound.
  defaultIdentity: [60, 458],
  other: [55, 65],
  createWithKey: [150, 160],
  create: [115, 125],
  delete: [360, 450],
  enableKey: [600, 1_800],
} as const satisfies Record<string, Duration>;

export function patchAccount(call: Call): Reply {
  const account = requireAccount(call);
  requireJoinsOf(call, account);
  requireIdle(call, account);
  const change = readChange(call, account);
  requireAllowedWhileRevoked(call, account, change);
  requireKeyUriAlone(call, change);
  if (change.keyVaultKeyUri !== undefined && account.keyVaultKeyUri === undefined) requireCanEnableKey(call, account);
  requireUsableIdentities(call, account, change);
  return update(call, account, change, () => Object.assign(account.properties, change.plain));
}

export function putAccount(call: Call): Reply {
  const account = findAccount(call);
  if (!account) return create(call);
  requireJoinsOf(call, account);
  requireIdle(call, account);
  const { change, properties } = readReplacement(call, account);
  requireAllowedWhileRevoked(call, account, change);
  requireUsableIdentities(call, account, change);
  return update(call, account, change, () => {
    account.properties = properties;
  });
}

export function deleteAccount(call: Call): Reply {
  const account = findAccount(call);
  if (!account) return { status: 204, headers: HEADERS };
  requireIdle(call, account);
  account.provisioningState = "Deleting";
  const operation = begin(call, {
    database: account,
    verb: "delete",
    duration: DURATIONS.delete,
    apply: () => {
      call.world.accounts.delete(account.id.toLowerCase());
      stateOf(call.world).deletedAt.set(account.id.toLowerCase(), call.world.clock.now());
      setSystemIdentity(call.world, account, false);
      return undefined;
    },
    settle: () => {
      account.provisioningState = "Succeeded";
    },
  });
  return { status: 202, headers: { ...HEADERS, ...accountOperationHeaders(call, operation, account.id) }, body: { status: "Enqueued" } };
}

function update(call: Call, account: Account, change: AccountChange, applyPlain: () => void): Reply {
  account.provisioningState = "Updating";
  const operation = begin(call, {
    database: account,
    verb: "update",
    duration: DURATIONS[kindOf(account, change)],
    apply: () => {
      const failure = applyChange(call.world, account, change);
      if (!failure) applyPlain();
      return failure;
    },
    settle: () => {
      account.provisioningState = "Succeeded";
    },
  });
  return begun(call, account, operation);
}

function kindOf(account: Account, change: AccountChange): keyof typeof DURATIONS {
  if (change.keyVaultKeyUri !== undefined) return account.keyVaultKeyUri === undefined ? "enableKey" : "other";
  if (change.identity) return "identity";
  return change.defaultIdentity === undefined || change.defaultIdentity === account.defaultIdentity ? "other" : "defaultIdentity";
}

function begun(call: Call, account: Account, operation: Operation): Reply {
  const reply = shown(call.world, account);
  return { ...reply, headers: { ...reply.headers, ...accountOperationHeaders(call, operation, account.id) } };
}

function create(call: Call): Reply {
  const { account, change } = createAccount(call, requireGroup(call));
  const operation = begin(call, {
    database: account,
    verb: "create",
    duration: change.keyVaultKeyUri === undefined ? DURATIONS.create : DURATIONS.createWithKey,
    apply: () => (change.identity && applyIdentity(call.world, account, change.identity)) ?? takeKey(call.world, account, change),
    settle: (failed) => {
      account.provisioningState = failed ? "Failed" : "Succeeded";
      // Recorded: the final time is later than the one in the creating answer.
      account.systemData = { createdAt: stampNow(call.world) };
    },
  });
  return begun(call, account, operation);
}

function applyChange(world: World, account: Account, change: AccountChange): OperationFailure | undefined {
  const failure = takeKey(world, account, change) ?? (change.identity && changeIdentity(world, account, change.identity));
  if (failure) return failure;
  const dropped = change.identity && !change.fallsBack && wordSwitch(world, "documentdb.identityWithDefault") === "ignored";
  if (change.defaultIdentity !== undefined && !dropped) {
    account.defaultIdentity = change.defaultIdentity;
    if (flagSwitch(world, "documentdb.defaultIdentityRevalidates") && account.keyVaultKeyUri !== undefined) checkKey(world, account);
  }
  if (change.tags) account.tags = change.tags;
  return undefined;
}

/** Detaching the identity that the default names leaves `Undefined`; nothing ever picks a new default (recorded, as above). */
function changeIdentity(world: World, account: Account, request: IdentityRequest): OperationFailure | undefined {
  const failure = applyIdentity(world, account, request);
  if (failure) return failure;
  const id = defaultIdentityId(world, account.defaultIdentity);
  const lostUser = id !== undefined && !attached(account.identity, id);
  const lostSystem = account.defaultIdentity === "SystemAssignedIdentity" && account.identity.principalId === undefined;
  if (lostUser || lostSystem || flagSwitch(world, "documentdb.identityResetsDefault")) account.defaultIdentity = "Undefined";
  return undefined;
}

const LONGEST_ID_BYTES = 990;

const hasLongIds = (account: Account): boolean =>
  [...dataOf(account).databases.values()].some(({ containers }) =>
    [...containers.values()].some(({ partitions }) => partitions.flat().some(({ id }) => Buffer.byteLength(id, "utf8") > LONGEST_ID_BYTES)),
  );

/** The service tries a key before it takes it (troubleshoot-cmk.md 1.1 and 1.2, there for creation). */
function takeKey(world: World, account: Account, { keyVaultKeyUri: uri }: AccountChange): OperationFailure | undefined {
  if (uri === undefined) return undefined;
  const isFirst = account.keyVaultKeyUri === undefined && account.provisioningState === "Updating";
  if (isFirst && hasLongIds(account)) {
    // "The encryption process will fail until those documents are deleted" (... for existing accounts); the wording is the sandbox's own.
    return { code: "BadRequest", message: "The account has documents with ids larger than 990 bytes." };
  }
  const path = tryKey(world, account, uri);
  if (!path.ok) {
    return ["VaultNotFound", "DnsNotResolved"].includes(path.why)
      ? { code: "ServiceUnavailable", message: "Error contacting the Azure Key Vault resource. Please try again." }
      : { code: "Forbidden", message: `The key '${uri}' can't be used with the default identity: ${path.why}.` };
  }
  account.keyVaultKeyUri = uri;
  useVersion(account, path.version);
  Object.assign(account.check, { revoked: false, code: null, lastCheckAt: world.clock.now() });
  return undefined;
}
