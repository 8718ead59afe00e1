/**
 * Ids of Azure resources and scopes: the one place that takes them apart. Azure does not keep their casing (it answers
 * `resourcegroups` to `resourceGroups`, recorded: Azure/azure-cli test_identity_management.yaml), so nothing may compare them as plain text.
 * Names are told by where they stand, for a resource group may be called `providers` and have letters beyond ASCII
 * (Microsoft Learn, "Naming rules and restrictions for Azure resources").
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

const PLAIN = /^[ -$&-~]*$/;

/** Letters that become several (ß) or one of ASCII (ı) are their own. */
function upperOf(letter: string): string {
  const upper = letter.toUpperCase();
  return upper.length === letter.length && upper > "~" ? upper : letter;
}

/**
 * For names of resources and whole ids. Letter by letter, whatever stands beside it, as .NET compares without case ("Best practices for
 * comparing strings in .NET", OrdinalIgnoreCase) and ECMA-262 too (Canonicalize): toLowerCase alone would tell `ΑΣ` and `ασ` apart.
 */
export const foldCase = (text: string): string =>
  PLAIN.test(text) ? text.toLowerCase() : Array.from(text, (letter) => (letter > "~" ? upperOf(letter) : letter.toLowerCase())).join("");

/** As URLs write it (a poller, perhaps a source of events); no name has a percent sign. What would be no name afterwards stays as it is. */
function decodeName(name: string): string {
  try {
    const decoded = decodeURIComponent(name);
    return decoded.includes("/") ? name : decoded;
  } catch {
    // Not percent-encoded text: then it is what it says.
    return name;
  }
}

/** Looked for before anything is matched: all but a few texts have none, and a text of slashes alone would take its length squared. */
export const withoutLastSlashes = (text: string): string => (text.endsWith("/") ? text.slice(0, text.search(/(?<!\/)\/+$/)) : text);

const decoded = (id: string): string => (id.includes("%") ? id.split("/").map(decodeName).join("/") : id);

/**
 * The id with its first slash, and without one at its end; a text that is no id stays as it is. The ids of a database's identities may lack
 * the first: Microsoft's own commands leave it out (MicrosoftDocs/azure-docs issue 123121, Azure/azure-cli issue 28511).
 */
export function wholeId(id: string): string {
  const whole = decoded(withoutLastSlashes(id.trim()));
  return whole.startsWith("/") ? whole : whole.replace(/^(?=(?:subscriptions|providers)\/)/i, "/");
}

/**
 * What was worked out before, so that comparing each of 500 databases with each takes no minutes. It holds what a few vaults come with and is
 * then begun anew.
 */
const NORMAL = new Map<string, string>();
const MOST_NORMAL = 20_000;

/** For maps and comparison. The root scope `/` becomes the empty string, which every id starts with. */
export function normalId(id: string): string {
  const known = NORMAL.get(id);
  if (known !== undefined) return known;
  const normal = foldCase(wholeId(id));
  if (NORMAL.size >= MOST_NORMAL) NORMAL.clear();
  NORMAL.set(id, normal);
  return normal;
}

/** Of GUIDs and words of Azure's, which are ASCII. */
export const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const sameId = (a: string, b: string): boolean => a === b || normalId(a) === normalId(b);

/** Azure promises no order of its lists, and what a verdict or a question rests on is compared as a whole: the same must read the same. */
export const byId = <T extends { id: string }>(list: readonly T[]): T[] => list.toSorted((a, b) => a.id.localeCompare(b.id));

const is = (segment: string | undefined, word: string): boolean => segment?.toLowerCase() === word;

/** One `/providers/namespace/type/name/...`; end: the segment behind it. */
type Block = { start: number; end: number; type: string[]; names: string[] };

/** Undefined where no block begins here, or one without a name. A type is never called `providers`: the next block begins there. */
function readBlock(segments: readonly string[], start: number): Block | undefined {
  if (!is(segments[start], "providers")) return undefined;
  const block: Block = { start, end: start + 2, type: segments.slice(start + 1, start + 2), names: [] };
  while (block.end + 1 < segments.length && !is(segments[block.end], "providers")) {
    block.type.push(segments[block.end]!);
    block.names.push(segments[block.end + 1]!);
    block.end += 2;
  }
  return block.names.length > 0 ? block : undefined;
}

type Read = { segments: string[]; subscriptionId: string | null; resourceGroup: string | null; blocks: Block[] };

/**
 * What no name has (Microsoft Learn, "Naming rules and restrictions for Azure resources"), and would end or change the path where it is put into
 * a URL (RFC 3986, sections 3.3 and 5.2.4): ids also come from events and requests.
 */
const NO_NAME = /^\.{1,2}$|[?#%\\\p{Cc}]/u;

/** Undefined where there is nothing, or nothing between two slashes, or what is no name. The root has no segments. */
function split(id: string): string[] | undefined {
  const whole = wholeId(id);
  if (id.trim() === "" || (whole !== "" && !whole.startsWith("/"))) return undefined;
  const segments = whole.split("/").slice(1);
  return segments.some((segment) => segment === "" || NO_NAME.test(segment)) ? undefined : segments;
}

function readBlocks(segments: readonly string[], start: number): Block[] {
  const block = readBlock(segments, start);
  return block ? [block, ...readBlocks(segments, block.end)] : [];
}

function read(id: string): Read | undefined {
  const segments = split(id);
  if (!segments) return undefined;
  const subscriptionId = is(segments[0], "subscriptions") ? (segments[1] ?? null) : null;
  const resourceGroup = subscriptionId !== null && is(segments[2], "resourcegroups") ? (segments[3] ?? null) : null;
  const scoped = resourceGroup !== null ? 4 : subscriptionId !== null ? 2 : 0;
  const blocks = readBlocks(segments, scoped);
  return (blocks.at(-1)?.end ?? scoped) === segments.length ? { segments, subscriptionId, resourceGroup, blocks } : undefined;
}

const upTo = ({ segments }: Read, end: number): string => `/${segments.slice(0, end).join("/")}`;

/** Undefined where the text is no id of a resource or scope. */
export function parseArmId(id: string): ArmId | undefined {
  const found = read(id);
  if (!found) return undefined;
  const { subscriptionId, resourceGroup, blocks } = found;
  const last = blocks.at(-1);
  return {
    subscriptionId,
    resourceGroup,
    parent: last && blocks.length > 1 ? upTo(found, last.start) : null,
    type: last ? last.type.join("/") : null,
    names: last?.names ?? [],
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

const VAULT = "microsoft.keyvault/vaults";
const ACCOUNT = "microsoft.documentdb/databaseaccounts";
const CLUSTER = "microsoft.documentdb/mongoclusters";
const IDENTITY = "microsoft.managedidentity/userassignedidentities";
const STORAGE = "microsoft.storage/storageaccounts";

/** Of what lives in a resource group; undefined for a scope, an extension, and what is no id. */
function typeOf(id: string): string | undefined {
  const parsed = parseArmId(id);
  return parsed?.resourceGroup == null || parsed.parent !== null ? undefined : parsed.type?.toLowerCase();
}

/** The id, as it was given, of the resource of this type that the id names, or that what it names lies in or belongs to. */
function resourceIn(id: string, type: string): string | undefined {
  const found = read(id);
  const block = found?.resourceGroup == null ? undefined : found.blocks[0];
  const depth = type.split("/").length;
  if (!found || block?.type.slice(0, depth).join("/").toLowerCase() !== type) return undefined;
  return upTo(found, block.start + 2 * depth);
}

export const isVaultId = (id: string): boolean => typeOf(id) === VAULT;
export const isKeyId = (id: string): boolean => typeOf(id) === `${VAULT}/keys`;

export const vaultIn = (id: string): string | undefined => resourceIn(id, VAULT);
export const storageIn = (id: string): string | undefined => resourceIn(id, STORAGE);
export const identityIn = (id: string): string | undefined => resourceIn(id, IDENTITY);
export const databaseIn = (id: string): string | undefined => resourceIn(id, ACCOUNT) ?? resourceIn(id, CLUSTER);

export const isClusterId = (id: string): boolean => typeOf(id) === CLUSTER;
export const isDatabaseId = (id: string): boolean => typeOf(id) === ACCOUNT || typeOf(id) === CLUSTER;

/** The resource group that the id is of, or that what it names lies in; undefined where that is in none. */
export function groupIn(id: string): string | undefined {
  const { subscriptionId = null, resourceGroup = null } = parseArmId(id) ?? {};
  return resourceGroup === null ? undefined : formatArmId({ subscriptionId, resourceGroup, parent: null, type: null, names: [] });
}

export function isGroupId(id: string): boolean {
  const parsed = parseArmId(id);
  return parsed?.type === null && parsed.resourceGroup !== null;
}

const ASSIGNMENT = /^microsoft\.authorization\/(?:role|deny)assignments$/i;

/** What a role or deny assignment is at; undefined where the id is of none. */
export function scopeOfAssignment(id: string): string | undefined {
  const found = read(id);
  const last = found?.blocks.at(-1);
  return found && last && ASSIGNMENT.test(last.type.join("/")) ? upTo(found, last.start) : undefined;
}

const isManagementGroup = (id: string): boolean => parseArmId(id)?.type?.toLowerCase() === "microsoft.management/managementgroups";

/**
 * Whether `id` is `scope` itself or lies below it. A management group counts as above every subscription: an id does not show the
 * hierarchy, and Azure lists at a resource only what is above it.
 */
export function isUnder(scope: string, id: string): boolean {
  const above = normalId(scope);
  const below = normalId(id);
  if (below === above || below.startsWith(`${above}/`)) return true;
  return below.startsWith("/subscriptions/") && isManagementGroup(above);
}

/** Scope of a key in Azure RBAC. */
export const keyScopeOf = (vaultId: string, key: string): string => `${wholeId(vaultId)}/keys/${key}`;

/** The key that a scope is at; undefined where it is none's. */
export const keyNameIn = (scope: string): string | undefined => (isKeyId(scope) ? nameOf(scope) : undefined);

/** The name of the resource that an id ends in; empty for a scope that has none. */
export const nameOf = (id: string): string => parseArmId(id)?.names.at(-1) ?? "";
