/** What the reads declare to need, by name, in one list: what is held against it is held against all of them. */
import { type Permission, united } from "../domain/steps/spec.ts";
import { READ_INVENTORY } from "./inventory.ts";
import { READ_ACCESS, READ_HELD } from "./read-access.ts";
import { READ_ACTIVITY_LOG } from "./read-activity-log.ts";
import { READ_DATABASE } from "./read-database.ts";
import { READ_EVENT_SUBSCRIPTIONS } from "./read-event-subscriptions.ts";
import { READ_IDENTITY } from "./read-identity.ts";
import { READ_KEY_LOG } from "./read-key-log.ts";
import { READ_KEY } from "./read-key.ts";
import { READ_VAULT } from "./read-vault.ts";
import { READ_UNDELIVERED } from "./read-undelivered.ts";
import { READ_SUBSCRIPTION_LISTS } from "./subscription-lists.ts";
import { READ_OPERATION } from "./write-step.ts";

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
  READ_UNDELIVERED,
  READ_OPERATION,
};

const { READ_KEY_LOG: _, ...others } = declaredReads;

/** What all that is read of vaults and databases takes. The audit log of vaults is read at its workspace, which is known by no resource id. */
export const READS: Permission = united(Object.values(others));
