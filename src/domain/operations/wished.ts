/** What is asked of a database with a given key and identity, be it there or still to come. */
import type { Facts } from "../facts.ts";
import type { OperationParams, Requirement } from "../wish.ts";
import { FEATURE_ASKS, featureRequirements } from "./account-requirements.ts";
import { reachRequirements } from "./reach.ts";
import { IDENTITY_ASKS, KEY_ASKS, keyRequirements, PLACE_ASKS, placeRequirements, VAULT_ASKS, vaultRequirements } from "./requirements.ts";
import { asWished } from "./would-be.ts";

export const WISHED_ASKS = [...FEATURE_ASKS, ...VAULT_ASKS, ...KEY_ASKS, ...IDENTITY_ASKS, ...PLACE_ASKS] as const;

/** It is read whatever key it has, and where it has none. */
export const readsOfWished = ({ key, databaseId }: { key: string; databaseId: string | null }) => ({
  keys: [key],
  databaseIds: databaseId === null ? [] : [databaseId],
});

export function wishedRequirements(params: OperationParams["check-requirements"], facts: Facts): Requirement[] {
  const { target, known, location } = asWished(params, facts);
  // What it has switched on decides whether an account may be given a key that it was not made with.
  const isFirst = known?.kind === "account" && known.keyUri === null;
  return [
    ...(isFirst ? featureRequirements(known, target.defaultIdentity) : []),
    ...vaultRequirements(facts),
    ...keyRequirements(facts, target),
    ...reachRequirements(facts, target, location),
    ...placeRequirements(facts, params.kind, params.databaseId),
  ];
}
