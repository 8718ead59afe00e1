import type { Cause } from "../cause.ts";
import { verdictOf } from "../targets/index.ts";
import { say } from "./advice.ts";

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
  advice: (_facts, target) => [say(`ask Microsoft support: the key path of ${target.id} works, and the service has not looked again`)],
};
