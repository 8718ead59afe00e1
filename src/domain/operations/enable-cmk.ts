/**
 * Gives an account that exists its first key: nothing is written before every requirement is met and each of its document ids was looked at; then
 * the identity where one is named (grant, attach, default, each a write of its own), and the key's URI alone. Azure encrypts what is there in
 * the background, for as long as it takes, and is waited for.
 */
import { sameId } from "../arm-id.ts";
import { verdictOf } from "../databases/index.ts";
import { userAssigned, writeDefault } from "../databases/default-identity.ts";
import type { DefaultIdentity, Facts, TargetFacts } from "../facts.ts";
import { grantDrafts, whyNoGrant } from "../mending/grants.ts";
import { showDatabase } from "../mending/advice.ts";
import { switchDrafts } from "../mending/switch-identity.ts";
import { isSameKey, keyNameOf } from "../key-uri.ts";
import { isAtRest } from "../databases/at-rest.ts";
import { say } from "../steps/az.ts";
import type { StepDraft } from "../steps/step.ts";
import type { OperationParams, Requirement } from "../wish.ts";
import { FEATURE_ASKS, featureRequirements, scanRequirement } from "./account-requirements.ts";
import { reachRequirements } from "./reach.ts";
import { IDENTITY_ASKS, KEY_ASKS, keyRequirements, standsInTheWay, VAULT_ASKS, vaultRequirements } from "./requirements.ts";
import { OUT_OF_SIGHT, requirement, told } from "./rows.ts";
import type { OperationSpec, View } from "./spec.ts";

type Params = OperationParams["enable-cmk"];

const accountOf = ({ databaseId }: Params, { targets }: Pick<Facts, "targets">): TargetFacts | undefined =>
  targets.find(({ id }) => sameId(id, databaseId));

const usesOf = ({ identityId }: Params, { defaultIdentity }: TargetFacts): DefaultIdentity =>
  identityId === null ? defaultIdentity : { form: "user", id: identityId, federatedClientId: null };

/** As it is to be, so that the rules about databases can be asked. */
const wouldBe = (params: Params, account: TargetFacts): TargetFacts => ({
  ...account,
  keyUri: params.keyUri,
  defaultIdentity: usesOf(params, account),
});

const BY_SWITCH_KEY = say("the key of one that has a key is changed by another operation: POST /api/operations with operation switch-key");

function missingAccount({ databaseId }: Params, { missing }: Facts): Requirement {
  const found = missing.find(({ id }) => sameId(id, databaseId));
  if (found?.state === "unreadable") return requirement("account", "unknown", found.detail, OUT_OF_SIGHT);
  const detail = "it is not there, not in sight of Keymend, or has a key of another vault";
  return requirement("account", "unmet", detail, showDatabase({ kind: "account", id: databaseId }), BY_SWITCH_KEY);
}

/** Another key of this vault is another matter. */
function keyless({ keyUri: wanted }: Params, { name, keyUri }: TargetFacts): Requirement {
  const holds = keyUri === null || isSameKey(keyUri, wanted);
  const detail = keyUri === null ? `${name} has no customer-managed key` : `${name} wraps with ${keyUri}`;
  return requirement("account", holds, detail, BY_SWITCH_KEY);
}

/** Of a user-assigned one the grant is this operation's own work, unless somebody keeps it out. */
function ownReach(params: Params, { facts }: View, account: TargetFacts): Requirement[] {
  const target = wouldBe(params, account);
  const all = reachRequirements(facts, target, account.location);
  const { defaultIdentity: uses } = target;
  if (uses.form !== "user") return all;
  const identity = facts.identities.find(({ id }) => sameId(id, uses.id));
  const principalId = identity?.state === "live" ? identity.principalId : null;
  const isOwn = principalId !== null && whyNoGrant(facts, target, { identityId: uses.id, principalId }) === undefined;
  return all.map((one) => (one.name === "grant" && one.state === "unmet" && isOwn ? { ...one, ownWork: true } : one));
}

/** What holds before the ids are looked at. */
function requirementsBefore(params: Params, view: View, account: TargetFacts): Requirement[] {
  const target = wouldBe(params, account);
  return [
    keyless(params, account),
    ...featureRequirements(account, target.defaultIdentity),
    ...vaultRequirements(view.facts),
    ...keyRequirements(view.facts, target),
    ...ownReach(params, view, account),
  ];
}

const TOLD: readonly Requirement[] = [
  told(
    "ids written meanwhile",
    "documents that are written after their container was scanned are not looked at: one with an id of more than 990 bytes fails the encryption, which Azure checks for itself; write none until the account has its key",
  ),
  told(
    "what is blocked meanwhile",
    "while Azure encrypts, which takes spare request units and grows with the data, it refuses changes of the account such as adding a region; raise its throughput before rather than then; reads and writes go on",
  ),
];

/** Attach, then default, in two writes. */
const identityDrafts = (account: TargetFacts, identityId: string): StepDraft[] =>
  switchDrafts(account, identityId).map((draft) =>
    draft.name === "SetDefaultIdentity" ? { ...draft, params: { ...draft.params, keyless: true } } : draft,
  );

function drafts(params: Params, { facts }: View): StepDraft[] {
  const account = accountOf(params, facts);
  if (!account) return [];
  const target = wouldBe(params, account);
  const { defaultIdentity: uses } = target;
  const setUri = (defaultIdentity: string): StepDraft => ({
    name: "SetKeyUri",
    params: { targetId: account.id, keyUri: params.keyUri, first: { defaultIdentity } },
  });
  if (uses.form !== "user") return uses.form === "system" || uses.form === "firstParty" ? [setUri(writeDefault(uses))] : [];
  const identity = facts.identities.find(({ id }) => sameId(id, uses.id));
  const principalId = identity?.state === "live" ? identity.principalId : null;
  const grants = principalId === null ? [] : grantDrafts(facts, target, { identityId: uses.id, principalId });
  const isNamed = params.identityId !== null;
  return [...grants, ...(isNamed ? identityDrafts(account, uses.id) : []), setUri(isNamed ? userAssigned(uses.id) : writeDefault(uses))];
}

export const enableCmk: OperationSpec<"enable-cmk"> = {
  title: "Gives an account that exists its first customer-managed key",
  source: "Microsoft Learn: Configure customer-managed keys for your existing Azure Cosmos DB account with Azure Key Vault",
  loses:
    "An account that was given a key can never be without one again. Periodic backups from before stay as they are, not encrypted with the key; what is restored from then on has the key, from whatever time it is. Azure looks at the key as it begins: if it is revoked meanwhile the encryption goes on to its end.",
  asks: [
    "account",
    ...FEATURE_ASKS,
    ...VAULT_ASKS,
    ...KEY_ASKS,
    ...IDENTITY_ASKS.filter((name) => name !== "same region"),
    "document ids",
    "ids written meanwhile",
    "what is blocked meanwhile",
  ],
  steps: ["RestoreRoleAssignment", "GrantKeyRole", "AddAccessPolicyPermissions", "AttachIdentity", "SetDefaultIdentity", "SetKeyUri"],
  reads: ({ keyUri, identityId, databaseId }) => ({
    keys: [keyNameOf(keyUri)],
    identityIds: identityId === null ? [] : [identityId],
    databaseIds: [databaseId],
  }),
  concerns: (params, facts) => [accountOf(params, facts)?.id ?? []].flat(),
  requirements: (params, view) => {
    const account = accountOf(params, view.facts);
    if (!account) return [missingAccount(params, view.facts)];
    const scan = view.facts.scans?.find(({ wishId }) => wishId === view.wish.id);
    return [...requirementsBefore(params, view, account), scanRequirement(account, scan), ...TOLD];
  },
  ofKeyless: true,
  scans: (params, view) => {
    const account = accountOf(params, view.facts);
    const features = account?.features;
    if (!account || account.keyUri !== null || !features || "state" in features) return null;
    if (requirementsBefore(params, view, account).some(standsInTheWay)) return null;
    return { accountId: account.id, endpoint: features.endpoint, requestUnits: params.requestUnits };
  },
  drafts,
  inSequence: true,
  mends: [],
  doneWhen: "Azure has encrypted what is there, however long that takes, and the service confirms that the account has its key",
  reached: (params, { facts }) => {
    const account = accountOf(params, facts);
    if (!account || !isSameKey(account.keyUri ?? "", params.keyUri)) return { done: false, detail: "the account is to be given its key" };
    if (verdictOf(account) !== "healthy" || !isAtRest(account))
      return { done: false, detail: `${account.name} has its key; waiting for the service to say that it has access to it` };
    const word = account.service.text ?? "";
    return {
      done: true,
      detail: `${account.name} is encrypted with ${params.keyUri}, and the service says '${word}'; new backups are, those from before are not`,
    };
  },
  stands: false,
  wayBack: "none once the account has its key; before, the default identity that it had is set back",
  undo: (params, facts) => {
    const account = accountOf(params, facts);
    if (!account || account.keyUri !== null) return [say("an account with a key can't be without one again")];
    return params.identityId === null
      ? []
      : [say(`the default identity before is in the audit: az cosmosdb update --default-identity sets it back`)];
  },
};
