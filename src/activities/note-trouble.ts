/** Keeps which vaults are out of reach of their key now, and says once that there are too many of them to write anything. */
import type { Diagnosis } from "../domain/cause.ts";
import type { Patient } from "../domain/facts.ts";
import { patientKey } from "../domain/databases/sight.ts";
import { isWhole } from "../domain/turn/losses.ts";
import { type Held, lossesIn, type Restraint, type Trouble } from "../domain/turn/restraint.ts";
import { stormNews } from "../domain/telling/news.ts";
import type { Log } from "../log.ts";
import type { Teller } from "./tell.ts";

export type Restraints = {
  load: () => Promise<Restraint>;
  /** Since when a vault is in trouble stays what it was. */
  addTrouble: (trouble: Trouble) => Promise<void>;
  endTrouble: (vaultId: string) => Promise<void>;
  keepStormTold: (told: boolean) => Promise<void>;
  leavePlace: (vaultId: string) => Promise<void>;
};

type Look = { patient: Patient; diagnosis: Diagnosis; now: string };

/** Written down before it is counted: of many looks at the same time the last ones see them all. */
export async function noteTrouble(restraint: Restraints, { patient, diagnosis, now }: Look): Promise<Restraint> {
  const causes = lossesIn(diagnosis);
  const before = await restraint.load();
  const isKnown = before.troubles.some(({ vaultId }) => patientKey(vaultId) === patientKey(patient.id));
  if (!isKnown && causes.length > 0) await restraint.addTrouble({ vaultId: patient.id, since: now, causes });
  // A storm that only can't be seen any more is not over.
  else if (isKnown && causes.length === 0 && isWhole(diagnosis)) await restraint.endTrouble(patient.id);
  else return before;
  return restraint.load();
}

/** A vault that a look has seen well, or of which it has come to an end, lets another one be written to. */
export async function leavePlace(
  restraint: Restraints,
  { atWork }: Restraint,
  { patient, diagnosis, isOver }: Pick<Look, "patient" | "diagnosis"> & { isOver: boolean },
): Promise<void> {
  if (!atWork.some(({ vaultId }) => patientKey(vaultId) === patientKey(patient.id))) return;
  if (isOver || (lossesIn(diagnosis).length === 0 && isWhole(diagnosis))) await restraint.leavePlace(patient.id);
}

/** Kept after it was told: at worst it is told twice. */
export async function tellStorm(
  { restraint, teller, log }: { restraint: Restraints; teller: Teller; log: Log },
  { stormTold }: Restraint,
  held: Held | null,
  { patient, now }: Pick<Look, "patient" | "now">,
): Promise<void> {
  if (held?.reason === "Storm" && !stormTold) {
    log.error("storm", { text: held.why });
    await teller.put([stormNews(held, patient.id, now)]);
    await restraint.keepStormTold(true);
  }
  if (held === null && stormTold) {
    log.warn("stormOver", { text: "what made a storm is mended, or a person has looked at it: Keymend writes again" });
    await restraint.keepStormTold(false);
  }
}
