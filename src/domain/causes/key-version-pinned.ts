import type { Cause } from "../cause.ts";
import { missingOperations, whyUnfit } from "../mending/key-fitness.ts";
import { keyOf, pinnedVersionOf } from "../databases/key-path.ts";
import { versionlessDraft } from "../steps/versionless.ts";
import { toMs } from "../time.ts";
import type { Facts, KeyVersionFacts } from "../facts.ts";
import type { Finding } from "../cause.ts";
import { DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyVersionPinned: true;
  }
}

const isValid = ({ enabled, notBefore, expiresOn }: KeyVersionFacts, facts: Facts): boolean =>
  enabled && (notBefore === null || toMs(notBefore) <= toMs(facts.at)) && (expiresOn === null || toMs(expiresOn) > toMs(facts.at));

/** Of a kind, and for operations, that the service can use; what was not read of it is not taken for granted. */
const isFit = (version: KeyVersionFacts): boolean =>
  version.type !== null && whyUnfit(version) === undefined && missingOperations(version.operations ?? []).length === 0;

/** The version a URL without one leads to must work before the cluster is sent there. */
function obstacle(latest: KeyVersionFacts, facts: Facts, found: readonly Finding[], isReady: boolean): string | null {
  if (!isReady) return "the cluster is not Ready: the version it names is healed first";
  if (found.some(({ evidence }) => evidence.effect !== "willBreak")) return "the way to the version it names is healed first";
  return isValid(latest, facts) ? null : `the latest version (${latest.version}) can't be used now`;
}

/** No time that passes makes it fit. */
const hopeless = (latest: KeyVersionFacts): string | null =>
  isFit(latest)
    ? null
    : `the latest version (${latest.version}) is none that a cluster can use: make one that is, and leave the others enabled`;

/** A cluster that names a version does not follow a rotation. */
export const keyVersionPinned: Cause = {
  code: "KeyVersionPinned",
  title: "The cluster is pinned to an old version of its key",
  shownBy: "A cluster's key URL names a version, and a newer one is enabled: it does not follow the rotation.",
  repair:
    "While the cluster is Ready: set identity and key URL, together, to the URL without a version. Otherwise the version that it names is healed first.",
  steps: ["SetClusterEncryption"],
  kinds: ["cluster"],
  source:
    'Microsoft Learn: Configure customer-managed key for vCore, existing clusters ("pointing to a specific version"); troubleshooting guide, row 1',
  madeBy: DATABASE,
  default: "auto",
  statusCodes: [],
  find: (facts, target, _settings, found) => {
    const pinned = pinnedVersionOf(target);
    const key = keyOf(facts, target);
    if (pinned === null || key?.state !== "live") return undefined;
    const at = key.versions.findIndex(({ version }) => version === pinned);
    const [latest] = key.versions;
    const newer = key.versions.slice(0, Math.max(at, 0)).find(({ enabled }) => enabled);
    if (!latest || !newer) return undefined;
    const isReady = target.service.clusterStatus?.toLowerCase() === "ready";
    return {
      effect: "willBreak",
      facts: [`the cluster's key URL names version ${pinned}, and ${newer.version} is newer: it does not follow the rotation`],
      values: { obstacle: obstacle(latest, facts, found, isReady), hopeless: hopeless(latest) },
    };
  },
  mend: ({ values }, _facts, target) => {
    if (typeof values["hopeless"] === "string") return { kind: "escalate", reason: values["hopeless"] };
    if (typeof values["obstacle"] === "string") return { kind: "wait", reason: values["obstacle"] };
    const draft = versionlessDraft(target);
    return draft
      ? { kind: "steps", steps: [draft] }
      : { kind: "escalate", reason: "the cluster names no identity or no key that could be set again" };
  },
};
