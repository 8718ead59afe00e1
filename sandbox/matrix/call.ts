/** How the app's calls to Azure are told apart: by what they are about (the shape), and by what exactly they ask for (the key). */
import type { AzureRequest } from "../azure/wire.ts";

export type CallName = {
  /** Names and ids left out: `GET Microsoft.KeyVault/vaults/{}/keys/{}`. */
  shape: string;
  /** Names left in; the same in every trial of a story. */
  key: string;
  write: boolean;
};

const RESOURCE_GRAPH = "/providers/microsoft.resourcegraph/resources";
/** Ids that Azure draws: operations are asked for by them. */
const OPERATION = /operationsStatus|operationResults|AsyncOperation/i;
/** Words of a vault's data plane that stand where a version could. */
const KEY_WORDS = new Set(["versions", "recover", "rotate", "rotationpolicy"]);

/** Types and names take turns after a provider's namespace; an extension names its scope's provider first. */
function armShape(path: string): string {
  const [, ...parts] = path.split(/\/providers\//i);
  const shown = parts.map((part) => {
    const [namespace, ...rest] = part.split("/");
    return [namespace, ...rest.map((word, index) => (index % 2 === 0 ? word : "{}"))].join("/");
  });
  return shown.join(" ");
}

function keyShape(path: string): string {
  const [collection, , third] = path.split("/").filter((word) => word !== "");
  const tail = third === undefined ? "" : `/${KEY_WORDS.has(third) ? third : "{}"}`;
  return `vault.azure.net/${collection}/{}${tail}`;
}

/** Collections and ids take turns: `documents.azure.com/dbs/{}/colls/{}/docs`. */
const dataShape = (path: string): string =>
  [
    "documents.azure.com",
    ...path
      .split("/")
      .filter((word) => word !== "")
      .map((word, index) => (index % 2 === 0 ? word : "{}")),
  ].join("/");

/** Asked by POST, and a read all the same (Microsoft Learn, "Query Documents", Azure Cosmos DB REST API). */
const isQuery = ({ headers }: Pick<AzureRequest, "headers">): boolean => headers["content-type"] === "application/query+json";

function shapeOf({ hostname }: URL, path: string): string {
  if (hostname.endsWith(".vault.azure.net")) return keyShape(path);
  return hostname.endsWith(".documents.azure.com") ? dataShape(path) : armShape(path);
}

export function nameCall({ method, url, headers, body }: AzureRequest): CallName {
  const path = url.pathname.replace(/\/{2,}/g, "/");
  const { hostname } = url;
  if (path.toLowerCase() === RESOURCE_GRAPH) {
    // One address for every question: what it is about stands in the query.
    const about = /microsoft\.\w+\/\w+/i.exec(body)?.[0].toLowerCase() ?? "?";
    const shape = `${method} Resource Graph: ${about}`;
    return { shape, key: shape, write: false };
  }
  const shape = `${method} ${shapeOf(url, path)}`;
  const key = OPERATION.test(shape) ? shape : `${method} ${hostname}${path}`;
  return { shape, key, write: method !== "GET" && method !== "HEAD" && !isQuery({ headers }) };
}
