/**
 * Moves a database to another identity, towards the key that it has: the grant first, and once that has had its time the identity. An account:
 * attached, then made the default, in two writes; a cluster: identity and key URL in one. What was there before stays, and is told a day
 * later as needed no more.
 */
import { nameOf, sameId } from "../arm-id.ts";
import { principalOf } from "../databases/index.ts";
import { readDefaultIdentity, userAssigned } from "../databases/default-identity.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { newGrantDrafts } from "../mending/grants.ts";
import { detachDraft, switchDrafts } from "../mending/switch-identity.ts";
import { az, say } from "../steps/az.ts";
import { azOf } from "../steps/index.ts";
import type { StepDraft } from "../steps/step.ts";
import type { OperationParams, WishOnRecord } from "../wish.ts";
import {
  beforeOf,
  concernsOne,
  DATABASE_ASKS,
  databaseOf,
  databaseRequirements,
  grantsOf,
  isGranting,
  reachedBy,
  withOwnGrant,
} from "./one-database.ts";
import { IDENTITY_ASKS, identityRequirements } from "./requirements.ts";
import type { OperationSpec } from "./spec.ts";

type Params = OperationParams["switch-identity"];

const granteeOf = ({ identityId }: Params, { identities }: Facts) => {
  const identity = identities.find(({ id }) => sameId(id, identityId));
  return { identityId, principalId: identity?.state === "live" ? identity.principalId : null };
};

const uses = ({ defaultIdentity }: TargetFacts, identityId: string): boolean =>
  defaultIdentity.form === "user" && sameId(defaultIdentity.id, identityId);

const hasBegun = (target: TargetFacts, { identityId }: Params): boolean =>
  uses(target, identityId) || target.attached.some(({ id }) => sameId(id, identityId));

/** How it would use that one. */
const withIt = (target: TargetFacts, identityId: string): TargetFacts => ({
  ...target,
  defaultIdentity: { form: "user", id: identityId, federatedClientId: null },
});

/** The writes that make it use what it used before. */
function backDrafts(target: TargetFacts, { status }: WishOnRecord): StepDraft[] {
  const before = readDefaultIdentity(status?.before?.defaultIdentity ?? "");
  if (!before) return [];
  if (before.form === "user") return switchDrafts(target, before.id);
  return [{ name: "SetDefaultIdentity", params: { targetId: target.id, defaultIdentity: status!.before!.defaultIdentity } }];
}

/** That of the identity that it used before, unless another database of the vault goes on using it. */
function grantLines(facts: Facts, target: TargetFacts, identityId: string): string[] {
  const stood = { ...withIt(target, identityId), attached: [...target.attached, { id: identityId, principalId: null, clientId: null }] };
  const principalId = principalOf(stood, facts.identities, facts.firstPartyPrincipalId);
  const others = facts.targets.filter((one) => !sameId(one.id, target.id) && uses(one, identityId));
  if (principalId === undefined) return [];
  if (others.length > 0) return [say(`${others.map(({ name }) => name).join(", ")} still use it: its grant stays`)];
  const grants = grantsOf(facts, target, principalId);
  if (grants === null) return [say(`take the key permissions of ${principalId} off the vault's access policies`)];
  return grants.map((id) => az("role", "assignment", "delete", "--ids", id));
}

export const switchIdentity: OperationSpec<"switch-identity"> = {
  title: "Moves a database to another identity towards its key",
  source:
    "Microsoft Learn: Configure customer-managed keys, Using a managed identity; Data encryption at rest in MongoDB vCore, change of key and identity",
  loses: null,
  asks: [...DATABASE_ASKS, ...IDENTITY_ASKS],
  steps: ["GrantKeyRole", "AddAccessPolicyPermissions", "AttachIdentity", "SetDefaultIdentity", "SetClusterEncryption"],
  reads: ({ identityId }) => ({ keys: [], identityIds: [identityId] }),
  concerns: concernsOne,
  requirements: (params, view) => {
    const { facts } = view;
    const target = databaseOf(params, facts);
    const ofDatabase = databaseRequirements(params, view, target !== undefined && hasBegun(target, params));
    if (!target) return ofDatabase;
    const stood = withIt(target, params.identityId);
    const ofIdentity = identityRequirements(facts, stood, params.identityId, target.location);
    return [...ofDatabase, ...withOwnGrant(ofIdentity, facts, stood, granteeOf(params, facts))];
  },
  drafts: (params, { facts }) => {
    const target = databaseOf(params, facts);
    if (!target) return [];
    return [...newGrantDrafts(facts, target, granteeOf(params, facts)), ...switchDrafts(target, params.identityId)];
  },
  inSequence: true,
  mends: [],
  doneWhen: "the database uses the new identity, and the service has confirmed it for 65 minutes, a whole check of its own",
  reached: (params, view) => {
    const { facts } = view;
    const target = databaseOf(params, facts);
    return reachedBy(params, view, {
      isThere: target !== undefined && uses(target, params.identityId),
      isSettling: target !== undefined && isGranting(facts, target, granteeOf(params, facts).principalId),
      what: `identity ${nameOf(params.identityId)}`,
    });
  },
  stands: false,
  before: beforeOf,
  wayBack: "the identity that it used is made the one that it uses again; it stays attached, and granted",
  undo: (params, facts, wish) => {
    const target = databaseOf(params, facts);
    return target && hasBegun(target, params) ? backDrafts(target, wish).flatMap(azOf) : [];
  },
  disposable: (params, { facts, wish }) => {
    const target = databaseOf(params, facts);
    const raw = wish.status?.before?.defaultIdentity ?? "";
    const before = readDefaultIdentity(raw);
    if (!target || before?.form !== "user" || raw === userAssigned(params.identityId)) return [];
    if (!uses(target, params.identityId))
      return [say(`${target.name} does not use ${nameOf(params.identityId)} any more: nothing is to go`)];
    const isAttached = target.attached.some(({ id }) => sameId(id, before.id));
    return [
      say(`${target.name} does not use ${nameOf(before.id)} any more, as of ${facts.at}`),
      // Microsoft Learn, "Configure customer-managed keys", conditions of a point-in-time restore.
      ...(target.kind === "account"
        ? [say(`a restore of ${target.name} to a time before needs ${nameOf(before.id)} and its grant: they stay while that may be wanted`)]
        : []),
      ...grantLines(facts, target, before.id),
      ...(isAttached ? azOf(detachDraft(target, before.id, params.identityId)) : []),
    ];
  },
};
