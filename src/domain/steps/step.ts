/** Steps: one idempotent write to Azure each, as plain data. What is known of each (permission, undo, az command) is in the file of its name. */
import type { Grantee } from "../access/access.ts";
import type { CauseCode } from "../cause-code.ts";
import type { ClusterEncryption } from "../databases/database-change.ts";
import type { TargetKind } from "../facts.ts";

type OnKey = { vaultId: string; vaultUri: string; key: string };
type OnKeyVersion = OnKey & { version: string };

/** What a recovery does not bring back, in words and as commands that make it again. */
export type Loses = { text: string; az: string[] };

export type StepParams = {
  /** expiresOn: the new expiry, ISO 8601 UTC. previous: what it was. */
  ExtendKeyExpiry: OnKeyVersion & { expiresOn: string; previous: string | null; extensions: number };
  EnableKeyVersion: OnKeyVersion;
  SetKeyNotBefore: OnKeyVersion & { notBefore: string };
  /** operations: the whole set after the step (what is there and what is put back). */
  RestoreKeyOperations: OnKeyVersion & { operations: string[] };
  /** attribute: by its name in facts. value: as it was before Keymend's own write of that moment, which came out as something else. */
  PutBackKeyVersion: OnKeyVersion & { attribute: "expiresOn" | "notBefore" | "operations"; value: string | string[]; writtenOn: string };
  RecoverKey: OnKey;
  /** loses: absent in what earlier versions kept. */
  RecoverVault: { vaultId: string; location: string; tenantId: string; sku: string; loses?: Loses };
  RestoreEventSubscription: { topicId: string; topicLocation: string; source: string; name: string; properties: Record<string, unknown> };
  RestoreRoleAssignment: Grantee & {
    scope: string;
    name: string;
    roleDefinitionId: string;
    principalType: string;
    condition: string | null;
    conditionVersion: string | null;
    description: string | null;
  };
  GrantKeyRole: Grantee & { scope: string; roleDefinitionId: string };
  /** keys: only what is lacking, as Azure spells it (`get`, `list`, `wrapKey`, `unwrapKey`). */
  AddAccessPolicyPermissions: Grantee & { vaultId: string; tenantId: string; applicationId: string | null; keys: string[] };
  /** insteadOf: the name it stands in for, kept as the tag `keymend:insteadOf`; null where somebody wants just this one. */
  CreateIdentity: { identityId: string; location: string; insteadOf: string | null };
  /** Of an account; a cluster's comes with its key. identityId: of a user-assigned identity, or `SystemAssigned`. */
  AttachIdentity: { targetId: string; identityId: string };
  /** keyless: of an account that has no key yet. */
  SetDefaultIdentity: { targetId: string; defaultIdentity: string; keyless?: true };
  /** keeps: what a cluster encrypts with and goes on encrypting with; null for an account. */
  DetachIdentity: { targetId: string; targetKind: TargetKind; identityId: string; keeps: ClusterEncryption | null };
  AllowTrustedServices: { vaultId: string };
  EnablePurgeProtection: { vaultId: string };
  /**
   * from: the key that it leaves, where somebody wants it to have another one; absent of a repair, which never does. first: it has no key yet, and
   * is to reach it by this identity.
   */
  SetKeyUri: { targetId: string; keyUri: string; from?: string; first?: { defaultIdentity: string } };
  /** value: the operation that it stands for. others: the key's tags as read, which az would replace. */
  TagIntent: OnKeyVersion & { value: string; others: Record<string, string> };
  DisableKeyVersion: OnKeyVersion;
  /** One role assignment. holder: the principal that has access by it. */
  RemoveGrant: { scope: string; name: string; holder: string };
  /** keys: as the holder's policy spells them. */
  RemoveAccessPolicyPermissions: { vaultId: string; tenantId: string; holder: string; keys: string[] };
  /** since: when it was wanted; one that was made since then is it. */
  CreateKeyVersion: OnKey & { since: string };
  /** Only where there is none of that name. */
  CreateKey: OnKey;
  /** Only where it has this value. */
  UntagIntent: OnKeyVersion & { value: string; others: Record<string, string> };
  /** from: as of SetKeyUri. */
  SetClusterEncryption: { targetId: string; identityId: string; keyUrl: string; from?: string };
};

export type StepName = keyof StepParams;

/** What a cause proposes; the plan adds why, whom it serves and what it needs. */
export type StepDraft = { [N in StepName]: { name: N; params: StepParams[N] } }[StepName];

type GrantName = { [N in StepName]: StepParams[N] extends Grantee ? N : never }[StepName];

/** A step that gives a principal access. */
export type Grant = Extract<StepDraft, { name: GrantName }>;

export type Step = StepDraft & {
  /** Stable over re-planning: name, what it acts on and what it sets, without values that only time changes (an expiry, a principal still to be created). Approvals name it. */
  id: string;
  /** What it acts on: an ARM id, or a key version's URL. */
  on: string;
  /** What it is for, in words; null where its name and what it acts on tell. */
  about: string | null;
  /** What whoever agrees to it has to know; absent where there is nothing. */
  tells?: string;
  /** Causes it mends, and the databases it serves (ids as stored). */
  causes: CauseCode[];
  targetIds: string[];
  /** The Azure permission it needs, by action or data action. */
  permission: string;
  /** How to take it back, in words; null where it can't be. */
  undo: string | null;
  needs: "nothing" | "approval";
  /** Why it is a question whatever the settings say; absent where they alone decide. */
  asks?: string;
  /** The wish that it fulfils, which is the consent to it; absent where it is a repair alone. */
  wish?: string;
  /** False while it waits for an earlier step of the same plan, or for a grant to reach the vault. */
  ready: boolean;
};
