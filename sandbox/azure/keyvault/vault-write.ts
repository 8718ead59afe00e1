/** Creates and changes vaults: PUT replaces, PATCH changes what is sent. What can't be undone in Azure is refused here too. */
import { isIPv4 } from "node:net";
import { evaluateAction } from "../authorization/evaluate.ts";
import { requireJoins } from "../authorization/linked-scopes.ts";
import { AzureError, same, type Call } from "../routes.ts";
import type { Json, JsonObject, Vault, World } from "../world.ts";
import { publishPolicyChanged } from "./events.ts";
import { arrayOf, badRequest, booleanOf, integerOf, objectOf, tagsOf, textOf } from "./read-body.ts";
import { readPolicies } from "./stored-policy.ts";
import { setting } from "./switches.ts";
import { createdNow, stampModified } from "./system-data.ts";
import { notAuthorized, vaultIdOf } from "./vault-state.ts";

type Network = Vault["networkAcls"];

/** No rules at all: what a vault has where nothing was said (Key Vault: network-security.md). */
export const openNetwork = (): Network => ({ bypass: "AzureServices", defaultAction: "Allow", ipRules: [], virtualNetworkRules: [] });

export const usesRbac = (vault: Vault): boolean => vault.enableRbacAuthorization === true;

export function createVault(call: Call, body: JsonObject): Vault {
  const properties = objectOf(body["properties"], badRequest, "properties");
  const vault: Vault = {
    id: vaultIdOf(call),
    name: call.params["vaultName"]!,
    location: textOf(body["location"], badRequest, "location")!,
    tags: tagsOf(body["tags"], badRequest),
    systemData: createdNow(call),
    sku: { family: "A", name: "standard" },
    accessPolicies: [],
    enableRbacAuthorization: rbacOfNew(call, properties),
    enablePurgeProtection: undefined,
    softDeleteRetentionInDays: integerOf(properties["softDeleteRetentionInDays"], badRequest, "softDeleteRetentionInDays") ?? 90,
    publicNetworkAccess: "Enabled",
    networkAcls: openNetwork(),
    provisioningState: "RegisteringDns",
    keys: new Map(),
    deleted: undefined,
  };
  if (vault.softDeleteRetentionInDays < 7 || vault.softDeleteRetentionInDays > 90) throw badRequest("softDeleteRetentionInDays");
  applyProperties(call, vault, properties);
  return vault;
}

/** From 2026-02-01 on a new vault uses RBAC unless told otherwise (Key Vault: access-control-default.md). */
function rbacOfNew(call: Call, properties: JsonObject): boolean | undefined {
  const sent = booleanOf(properties["enableRbacAuthorization"], badRequest, "enableRbacAuthorization");
  return sent ?? (call.apiVersion >= "2026-02-01" ? true : undefined);
}

/** PUT on a vault that exists: what is not sent falls back to the default, but for what is set for good. */
export function replaceVault(call: Call, vault: Vault, body: JsonObject): void {
  const before = structuredClone({ policies: vault.accessPolicies, rbac: usesRbac(vault) });
  const properties = objectOf(body["properties"], badRequest, "properties");
  guardModel(call, vault, properties);
  applyProperties(call, vault, {
    accessPolicies: [],
    networkAcls: openNetwork(),
    publicNetworkAccess: "Enabled",
    ...properties,
  });
  vault.tags = tagsOf(body["tags"], badRequest);
  stampModified(call, vault);
  tellPolicyChange(call.world, vault, before);
}

/** PATCH: members that are not sent stay; accessPolicies and tags are replaced as a whole. */
export function patchVault(call: Call, vault: Vault, body: JsonObject): void {
  const before = structuredClone({ policies: vault.accessPolicies, rbac: usesRbac(vault) });
  const properties = objectOf(body["properties"], badRequest, "properties");
  guardModel(call, vault, properties);
  applyProperties(call, vault, properties);
  if (body["tags"] !== undefined) vault.tags = tagsOf(body["tags"], badRequest);
  stampModified(call, vault);
  tellPolicyChange(call.world, vault, before);
}

/** A changed access policy and a switched permission model raise the same event (Event Grid: event-schema-key-vault.md). */
function tellPolicyChange(world: World, vault: Vault, before: { policies: Vault["accessPolicies"]; rbac: boolean }): void {
  const changed = before.rbac !== usesRbac(vault) || JSON.stringify(before.policies) !== JSON.stringify(vault.accessPolicies);
  if (changed) publishPolicyChanged(world, vault);
}

/** Switching the model needs unrestricted roleAssignments/write (Key Vault: rbac-guide.md). */
function guardModel(call: Call, vault: Vault, properties: JsonObject): void {
  const wanted = booleanOf(properties["enableRbacAuthorization"], badRequest, "enableRbacAuthorization");
  if (wanted === undefined || wanted === usesRbac(vault)) return;
  const action = "Microsoft.Authorization/roleAssignments/write";
  if (!evaluateAction(call.world, call.caller.oid, action, vault.id).allowed) throw notAuthorized(call, action, vault.id);
}

const FOR_GOOD: Record<string, string> = {
  enablePurgeProtection: "Enabling the purge protection for a vault is an irreversible action.",
  enableSoftDelete: "Enabling the 'soft delete' functionality is an irreversible action.",
};

/** All of it or, where something is refused, nothing. */
function applyProperties(call: Call, vault: Vault, p: JsonObject): void {
  const networkAcls = p["networkAcls"] === undefined ? vault.networkAcls : networkOf(call, vault, p["networkAcls"]);
  refuseIrreversible(call.world, vault, p);
  const sku = objectOf(p["sku"], badRequest, "sku");
  const changes: Partial<Vault> = {
    sku: {
      family: textOf(sku["family"], badRequest, "sku.family") ?? vault.sku.family,
      name: textOf(sku["name"], badRequest, "sku.name") ?? vault.sku.name,
    },
    networkAcls,
    accessPolicies: p["accessPolicies"] === undefined ? vault.accessPolicies : readPolicies(call.world, p["accessPolicies"]),
    enableRbacAuthorization:
      booleanOf(p["enableRbacAuthorization"], badRequest, "enableRbacAuthorization") ?? vault.enableRbacAuthorization,
    enablePurgeProtection: booleanOf(p["enablePurgeProtection"], badRequest, "enablePurgeProtection") ?? vault.enablePurgeProtection,
    publicNetworkAccess: textOf(p["publicNetworkAccess"], badRequest, "publicNetworkAccess") ?? vault.publicNetworkAccess,
    enabledFor: { ...vault.enabledFor, ...readEnabledFor(p) },
  };
  Object.assign(vault, changes);
}

function refuseIrreversible(world: World, vault: Vault, p: JsonObject): void {
  const tenantId = textOf(p["tenantId"], badRequest, "tenantId");
  if (tenantId !== undefined && !same(tenantId, world.tenantId)) throw badRequest("tenantId");
  for (const [name, why] of Object.entries(FOR_GOOD)) {
    if (p[name] === false) throw new AzureError(400, "BadRequest", `The property "${name}" cannot be set to false. ${why}`);
  }
  const retention = integerOf(p["softDeleteRetentionInDays"], badRequest, "softDeleteRetentionInDays");
  if (retention !== undefined && retention !== vault.softDeleteRetentionInDays) {
    throw new AzureError(400, "BadRequest", `The property "softDeleteRetentionInDays" has been set already and it can't be modified.`);
  }
}

function readEnabledFor(p: JsonObject): Record<string, boolean> {
  const names = ["enabledForDeployment", "enabledForDiskEncryption", "enabledForTemplateDeployment"];
  return Object.fromEntries(
    names.flatMap((name) => (p[name] === undefined ? [] : [[name, booleanOf(p[name], badRequest, name) ?? false]])),
  );
}

function networkOf(call: Call, vault: Vault, sent: Json): Network {
  const network = readNetwork(call.world, vault.networkAcls, sent);
  const subnetIds = network.virtualNetworkRules.map(({ id }) => id);
  if (setting(call.world, "keyvault.rulesAskToJoinSubnets"))
    requireJoins(call, { type: "Microsoft.KeyVault/vaults", id: vault.id }, subnetIds);
  return network;
}

function readNetwork(world: World, old: Network, value: Json): Network {
  const sent = objectOf(value, badRequest, "networkAcls");
  const base = setting(world, "keyvault.patchNetworkAcls") === "merge" ? old : openNetwork();
  const rules = (name: string, member: string): string[] | undefined =>
    sent[name] === undefined
      ? undefined
      : arrayOf(sent[name], badRequest, name).map((r) => textOf(objectOf(r, badRequest, name)[member], badRequest, name) ?? "");
  return {
    bypass: textOf(sent["bypass"], badRequest, "networkAcls.bypass") ?? base.bypass,
    defaultAction: textOf(sent["defaultAction"], badRequest, "networkAcls.defaultAction") ?? base.defaultAction,
    ipRules: rules("ipRules", "value")?.map(readIpRule) ?? base.ipRules,
    virtualNetworkRules: rules("virtualNetworkRules", "id")?.map((id) => ({ id })) ?? base.virtualNetworkRules,
  };
}

/** IPv4 only; a single address comes back as /32 (recorded: Azure/azure-cli test_keyvault_network_rule.yaml, 2022-04). */
function readIpRule(value: string): { value: string } {
  const [address = "", bits = "32"] = value.split("/");
  if (!isIPv4(address) || !/^([0-9]|[12][0-9]|3[0-2])$/.test(bits)) throw badRequest("ipRules");
  return { value: `${address}/${bits}` };
}
