/** What a step says of itself, and what an approval of it is bound to: told by hand, so that another word or another id is a decision. */
import { describe, expect, test } from "vitest";
import { normalId } from "../../../src/domain/arm-id.ts";
import { completeStep, stepSpecs } from "../../../src/domain/steps/index.ts";
import type { StepDraft, StepName } from "../../../src/domain/steps/step.ts";
import {
  ACCOUNT_ID,
  CLUSTER_ID,
  ENCRYPTION_ROLE,
  IDENTITY_ID,
  KEY_SCOPE,
  KEY_URI,
  NOW,
  PRINCIPAL,
  V1,
  VAULT_ID,
} from "../../support/builders.ts";
import { draft, PAST, SAMPLES, SECOND } from "../../support/steps.ts";

type Told = { id: string[]; undo: string | null; about?: string; tells?: string };

const VERSION = `${KEY_URI}/${V1}`;
const TOPIC = SAMPLES.RestoreEventSubscription.topicId;
const CUTS_OFF = "loses access within an hour or so, and up to an hour of writes before that may be missing from its backups";

/** Of the samples. A step without a line does not compile. */
const TOLD: Record<StepName, Told> = {
  TagIntent: { id: [VERSION, "w1"], undo: "take the tag keymend:revoked off key cmk again" },
  DisableKeyVersion: {
    id: [VERSION],
    undo: `enable version ${V1} of key cmk again`,
    tells: `every database that wraps with it ${CUTS_OFF}`,
  },
  RemoveGrant: {
    id: [normalId(`${KEY_SCOPE}/providers/Microsoft.Authorization/roleAssignments/aaaa`)],
    undo: `make role assignment aaaa on ${KEY_SCOPE} again`,
    about: PRINCIPAL,
    tells: `every database that reaches its key by it ${CUTS_OFF}`,
  },
  RemoveAccessPolicyPermissions: {
    id: [normalId(VAULT_ID), PRINCIPAL, "get", "wrapkey"],
    undo: `give the access policy of ${PRINCIPAL} wrapkey, get again`,
    about: PRINCIPAL,
    tells: `every database that reaches its key by it ${CUTS_OFF}`,
  },
  RecoverVault: {
    id: [normalId(VAULT_ID)],
    undo: "delete vault kv-orders again: every database that wraps with its keys loses access",
  },
  EnablePurgeProtection: {
    id: [normalId(VAULT_ID)],
    undo: null,
    tells:
      "Purge protection can never be turned off again: until the vault's retention has passed, nobody can purge the vault, or a key, secret or certificate of it, once it is deleted.",
  },
  RecoverKey: {
    id: [KEY_URI],
    undo: "delete key cmk again: every database that wraps with it loses access",
    tells: "role assignments at the key itself may not come back with it: what is missing then is told at the end",
  },
  PutBackKeyVersion: { id: [VERSION, "expiresOn"], undo: null, about: "its expiry as it was before Keymend's own write" },
  EnableKeyVersion: {
    id: [VERSION],
    undo: `disable version ${V1} of key cmk again: every database that wraps with it loses access`,
  },
  SetKeyNotBefore: {
    id: [VERSION],
    undo: `set the activation date of version ${V1} of key cmk back to what the audit shows`,
  },
  ExtendKeyExpiry: {
    id: [VERSION],
    undo: `set the expiry back to ${PAST}; if that has passed, the key stops wrapping at once`,
  },
  RestoreKeyOperations: {
    id: [VERSION, "sign", "unwrapKey", "wrapKey"],
    undo: `take the operations that were put back off version ${V1} of key cmk again`,
  },
  CreateKeyVersion: {
    id: [KEY_URI, NOW],
    undo: "none is needed: the versions of key cmk before stay as they are; one that is no longer the newest can't become it again",
    tells:
      "every database that follows the key moves to the new version within a day; the one before is to stay enabled until then, and for its backups",
  },
  CreateIdentity: { id: [normalId(SECOND)], undo: `delete identity ${SECOND}, once nothing uses it` },
  CreateKey: {
    id: [KEY_URI],
    undo: "delete key cmk, once nothing wraps with it; its name is taken until it is purged",
  },
  RestoreRoleAssignment: {
    id: [normalId(VAULT_ID), normalId(ENCRYPTION_ROLE), normalId(IDENTITY_ID), "aaaa"],
    undo: `delete role assignment aaaa on ${VAULT_ID}`,
  },
  GrantKeyRole: {
    id: [normalId(KEY_SCOPE), SAMPLES.GrantKeyRole.roleDefinitionId, normalId(IDENTITY_ID)],
    undo: `delete the role assignment that was made on ${KEY_SCOPE}`,
  },
  AddAccessPolicyPermissions: {
    id: [normalId(VAULT_ID), normalId(IDENTITY_ID), "", "get", "wrapkey"],
    undo: `take wrapKey, get off the principal's access policy on ${VAULT_ID} again`,
  },
  AllowTrustedServices: {
    id: [normalId(VAULT_ID)],
    undo: `set the firewall bypass of ${VAULT_ID} back to None: databases that wrap with its keys lose access`,
  },
  SetKeyUri: { id: [normalId(ACCOUNT_ID), KEY_URI], undo: "set the key URI back to what the audit shows" },
  AttachIdentity: {
    id: [normalId(ACCOUNT_ID), normalId(SECOND)],
    undo: `detach ${SECOND} again, once it is not the default identity`,
  },
  SetDefaultIdentity: {
    id: [normalId(ACCOUNT_ID), `userassignedidentity=${normalId(SECOND)}`],
    undo: "set the default identity back to what the audit shows, if that identity still exists and is attached",
  },
  SetClusterEncryption: {
    id: [normalId(CLUSTER_ID), normalId(IDENTITY_ID), KEY_URI],
    undo: "set identity and key URL back to what the audit shows, together",
  },
  DetachIdentity: { id: [normalId(ACCOUNT_ID), normalId(SECOND)], undo: null },
  UntagIntent: { id: [VERSION, "w1"], undo: "tag key cmk keymend:revoked=w1 again" },
  RestoreEventSubscription: {
    id: [normalId(VAULT_ID), normalId(TOPIC), "keymend"],
    undo: "delete event subscription keymend of t",
    about: "keymend: all events of kv-orders to a receiver that Azure does not name",
  },
};

const whole = (step: StepDraft) => completeStep(step, { causes: [], targetIds: [], needs: "nothing", ready: true });

describe.each(Object.entries(TOLD))("%s", (name, { id, undo, about = null, tells }) => {
  const step = draft(name as StepName) as StepDraft;

  test("is told with its id, its undo and what whoever agrees has to know", () => {
    const { id: own, undo: back, about: what, tells: warning } = whole(step);
    expect({ id: own, undo: back, about: what, tells: warning }).toEqual({
      id: [name, ...id].join("|"),
      undo,
      about,
      tells,
    });
  });

  test("takes back an own write in one of them alone", () => {
    expect(stepSpecs[name as StepName].isUndo).toBe(name === "PutBackKeyVersion");
  });
});
