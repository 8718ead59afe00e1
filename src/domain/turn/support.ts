/**
 * What Microsoft support is told of databases that the service does not give back though their key path is whole: both guides send there after
 * two hours (waits.ts). Commands: Azure/azure-cli-extensions, support, of api-version 2024-04-01 (`az support services`, `az support in-subscription
 * tickets create`).
 */
import { nameOf, parseArmId, sameId } from "../arm-id.ts";
import { cutText } from "../bounded.ts";
import type { AppliedStep, Incident, IncidentTarget, SupportTicket, WriteRequest } from "../incident.ts";
import { az, azText, say } from "../steps/az.ts";
import { troubleAt } from "./fix.ts";
import { sayTicket, ticketFor } from "./tickets.ts";

/** Azure takes more; whoever reads it does not. */
const LONGEST = 6000;
const LINES = 20;
const NAMED = 3;

/** One ticket: of databases of one kind in one subscription, for a ticket belongs to one, and goes to whoever knows the service. */
export type TicketDraft = {
  /** In its subscription; the same of an incident whenever it is asked for. */
  name: string;
  subscriptionId: string;
  kind: IncidentTarget["kind"];
  targetIds: string[];
  title: string;
  description: string;
  /** When the trouble began. */
  since: string;
};

/** What a ticket is filed under, by the ids that support's own lists have. */
export type FiledUnder = { serviceId: string; problemClassificationId: string };

/** Words in the names of its service; clusters have had two (recorded: Azure/azure-cli-extensions, test_support_services.yaml, 2024-05). */
const SERVICES: Record<IncidentTarget["kind"], readonly string[]> = { account: ["Cosmos DB"], cluster: ["DocumentDB", "vCore"] };

/** Of a service or a problem classification, as support lists them. */
export type Listed = { id: string; name: string; displayName: string; resourceTypes: string[] };

const TYPES: Record<IncidentTarget["kind"], string> = {
  account: "microsoft.documentdb/databaseaccounts",
  cluster: "microsoft.documentdb/mongoclusters",
};

/** Names change, what a service is for does not: each says which types of resources it is asked about. */
export const serviceOf = (kind: IncidentTarget["kind"], services: readonly Listed[]): Listed | undefined =>
  services.find(({ resourceTypes }) => resourceTypes.some((type) => type.toLowerCase() === TYPES[kind]));

/** The nearest first. Which there are is documented nowhere; support knows the topic as "Managed Keys" (Azure/SelfHelpContent, cosmosdb-security-managedkeys.md). */
const FITS = [/customer.?managed|managed keys?|\bCMK\b/i, /encrypt/i];

export const classificationOf = (classifications: readonly Listed[]): Listed | undefined =>
  FITS.flatMap((fits) => classifications.filter(({ displayName }) => fits.test(displayName)))[0];

const doneOf = ({ at, name, on, result, detail }: Omit<AppliedStep, "requests">): string =>
  `Done at ${at}: ${name} on ${on}: ${result}: ${detail}`;

/** What support finds it by. */
const idsOf = ({ method, status, requestId, correlationId }: WriteRequest): string =>
  `; ${method} answered ${status ?? "nothing"}, x-ms-request-id ${requestId ?? "none"}, x-ms-correlation-request-id ${correlationId ?? "none"}`;

/** Healthy is what Keymend makes of a service that says nothing against it: here it is to say so itself. */
const phaseOf = ({ phase }: IncidentTarget): string =>
  phase === "healthy" ? "does not say that it has access again" : `has not taken notice: it is ${phase} still`;

const stateOf = (target: IncidentTarget): string[] => [
  `The ${target.kind} ${target.id} uses a customer-managed key. Its way to the key has been whole since ${target.pathOkSince ?? "a time that is not known"}, and the service ${phaseOf(target)}.`,
  `The service says of its access: ${target.serviceSays ?? "nothing"}.`,
];

/** For people: what is so, since when, what was tried and what has come of it. */
function describe({ applied, causes, timeline }: Incident, lost: readonly IncidentTarget[]): string {
  const isAbout = ({ targetIds }: { targetIds: readonly string[] }): boolean =>
    lost.some(({ id }) => targetIds.some((targetId) => sameId(targetId, id)));
  const text = [
    ...lost.flatMap(stateOf),
    ...causes.filter(isAbout).map(({ code, evidence }) => `Found: ${code}: ${evidence.join("; ")}`),
    ...applied.filter(isAbout).map(({ requests, ...step }) => `${doneOf(step)}${(requests ?? []).map(idsOf).join("")}`),
    "What happened, in UTC:",
    ...timeline.slice(-LINES).map(({ at, what }) => `${at} ${what}`),
  ].join("\n");
  return cutText(text, LONGEST, () => "").replace(", sha256 ]", "]");
}

function titleOf(lost: readonly IncidentTarget[]): string {
  const named = lost.slice(0, NAMED).map(({ id }) => nameOf(id));
  const more = lost.length > NAMED ? [`${lost.length - NAMED} more`] : [];
  return `${[...named, ...more].join(", ")}: the service does not take notice that its customer-managed key is in reach again`;
}

/** What there is to ask support for, of those of its databases that were not given back. */
export function ticketDrafts(incident: Incident): TicketDraft[] {
  const lost = incident.targets.filter(({ reason }) => reason === "NotRevalidated");
  const places = Map.groupBy(lost, ({ id, kind }) => `${parseArmId(id)!.subscriptionId!.toLowerCase()} ${kind}`);
  return [...places.values()].map((own) => ({
    name: `keymend-${incident.id}-${own[0]!.kind}`,
    subscriptionId: parseArmId(own[0]!.id)!.subscriptionId!,
    kind: own[0]!.kind,
    targetIds: own.map(({ id }) => id),
    title: titleOf(own),
    description: describe(incident, own),
    since: troubleAt(incident),
  }));
}

/** What is a person's to say: under what it is filed, whether support may look, and who is to be answered. */
const TO_SAY = [
  ["problem-classification", "PROBLEM"],
  ["advanced-diagnostic-consent", "DIAGNOSTICS"],
  ["contact-first-name", "FIRST_NAME"],
  ["contact-last-name", "LAST_NAME"],
  ["contact-email", "EMAIL"],
  ["contact-country", "COUNTRY"],
  ["contact-timezone", "TIMEZONE"],
] as const;

const LOOK_UP = (kind: IncidentTarget["kind"]): string[] => [
  say(`the classification that fits is one of these; set it: PROBLEM=<id>`),
  `az support services list --query "[?${SERVICES[kind].map((word) => `contains(displayName, '${word}')`).join(" || ")}].id" --output tsv | while read -r SERVICE; do az support services problem-classifications list --service-name "\${SERVICE##*/}" --query "[].[displayName, id]" --output table; done`,
];

function commandOf({ name, subscriptionId, targetIds, title, description }: TicketDraft): string {
  const words = az(
    "support",
    "in-subscription",
    "tickets",
    "create",
    "--subscription",
    subscriptionId,
    "--ticket-name",
    name,
    "--severity",
    "critical",
    "--technical-resource",
    targetIds[0]!,
    azText("--title", title),
    azText("--description", description),
    "--contact-method",
    "email",
    "--contact-language",
    "en-us",
  );
  const toSay = TO_SAY.map(([word, variable]) => `--${word} "$${variable}"`).join(" ");
  // One line, as each of a runbook: a line break in a quoted text would be one too many for who runs them line by line.
  return `${words.replaceAll("\n", " | ")} ${toSay}`;
}

const show = ({ name, subscriptionId }: Pick<TicketDraft, "name" | "subscriptionId">): string =>
  az("support", "in-subscription", "tickets", "show", "--subscription", subscriptionId, "--ticket-name", name);

/** What is left for a person to do about it. */
function linesOf(draft: TicketDraft, ticket: SupportTicket | undefined): string[] {
  if (ticket?.state === "open") return [say(sayTicket(ticket)), show(ticket)];
  if (ticket?.state === "lost") return [say(`${sayTicket(ticket)}: look first`), show(ticket), commandOf(draft)];
  return [commandOf(draft)];
}

/** Where all that is on record of an incident is had in one piece. */
export const bundleOf = ({ id }: Pick<Incident, "id">): string => `keymend support ${id}, or GET /api/incidents/${id}/support`;

/** How a person opens what tickets there are to open. */
export function supportRunbook(incident: Incident): string[] {
  const asked = ticketDrafts(incident).map((draft) => ({ draft, ticket: ticketFor(draft, incident.tickets) }));
  if (asked.length === 0) return [];
  const left = asked.filter(({ ticket }) => ticket?.state !== "open");
  return [
    say(`all that is on record of it, for whoever helps: ${bundleOf(incident)}`),
    ...(left.length === 0 ? [] : howToAsk(left.map(({ draft }) => draft.kind))),
    ...asked.flatMap(({ draft, ticket }) => linesOf(draft, ticket)),
  ];
}

function howToAsk(kinds: readonly IncidentTarget["kind"][]): string[] {
  return [
    say(
      "ask Microsoft support; first say who asks: FIRST_NAME, LAST_NAME, EMAIL, COUNTRY (ISO 3166-1 alpha-3), TIMEZONE (a Microsoft time zone name), and with DIAGNOSTICS=Yes or No whether support may look into the databases' own diagnostics",
    ),
    ...[...new Set(kinds)].flatMap(LOOK_UP),
  ];
}
