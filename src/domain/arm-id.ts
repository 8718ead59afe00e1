/**
 * Ids of Azure resources and scopes. Azure does not keep their casing (it answers `resourcegroups` to `resourceGroups`,
 * recorded: Azure/azure-cli test_identity_management.yaml), so nothing may compare them as plain text.
 */

export type ArmId = {
  subscriptionId: string | null;
  resourceGroup: string | null;
  /** What an extension (a role assignment, a lock) belongs to; null for everything else. */
  parent: string | null;
  /** `Microsoft.KeyVault/vaults/keys`; null for the root, a subscription, a resource group. */
  type: string | null;
  /** One name per part of the type after its namespace. */
  names: string[];
};

const SHAPE = /^(?:\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?)?((?:\/providers\/[^/]+(?:\/[^/]+\/[^/]+)+)*)$/i;
const PROVIDERS = /\/providers\//gi;
const MANAGEMENT_GROUP = /^\/providers\/microsoft\.management\/managementgroups\/[^/]+$/;

const withoutSlash = (id: string): string => id.trim().replace(/\/+$/, "");

/** For maps and comparison. The root scope `/` becomes the empty string, which every id starts with. */
export const normalId = (id: string): string => withoutSlash(id).toLowerCase();

export const sameId = (a: string, b: string): boolean => normalId(a) === normalId(b);

/** Undefined where the text is no id of a resource or scope. */
export function parseArmId(id: string): ArmId | undefined {
  const plain = withoutSlash(id);
  const match = id.trim() === "" ? null : SHAPE.exec(plain);
  if (!match) return undefined;
  const [, subscriptionId, resourceGroup, resources] = match;
  const base = { subscriptionId: subscriptionId ?? null, resourceGroup: resourceGroup ?? null };
  if (!resources) return { ...base, parent: null, type: null, names: [] };
  const starts = [...plain.matchAll(PROVIDERS)].map((found) => found.index);
  const start = starts.at(-1)!;
  const [namespace, ...rest] = plain.slice(start + "/providers/".length).split("/");
  return {
    ...base,
    parent: starts.length > 1 ? plain.slice(0, start) : null,
    type: [namespace, ...rest.filter((_, index) => index % 2 === 0)].join("/"),
    names: rest.filter((_, index) => index % 2 === 1),
  };
}

/** The id in Azure's documented casing. */
export function formatArmId(id: ArmId): string {
  const group = id.resourceGroup === null ? "" : `/resourceGroups/${id.resourceGroup}`;
  const base = id.parent ?? (id.subscriptionId === null ? "" : `/subscriptions/${id.subscriptionId}${group}`);
  if (id.type === null) return base === "" ? "/" : base;
  const [namespace, ...types] = id.type.split("/");
  return `${base}/providers/${namespace}${types.map((type, index) => `/${type}/${id.names[index]}`).join("")}`;
}

/**
 * Whether `id` is `scope` itself or lies below it. A management group counts as above every subscription: an id does not show the
 * hierarchy, and Azure lists at a resource only what is above it.
 */
export function isUnder(scope: string, id: string): boolean {
  const above = normalId(scope);
  const below = normalId(id);
  if (MANAGEMENT_GROUP.test(above) && below.startsWith("/subscriptions/")) return true;
  return below === above || below.startsWith(`${above}/`);
}

/** Scope of a key in Azure RBAC. */
export const keyScopeOf = (vaultId: string, key: string): string => `${withoutSlash(vaultId)}/keys/${key}`;

/** The name of the resource that an id ends in; empty for a scope that has none. */
export const nameOf = (id: string): string => parseArmId(id)?.names.at(-1) ?? "";
