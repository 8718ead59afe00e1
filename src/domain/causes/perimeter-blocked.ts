import type { Cause } from "../cause.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import { verdictOf } from "../databases/index.ts";
import { showVault } from "../mending/advice.ts";
import { say } from "../steps/az.ts";
import { PERIMETER } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    PerimeterBlocked: true;
  }
}

const OUTBOUND_DENIED = 4016;

const isPerimeter = (access: string | null | undefined): boolean => access?.toLowerCase() === "securedbyperimeter";

/** A vault in a perimeter may hold the database's own perimeter too: then it has always been so, and works. */
function find(facts: Facts, target: TargetFacts): string[] {
  const vault = liveVaultOf(facts);
  const verdict = verdictOf(target);
  const says =
    verdict === "lost" && target.service.code === OUTBOUND_DENIED ? ["the service says 4016: a perimeter keeps it from the vault"] : [];
  if (!vault || !isPerimeter(vault.network.publicNetworkAccess)) return says;
  const isUsual = isPerimeter(facts.baseline?.network.publicNetworkAccess) && verdict === "healthy";
  return isUsual
    ? says
    : [...says, `vault ${vault.name} is secured by a network security perimeter, which overrides the bypass for trusted services`];
}

export const perimeterBlocked: Cause = {
  code: "PerimeterBlocked",
  title: "A network security perimeter lies between service and vault",
  shownBy: "The vault is secured by a network security perimeter, which overrides the bypass, or the service says 4016.",
  repair: "None: the owner of the perimeter decides.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Key Vault network security (perimeters override the trusted bypass); sub-status 4016 NspOutboundDenied",
  madeBy: PERIMETER,
  default: "none",
  statusCodes: [OUTBOUND_DENIED],
  find: (facts, target) => {
    const found = find(facts, target);
    if (found.length === 0) return undefined;
    return { effect: verdictOf(target) === "lost" ? "broken" : "unknown", facts: found, values: {} };
  },
  // Its code may be an older word about what was mended meanwhile.
  mend: ({ facts: reasons }, facts) => ({
    kind: "escalate",
    reason: reasons.join("; "),
    ...(isPerimeter(liveVaultOf(facts)?.network.publicNetworkAccess) ? {} : { isWord: true }),
  }),
  advice: (facts) => [
    ...showVault(facts, "publicNetworkAccess:properties.publicNetworkAccess,network:properties.networkAcls"),
    say("database and vault have to be in one perimeter, or the vault's perimeter needs an inbound rule: its owner decides"),
  ],
};
