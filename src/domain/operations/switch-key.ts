/**
 * Moves a database to another key, of its own vault or of another one, which it then depends on: its identity is granted that key first, and
 * once the grant has had its time the database is sent there. An account: its key URI, alone in its write; a cluster: identity and key URL in
 * one, while it is Ready. The key before and the grant on it stay.
 */
import { nameOf } from "../arm-id.ts";
import { principalIn } from "../databases/key-path.ts";
import { movedTo } from "../databases/moved-to.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { isSameKey, keyNameOf, parseKeyUri, vaultNameOf } from "../key-uri.ts";
import { showDatabase } from "../mending/advice.ts";
import { newGrantDrafts } from "../mending/grants.ts";
import { placeOf } from "../short-names.ts";
import { say } from "../steps/az.ts";
import { azOf } from "../steps/index.ts";
import type { StepDraft } from "../steps/step.ts";
import type { OperationParams, Requirement } from "../wish.ts";
import {
  beforeOf,
  concernsOne,
  DATABASE_ASKS,
  databaseOf,
  databaseRequirements,
  isGranting,
  reachedBy,
  withOwnGrant,
} from "./one-database.ts";
import { IDENTITY_ASKS, identityRequirements, KEY_ASKS, keyRequirements, VAULT_ASKS, vaultRequirements } from "./requirements.ts";
import { neededBy } from "./leftover.ts";
import { requirement } from "./rows.ts";
import type { OperationSpec, View } from "./spec.ts";

type Params = OperationParams["switch-key"];

const isMoved = ({ keyUri }: TargetFacts, params: Params): boolean => keyUri !== null && isSameKey(keyUri, params.keyUri);

/** Whom the grant is for: the identity stays the one that it uses. */
function granteeOf(target: TargetFacts, facts: Facts): { identityId: string | null; principalId: string } | undefined {
  const principal = principalIn(facts, target);
  if (principal.state !== "known") return undefined;
  const isSystem = target.defaultIdentity.form === "system";
  return { identityId: isSystem ? target.id : principal.identityId, principalId: principal.principalId };
}

/**
 * Vault and database are to be in one tenant (Microsoft Learn, "Configure customer-managed keys", prerequisites). A vault that Keymend can't see
 * may be another tenant's, and is looked at by nobody here afterwards.
 */
function vaultRequirement({ keyUri }: Params, { patient }: Facts): Requirement | undefined {
  const name = vaultNameOf(keyUri)?.toLowerCase();
  if (name === patient.vaultName?.toLowerCase()) return undefined;
  const detail = `vault ${name} is in no subscription that Keymend watches, and may be another tenant's: no database is moved to a key there`;
  return requirement("same tenant", "unmet", detail, say("let Keymend watch its subscription first: docs/deploy.md, More subscriptions"));
}

function moveDraft(target: TargetFacts, { keyUri }: Params, from: string): StepDraft | undefined {
  const { id: targetId, kind, defaultIdentity } = target;
  if (kind === "account") return { name: "SetKeyUri", params: { targetId, keyUri, from } };
  if (defaultIdentity.form !== "user") return undefined;
  return { name: "SetClusterEncryption", params: { targetId, identityId: defaultIdentity.id, keyUrl: keyUri, from } };
}

/** What it named when it was first looked at: one that names a third key by now was moved by somebody else. */
const fromOf = (target: TargetFacts, { wish }: View): string => wish.status?.before?.keyUri ?? target.keyUri ?? "";

const OTHER_FIRST = say("give it one that is known first: POST /api/operations with operation switch-identity");

function ofIdentity(target: TargetFacts, stood: TargetFacts, facts: Facts): Requirement[] {
  const grantee = granteeOf(target, facts);
  if (!grantee)
    return [requirement("identity", "unmet", `which identity ${target.name} uses is not known`, showDatabase(target), OTHER_FIRST)];
  const { defaultIdentity, location } = stood;
  // Its own identity, and Azure Cosmos DB's, are nothing that could be elsewhere.
  if (defaultIdentity.form !== "user") return [];
  return withOwnGrant(identityRequirements(facts, stood, defaultIdentity.id, location), facts, stood, grantee);
}

export const switchKey: OperationSpec<"switch-key"> = {
  title: "Moves a database to another key",
  source:
    "Microsoft Learn: Configure customer-managed keys, Key rotation (a new key, by its URI); Data encryption at rest in MongoDB vCore, change of key and identity",
  loses: null,
  asks: [...DATABASE_ASKS, ...VAULT_ASKS, ...KEY_ASKS, ...IDENTITY_ASKS],
  steps: ["GrantKeyRole", "AddAccessPolicyPermissions", "SetKeyUri", "SetClusterEncryption"],
  reads: (params) => ({ keys: [keyNameOf(params.keyUri)], identityIds: [], databaseIds: [params.databaseId] }),
  concerns: concernsOne,
  requirements: (params, view) => {
    const { facts } = view;
    const target = databaseOf(params, facts);
    const ofDatabase = databaseRequirements(params, view, target !== undefined && isMoved(target, params));
    const elsewhere = vaultRequirement(params, facts);
    if (!target || elsewhere) return [...ofDatabase, ...(elsewhere ? [elsewhere] : [])];
    const stood = movedTo(target, params.keyUri);
    return [...ofDatabase, ...vaultRequirements(facts), ...keyRequirements(facts, stood), ...ofIdentity(target, stood, facts)];
  },
  drafts: (params, view) => {
    const { facts } = view;
    const target = databaseOf(params, facts);
    const grantee = target && granteeOf(target, facts);
    const move = target && moveDraft(target, params, fromOf(target, view));
    return target && grantee && move ? [...newGrantDrafts(facts, movedTo(target, params.keyUri), grantee), move] : [];
  },
  inSequence: true,
  mends: [],
  doneWhen: "the database names the new key, and the service has confirmed it for 65 minutes, a whole check of its own",
  reached: (params, view) => {
    const { facts } = view;
    const target = databaseOf(params, facts);
    return reachedBy(params, view, {
      isThere: target !== undefined && isMoved(target, params),
      isSettling: target !== undefined && isGranting(facts, movedTo(target, params.keyUri), granteeOf(target, facts)?.principalId),
      what: `key ${keyNameOf(params.keyUri)}`,
    });
  },
  stands: false,
  before: beforeOf,
  wayBack: "the database is sent back to the key that it had, which stays, and so does the grant on it",
  undo: (params, facts, { status }) => {
    const target = databaseOf(params, facts);
    const before = status?.before?.keyUri;
    if (!target || !before || isSameKey(before, params.keyUri) || !isMoved(target, params)) return [];
    const back = moveDraft(target, { ...params, keyUri: before }, params.keyUri);
    return back ? azOf(back) : [];
  },
  disposable: (params, view) => {
    const { facts, wish } = view;
    const target = databaseOf(params, facts);
    const before = wish.status?.before?.keyUri;
    if (!target || !before || isSameKey(before, params.keyUri)) return [];
    if (!isMoved(target, params)) return [say(`${target.name} does not use key ${keyNameOf(params.keyUri)} any more: nothing is to go`)];
    const { key } = parseKeyUri(before);
    const others = facts.targets.filter(({ id, keyUri }) => id !== target.id && keyUri !== null && isSameKey(keyUri, before));
    if (others.length > 0)
      return [say(`${others.map(({ name }) => name).join(", ")} still wrap with key ${key}: it stays, and so does its grant`)];
    const who = target.defaultIdentity.form === "user" ? nameOf(target.defaultIdentity.id) : "its identity";
    const isHere = vaultNameOf(before)?.toLowerCase() === facts.patient.vaultName?.toLowerCase();
    const rest = isHere ? "nor does another database of this vault" : "whether another database does is told by a look at its vault";
    return [
      say(`${target.name} does not wrap with key ${placeOf(before)} any more; ${rest}`),
      say(`keep the grant of ${who} on that key for as long as the key itself is needed`),
      ...neededBy(`key ${placeOf(before)}`, [target], view),
    ];
  },
};
