/**
 * When Keymend itself asks Microsoft support, and what becomes of that. Once: what was claimed is never sent again, but looked for by its name.
 * It holds up nobody for long: whoever is called is called with or without a ticket.
 */
import { sameId, sameText } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import type { Incident, SupportTicket, TicketPlace } from "../incident.ts";
import type { Settings } from "../settings.ts";
import { MINUTE, toMs } from "../time.ts";
import { modeOf } from "./policy.ts";
import type { Held } from "./restraint.ts";

type Draft = TicketPlace & Pick<SupportTicket, "targetIds">;

/** Recorded: 31 s until Azure said that one was made (Azure/azure-cli-extensions, test_support_tickets.yaml, 2020-01). */
const ANSWER_WITHIN_MS = 10 * MINUTE;

export const isTicket = (a: TicketPlace, b: TicketPlace): boolean => a.name === b.name && sameText(a.subscriptionId, b.subscriptionId);

/** Support may have it, whatever was heard of it since. */
export const isSent = ({ state }: Pick<SupportTicket, "state">): boolean => state !== "wanted" && state !== "refused";

/** The one that stands for it: its own, or one that was sent in an incident before and is about all of its databases. */
export const ticketFor = (draft: Draft, tickets: readonly SupportTicket[] = []): SupportTicket | undefined =>
  tickets.find((ticket) => isTicket(ticket, draft)) ??
  tickets.find((ticket) => isSent(ticket) && draft.targetIds.every((id) => ticket.targetIds.some((other) => sameId(other, id))));

export const isUnderWay = ({ state }: Pick<SupportTicket, "state">): boolean =>
  state === "wanted" || state === "claimed" || state === "submitted";

type Look = { now: string; facts: Facts; settings: Settings; held: Held | null };

const WHERE = "(docs/deploy.md, tickets)";

/** Why it is left to a person; null where it is not. */
function whyNot({ targetIds }: Draft, { facts, settings, held }: Look): string | null {
  const own = facts.targets.filter(({ id }) => targetIds.some((targetId) => sameId(targetId, id)));
  if (own.length < targetIds.length) return "not all of the databases that it is about were seen";
  if (own.some((target) => modeOf(target, settings, facts.lifted) === "observe")) return "observe mode";
  if (settings.supportContact === null) return "no setting says any more in whose name";
  if (settings.principals.support === undefined) return `Keymend is deployed without the identity that may ${WHERE}`;
  return held?.why ?? null;
}

const UNANSWERED = "Azure did not answer in time";

const isLate = ({ since }: SupportTicket, now: string): boolean => toMs(now) - toMs(since) >= ANSWER_WITHIN_MS;

const wanted = ({ name, subscriptionId, targetIds }: Draft, { now, settings }: Look): SupportTicket[] =>
  settings.supportContact === null ? [] : [{ name, subscriptionId, targetIds, state: "wanted", since: now, number: null, detail: "" }];

/** Nobody waits for Azure's word for longer than is told of it. */
function inTime(ticket: SupportTicket, draft: Draft, look: Look): SupportTicket {
  if (!isUnderWay(ticket)) return ticket;
  const late = isLate(ticket, look.now) ? UNANSWERED : null;
  if (ticket.state !== "wanted") return late === null ? ticket : { ...ticket, state: "lost", detail: late };
  const why = whyNot(draft, look) ?? late;
  return why === null ? ticket : { ...ticket, state: "refused", detail: why };
}

/** All that this incident knows of. Of what is asked for no more only what was sent is followed, and what is there is kept. */
export function ticketsNow(drafts: readonly Draft[], before: readonly SupportTicket[], look: Look): SupportTicket[] {
  const asked = drafts.flatMap((draft) => {
    const known = ticketFor(draft, before);
    return (known ? [known] : wanted(draft, look)).map((ticket) => inTime(ticket, draft, look));
  });
  const others = before.filter((ticket) => ticket.state !== "wanted" && !asked.some((one) => isTicket(one, ticket)));
  return [...others.map((ticket) => inTime(ticket, ticket, look)), ...asked];
}

/** What Azure said to it. */
export type TicketAnswer =
  | { kind: "submitted"; poller: string }
  | { kind: "open"; number: string | null }
  | { kind: "refused"; code: string; detail: string };

export function afterAnswer({ poller: _, ...ticket }: SupportTicket, answer: TicketAnswer): SupportTicket {
  switch (answer.kind) {
    case "submitted":
      return { ...ticket, state: "submitted", poller: answer.poller };
    case "open":
      return { ...ticket, state: "open", number: answer.number };
    case "refused":
      return { ...ticket, state: "refused", detail: `${answer.code}: ${answer.detail}` };
  }
}

const SAYINGS: Record<SupportTicket["state"], (ticket: SupportTicket) => string> = {
  wanted: ({ name }) => `Microsoft support is asked: ${name}`,
  claimed: ({ name }) => `Microsoft support is asked: ${name}`,
  submitted: ({ name }) => `Azure has taken ${name} for Microsoft support`,
  open: ({ number, name }) => `Microsoft support has it as ${number ?? name}`,
  refused: ({ detail }) => `Microsoft support was not asked: ${detail}`,
  lost: ({ name, detail }) => `whether Microsoft support has ${name} is not known: ${detail}`,
};

export const sayTicket = (ticket: SupportTicket): string => SAYINGS[ticket.state](ticket);

/** For whoever is told how the incident ended: a ticket concerns them in any case, that there is none only where one was to be. */
export const sayTickets = ({ tickets = [], reason }: Pick<Incident, "tickets" | "reason">): string[] =>
  tickets.filter(({ state }) => reason === "NotRevalidated" || state !== "refused").map(sayTicket);
