/** Says how an incident ended: in the log first, which alarms hang on, then to whoever else wants to know. At least once. */
import type { Incident, Outcome } from "../domain/incident.ts";
import { outcomeNews } from "../domain/telling/news.ts";
import { loudness } from "../domain/turn/outcome.ts";
import type { Log } from "../log.ts";
import type { Teller } from "./tell.ts";

export type TellDeps = { teller: Teller; log: Log };

/** A closed incident has an outcome. */
export const outcomeOf = ({ outcome, reason, detail }: Incident): Outcome => ({ code: outcome!, reason, detail });

export async function tellOutcome({ teller, log }: TellDeps, incident: Incident): Promise<void> {
  const { id: incidentId, vaultId } = incident;
  const { code, reason, detail: text } = outcomeOf(incident);
  const fields = { incidentId, vaultId, outcome: code, reason, loudness: loudness(code, reason), text };
  if (fields.loudness === "alarm") log.error("closed", fields);
  else log.info("closed", fields);
  await teller.put([outcomeNews(incident)]);
  await teller.deliver(log);
}
