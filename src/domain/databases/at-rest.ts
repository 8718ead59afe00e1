/** A database takes one change at a time, whoever began it: 412 "operation in progress which requires an exclusive lock" (hashicorp/terraform-provider-azurerm issue 15842). */
import type { TargetFacts } from "../facts.ts";

const AT_REST: readonly string[] = ["succeeded", "failed", "canceled"];

export const isAtRest = ({ service: { provisioningState } }: TargetFacts): boolean =>
  !provisioningState || AT_REST.includes(provisioningState.toLowerCase());
