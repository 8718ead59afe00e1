/** What a step changes, as before and after: what whoever decides has to see. */
import type { StepName } from "../../domain/steps/step.ts";
import type { Step } from "./answers.ts";

export type Change = { before: string; after: string };

type Said = Pick<Step, "az" | "undo" | "about">;

/** The value of an option, as the step's own command line has it. */
function option({ az }: Said, name: string): string | undefined {
  for (const line of az) {
    const found = new RegExp(String.raw`--${name} ('[^']*'|"[^"]*"|\S+)`).exec(line)?.[1];
    if (found !== undefined) return found.replace(/^(['"])(.*)\1$/, "$2");
  }
  return undefined;
}

const known = (value: string | undefined, otherwise: string): string => value ?? otherwise;

/** By the words of its undo, where there is a way back. */
const previousExpiry = ({ undo }: Said): string | undefined => /expiry back to (\S+?);/.exec(undo ?? "")?.[1];

const NO_GRANT = "it has no access to the key";
const GRANT = "it may get, wrap and unwrap with the key, and nothing more";

const CHANGES: Record<StepName, (step: Said) => Change> = {
  ExtendKeyExpiry: (step) => ({
    before: `expires ${known(previousExpiry(step), "soon, or has expired")}`,
    after: `expires ${known(option(step, "expires"), "later")}`,
  }),
  PutBackKeyVersion: () => ({ before: "it is not what Keymend asked for", after: "it is as it was before Keymend's own write" }),
  EnableKeyVersion: () => ({ before: "the key version is disabled", after: "the key version is enabled" }),
  SetKeyNotBefore: (step) => ({ before: "not valid yet", after: `valid from ${known(option(step, "not-before"), "now on")}` }),
  RestoreKeyOperations: () => ({ before: "the key may not wrap or unwrap", after: "the key may wrap and unwrap again" }),
  CreateKey: () => ({ before: "there is no such key", after: "there is a key that fits, which nothing uses yet" }),
  RecoverKey: () => ({ before: "the key is soft-deleted", after: "the key is back, with all its versions" }),
  RecoverVault: () => ({ before: "the vault is soft-deleted", after: "the vault is back, with its keys" }),
  RestoreEventSubscription: () => ({ before: "no event of the vault reaches Keymend", after: "its events reach Keymend" }),
  RestoreRoleAssignment: () => ({ before: NO_GRANT, after: "the role assignment stands again as it was" }),
  GrantKeyRole: () => ({ before: NO_GRANT, after: GRANT }),
  AddAccessPolicyPermissions: (step) => ({
    before: "its access policy lacks what the database needs",
    after: `its access policy has ${known(option(step, "key-permissions"), "what was lacking")} as well`,
  }),
  CreateIdentity: () => ({ before: "there is no such identity", after: "a new identity is there" }),
  AttachIdentity: () => ({ before: "the database does not have the identity", after: "the database has the identity" }),
  SetDefaultIdentity: (step) => ({
    before: "the database reaches for its key as another identity",
    after: `it reaches for its key as ${known(option(step, "default-identity"), "the one with access")}`,
  }),
  DetachIdentity: () => ({ before: "a stale identity is attached", after: "the stale identity is let go" }),
  AllowTrustedServices: () => ({ before: "the vault's firewall keeps Azure services out", after: "trusted Azure services may reach it" }),
  EnablePurgeProtection: () => ({ before: "what is deleted can be purged at once", after: "nothing can be purged early, for good" }),
  SetKeyUri: (step) => ({ before: "the database names another key URI", after: `it names ${known(option(step, "key-uri"), "the key")}` }),
  TagIntent: () => ({ before: "nothing says that this is meant", after: "a tag on the key says that it is revoked on purpose" }),
  DisableKeyVersion: () => ({ before: "the key version is enabled", after: "the key version is disabled: the databases lose it" }),
  RemoveGrant: () => ({ before: "it has access to the key", after: "its role assignment is gone: its databases lose the key" }),
  RemoveAccessPolicyPermissions: () => ({
    before: "its access policy lets it use the key",
    after: "its access policy does not: its databases lose the key",
  }),
  CreateKeyVersion: () => ({ before: "the key is at the version that it is", after: "the key has a new version; the one before stays" }),
  UntagIntent: () => ({ before: "a tag says that it is revoked on purpose", after: "the tag is gone" }),
  SetClusterEncryption: () => ({ before: "the cluster encrypts by another identity or key", after: "it encrypts by the one of the plan" }),
};

const isKnown = (name: string): name is StepName => Object.hasOwn(CHANGES, name);

/** Of a step that this page does not know, from a newer app, its name and its command lines tell. */
export const changeOf = (step: Pick<Step, "name"> & Said): Change =>
  isKnown(step.name) ? CHANGES[step.name](step) : { before: "as it is", after: "as its command lines say" };
