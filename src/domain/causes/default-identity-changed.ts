import { nameOf } from "../arm-id.ts";
import type { Cause } from "../cause.ts";
import { isYoungDefault } from "../access/known-good.ts";
import { grantStateOf } from "../access/key-access.ts";
import { isSameDefault, type NamedDefault, rememberedDefault, writeDefault } from "../databases/default-identity.ts";
import { principalStateOf, verdictOf } from "../databases/index.ts";
import { principalIn } from "../databases/key-path.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { onlyAble } from "../mending/switch-identity.ts";
import { DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    DefaultIdentityChanged: true;
  }
}

/** Attached, there, and able to reach the key. */
function isUsable(facts: Facts, target: TargetFacts, choice: NamedDefault): boolean {
  const state = principalStateOf({ ...target, defaultIdentity: choice }, facts.identities, facts.firstPartyPrincipalId);
  return state.state === "known" && grantStateOf(facts, target, state.principalId) !== "none";
}

/** Nothing proves that the present default identity reaches the key, and the service does not say so either. */
function isCutOff(facts: Facts, target: TargetFacts): boolean {
  const principal = principalIn(facts, target);
  if (verdictOf(target) === "healthy" && principal.state === "unreadable") return false;
  if (principal.state === "unreadable") return target.defaultIdentity.form !== "unknown";
  return principal.state === "known" && grantStateOf(facts, target, principal.principalId) === "none";
}

const sayDefault = (choice: NamedDefault): string =>
  ({ user: choice.form === "user" ? nameOf(choice.id) : "", system: "its system-assigned identity", firstParty: "FirstPartyIdentity" })[
    choice.form
  ];

export const defaultIdentityChanged: Cause = {
  code: "DefaultIdentityChanged",
  title: "The account's default identity was changed to one that can't reach the key",
  shownBy:
    "The default identity is another than when last healthy (FirstPartyIdentity after a write of the whole account that names none) and can't reach the key, while one that can is still attached.",
  repair:
    "Make the remembered identity the default again; nothing is granted to the other one. Where none is remembered, or the remembered one can't reach the key: a person agrees to the attached one that can.",
  steps: ["SetDefaultIdentity"],
  kinds: ["account"],
  source:
    'Microsoft Learn: account troubleshooting guide, "Invalid Azure Cosmos DB default identity"; hashicorp/terraform-provider-azurerm issues 22466, 21780, 28095 (a whole PUT without defaultIdentity leaves FirstPartyIdentity)',
  madeBy: DATABASE,
  default: "auto",
  statusCodes: [4000, 4002, 4015],
  find: (facts, target) => {
    const { defaultIdentity: now } = target;
    if (now.form === "undefined" || now.form === "unknown" || !isCutOff(facts, target)) return undefined;
    const before = rememberedDefault(target, facts.baseline);
    if (before && isSameDefault(before, now)) return undefined;
    const remembered = before && isUsable(facts, target, before) ? before : undefined;
    const choice = remembered ?? onlyAble(facts, target);
    if (!choice) return undefined;
    const since = before ? `, and was ${sayDefault(before)} when last healthy` : "";
    const text = `the default identity of ${target.name} is ${sayDefault(now)}${since}; it can't reach the key, and ${sayDefault(choice)} can`;
    return { effect: "broken", facts: [text], values: { choice: writeDefault(choice), remembered: remembered ? "yes" : null } };
  },
  mend: ({ values }, facts, target, settings) => {
    const defaultIdentity = String(values["choice"]);
    const asks =
      values["remembered"] === null
        ? `that ${target.name} used ${defaultIdentity} before is not known; it is attached and can reach the key`
        : isYoungDefault(facts, target, settings);
    return {
      kind: "steps",
      steps: [{ name: "SetDefaultIdentity", params: { targetId: target.id, defaultIdentity } }],
      ...(asks === undefined ? {} : { asks }),
    };
  },
};
