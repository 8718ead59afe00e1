import { same } from "../azure/routes.ts";
import type { Json, StoredPolicy } from "../azure/world.ts";
import type { Patient } from "../estate/estate.ts";
import { revokedAndRestored } from "./revoking.ts";
import type { Story } from "./story.ts";

/** What the identity may do beside what its databases need: it is none of the grant on the key. */
const MORE = { keys: ["backup"], secrets: ["get"] };

/** In whatever order and case: to Azure it is the same permission (REST specification, Microsoft.KeyVault, KeyPermissions). */
const words = (of: readonly string[]): string[] => of.map((one) => one.toLowerCase()).toSorted();

const shown = ({ objectId, permissions }: StoredPolicy): Json => ({
  objectId,
  ...Object.fromEntries(Object.entries(permissions).map(([kind, of]) => [kind, words(of)])),
});

const ownPolicy = ({ vault, identity }: Patient): StoredPolicy | undefined =>
  vault.accessPolicies.find(({ objectId }) => same(objectId, identity.principalId));

export const opRevokePolicy: Story = {
  name: "op-revoke-policy",
  title:
    "a team takes what its identity may do with the key off its access policy on purpose, and nobody undoes it; the team then takes that back, and the policy is as it was",
  kinds: ["account", "cluster"],
  phases: ["grace"],
  causes: ["PolicyMissing"],
  steps: ["AddAccessPolicyPermissions"],
  // The first is the revocation's, which is an incident of its own: what it comes to the story looks up itself.
  anySteps: ["RemoveAccessPolicyPermissions", "AddAccessPolicyPermissions"],
  maxWrites: 2,
  outcome: { grace: "Completed" },
  vault: "policies",
  arrange({ patient }) {
    const { permissions } = ownPolicy(patient)!;
    permissions.keys = [...permissions.keys!, ...MORE.keys];
    permissions.secrets = MORE.secrets;
  },
  ...revokedAndRestored(({ patient }) => {
    const own = ownPolicy(patient);
    const keys = words(own?.permissions.keys ?? []);
    const rest = keys.filter((one) => MORE.keys.includes(one));
    const others = patient.vault.accessPolicies.filter((policy) => policy !== own).toSorted((a, b) => (a.objectId < b.objectId ? -1 : 1));
    const left = own ? [{ ...own, permissions: { ...own.permissions, keys: rest } }] : [];
    return { grant: keys.filter((one) => !rest.includes(one)), beside: [...left, ...others].map(shown) };
  }),
};
