/**
 * Asks Microsoft support once for one ticket, or looks how that went. What is sent is claimed before, in the incident itself: of two runs of this
 * activity one saves it, and whoever comes after a claim only looks for the ticket by its name. Permission: the identity's for tickets alone
 * (azure/support-desk.ts); nothing that Keymend looks after is changed.
 */
import type { Patient } from "../domain/facts.ts";
import { type Incident, type SupportTicket, type TicketPlace, toldAlso, type WriteRequest } from "../domain/incident.ts";
import { TransientError } from "../domain/errors.ts";
import type { Settings, SupportContact } from "../domain/settings.ts";
import { type FiledUnder, type TicketDraft, ticketDrafts } from "../domain/turn/support.ts";
import { afterAnswer, isTicket, isUnderWay, sayTicket, type TicketAnswer } from "../domain/turn/tickets.ts";
import { heldBack, type Restraint } from "../domain/turn/restraint.ts";
import type { Log } from "../log.ts";
import type { AuditLog, Incidents } from "./assess.ts";
import type { PollState } from "./poll-step.ts";
import { type Again, orAgain } from "./results.ts";

export type TicketInput = { patient: Patient; incidentId: string; ticket: TicketPlace; turn: number };

/** settled: the next look says how it stands. */
export type TicketResult = { kind: "settled" } | { kind: "running" } | Again;

export type SupportDesk = {
  /** Undefined: there is none of that name. */
  find: (ticket: TicketPlace) => Promise<TicketAnswer | undefined>;
  choose: (kind: TicketDraft["kind"]) => Promise<FiledUnder | Extract<TicketAnswer, { kind: "refused" }>>;
  open: (draft: TicketDraft, filedUnder: FiledUnder, contact: SupportContact) => Promise<TicketAnswer & { requests: WriteRequest[] }>;
  poll: (poller: string) => Promise<PollState>;
};

export type TicketDeps = {
  incidents: Incidents;
  audit: AuditLog;
  desk: SupportDesk;
  restraint: { load: () => Promise<Restraint> };
  settings: Settings;
  now: () => Date;
  log: Log;
};

const RUNNING = { kind: "running" } as const;
const SETTLED = { kind: "settled" } as const;

type Loaded = { incident: Incident; etag: string };
type Asked = { draft: TicketDraft; filedUnder: FiledUnder; contact: SupportContact };

/** Undefined where nothing of it is to be done any more: an earlier run may have died behind its last word. */
async function load({ incidents }: TicketDeps, { patient, incidentId, ticket: asked }: TicketInput) {
  const loaded = await incidents.load(patient.id, incidentId);
  const ticket = loaded?.incident.tickets?.find((one) => isTicket(one, asked));
  return loaded && ticket && isUnderWay(ticket) ? { loaded, ticket } : undefined;
}

const withTicket = ({ tickets = [], ...incident }: Incident, ticket: SupportTicket): Incident => ({
  ...incident,
  tickets: tickets.map((one) => (isTicket(one, ticket) ? ticket : one)),
});

async function record(deps: TicketDeps, input: TicketInput, answer: TicketAnswer, requests: WriteRequest[] = []): Promise<TicketResult> {
  const found = await load(deps, input);
  if (!found) return SETTLED;
  const { incident, etag } = found.loaded;
  const ticket = afterAnswer({ ...found.ticket, ...(requests.length > 0 && { requests }) }, answer);
  const at = deps.now().toISOString();
  const what = sayTicket(ticket);
  const entry = {
    entryId: `${input.turn}-ticket-${ticket.state}`,
    kind: "note" as const,
    what,
    data: { answer, requests },
    at,
    actor: "keymend",
  };
  const audit = await deps.audit.append(input.incidentId, [entry]);
  await deps.incidents.save({ ...withTicket(incident, ticket), timeline: toldAlso(incident, at, what), audit }, etag);
  deps.log.info("ticket", { incidentId: input.incidentId, vaultId: input.patient.id, state: ticket.state, text: what });
  return isUnderWay(ticket) ? RUNNING : SETTLED;
}

async function lookFor(deps: TicketDeps, input: TicketInput): Promise<TicketResult> {
  const there = await deps.desk.find(input.ticket);
  // That it may not be looked for says nothing of whether it is there.
  return there?.kind === "open" ? record(deps, input, there) : RUNNING;
}

async function follow(deps: TicketDeps, input: TicketInput, poller: string): Promise<TicketResult> {
  const state = await deps.desk.poll(poller);
  switch (state.kind) {
    case "running":
      return RUNNING;
    case "failed":
      return record(deps, input, { kind: "refused", code: state.code, detail: state.detail });
    case "succeeded":
    case "unknown":
      return lookFor(deps, input);
  }
}

/** The one write. What Azure said to it is lost with its worker, and never asked for again. */
async function send(deps: TicketDeps, input: TicketInput, { draft, filedUnder, contact }: Asked, { incident, etag }: Loaded) {
  const { settings, now, audit, incidents, desk } = deps;
  const at = now().toISOString();
  const what = `about to ask Microsoft support: ${draft.title}`;
  const data = { draft, identity: { capability: "support", principalId: settings.principals.support ?? null } };
  const seal = await audit.append(input.incidentId, [
    { entryId: `${input.turn}-ticket-intent`, kind: "note", what, data, at, actor: "keymend" },
  ]);
  const ticket = incident.tickets!.find((one) => isTicket(one, draft))!;
  await incidents.save({ ...withTicket(incident, { ...ticket, state: "claimed" }), audit: seal }, etag);
  const { requests, ...answer } = await desk.open(draft, filedUnder, contact).catch(async (error: unknown) => {
    if (error instanceof TransientError && !error.isUncertain) await takeBack(deps, input);
    throw error;
  });
  return record(deps, input, answer, requests);
}

/** Azure says that it did nothing: it may be sent again. */
async function takeBack(deps: TicketDeps, input: TicketInput): Promise<void> {
  const found = await load(deps, input);
  if (found?.ticket.state === "claimed")
    await deps.incidents.save(withTicket(found.loaded.incident, { ...found.ticket, state: "wanted" }), found.loaded.etag);
}

/** Who pauses Keymend in the meantime, until right before it is sent, is heard: the next look says so. */
async function ask(deps: TicketDeps, input: TicketInput, loaded: Loaded): Promise<TicketResult> {
  const { settings, now, desk } = deps;
  const draft = ticketDrafts(loaded.incident).find((one) => isTicket(one, input.ticket));
  const { supportContact: contact } = settings;
  if (!draft || contact === null) return SETTLED;
  const there = await desk.find(input.ticket);
  if (there) return record(deps, input, there);
  const filedUnder = await desk.choose(draft.kind);
  if ("kind" in filedUnder) return record(deps, input, filedUnder);
  if (heldBack(await deps.restraint.load(), settings, now().toISOString())) return SETTLED;
  return send(deps, input, { draft, filedUnder, contact }, loaded);
}

async function openTicket(deps: TicketDeps, input: TicketInput): Promise<TicketResult> {
  const found = await load(deps, input);
  if (!found) return SETTLED;
  const { ticket, loaded } = found;
  if (ticket.state === "wanted") return ask(deps, input, loaded);
  return ticket.poller === undefined ? lookFor(deps, input) : follow(deps, input, ticket.poller);
}

export const createOpenTicket =
  (deps: TicketDeps) =>
  (input: TicketInput): Promise<TicketResult> =>
    orAgain(deps.log, input.patient.id, () => openTicket(deps, input));
