/** What causes that concern single key versions share. */
import type { Effect, Evidence } from "../cause.ts";
import type { Facts, KeyVersionFacts, TargetFacts } from "../facts.ts";
import { isFreshVersion, keyOf, liveVaultOf, type UsedVersion, uriOf, versionInUseOf, versionsOf } from "../databases/key-path.ts";
import type { StepParams } from "../steps/step.ts";

/** Evidence from those versions in use of which `show` says something; `effect` where it is not the version's own. */
export function evidenceOf(
  facts: Facts,
  target: TargetFacts,
  show: (version: UsedVersion) => string | undefined,
  effect?: Effect,
): Evidence | undefined {
  const shownOf = (versions: readonly UsedVersion[]): { used: UsedVersion; text: string }[] =>
    versions.flatMap((used) => {
      const text = show(used);
      return text === undefined ? [] : [{ used, text }];
    });
  const known = shownOf(versionsOf(facts, target));
  const shown = known.some(({ used }) => used.isLatest) ? [...known, ...shownOf(maybeUsed(facts, target))] : known;
  if (shown.length === 0) return undefined;
  const worst = shown.some(({ used }) => used.effect === "broken") ? "broken" : "willBreak";
  return {
    effect: effect ?? worst,
    facts: shown.map(({ used, text }) => `${nameVersion(target, used)} ${text}`),
    values: { versions: shown.map(({ used }) => used.facts.version) },
  };
}

/**
 * A database that does not say what it wraps with may wrap with the version before a fresh one. Where the newest has a fault, the same fault
 * of that one is mended with it: with the newest alone the service would find what it wraps with still out of reach.
 */
function maybeUsed(facts: Facts, target: TargetFacts): UsedVersion[] {
  const key = keyOf(facts, target);
  if (key?.state !== "live" || versionInUseOf(target) !== null) return [];
  const [latest, before] = key.versions;
  return latest && before && isFreshVersion(latest, facts) ? [{ facts: before, isLatest: false, effect: "broken" }] : [];
}

const nameVersion = (target: TargetFacts, { facts, isLatest }: UsedVersion): string =>
  `${isLatest ? "the latest version" : versionInUseOf(target) === null ? "the version before it, which may be in use still," : "the version in use"} of key ${uriOf(target)?.key} (${facts.version})`;

export type NamedVersion = { on: StepParams["EnableKeyVersion"]; facts: KeyVersionFacts };

/** Those versions that the evidence names or that are wanted besides, with what a step on one needs. */
export function versionsIn(
  { values: { versions } }: Pick<Evidence, "values">,
  facts: Facts,
  target: TargetFacts,
  isWanted: (version: KeyVersionFacts) => boolean = () => false,
): NamedVersion[] {
  const vault = liveVaultOf(facts);
  const live = keyOf(facts, target);
  if (!vault || live?.state !== "live") return [];
  const key = uriOf(target)!.key!;
  const isNamed = (version: string): boolean => Array.isArray(versions) && versions.includes(version);
  const used = versionsOf(facts, target).map(({ facts: version }) => version);
  const others = live.versions.filter((version) => !used.includes(version));
  const wanted = [
    ...used.filter((version) => isNamed(version.version) || isWanted(version)),
    ...others.filter(({ version }) => isNamed(version)),
  ];
  return wanted.map((version) => ({ on: { vaultId: vault.id, vaultUri: vault.uri, key, version: version.version }, facts: version }));
}
