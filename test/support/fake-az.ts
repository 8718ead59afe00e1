/**
 * Stands in for the Azure CLI: writes down how it was called, and answers from a small model of what is there (a JSON file, FAKE_AZ).
 * It refuses what Azure refuses, in the order of doing most of all. Run by a script called `az` that a test puts on the PATH.
 */
import { readFileSync, writeFileSync } from "node:fs";

type Application = {
  appId: string;
  displayName: string;
  identifierUris: string[];
  appRoles: { id: string; value: string }[];
  api: { oauth2PermissionScopes: { id: string }[]; preAuthorizedApplications: { appId: string; delegatedPermissionIds: string[] }[] };
  spa?: { redirectUris: string[] };
};
type Stack = { name: string; location: string; description: string; provisioningState: string; parameters: object; outputs: object };

export type Model = {
  calls: string[][];
  version: string;
  user: "user" | "none";
  apps: Application[];
  principals: { id: string; appId: string; appRoleAssignmentRequired: boolean }[];
  assigned: { principalId: string; resourceId: string; appRoleId: string }[];
  topics: { name: string; source: string; resourceGroup: string }[];
  stacks: Stack[];
  locks: string[];
  /** Digest-free: how often the code was published. */
  published: number;
  /** As long as the role on the storage is new. */
  refusals: number;
  /** Whoever is signed in may write no deployment stacks. */
  forbidsStacks?: boolean;
  apiUrl: string;
};

const SUBSCRIPTION = "5ab50000-0000-4000-8000-000000000001";
const STORAGE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-keymend/providers/Microsoft.Storage/storageAccounts/keymend1`;
let model: Model;
let args: readonly string[];

const option = (name: string): string => args[args.indexOf(name) + 1]!;

function refuse(text: string): never {
  throw new Error(text);
}

function patchApplication(app: Application, body: Partial<Application>): void {
  if (body.identifierUris?.some((uri) => !uri.includes(app.appId)))
    refuse("All newly added URIs must contain a tenant verified domain, tenant ID, or app ID");
  const known = app.api.oauth2PermissionScopes.map(({ id }) => id);
  const allowed = body.api?.preAuthorizedApplications?.flatMap(({ delegatedPermissionIds }) => delegatedPermissionIds) ?? [];
  if (allowed.some((id) => !known.includes(id))) refuse("Permission in preAuthorizedApplications is not a scope of the application");
  Object.assign(app, { ...body, api: { ...app.api, ...body.api } });
}

/** Graph, as `az rest` reaches it. */
function rest(): unknown {
  const [, kind, id] = /^https:\/\/graph\.microsoft\.com\/v1\.0\/(\w+)(?:\(appId='|\/)([^'/]+)/.exec(option("--url"))!;
  const body = args.includes("--body") ? (JSON.parse(option("--body")) as object) : {};
  if (option("--method") === "get") return { value: model.assigned.filter(({ resourceId }) => resourceId === id) };
  if (kind === "applications") patchApplication(model.apps.find(({ appId }) => appId === id) ?? refuse("no such application"), body);
  else if (option("--method") === "post") model.assigned.push(body as Model["assigned"][number]);
  else Object.assign(model.principals.find((one) => one.id === id) ?? refuse("no such service principal"), body);
  return null;
}

function createApp(): Application {
  const app = {
    appId: `c11e0000-0000-4000-8000-00000000000${model.apps.length + 1}`,
    displayName: option("--display-name"),
    identifierUris: [],
    appRoles: JSON.parse(option("--app-roles")) as Application["appRoles"],
    api: { oauth2PermissionScopes: [], preAuthorizedApplications: [] },
  };
  model.apps.push(app);
  return app;
}

function createPrincipal(): object {
  const appId = option("--id");
  if (!model.apps.some((app) => app.appId === appId)) refuse("no such application");
  const principal = { id: `0b1e0000-0000-4000-8000-00000000000${model.principals.length + 1}`, appId, appRoleAssignmentRequired: false };
  model.principals.push(principal);
  return principal;
}

const valueOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

function createStack(): Stack {
  if (model.forbidsStacks === true) refuse("does not have authorization to perform action 'Microsoft.Resources/deploymentStacks/write'");
  const pairs = args.slice(args.indexOf("--parameters") + 1, args.indexOf("--output"));
  const given = pairs.map((pair): [string, unknown] => [pair.slice(0, pair.indexOf("=")), valueOf(pair.slice(pair.indexOf("=") + 1))]);
  const parameters = Object.fromEntries(given);
  if (parameters["deployEvents"] === true && model.published === 0)
    refuse("Destination endpoint not found: there is no function onKeyVaultEvent");
  const outputs = {
    apiUrl: model.apiUrl,
    functionAppName: "func-keymend-1",
    principalId: "9a1d0000-0000-4000-8000-000000000001",
    storageId: STORAGE,
  };
  const stack = {
    name: option("--name"),
    location: option("--location"),
    description: option("--description"),
    provisioningState: "succeeded",
    parameters: Object.fromEntries(given.map(([name, value]) => [name, { value }])),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { type: "String", value }])),
  };
  model.stacks = [...model.stacks.filter(({ name }) => name !== stack.name), stack];
  return stack;
}

function publish(): string {
  if (model.refusals > 0) {
    model.refusals -= 1;
    refuse("BlobUploadFailedException: Failed to upload blob to storage account. Response status code does not indicate success: 403");
  }
  model.published += 1;
  return "Deployment was successful.";
}

const filtered = <T>(list: readonly T[], property: keyof T): T[] => {
  const [, value] = /eq '((?:[^']|'')*)'$/.exec(option("--filter"))!;
  return list.filter((one) => one[property] === value!.replaceAll("''", "'"));
};

const ANSWERS: Record<string, () => unknown> = {
  version: () => ({ "azure-cli": model.version }),
  "account show": () =>
    model.user === "none"
      ? refuse("Please run 'az login' to setup account.")
      : { id: SUBSCRIPTION, tenantId: "7e0a0000-0000-4000-8000-000000000001", user: { name: "me" } },
  "cloud show": () => "https://graph.microsoft.com/",
  "ad app list": () => filtered(model.apps, "displayName"),
  "ad app show": () => model.apps.find(({ appId }) => appId === option("--id")) ?? refuse(`Resource '${option("--id")}' does not exist`),
  "ad app create": createApp,
  "ad sp list": () => filtered(model.principals, "appId"),
  "ad sp create": createPrincipal,
  "ad signed-in-user show": () => "0e0e0000-0000-4000-8000-000000000001",
  rest,
  "keyvault show": () => `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/${option("--name")}`,
  "eventgrid system-topic list": () => model.topics,
  "stack sub list": () => model.stacks.map(({ name }) => name),
  "stack sub show": () => model.stacks.find(({ name }) => name === option("--name")),
  "stack sub create": createStack,
  "lock list": () => model.locks.filter((one) => one === option("--resource")).map(() => ({ level: "CanNotDelete" })),
  "lock create": () => void model.locks.push(option("--resource")),
  "functionapp deployment source config-zip": publish,
  "functionapp function list": () => (model.published > 0 ? ["func-keymend-1/onKeyVaultEvent", "func-keymend-1/onResourceEvent"] : []),
};

/** What is printed; throws what it complains about. The model is changed in place. */
export function answer(of: Model, call: readonly string[]): string {
  [model, args] = [of, call];
  model.calls.push([...call]);
  const command = call
    .slice(
      0,
      call.findIndex((word) => word.startsWith("--")),
    )
    .join(" ");
  const said = (ANSWERS[command] ?? refuse(`'${command}' is not in the model`))();
  return said === null || said === undefined ? "" : JSON.stringify(said);
}

if (import.meta.main) {
  const file = process.env["FAKE_AZ"]!;
  const kept = JSON.parse(readFileSync(file, "utf8")) as Model;
  try {
    process.stdout.write(answer(kept, process.argv.slice(2)));
  } catch (error) {
    process.stderr.write(`ERROR: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
  writeFileSync(file, JSON.stringify(kept));
}
