import type { Cause } from "../cause.ts";
import { sameId } from "../arm-id.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { liveVaultOf, regionOf } from "../databases/key-path.ts";
import { verdictOf } from "../databases/index.ts";
import { showVault } from "../mending/advice.ts";
import { az, say } from "../steps/az.ts";
import { DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    OtherRegion: true;
  }
}

function elsewhere(facts: Facts, target: TargetFacts): string[] {
  const { defaultIdentity } = target;
  const identity = defaultIdentity.form === "user" ? facts.identities.find(({ id }) => sameId(id, defaultIdentity.id)) : undefined;
  const vault = liveVaultOf(facts);
  const places = [
    ...(vault ? [{ what: `vault ${vault.name}`, location: vault.location }] : []),
    ...(identity?.state === "live" ? [{ what: `identity ${identity.name}`, location: identity.location }] : []),
  ];
  return places
    .filter(({ location }) => regionOf(location) !== regionOf(target.location))
    .map(({ what, location }) => `${what} is in ${location}`);
}

export const otherRegion: Cause = {
  code: "OtherRegion",
  title: "Vault or identity lie in another region than the cluster",
  shownBy: "The vault or the default identity of a cluster lies in another region than the cluster.",
  repair: "None: neither can be moved. A key and an identity in the cluster's region have to take their place.",
  steps: [],
  kinds: ["cluster"],
  source: "Microsoft Learn: Azure DocumentDB limitations (vault and identity must be in the cluster's region)",
  madeBy: DATABASE,
  default: "none",
  statusCodes: [],
  find: (facts, target) => {
    const found = elsewhere(facts, target);
    if (found.length === 0) return undefined;
    return {
      effect: verdictOf(target) === "lost" ? "broken" : "willBreak",
      facts: found.map((text) => `${text}, the cluster in ${target.location}`),
      values: {},
    };
  },
  mend: ({ facts }) => ({ kind: "escalate", reason: facts.join("; ") }),
  advice: (facts, { defaultIdentity }) => [
    ...showVault(facts, "id:id"),
    ...(defaultIdentity.form === "user" ? [az("identity", "show", "--ids", defaultIdentity.id, "--query", "location")] : []),
    say("neither vault nor identity can be moved: a key and an identity in the cluster's region have to take their place"),
  ],
};
