/** Databases as they would be with another key or identity, so that the rules about databases can be asked. */
import { sameId } from "../arm-id.ts";
import { vaultUriOf } from "../clouds.ts";
import type { Facts, TargetFacts, TargetKind } from "../facts.ts";
import type { OperationParams } from "../wish.ts";

/** A database as it would be with that key and identity, so that the rules about databases can be asked. */
function wouldBe(kind: TargetKind, facts: Facts, keyUri: string, identityId: string | null): TargetFacts {
  const vault = facts.vault?.state === "live" ? facts.vault : undefined;
  return {
    kind,
    id: "",
    name: `the ${kind}`,
    resourceGroup: "",
    location: vault?.location ?? "",
    tags: {},
    keyUri,
    versionInUse: null,
    defaultIdentity: identityId === null ? { form: "undefined" } : { form: "user", id: identityId, federatedClientId: null },
    identityType: "UserAssigned",
    systemPrincipalId: null,
    attached: [],
    tenantId: null,
    service: { healthy: null, code: null, text: null, clusterStatus: null, provisioningState: null },
    restoredFrom: null,
    changedOn: null,
  };
}

const uriOf = ({ key }: { key: string }, { patient }: Facts): string => `${vaultUriOf(patient.vaultName ?? "")}/keys/${key}`;

/** As it is with that key and identity, whatever it uses now. location: of the database; null where it is still to come. */
export function asWished(params: OperationParams["check-requirements"], facts: Facts): { target: TargetFacts; location: string | null } {
  const stood = wouldBe(params.kind, facts, uriOf(params, facts), params.identityId);
  const known = facts.targets.find(({ id }) => params.databaseId !== null && sameId(id, params.databaseId));
  return known
    ? { target: { ...stood, id: known.id, name: known.name, location: known.location }, location: known.location }
    : { target: stood, location: null };
}
