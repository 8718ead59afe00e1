/** What the reads of src/azure declare to need, by name, in one list: what is held against it is held against all of them. */
import { READ_SUBSCRIPTION_LISTS } from "../../src/azure/subscription-lists.ts";
import { READ_INVENTORY } from "../../src/azure/inventory.ts";
import { READ_ACCESS, READ_HELD } from "../../src/azure/read-access.ts";
import { READ_ACTIVITY_LOG } from "../../src/azure/read-activity-log.ts";
import { READ_DATABASE } from "../../src/azure/read-database.ts";
import { READ_EVENT_SUBSCRIPTIONS } from "../../src/azure/read-event-subscriptions.ts";
import { READ_IDENTITY } from "../../src/azure/read-identity.ts";
import { READ_KEY } from "../../src/azure/read-key.ts";
import { READ_KEY_LOG } from "../../src/azure/read-key-log.ts";
import { READ_VAULT } from "../../src/azure/read-vault.ts";
import { READ_OPERATION } from "../../src/azure/write-step.ts";
import type { Permission } from "../../src/domain/steps/spec.ts";

export const declaredReads = {
  READ_INVENTORY,
  READ_ACCESS,
  READ_HELD,
  READ_ACTIVITY_LOG,
  READ_DATABASE,
  READ_EVENT_SUBSCRIPTIONS,
  READ_IDENTITY,
  READ_KEY,
  READ_KEY_LOG,
  READ_VAULT,
  READ_SUBSCRIPTION_LISTS,
  READ_OPERATION,
};

const unique = (list: readonly string[]): string[] => [...new Set(list)].toSorted();

export function united(permissions: readonly Permission[]): Permission {
  return { actions: unique(permissions.flatMap((one) => one.actions)), dataActions: unique(permissions.flatMap((one) => one.dataActions)) };
}
