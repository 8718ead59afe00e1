/**
 * What Microsoft support is told of a database that the service does not give back though its key path is whole: both guides send there after
 * two hours (waits.ts). Keymend itself opens no ticket: who does needs Microsoft.Support/supportTickets/write and a plan that has tickets.
 * Commands: Azure/azure-cli-extensions, support (`az support services`, `az support in-subscription tickets create`).
 */
import { nameOf, parseArmId } from "../arm-id.ts";
import { cutText } from "../bounded.ts";
import type { AppliedStep, Incident, IncidentTarget, WriteRequest } from "../incident.ts";
import { az, azText, say } from "../steps/az.ts";

/** Azure takes more; whoever reads it does not. */
const LONGEST = 6000;
const LINES = 20;

const SERVICE: Record<IncidentTarget["kind"], string> = { account: "Cosmos DB", cluster: "DocumentDB" };

const doneOf = ({ at, name, on, result, detail }: Omit<AppliedStep, "requests">): string =>
  `Done at ${at}: ${name} on ${on}: ${result}: ${detail}`;

/** What support finds it by. */
const idsOf = ({ method, status, requestId, correlationId }: WriteRequest): string =>
  `; ${method} answered ${status ?? "nothing"}, x-ms-request-id ${requestId ?? "none"}, x-ms-correlation-request-id ${correlationId ?? "none"}`;

/** For people: what is so, since when, what was tried and what has come of it. */
export function supportText(incident: Incident, { id, kind, serviceSays, pathOkSince, phase }: IncidentTarget): string {
  const { applied, causes, timeline } = incident;
  const own = applied.filter(({ targetIds }) => targetIds.includes(id));
  const found = causes.filter(({ targetIds }) => targetIds.includes(id));
  const text = [
    `The ${kind} ${id} uses a customer-managed key. Its way to the key has been whole since ${pathOkSince ?? "a time that is not known"}, and the service has not taken notice: it is ${phase} still.`,
    `The service says of its access: ${serviceSays ?? "nothing"}.`,
    ...found.map(({ code, evidence }) => `Found: ${code}: ${evidence.join("; ")}`),
    ...own.map(({ requests, ...step }) => `${doneOf(step)}${(requests ?? []).map(idsOf).join("")}`),
    "What happened, in UTC:",
    ...timeline.slice(-LINES).map(({ at, what }) => `${at} ${what}`),
  ].join("\n");
  return cutText(text, LONGEST, () => "").replace(", sha256 ]", "]");
}

/** What az can't know: who is to be answered, and in what language. */
const CONTACT = [
  ["first-name", "FIRST_NAME"],
  ["last-name", "LAST_NAME"],
  ["email", "EMAIL"],
  ["country", "COUNTRY"],
  ["timezone", "TIMEZONE"],
] as const;

const LOOK_UP = (kind: IncidentTarget["kind"]): string[] => [
  say(`the classification that fits is one of these; set it: PROBLEM=<id>`),
  `az support services list --query "[?contains(displayName, '${SERVICE[kind]}')].id" --output tsv | while read -r SERVICE; do az support services problem-classifications list --service-name "\${SERVICE##*/}" --query "[].[displayName, id]" --output table; done`,
];

function ticketFor(incident: Incident, target: IncidentTarget): string {
  const title = `${nameOf(target.id)}: the service does not take notice that its customer-managed key is in reach again`;
  const words = az(
    "support",
    "in-subscription",
    "tickets",
    "create",
    "--subscription",
    parseArmId(target.id)!.subscriptionId!,
    "--ticket-name",
    `keymend-${incident.id}-${nameOf(target.id)}`.slice(0, 100),
    "--severity",
    "critical",
    "--diagnostic-consent",
    "Yes",
    "--technical-resource",
    target.id,
    azText("--title", title),
    azText("--description", supportText(incident, target)),
    "--contact-method",
    "email",
    "--contact-language",
    "en-us",
  );
  const filled = CONTACT.map(([name, variable]) => `--contact-${name} "$${variable}"`).join(" ");
  // One line, as each of a runbook: a line break in a quoted text would be one too many for who runs them line by line.
  return `${words.replaceAll("\n", " | ")} --problem-classification "$PROBLEM" ${filled}`;
}

/** A ticket for each database that was not given back. */
export function supportRunbook(incident: Incident): string[] {
  const lost = incident.targets.filter(({ reason }) => reason === "NotRevalidated");
  if (lost.length === 0) return [];
  const kinds = [...new Set(lost.map(({ kind }) => kind))];
  return [
    say(
      "ask Microsoft support; first say who asks: FIRST_NAME, LAST_NAME, EMAIL, COUNTRY (ISO 3166-1 alpha-3), TIMEZONE (a Microsoft time zone name)",
    ),
    ...kinds.flatMap(LOOK_UP),
    ...lost.map((target) => ticketFor(incident, target)),
  ];
}
