/**
 * That a revocation stands on record and not in Azure: somebody enabled the key or gave the grant, knowing of it or not, or the key's rotation
 * policy made a version. Keymend undoes neither: it might be meant. It is told, each day anew, until one of both is taken back.
 */
import type { Facts } from "../facts.ts";
import { undoneBy } from "../operations/index.ts";
import { operationInShort } from "../short-names.ts";
import { standingRevocations } from "../wish.ts";
import type { News } from "./news.ts";

export const UNDONE = "Keymend.RevocationUndone";

export function undoneNews(facts: Facts): News[] {
  const { patient, at, wishes = [] } = facts;
  // One that did not come to its end was told when it was given up.
  const done = standingRevocations(wishes).filter(({ status }) => status?.outcome === "Completed");
  return done.flatMap((wish): News[] => {
    const detail = undoneBy(wish, facts);
    if (detail === undefined) return [];
    const { id, by, reason } = wish;
    return [
      {
        id: `undone-${id}-${at.slice(0, 10)}`,
        type: UNDONE,
        weight: "now",
        at,
        about: patient.id,
        incidentId: wish.status!.incidentId,
        like: `undone ${id}`,
        title: `Revoked on purpose, and not any more: ${operationInShort(wish)}`,
        text: `${detail}, though ${by.name} revoked it on purpose (${reason}). Where that is meant, operation restore takes it off the record; else revoke it again.`,
        facts: [
          ["Operation", id],
          ["Revoked by", by.name],
        ],
        asks: false,
        isLogged: true,
        data: { vaultId: patient.id, operationId: id, detail, revokedBy: by.objectId, reason },
      },
    ];
  });
}
