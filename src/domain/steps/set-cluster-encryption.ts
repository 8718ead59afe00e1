/** Sets a cluster's identity and key URL, together (domain/databases/database-change.ts). Moving to another version needs a cluster that is Ready. */
import { sameId } from "../arm-id.ts";
import { movedTo } from "../databases/moved-to.ts";
import { setEncryption } from "../databases/database-change.ts";
import type { TargetFacts } from "../facts.ts";
import { isSameKey, parseKeyUri } from "../key-uri.ts";
import { azPatch } from "./az.ts";
import { besideOnDatabase, DEFAULT_IDENTITY, identityName, KEY_URI } from "./beside.ts";
import { checkSwitch } from "./set-default-identity.ts";
import type { StepParams } from "./step.ts";
import { actions, ANOTHER_KEY, findTarget, isStale, onId, shownTarget, stale, type StepSpec, touchesDatabase } from "./spec.ts";

const isReady = ({ service }: TargetFacts): boolean => service.clusterStatus?.toLowerCase() === "ready";

type Move = Pick<StepParams["SetClusterEncryption"], "keyUrl" | "from">;

/** What becomes of its key URL. */
function changeOf({ name, keyUri }: TargetFacts, { keyUrl, from }: Move): "none" | "version" | "key" | { stale: string } {
  if (keyUri === null) return stale(`${name} names no key`);
  if (isSameKey(keyUri, keyUrl)) return parseKeyUri(keyUri).version === parseKeyUri(keyUrl).version ? "none" : "version";
  return from !== undefined && isSameKey(keyUri, from) ? "key" : stale(`${name} names another key now`);
}

export const setClusterEncryption: StepSpec<"SetClusterEncryption"> = {
  capability: "databases",
  permission: () => actions("Microsoft.DocumentDB/mongoClusters/write", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"),
  undo: () => "set identity and key URL back to what the audit shows, together",
  az: ({ targetId, identityId, keyUrl }) => azPatch("cluster", targetId, setEncryption({ identityId, keyUrl })),
  on: ({ targetId }) => targetId,
  touches: touchesDatabase,
  about: null,
  tells: null,
  key: ({ targetId }) => onId(targetId),
  sets: ({ identityId, keyUrl }) => [...onId(identityId), keyUrl.toLowerCase()],
  precondition: (params, facts) => {
    const { targetId, identityId, keyUrl } = params;
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    const change = changeOf(target, params);
    if (typeof change === "object") return change;
    const isSameIdentity = target.defaultIdentity.form === "user" && sameId(target.defaultIdentity.id, identityId);
    if (isSameIdentity && change === "none") return "done";
    // Microsoft Learn, vCore troubleshooting guide: the key may be changed only when the cluster is back to Ready.
    if (change !== "none" && !isReady(target)) return stale(`${target.name} is not Ready`);
    // The write attaches the identity itself.
    const attached = [...target.attached, { id: identityId, principalId: null, clientId: null }];
    const stood = { ...(change === "key" ? movedTo(target, keyUrl) : target), attached };
    return checkSwitch(stood, { form: "user", id: identityId, federatedClientId: null }, facts);
  },
  shows: ({ targetId }, facts) => {
    const target = shownTarget(facts, targetId);
    return target && [target.defaultIdentity, target.keyUri];
  },
  beside: ({ targetId, identityId }, facts) => besideOnDatabase(facts, targetId, KEY_URI, DEFAULT_IDENTITY, identityName(identityId)),
  takenBackBy: null,
  merge: null,
  // Microsoft Learn, vCore troubleshooting guide, row 1: only when the cluster is back to Ready may the key be changed.
  forbids: ({ targetId, keyUrl }, { facts }) => {
    const target = facts.targets.find(({ id }) => sameId(id, targetId));
    if (target && !isSameKey(target.keyUri ?? "", keyUrl)) return ANOTHER_KEY;
    const isSameVersion = parseKeyUri(target?.keyUri ?? "").version === parseKeyUri(keyUrl).version;
    return isSameVersion || (target && isReady(target)) ? undefined : "the key of a cluster is changed only while it is Ready";
  },
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: true,
  counts: null,
};
