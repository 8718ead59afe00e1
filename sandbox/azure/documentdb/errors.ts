/** Refusals in the provider's own words. Cosmos DB's errors are not wrapped in `error` and end in an ActivityId; clusters' codes are snake_case. */
import { AzureError } from "../routes.ts";
import type { World } from "../world.ts";

/** Recorded in public issues, e.g. Azure/azure-cli issue 28511: `{"code":"BadRequest","message":"...\r\nActivityId: ..., Microsoft.Azure.Documents.Common/2.14.0"}`. */
export function cosmosError(world: World, status: number, code: string, message: string): AzureError {
  const activity = world.random.guid("documentdb.activity");
  return new AzureError(status, code, `${message}\r\nActivityId: ${activity}, Microsoft.Azure.Documents.Common/2.14.0`, {
    unwrapped: true,
  });
}

export function badRequest(world: World, message: string): AzureError {
  return cosmosError(world, 400, "BadRequest", message);
}

/** Codes of this provider are snake_case (azure-rest-api-specs issue 38811); the texts are the sandbox's own where none is documented. */
export function clusterError(status: number, code: string, message: string): AzureError {
  return new AzureError(status, code, message);
}
