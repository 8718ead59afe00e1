import type { Cause, Finding } from "../cause.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { accessOf } from "../access/key-access.ts";
import { keyOf, liveVaultOf, principalIn, uriOf, versionsOf } from "../databases/key-path.ts";
import { verdictOf } from "../databases/index.ts";
import { isDefaultChanged } from "../mending/lacking.ts";
import { showAccess, showVault, showVersions } from "../mending/advice.ts";
import { confirmedLimit, firewallLimit } from "../databases/readiness.ts";
import { unseenOf } from "../databases/sight.ts";
import { say } from "../steps/az.ts";
import { NOBODY } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    Unreadable: true;
  }
}

function unreadVault({ vault }: Facts, target: TargetFacts): string[] {
  if (vault?.state === "unreadable") return [`vault ${vault.name} could not be read: ${vault.detail}`];
  const isMissing = vault === null && uriOf(target)?.faults.length === 0;
  return isMissing ? [`the vault of '${target.keyUri}' was not read`] : [];
}

function unreadKey(facts: Facts, target: TargetFacts): string[] {
  const name = uriOf(target)?.key;
  if (!liveVaultOf(facts) || !name) return [];
  const key = keyOf(facts, target);
  if (!key) return [`key ${name} was not read`];
  if (key.state === "unreadable") return [`key ${name} could not be read: ${key.detail}`];
  return key.state === "live" && key.versions.length === 0 ? [`key ${name} shows no versions`] : [];
}

function unreadAccess(facts: Facts, target: TargetFacts): string[] {
  const principal = principalIn(facts, target);
  if (principal.state === "unreadable") return confirmedLimit(facts, target) ? [] : [principal.detail];
  const access = principal.state === "known" ? accessOf(facts, target, principal.principalId) : undefined;
  return access?.state === "unknown" ? [access.detail] : [];
}

/** What can't be judged of the network, where the service itself does not confirm its access. */
const unknownNetwork = (facts: Facts, target: TargetFacts): string[] =>
  confirmedLimit(facts, target) ? [] : [firewallLimit(facts, target)?.text ?? []].flat();

/** What was not read of the version in use matters only where nothing else explains a loss. */
function unreadOperations(facts: Facts, target: TargetFacts, found: readonly Finding[]): string[] {
  if (verdictOf(target) !== "lost" || found.some(({ evidence }) => evidence.effect === "broken")) return [];
  const [inUse] = versionsOf(facts, target);
  return inUse?.facts.operations === null ? [`the operations and type of version ${inUse.facts.version} could not be read`] : [];
}

/** Never healthy, never repaired blindly. */
export const unreadable: Cause = {
  code: "Unreadable",
  title: "Something needed for a diagnosis could not be read",
  shownBy:
    "Something that the diagnosis needs could not be read, or the service says something that Keymend does not know. It is never taken for healthy.",
  repair: "None: nothing is repaired blindly. Mostly Keymend's own identity lacks a role.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Troubleshoot Azure RBAC (a caller without permission sees less, not an error)",
  madeBy: NOBODY,
  default: "none",
  statusCodes: [],
  find: (facts, target, _settings, found) => {
    const { text, clusterStatus } = target.service;
    const unclear = verdictOf(target) === "unclear" ? [`the service says '${text ?? clusterStatus}', which Keymend does not know`] : [];
    const unseen = unseenOf(facts, target);
    const all = [
      ...(unseen ? [`${unseen.text}, and yet the service says that it has access: Keymend does not see all there is`] : []),
      ...unreadVault(facts, target),
      ...unreadKey(facts, target),
      ...(isDefaultChanged(found) ? [] : unreadAccess(facts, target)),
      ...unreadOperations(facts, target, found),
      ...unknownNetwork(facts, target),
      ...unclear,
    ];
    return all.length === 0 ? undefined : { effect: "unknown", facts: all, values: { words: unclear } };
  },
  mend: ({ facts, values: { words } }) => ({
    kind: "escalate",
    reason: facts.join("; "),
    ...(facts.every((text) => words!.includes(text)) ? { isWord: true } : {}),
  }),
  advice: (facts, target) => [
    ...showVault(facts, "rbac:properties.enableRbacAuthorization,policies:properties.accessPolicies,network:properties.networkAcls"),
    ...showVersions(target),
    ...showAccess(facts, target),
    say("what a person can read and Keymend can't: its identity lacks a role (docs/deploy.md)"),
  ],
};
