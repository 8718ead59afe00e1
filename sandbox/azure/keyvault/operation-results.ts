/** What takes a while in the management plane, followed by its Location. Recorded of a purge: Azure/azure-cli test_keyvault_softdelete.yaml, 2022-06. */
import { AzureError, type Call, type Reply, type Route } from "../routes.ts";
import { vaultBody } from "./vault-body.ts";
import { subscriptionIdOf } from "./vault-state.ts";

export const PROVIDER = "/subscriptions/{subscriptionId}/providers/Microsoft.KeyVault";

/** Milliseconds. All there is to know of an operation goes into its address. */
type Operation = { started: number; ends: number; vaultId?: string };

export function pollHeaders(call: Call, location: string, { started, ends, vaultId = "" }: Operation): Record<string, string> {
  const opaque = Buffer.from(`${started}-${ends}-${vaultId}`).toString("base64url");
  const path = `${subscriptionIdOf(call)}/providers/Microsoft.KeyVault/locations/${location}/operationResults/${opaque}`;
  return { location: `https://management.azure.com${path}?api-version=${call.apiVersion}`, "retry-after": "5" };
}

function result(call: Call): Reply {
  const { operationResultId = "", location = "" } = call.params;
  const match = /^(\d{1,15})-(\d{1,15})-(.*)$/.exec(Buffer.from(operationResultId, "base64url").toString());
  if (!match) throw new AzureError(404, "OperationNotFound", "The operation was not found.");
  const [started, ends] = [Number(match[1]), Number(match[2])];
  const vaultId = match[3] ?? "";
  if (call.world.clock.now() < ends) return { status: 202, headers: pollHeaders(call, location, { started, ends, vaultId }) };
  // `final-state-via: location` of Vaults_CreateOrUpdate, 2026-02-01: what was made is at the end of the way.
  const vault = call.world.vaults.get(vaultId.toLowerCase());
  if (vault && !vault.deleted) return { status: 200, body: vaultBody(call.world, vault) };
  // A space instead of the T, as recorded.
  const spaced = (ms: number): string =>
    new Date(ms)
      .toISOString()
      .replace("T", " ")
      .replace(/\.\d+Z/, "Z");
  return { status: 200, body: { createdDateTime: spaced(started), lastActionDateTime: spaced(ends), status: "Succeeded" } };
}

export const operationResultRoutes: Route[] = [
  {
    method: "GET",
    pattern: `${PROVIDER}/locations/{location}/operationResults/{operationResultId}`,
    action: "Microsoft.KeyVault/locations/operationResults/read",
    scopeOf: subscriptionIdOf,
    handle: result,
  },
];
