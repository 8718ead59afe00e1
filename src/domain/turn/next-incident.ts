/** How a vault's next incident begins: with what the one before leaves to it. */
import { type Incident, type IncidentPatient, openIncident, type SupportTicket } from "../incident.ts";
import { isSuccess } from "./outcome.ts";
import { isSent, isUnderWay } from "./tickets.ts";

type Opening = { id: string; patient: IncidentPatient; at: string };

/** What support has, or may have. One that was not followed to its end is looked for again for as long as a new one. */
const ticketsOf = ({ tickets = [] }: Incident, at: string): SupportTicket[] =>
  tickets.filter(isSent).map((ticket) => (isUnderWay(ticket) ? { ...ticket, since: at } : ticket));

/**
 * What did not end well is carried on: who is behind it, what support has of it, and, unless an operator asks anew, what a person said no to
 * and which writes did not help.
 */
export function nextIncident(
  { id, patient, at }: Opening,
  previous: Incident | null,
  askedAnew: boolean,
): Incident & Required<Pick<Incident, "repairs">> {
  const repairs = previous?.repairs ?? [];
  if (!previous?.outcome || isSuccess(previous.outcome)) return { ...openIncident(id, patient, at, 0), repairs };
  const tickets = ticketsOf(previous, at);
  return {
    ...openIncident(id, patient, at, previous.endings),
    authors: previous.authors ?? [],
    repairs,
    rejected: askedAnew ? [] : previous.rejected,
    inVain: askedAnew ? {} : (previous.inVain ?? {}),
    ...(tickets.length === 0 ? {} : { tickets }),
  };
}
