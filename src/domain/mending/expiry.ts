/** How far a key version's expiry may be moved: by how much, how often, how far. */
import type { Mend } from "../cause.ts";
import type { Facts, KeyVersionFacts } from "../facts.ts";
import type { Settings } from "../settings.ts";
import { counterOf } from "../steps/extend-key-expiry.ts";
import type { StepDraft } from "../steps/step.ts";
import type { NamedVersion } from "./versions.ts";
import { fromUnix, toIso, toMs, toUnix } from "../time.ts";

export const isExpired = ({ expiresOn }: KeyVersionFacts, facts: Facts): boolean => expiresOn !== null && toMs(expiresOn) <= toMs(facts.at);

export const isNearExpiry = (version: KeyVersionFacts, facts: Facts, settings: Settings): boolean =>
  version.expiresOn !== null && !isExpired(version, facts) && toMs(version.expiresOn) <= toMs(facts.at) + settings.expiryLeadMs;

function extend({ on, facts: version }: NamedVersion, facts: Facts, settings: Settings): StepDraft | string {
  const name = `version ${on.version} of key ${on.key}`;
  const extensions = facts.expiryExtensions[counterOf(on)] ?? 0;
  if (extensions >= settings.expiryMaxExtensions) {
    return `the expiry of ${name} was moved ${extensions} times already, as often as allowed: rotate the key while the database is healthy`;
  }
  const until = toMs(facts.at) + Math.min(settings.expiryExtensionMs, settings.expiryHorizonMs);
  const expiresOn = fromUnix(toUnix(toIso(until)));
  return { name: "ExtendKeyExpiry", params: { ...on, expiresOn, previous: version.expiresOn, extensions: extensions + 1 } };
}

const isDraft = (draft: StepDraft | string): draft is StepDraft => typeof draft !== "string";

/** All of them, or a person: half an extension would look like a repair and be none. besides: those that may go along. */
export function extendAll(
  versions: readonly NamedVersion[],
  facts: Facts,
  settings: Settings,
  besides: readonly NamedVersion[] = [],
): Mend {
  const drafts = versions.map((version) => extend(version, facts, settings));
  const refused = drafts.find((draft) => typeof draft === "string");
  if (refused !== undefined) return { kind: "escalate", reason: refused };
  return { kind: "steps", steps: [...drafts, ...besides.map((version) => extend(version, facts, settings))].filter(isDraft) };
}
