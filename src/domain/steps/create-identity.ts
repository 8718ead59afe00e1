/** Creates a user-assigned identity: one that stands in for one that can't come back, whose tag says for which, or one that somebody wants. */
import { sameId } from "../arm-id.ts";
import { INSTEAD_OF_TAG, tagIn } from "../tags.ts";
import { azRest } from "./az.ts";
import { actions, onId, stale, type StepSpec, touchesNothing } from "./spec.ts";

/** Databases spell the same identity in the casing that each was given it in (recorded: Azure/azure-cli, cosmosdb module). */
export const standsInFor = ({ tags }: { tags: Record<string, string> }, name: string): boolean =>
  tagIn(tags, INSTEAD_OF_TAG)?.toLowerCase() === name.toLowerCase();

/** What it is made with. */
export const tagsOf = (insteadOf: string | null): Record<string, string> => (insteadOf === null ? {} : { [INSTEAD_OF_TAG]: insteadOf });

const API_VERSION = "2024-11-30";

export const createIdentity: StepSpec<"CreateIdentity"> = {
  capability: "databases",
  permission: () => actions("Microsoft.ManagedIdentity/userAssignedIdentities/write"),
  undo: ({ identityId }) => `delete identity ${identityId}, once nothing uses it`,
  // `az identity create` reads a colon in a tag's name as shorthand syntax, in some versions.
  az: ({ identityId, location, insteadOf }) => [azRest("put", identityId, API_VERSION, { location, tags: tagsOf(insteadOf) })],
  on: ({ identityId }) => identityId,
  // It holds nothing until it is granted something.
  touches: touchesNothing,
  about: null,
  tells: null,
  key: ({ identityId }) => onId(identityId),
  sets: null,
  precondition: ({ identityId, insteadOf }, facts) => {
    const identity = facts.identities.find(({ id }) => sameId(id, identityId));
    if (identity?.state === "unreadable") return stale(`identity ${identityId} could not be read`);
    if (identity?.state !== "live") return "todo";
    // One that is wanted by name is that one, whoever made it.
    return insteadOf === null || standsInFor(identity, insteadOf) ? "done" : stale(`identity ${identityId} belongs to somebody else`);
  },
  shows: ({ identityId }, facts) => {
    const identity = facts.identities.find(({ id }) => sameId(id, identityId));
    return identity?.state === "live" ? (tagIn(identity.tags, INSTEAD_OF_TAG) ?? "") : identity?.state;
  },
  beside: null,
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
