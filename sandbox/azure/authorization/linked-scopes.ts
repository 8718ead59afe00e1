/**
 * What Resource Manager asks for beside the right to write: a right on each thing that the resource names. Seen in Azure/aad-pod-identity
 * issues 613, 443 and 339 (identities).
 */
import { AzureError, type Call } from "../routes.ts";
import { evaluateAction } from "./evaluate.ts";

/** What is written: its type, as in the action, and its id. */
export type Written = { type: string; id: string };

export const ASSIGN_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
const JOIN_SUBNET = "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action";

export const mayOn = ({ world, caller }: Call, action: string, linkedId: string): boolean =>
  evaluateAction(world, caller.oid, action, linkedId).allowed;

export function linkedAuthorizationFailed(
  { caller: { name, oid } }: Call,
  { type, id }: Written,
  action: string,
  linkedId: string,
): AzureError {
  const message = `The client '${name}' with object id '${oid}' has permission to perform action '${type}/write' on scope '${id}'; however, it does not have permission to perform action(s) '${action}' on the linked scope(s) '${linkedId}' or the linked scope(s) are invalid.`;
  return new AzureError(403, "LinkedAuthorizationFailed", message);
}

/**
 * Of a write to what has virtual network rules: Learn asks this right, for every subnet, of whoever changes a setting of such an account
 * (Configure access to Azure Cosmos DB from virtual networks, frequently asked questions).
 */
export function requireJoins(call: Call, written: Written, subnetIds: readonly string[]): void {
  const lacking = subnetIds.find((id) => !mayOn(call, JOIN_SUBNET, id));
  if (lacking !== undefined) throw linkedAuthorizationFailed(call, written, JOIN_SUBNET, lacking);
}
