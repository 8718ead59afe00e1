/**
 * What Keymend may do to Azure, in parts that are deployed one by one: each has an identity of its own, whose role holds what its steps
 * take and nothing else. All reading is `observe`'s.
 */
export const CAPABILITIES = ["observe", "keys", "access", "databases", "vaults"] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Those that write. */
export type Writing = Exclude<Capability, "observe">;

/** What a deployment may let a capability do beside, by what the repairs are of: its parameters `allow...` (infra/main.bicep). */
export const ALLOWABLE = ["accessPolicies", "vaults", "identities", "clusters", "revocations"] as const;
export type Allowable = (typeof ALLOWABLE)[number];

/** Whatever has an identity of its own: asking Microsoft support changes nothing that Keymend looks after, so it is no repair's. */
export const IDENTITIES = [...CAPABILITIES, "support"] as const;
export type IdentityName = (typeof IDENTITIES)[number];

/** Object ids by what they are for; one that is not among them is not deployed. */
export type Principals = Readonly<{ observe: string } & Partial<Record<IdentityName, string>>>;

/** Whether the principal is one of Keymend's own. */
export const isOwn = (principals: Principals, objectId: string): boolean =>
  Object.values(principals).some((own) => own.toLowerCase() === objectId.toLowerCase());
