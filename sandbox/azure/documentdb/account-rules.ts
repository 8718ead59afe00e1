/**
 * What an update of an account may say. Reads a PATCH or PUT body into a change, or refuses it in Azure's words.
 * Source of most texts: MicrosoftDocs azure-databases-docs cosmos-db/troubleshoot-cmk.md, by case number.
 */
import { requireJoins } from "../authorization/linked-scopes.ts";
import { isObject, listAt, objectAt, textAt } from "../json.ts";
import { same } from "../routes.ts";
import type { Call } from "../routes.ts";
import type { Account, Json, JsonObject } from "../world.ts";
import { ACCOUNT_TYPE, capabilitiesOf, PLAIN_PROPERTIES } from "./account-body.ts";
import { badRequest, cosmosError } from "./errors.ts";
import { attached, readIdentity, requireAttachable } from "./identity.ts";
import type { IdentityRequest } from "./identity.ts";
import { defaultIdentityId, isAccountKeyUri, userIdentityOf } from "./key-path.ts";
import { flagSwitch, wordSwitch } from "./switches.ts";

/** A member that is not there is not changed. */
export type AccountChange = {
  identity?: IdentityRequest;
  defaultIdentity?: string;
  /** The default is what a PUT without one falls back to, not asked for. */
  fallsBack?: boolean;
  keyVaultKeyUri?: string;
  tags?: Record<string, string>;
  plain: JsonObject;
};

export const textsAt = (value: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(value).map(([name, text]) => [name, textAt(text)]));

export function requireIdle(call: Call, account: Account): void {
  if (account.operation === undefined) return;
  // Recorded wording (public deployment logs); https://learn.microsoft.com/azure/cosmos-db calls it an exclusive lock.
  const text = `There is already an operation in progress which requires exclusive lock on this service ${account.name}. Please retry the operation after sometime.`;
  throw cosmosError(call.world, 412, "PreconditionFailed", text);
}

export function readChange(call: Call, account: Account): AccountChange {
  if (!isObject(call.body)) throw badRequest(call.world, "The request body is not a JSON object.");
  const { identity, tags } = call.body;
  const properties = call.body["properties"] ?? {};
  if (!isObject(properties)) throw badRequest(call.world, "The member 'properties' is not an object.");
  const change: AccountChange = { plain: {} };
  if (identity !== undefined && identity !== null) {
    const request = readIdentity(identity, account.identity);
    if (!request) throw badRequest(call.world, `The identity of the request for ${account.name} is not valid.`);
    change.identity = request;
  }
  if (isObject(tags)) change.tags = textsAt(tags);
  if (typeof properties["defaultIdentity"] === "string") change.defaultIdentity = properties["defaultIdentity"];
  readKeyUri(call, account, properties["keyVaultKeyUri"], change);
  for (const name of PLAIN_PROPERTIES) if (isSomething(properties[name])) change.plain[name] = properties[name];
  return change;
}

/**
 * az sends `apiProperties` with every update: `{}` (recorded: azure-cli test_cosmosdb_managed_service_identity.yaml), or with its only member
 * null (azure-cli 2.91.0, cosmosdb/custom.py); that is no change, as the guide gives these very commands for revoked accounts (Microsoft
 * Learn, "Configure customer-managed keys": `az cosmosdb update --default-identity`; "... existing accounts": `--key-uri`).
 */
const isSomething = (value: Json | undefined): boolean =>
  value !== undefined && value !== null && !(isObject(value) && Object.values(value).every((member) => !isSomething(member)));

/** Cases 1.3 and 1.4. */
function readKeyUri(call: Call, account: Account, uri: Json | undefined, change: AccountChange): void {
  if (uri === undefined) return;
  if (uri === null || uri === "") {
    if (account.keyVaultKeyUri === undefined) return;
    throw badRequest(call.world, "Updating KeyVaultKeyUri is not supported");
  }
  if (typeof uri !== "string" || !isAccountKeyUri(uri))
    throw badRequest(call.world, `Provided KeyVaultKeyUri ${typeof uri === "string" ? uri : JSON.stringify(uri)} is Invalid.`);
  change.keyVaultKeyUri = uri;
}

/** Case 1.5: while revoked only the default identity and the attached identities may change. */
export function requireAllowedWhileRevoked(call: Call, account: Account, change: AccountChange): void {
  if (!account.check.revoked) return;
  const keyOnly = change.keyVaultKeyUri !== undefined && flagSwitch(call.world, "documentdb.keyUriWhileRevoked");
  const identityOnly = (change.identity ?? change.defaultIdentity) !== undefined && change.keyVaultKeyUri === undefined;
  if ((keyOnly || identityOnly) && change.tags === undefined && Object.keys(change.plain).length === 0) return;
  throw badRequest(call.world, "No Update is allowed on Database Account with Customer Managed Key in Revoked Status");
}

/** Seen in Azure/azure-service-operator issue 5560: an identity or default identity in the body counts as an update, even unchanged. */
export function requireKeyUriAlone(call: Call, change: AccountChange): void {
  if (change.keyVaultKeyUri === undefined) return;
  const others = change.identity ?? change.defaultIdentity ?? change.tags;
  if (others === undefined && Object.keys(change.plain).length === 0) return;
  throw badRequest(call.world, "Cannot update Customer Managed Key settings and other properties at the same time.");
}

/** Whatever is changed: the rules that it has count, and those that it is to have. */
export function requireJoinsOf(call: Call, account: Account): void {
  const sent = objectAt(objectAt(call.body)["properties"]);
  const rules = [account.properties, sent].flatMap((of) => listAt(of["virtualNetworkRules"]));
  const subnetIds = rules.map((rule) => textAt(objectAt(rule)["id"]));
  requireJoins(call, { type: ACCOUNT_TYPE, id: account.id }, subnetIds);
}

/** The identity half first: Resource Manager looks at it before the provider sees the request. */
export function requireUsableIdentities(call: Call, account: Account, change: AccountChange): void {
  const { world } = call;
  if (change.identity) requireAttachable(call, account, change.identity, ACCOUNT_TYPE);
  const value = change.defaultIdentity;
  if (value === undefined) return;
  requireDefaultIdentityForm(call, account, value);
  // Together with `identity` the default is dropped without a word, so nothing looks at whether it is attached.
  if (change.identity && wordSwitch(world, "documentdb.identityWithDefault") === "ignored" && account.provisioningState !== "Creating")
    return;
  if (isAttached(account, change.identity, { value, id: defaultIdentityId(world, value) })) return;
  // The wording of this refusal was not recorded.
  throw badRequest(
    world,
    `The given default identity for ${account.name} is not valid. The identity is not assigned to the database account.`,
  );
}

function isAttached(
  account: Account,
  request: IdentityRequest | undefined,
  { value, id }: { value: string; id: string | undefined },
): boolean {
  if (value === "FirstPartyIdentity") return true;
  if (value === "SystemAssignedIdentity") return request ? request.system : account.identity.principalId !== undefined;
  if (id === undefined) return false;
  const kept = attached(account.identity, id) !== undefined && request?.user !== false && !request?.remove.some((r) => same(r, id));
  return kept || (request?.add.some((a) => same(a, id)) ?? false);
}

/** Form: Azure/azure-cli issue 28511. Cases 1.8, 1.9 and 3.2. */
function requireDefaultIdentityForm(call: Call, account: Account, value: string): void {
  const crossTenant = /&FederatedClientId=/i.test(account.defaultIdentity);
  if (/^SystemAssignedIdentity&FederatedClientId=/i.test(value) || (crossTenant && value === "SystemAssignedIdentity")) {
    throw badRequest(
      call.world,
      "Cross-tenant CMK is not supported with System Assigned identities as Default identities. Please use a User Assigned Identity instead.",
    );
  }
  if (crossTenant && value === "FirstPartyIdentity") {
    throw badRequest(
      call.world,
      "Cross-tenant CMK is not supported with First Party identities as Default identities. Please use a User Assigned identity instead",
    );
  }
  if (value !== "FirstPartyIdentity" && value !== "SystemAssignedIdentity" && userIdentityOf(value) === undefined) {
    throw badRequest(
      call.world,
      `The given default identity for ${account.name} is not valid. The format for the default identity is not valid, please use 'FirstPartyIdentity'/'SystemAssignedIdentity'/'UserAssignedIdentity=<UA_resource_id>'`,
    );
  }
  if (value === "FirstPartyIdentity") requireNoDedicatedStorage(call, account);
}

/** Case 3.2. */
export function requireNoDedicatedStorage(call: Call, account: Account): void {
  const backup = account.properties["backupPolicy"];
  const dedicated =
    (isObject(backup) && backup["type"] === "Continuous") ||
    account.properties["enableAnalyticalStorage"] === true ||
    account.properties["enableMaterializedViews"] === true;
  if (!dedicated) return;
  throw badRequest(
    call.world,
    "Setting Non-FPI default identity is required for dedicated storage account features. Please set a valid System or User Assigned Identity to default and retry the request.",
  );
}

/** Enabling on an existing account (how-to-setup-customer-managed-keys-existing-accounts.md, limitations; wording after case 3.3). */
export function requireCanEnableKey(call: Call, account: Account): void {
  const unsupported = capabilitiesOf(account).includes("EnableCassandra")
    ? "Cassandra"
    : account.properties["enableMaterializedViews"] === true
      ? "Materialized View"
      : account.properties["enableAllVersionsAndDeletesChangeFeed"] === true
        ? "Full Fidelity Change Feed"
        : undefined;
  if (unsupported !== undefined) {
    throw badRequest(call.world, `Customer Managed Key enablement on an existing ${unsupported} enabled Account is not supported`);
  }
  if (account.defaultIdentity === "FirstPartyIdentity") requireNoDedicatedStorage(call, account);
}
