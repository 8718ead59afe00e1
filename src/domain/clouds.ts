/** What Azure is called in each of its clouds. Hosts and ids of a cloud are written nowhere else. */

export type Cloud = {
  /** As the Azure CLI has it. */
  name: string;
  /** Azure Resource Manager, also what its tokens are for. Regional front ends answer under it. */
  resourceManager: string;
  login: string;
  /** Who signs tokens of a tenant: version 2, version 1. */
  issuersOf: (tenantId: string) => string[];
  /** Behind the name of a vault, and what its tokens are for. */
  vaultSuffix: string;
  hsmSuffix: string;
  /** Behind the name of an account of Azure Cosmos DB, whatever its API: where its documents are queried. */
  documentsSuffix: string;
  /** Log Analytics, which answers queries, and what its tokens are for. */
  logs: string;
  /** What the tokens of custom Event Grid topics are for; null where no documentation says it. */
  eventGrid: string | null;
  /** The application id of Azure Cosmos DB; null where no documentation says it. */
  cosmosApplication: string | null;
};

/**
 * Hosts: Azure/azure-cli, azure/cli/core/cloud.py. Issuers: Microsoft Learn, "Access tokens in the Microsoft identity platform" and "National
 * clouds". Log Analytics: Azure/azure-sdk-for-go, sdk/monitor/query/azlogs/cloud_config.go. Event Grid: Azure/azure-sdk-for-js,
 * sdk/eventgrid/eventgrid/src/constants.ts, which knows one cloud. Documents: Microsoft Learn, "Azure Private Endpoint private DNS zone values". Applications: Microsoft Learn, "Configure customer-managed keys for your Azure Cosmos DB account".
 */
export const CLOUDS = {
  AzureCloud: {
    name: "AzureCloud",
    resourceManager: "https://management.azure.com",
    login: "https://login.microsoftonline.com",
    issuersOf: (tenantId) => [`https://login.microsoftonline.com/${tenantId}/v2.0`, `https://sts.windows.net/${tenantId}/`],
    vaultSuffix: "vault.azure.net",
    hsmSuffix: "managedhsm.azure.net",
    documentsSuffix: "documents.azure.com",
    logs: "https://api.loganalytics.io",
    eventGrid: "https://eventgrid.azure.net",
    cosmosApplication: "a232010e-820c-4083-83bb-3ace5fc29d0b",
  },
  AzureUSGovernment: {
    name: "AzureUSGovernment",
    resourceManager: "https://management.usgovcloudapi.net",
    login: "https://login.microsoftonline.us",
    issuersOf: (tenantId) => [`https://login.microsoftonline.us/${tenantId}/v2.0`, `https://sts.windows.net/${tenantId}/`],
    vaultSuffix: "vault.usgovcloudapi.net",
    hsmSuffix: "managedhsm.usgovcloudapi.net",
    documentsSuffix: "documents.azure.us",
    logs: "https://api.loganalytics.us",
    eventGrid: null,
    cosmosApplication: "57506a73-e302-42a9-b869-6f12d9ec29e9",
  },
  AzureChinaCloud: {
    name: "AzureChinaCloud",
    resourceManager: "https://management.chinacloudapi.cn",
    login: "https://login.chinacloudapi.cn",
    issuersOf: (tenantId) => [`https://login.partner.microsoftonline.cn/${tenantId}/v2.0`, `https://sts.chinacloudapi.cn/${tenantId}/`],
    vaultSuffix: "vault.azure.cn",
    hsmSuffix: "managedhsm.azure.cn",
    documentsSuffix: "documents.azure.cn",
    logs: "https://api.loganalytics.azure.cn",
    eventGrid: null,
    cosmosApplication: null,
  },
} as const satisfies Record<string, Cloud>;

export type CloudName = keyof typeof CLOUDS;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- they are its keys
export const CLOUD_NAMES = Object.keys(CLOUDS) as CloudName[];

let chosen: Cloud = CLOUDS.AzureCloud;

/** Once, at the start (src/main.ts), before anything is made or read that depends on it. */
export function chooseCloud(name: CloudName): void {
  chosen = CLOUDS[name];
}

/** The one that Keymend works in. Asked where it is needed, never kept from before the choice. */
export const currentCloud = (): Cloud => chosen;

export const vaultUriOf = (vaultName: string, cloud: Cloud = chosen): string => `https://${vaultName}.${cloud.vaultSuffix}`;

/** Whether a host is Azure Resource Manager, or a regional front end of it. */
export function isResourceManager(host: string, cloud: Cloud = chosen): boolean {
  const own = cloud.resourceManager.slice("https://".length);
  return host === own || host.endsWith(`.${own}`);
}

/** A vault of another cloud may bear the name of one here, and is not it. Null: no host of this cloud. */
export function keyHostOf(host: string, cloud: Cloud = chosen): { name: string; kind: "vault" | "managedHsm" } | null {
  const name = host.split(".", 1)[0]!;
  const suffix = host.slice(name.length + 1);
  if (!/^[a-z0-9-]+$/.test(name)) return null;
  if (suffix === cloud.vaultSuffix) return { name, kind: "vault" };
  return suffix === cloud.hsmSuffix ? { name, kind: "managedHsm" } : null;
}

/** Whether an address is that of an account's documents here, by TLS: which alone may get a token for them, whoever told the address. */
export function isDocumentsUrl(url: string, cloud: Cloud = chosen): boolean {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "" };
  return protocol === "https:" && hostname.endsWith(`.${cloud.documentsSuffix}`);
}
