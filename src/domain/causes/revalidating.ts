import type { Cause } from "../cause.ts";
import { userAssigned } from "../databases/default-identity.ts";
import type { TargetFacts } from "../facts.ts";
import { azOf } from "../steps/index.ts";
import type { StepDraft } from "../steps/step.ts";
import { verdictOf } from "../databases/index.ts";
import { NO_TOKEN } from "../databases/account.ts";
import { say } from "../steps/az.ts";
import { NOBODY } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    Revalidating: true;
  }
}

/** Attaching an identity again renews what the account knows of it (Azure/azure-cli pull request 25712); the default is then set again. */
function renewal(target: TargetFacts): string[] {
  const { kind, id: targetId, defaultIdentity, service } = target;
  if (kind !== "account" || service.code !== NO_TOKEN || defaultIdentity.form !== "user") return [];
  const { id: identityId } = defaultIdentity;
  const steps: StepDraft[] = [
    { name: "AttachIdentity", params: { targetId, identityId } },
    { name: "SetDefaultIdentity", params: { targetId, defaultIdentity: userAssigned(identityId) } },
  ];
  const words = `the service gets no token for identity ${identityId} though it is there: attach it again, or give the account a new one`;
  return [say(words), ...steps.flatMap(azOf).map(say)];
}

/** The service looks about once an hour; after two, its makers must be asked. */
export const revalidating: Cause = {
  code: "Revalidating",
  title: "The key path works; the service has not noticed yet",
  shownBy: "The key path works, and the service still says that it has no access.",
  repair: "None: it looks again about once an hour. After two hours ask Microsoft support.",
  steps: [],
  kinds: ["account", "cluster"],
  source:
    "Microsoft Learn: account troubleshooting guide (wait upwards to one hour, contact support after two); vCore troubleshooting guide, note",
  madeBy: NOBODY,
  default: "none",
  statusCodes: [],
  find: (_facts, target, _settings, found) => {
    if (verdictOf(target) !== "lost" || found.some(({ evidence }) => evidence.effect !== "willBreak")) return undefined;
    const { code, clusterStatus } = target.service;
    return {
      effect: "waiting",
      facts: [`the key path works; the service still says ${code ?? clusterStatus ?? "that access is lost"}`],
      values: {},
    };
  },
  mend: () => ({ kind: "wait", reason: "the service checks its key about once an hour and has not noticed yet" }),
  advice: (_facts, target) => [
    ...renewal(target),
    say(`ask Microsoft support: the key path of ${target.id} works, and the service has not looked again`),
  ],
};
