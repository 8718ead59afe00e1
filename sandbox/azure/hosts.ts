/** Which of Azure's services answers at a host name. */
import { accountOfHost } from "./documentdb/endpoints.ts";
import { vaultOfHost } from "./keyvault/vault-state.ts";
import type { World } from "./world.ts";

export type HostKind =
  | "arm"
  | "login"
  | "graph"
  | "vault"
  | "documents"
  | "eventGrid"
  | "logs"
  | "blobs"
  | "mail"
  | "workflows"
  | "webhook";

const EXACT: Record<string, HostKind> = {
  "management.azure.com": "arm",
  "login.microsoftonline.com": "login",
  "graph.microsoft.com": "graph",
  "api.loganalytics.io": "logs",
  "api.loganalytics.azure.com": "logs",
};

const UNDER: [string, HostKind][] = [
  // Regional front ends answer under names of their own (recorded: Azure/azure-powershell
  // TestAnalyticalStorageSchemaTypeUpdateAccount.json, 2023-04: eastus2euap.management.azure.com).
  [".management.azure.com", "arm"],
  [".vault.azure.net", "vault"],
  [".documents.azure.com", "documents"],
  [".eventgrid.azure.net", "eventGrid"],
  [".blob.core.windows.net", "blobs"],
  [".communication.azure.com", "mail"],
  [".logic.azure.com", "workflows"],
  // Nobody's (RFC 2606): somebody's own receiver of webhooks, not Azure's.
  [".example", "webhook"],
];

export function hostKind(host: string): HostKind | undefined {
  const name = host.toLowerCase();
  return EXACT[name] ?? UNDER.find(([suffix]) => name.endsWith(suffix) && name.length > suffix.length)?.[1];
}

/**
 * What DNS says. A soft-deleted vault keeps its name until it is purged: Azure Key Vault soft-delete overview
 * ("the DNS record associated with the key vault is also retained").
 */
export function resolveHost(world: World, host: string): "found" | "unknown" | undefined {
  const kind = hostKind(host);
  if (kind === undefined) return undefined;
  if (kind === "vault") return vaultOfHost(world, host) ? "found" : "unknown";
  if (kind !== "documents") return "found";
  return accountOfHost(world, host) ? "found" : "unknown";
}
