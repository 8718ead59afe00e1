/**
 * Makes what is lacking among identity, key and grant, on a vault that is there, for a database that is there or to come. Of the vault itself
 * nothing is changed but its purge protection, where that is asked for by name: what else is not as it has to be is told with the command.
 */
import { accessOf, grantStateOf } from "../access/key-access.ts";
import { ENCRYPTION_USER } from "../access/access.ts";
import { keyScopeOf, sameId } from "../arm-id.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import type { Facts, IdentityFacts, KeyFacts } from "../facts.ts";
import { newGrantDrafts, whyNoGrant } from "../mending/grants.ts";
import { az, say } from "../steps/az.ts";
import type { StepDraft } from "../steps/step.ts";
import type { OperationParams, Requirement } from "../wish.ts";
import { standsInTheWay } from "./requirements.ts";
import type { OperationSpec } from "./spec.ts";
import { readsOfWished, WISHED_ASKS, wishedRequirements } from "./wished.ts";
import { asWished } from "./would-be.ts";

type Params = OperationParams["prepare"];

const keyIn = ({ key }: Params, { keys }: Facts): KeyFacts | undefined => keys.find(({ name }) => name.toLowerCase() === key.toLowerCase());

const identityIn = ({ identityId }: Params, { identities }: Facts): IdentityFacts | undefined =>
  identities.find(({ id }) => sameId(id, identityId));

function granteeOf(params: Params, facts: Facts): { identityId: string; principalId: string | null } {
  const identity = identityIn(params, facts);
  return { identityId: params.identityId, principalId: identity?.state === "live" ? identity.principalId : null };
}

/** What is not there and can be made. Of a grant at a key that is not there nothing can be read yet. */
function isOwnWork(params: Params, facts: Facts, { name, state }: Requirement): boolean {
  if (name === "key") return keyIn(params, facts)?.state === "gone";
  if (name === "purge protection") return params.purgeProtection === true;
  if (name === "identity") return identityIn(params, facts)?.state === "gone";
  if (name !== "grant") return false;
  const isGranted = state === "unmet" && whyNoGrant(facts, asWished(params, facts).target, granteeOf(params, facts)) === undefined;
  return isGranted || keyIn(params, facts)?.state === "gone";
}

function draftsOf(params: Params, facts: Facts): StepDraft[] {
  const vault = liveVaultOf(facts);
  if (!vault) return [];
  const { target, location } = asWished(params, facts);
  const { identityId, key } = params;
  return [
    ...(params.purgeProtection ? [{ name: "EnablePurgeProtection" as const, params: { vaultId: vault.id } }] : []),
    { name: "CreateIdentity", params: { identityId, location: location ?? vault.location, insteadOf: null } },
    { name: "CreateKey", params: { vaultId: vault.id, vaultUri: vault.uri, key } },
    ...newGrantDrafts(facts, target, granteeOf(params, facts)),
  ];
}

export const prepare: OperationSpec<"prepare"> = {
  title: "Makes what is lacking among identity, key and grant, on a vault that is there",
  source:
    "Microsoft Learn: Configure customer-managed keys for your Azure Cosmos DB account with Azure Key Vault; Configure customer-managed key in MongoDB vCore, prerequisites",
  loses: null,
  asks: WISHED_ASKS,
  steps: ["EnablePurgeProtection", "CreateIdentity", "CreateKey", "GrantKeyRole", "AddAccessPolicyPermissions"],
  reads: (params) => ({ ...readsOfWished(params), identityIds: [params.identityId] }),
  ofKeyless: true,
  concerns: ({ databaseId }, { targets }) => targets.filter(({ id }) => databaseId !== null && sameId(id, databaseId)).map(({ id }) => id),
  requirements: (params, { facts }) =>
    wishedRequirements(params, facts).map((one) =>
      one.state !== "met" && isOwnWork(params, facts, one) ? { ...one, ownWork: true } : one,
    ),
  drafts: (params, { facts }) => draftsOf(params, facts),
  mends: [],
  doneWhen: "identity, key and grant are there, and the grant has had the ten minutes that it may take to reach the vault",
  reached: (params, view) => {
    const { facts } = view;
    const left = prepare.requirements(params, view).filter((one) => one.ownWork === true || standsInTheWay(one));
    if (left.length > 0) return { done: false, detail: `not there yet: ${left.map(({ name }) => name).join(", ")}` };
    const isSettled = grantStateOf(facts, asWished(params, facts).target, granteeOf(params, facts).principalId!) === "settled";
    return isSettled
      ? { done: true, detail: `identity, key and grant are there, and the grant has had the time that it takes to reach the vault` }
      : { done: false, detail: "the grant is made, and may take ten minutes to reach the vault" };
  },
  stands: false,
  wayBack:
    "the grant is taken off again; identity and key may stay, for they allow nothing by themselves; purge protection stays, whatever anybody does",
  undo: (params, facts) => {
    const { principalId } = granteeOf(params, facts);
    const vault = liveVaultOf(facts);
    const access = principalId === null ? undefined : accessOf(facts, asWished(params, facts).target, principalId);
    if (!vault || principalId === null || access?.state !== "judged" || !access.effective.allowed) return [];
    const how =
      access.model === "rbac"
        ? az(
            "role",
            "assignment",
            "delete",
            "--assignee",
            principalId,
            "--role",
            ENCRYPTION_USER,
            "--scope",
            keyScopeOf(vault.id, params.key),
          )
        : say(`take the key permissions of ${principalId} off the access policies of vault ${vault.name}`);
    return [how, say("identity and key may stay: they allow nothing by themselves; whichever was made for this is under applied")];
  },
};
