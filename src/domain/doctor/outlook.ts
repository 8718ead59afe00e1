/** What would happen to a database and when, if nobody did anything. */
import type { TargetDiagnosis } from "../cause.ts";
import { expiryOf } from "../databases/key-path.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { keyNameOf } from "../key-uri.ts";
import { DAY, toMs } from "../time.ts";
import type { Runway } from "./finding.ts";

const NOW: Runway = { days: 0, at: null };
const OPEN: Runway = { days: null, at: null };

const daysUntil = (at: string, facts: Facts): number => Math.max(0, Math.floor((toMs(at) - toMs(facts.at)) / DAY));

const earliest = (times: readonly string[]): string | undefined => times.toSorted((a, b) => toMs(a) - toMs(b))[0];

const until = (at: string, facts: Facts): Runway => ({ days: daysUntil(at, facts), at });

const day = (iso: string): string => iso.slice(0, 10);

/** When a deleted vault or key can't be recovered any more, and the data of whatever wraps with it is lost for good. */
function purgeOf({ vault, keys }: Facts, target: TargetFacts | undefined): string {
  const keyName = keyNameOf(target?.keyUri ?? null).toLowerCase();
  const key = keys.find(({ name, state }) => state === "deleted" && name.toLowerCase() === keyName);
  const lost = vault?.state === "deleted" ? vault : key?.state === "deleted" ? key : undefined;
  if (!lost) return "";
  const when = lost.scheduledPurgeOn === null ? "once it is purged" : `on ${day(lost.scheduledPurgeOn)}`;
  return `; ${when} ${lost === vault ? "the vault" : "the key"} is purged, and the data is lost for good`;
}

/** The service checks its key about once an hour (Microsoft Learn, "Troubleshooting Revocation Scenarios ... Azure Cosmos DB account"). */
function ofRisk(facts: Facts, { findings }: TargetDiagnosis): { runway: Runway; outlook: string } {
  const at = earliest(findings.flatMap(({ evidence }) => evidence.breaksAt ?? []));
  if (at === undefined) return { runway: OPEN, outlook: "it works, and is lost at the next change of its key that it does not follow" };
  return { runway: until(at, facts), outlook: `it is out of reach within the hour after ${day(at)}` };
}

function ofHealth(facts: Facts, target: TargetFacts | undefined): { runway: Runway; outlook: string } {
  const at = target && expiryOf(facts, target);
  return at
    ? { runway: until(at, facts), outlook: `its key expires on ${day(at)}` }
    : { runway: OPEN, outlook: "nothing is known that ends it" };
}

export function outlookOf(facts: Facts, diagnosis: TargetDiagnosis, target: TargetFacts | undefined): { runway: Runway; outlook: string } {
  const isProven = diagnosis.findings.some(({ evidence }) => evidence.effect === "broken");
  switch (diagnosis.phase) {
    case "revoked":
      return { runway: NOW, outlook: `it is out of reach now${purgeOf(facts, target)}` };
    case "inGrace":
      return isProven
        ? { runway: NOW, outlook: `it is out of reach within the hour, at the service's next check${purgeOf(facts, target)}` }
        : { runway: OPEN, outlook: "nobody can tell: what its key path rests on could not be read" };
    case "recovering":
      return { runway: NOW, outlook: "its key path works again: it is back within the hour, at the service's next check" };
    case "atRisk":
      return ofRisk(facts, diagnosis);
    case "healthy":
      return ofHealth(facts, target);
  }
}
