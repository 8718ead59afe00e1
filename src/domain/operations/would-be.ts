/** Databases as they would be with another key or identity, so that the rules about databases can be asked. */
import { sameId } from "../arm-id.ts";
import { vaultUriOf } from "../clouds.ts";
import { databasesIn } from "../databases/guests.ts";
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

type AsWished = { target: TargetFacts; known: TargetFacts | undefined; location: string | null };

/**
 * As it is with that key and identity, whatever it uses now; with its own where none is named. location: of the database; null where it is still
 * to come.
 */
export function asWished(params: OperationParams["check-requirements"], facts: Facts): AsWished {
  const stood = wouldBe(params.kind, facts, uriOf(params, facts), params.identityId);
  const { databaseId } = params;
  const known = databaseId === null ? undefined : databasesIn(facts).find(({ id }) => sameId(id, databaseId));
  if (!known) return { target: stood, known, location: null };
  const { id, name, location, defaultIdentity, systemPrincipalId, attached } = known;
  const own = params.identityId === null ? { defaultIdentity, systemPrincipalId, attached } : {};
  return { target: { ...stood, id, name, location, ...own }, known, location };
}
