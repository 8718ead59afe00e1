/**
 * Moving vaults to another resource group or subscription: the same vault under another id, with its keys and policies. "If you move a resource
 * that has an Azure role assigned directly to the resource (or a child resource), the role assignment isn't moved and becomes orphaned"
 * (Microsoft Learn, "Move Azure resources to a new resource group or subscription"). Shape: azure-rest-api-specs Microsoft.Resources
 * resources.json, Resources_MoveResources, which may answer 202 or 204.
 */
import { evaluateAction } from "../authorization/evaluate.ts";
import { listAt, objectAt, textAt } from "../json.ts";
import { switchOf } from "../switches.ts";
import { AzureError, type Call, type Reply, type Route } from "../routes.ts";
import type { Vault } from "../world.ts";

const GROUPS = "Microsoft.Resources/subscriptions/resourceGroups";
const MOVE = `${GROUPS}/moveResources/action`;

export const moveRoutes: Route[] = [
  {
    method: "POST",
    pattern: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/moveResources",
    action: MOVE,
    event: MOVE,
    scopeOf: ({ params }) => `/subscriptions/${params["subscriptionId"]}/resourceGroups/${params["resourceGroupName"]}`,
    handle: move,
  },
];

function move(call: Call): Reply {
  const { world, caller, params } = call;
  const body = objectAt(call.body);
  const target = world.resourceGroups.get(textAt(body["targetResourceGroup"]).toLowerCase());
  const group = `/subscriptions/${params["subscriptionId"]}/resourceGroups/${params["resourceGroupName"]}/`.toLowerCase();
  if (!target) throw new AzureError(400, "ResourceMoveInvalidTargetResourceGroup", "The target resource group does not exist.");
  // The same page's checklist: moveResources/action at the source group, resourceGroups/write at the destination.
  if (!evaluateAction(world, caller.oid, `${GROUPS}/write`, target.id).allowed)
    throw new AzureError(403, "ResourceMovePolicyValidationFailed", "The client may not write the target resource group.");
  const vaults = listAt(body["resources"]).map((id): Vault => {
    const vault = world.vaults.get(textAt(id).toLowerCase());
    if (!vault || vault.deleted || !vault.id.toLowerCase().startsWith(group))
      throw new AzureError(400, "ResourceMoveFailed", `Only vaults of this resource group are moved here, not ${textAt(id)}.`);
    return vault;
  });
  for (const vault of vaults) {
    const before = vault.id.toLowerCase();
    vault.id = `${target.id}/providers/Microsoft.KeyVault/vaults/${vault.name}`;
    world.vaults.delete(before);
    world.vaults.set(vault.id.toLowerCase(), vault);
    if (switchOf(world, "eventGridTopicFollowsMove"))
      for (const topic of world.systemTopics.values()) if (topic.source.toLowerCase() === before) topic.source = vault.id;
    const log = world.auditSettings.get(before);
    if (log) world.auditSettings.set(vault.id.toLowerCase(), log);
    world.auditSettings.delete(before);
  }
  return { status: 204 };
}
