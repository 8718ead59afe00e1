/** Warnings ahead of an expiry that nobody has moved: in stages, each once. */
import { versionsOf, uriOf } from "../databases/key-path.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import type { Mode, Settings } from "../settings.ts";
import { DAY, formatDuration, toIso, toMs } from "../time.ts";
import { modeOf, narrower } from "../turn/policy.ts";
import type { News } from "./news.ts";

/** In days, the last first. */
export const STAGES = [1, 7, 14, 30] as const;

/** The stage that is reached with so much left; undefined before the first, and once it is over. */
export const stageOf = (leftMs: number): number | undefined => (leftMs > 0 ? STAGES.find((days) => leftMs <= days * DAY) : undefined);

const WHY: Record<Mode, string> = {
  observe: "Keymend only watches (mode observe)",
  approve: "Keymend moves it once somebody agrees (mode approve)",
  heal: "Keymend did not move it by itself: its incident says why",
};

/** Before the lead Keymend waits, and nobody is asked yet. */
const WHY_YET: Record<Mode, (from: string) => string> = {
  observe: () => WHY.observe,
  approve: (from) => `Keymend asks for it from ${from} on (mode approve)`,
  heal: (from) => `Keymend moves it by itself from ${from} on (mode heal)`,
};

type Limits = Pick<Settings, "mode" | "expiryLeadMs">;

type Expiry = { key: string; version: string; expiresOn: string; databases: TargetFacts[] };

/** What databases use, or will within a day, that runs out; once for each version. */
function expiriesIn(facts: Facts): Expiry[] {
  const found = new Map<string, Expiry>();
  for (const target of facts.targets) {
    for (const { facts: version } of versionsOf(facts, target)) {
      if (version.expiresOn === null) continue;
      const key = uriOf(target)!.key!;
      const id = `${key}/${version.version}`.toLowerCase();
      const known = found.get(id) ?? { key, version: version.version, expiresOn: version.expiresOn, databases: [] };
      found.set(id, { ...known, databases: [...known.databases, target] });
    }
  }
  return [...found.values()];
}

/** Of a write that serves all of them, as policy has it. */
const modeFor = (databases: readonly TargetFacts[], limits: Limits, { lifted }: Facts): Mode =>
  databases.map((target) => modeOf(target, limits, lifted)).reduce(narrower);

/** What is over already is an incident. */
export function warningsOf(facts: Facts, limits: Limits, incidentId: string | null): News[] {
  const { patient, at } = facts;
  return expiriesIn(facts).flatMap(({ key, version, expiresOn, databases }) => {
    const leftMs = toMs(expiresOn) - toMs(at);
    const stage = stageOf(leftMs);
    if (stage === undefined) return [];
    const mode = modeFor(databases, limits, facts);
    const from = toMs(expiresOn) - limits.expiryLeadMs;
    const isYet = toMs(at) < from;
    // What Keymend is going to move is nothing for people; where it then did not, the same stage is.
    const isOurs = isYet && mode === "heal";
    const id = `expiry-${patient.vaultName}-${key}-${version}-${expiresOn}-${stage}${isOurs ? "-yet" : ""}`;
    const names = databases.map(({ name }) => name);
    return {
      id,
      type: "Keymend.KeyExpiryWarning",
      weight: isOurs ? "record" : stage === STAGES[0] ? "now" : "soon",
      at,
      about: patient.id,
      incidentId,
      like: id,
      title: `Expires in ${formatDuration(leftMs)}: key ${key} of ${patient.vaultName}`,
      text: `version ${version} runs out at ${expiresOn}; then ${names.join(", ")} can't be reached. ${isYet ? WHY_YET[mode](toIso(from)) : WHY[mode]}.`,
      facts: [["Databases", names.join(", ")]],
      asks: false,
      data: { vaultId: patient.id, key, version, expiresOn, stageDays: stage, databases: names },
    } satisfies News;
  });
}
