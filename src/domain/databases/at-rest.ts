/** A database takes one change at a time, whoever began it: 412 "operation in progress which requires an exclusive lock" (hashicorp/terraform-provider-azurerm issue 15842). */
import { sameId } from "../arm-id.ts";
import type { Facts, TargetFacts } from "../facts.ts";

const AT_REST: readonly string[] = ["succeeded", "failed", "canceled"];

export const isAtRest = ({ service: { provisioningState } }: TargetFacts): boolean =>
  !provisioningState || AT_REST.includes(provisioningState.toLowerCase());

/** Whether that id is a database's, and somebody's change of it is under way. */
export const isBeingChanged = (id: string, { targets }: Pick<Facts, "targets">): boolean =>
  targets.some((target) => sameId(target.id, id) && !isAtRest(target));
