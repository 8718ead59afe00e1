/**
 * A ticket, from the request to what is shown of it. The specification: Azure/azure-rest-api-specs, support 2024-04-01, SupportTickets_Create. As
 * recorded (Azure/azure-cli-extensions, test_support_tickets.yaml, 2020-01): 202 without a body; 8 s later it is there, 31 s later the operation
 * says so; severity and contact method are shown with a capital letter.
 */
import { isObject, objectAt, textAt } from "../json.ts";
import { AzureError, type Call, subscriptionOf } from "../routes.ts";
import { switchOf } from "../switches.ts";
import type { JsonObject, SupportTicketState, World } from "../world.ts";
import { renderClassifications, serviceNamed } from "./catalogue.ts";

export const TICKET = "Microsoft.Support/supportTickets";

export const ticketId = (call: Call): string => `/subscriptions/${subscriptionOf(call)}/providers/${TICKET}/${call.params["name"] ?? ""}`;

/** With capital letters (recorded: Azure/azure-cli-extensions, test_support_tickets.yaml, 2020-01, a 400). */
export const refusal = (status: number, code: string, message: string): AzureError =>
  new AzureError(status, code, message, {
    body: { Error: { Code: code, Message: message, Target: null, InnerError: null, Details: [] } },
  });

export const invalid = (message: string): AzureError => refusal(400, "InvalidData", message);

/** Recorded of checkNameAvailability: test_support_tickets_create_validations.yaml, 2024-05. */
export function faultOfName(name: string): string | undefined {
  if (!/[<>%&:\\?/]|\p{Cc}/u.test(name) && !/^\d*$/.test(name) && !name.startsWith("tmp-") && name.length <= 255) return undefined;
  return `Name ${name} is invalid. The name cannot include: '<', '>', '%', '&', ':', '\\', '?', '/' or any control characters. It cannot be all digits and cannot start with 'tmp-'. The max length is 255 characters.`;
}

const REQUIRED = [
  "description",
  "problemClassificationId",
  "severity",
  "advancedDiagnosticConsent",
  "contactDetails",
  "title",
  "serviceId",
];
const OF_CONTACT = [
  "firstName",
  "lastName",
  "preferredContactMethod",
  "primaryEmailAddress",
  "preferredTimeZone",
  "country",
  "preferredSupportLanguage",
];
const SEVERITIES = ["minimal", "moderate", "critical", "highestcriticalimpact"];

const lacking = (object: JsonObject, names: readonly string[]): string[] =>
  names.filter((name) => (name === "contactDetails" ? !isObject(object[name]) : textAt(object[name]) === ""));

/** The properties, once they are what is asked for. */
export function requireWhole(call: Call): JsonObject {
  const properties = objectAt(objectAt(call.body)["properties"]);
  const missing = [...lacking(properties, REQUIRED), ...lacking(objectAt(properties["contactDetails"]), OF_CONTACT)];
  if (missing.length > 0) throw invalid(`The request lacks ${missing.join(", ")}.`);
  if (!SEVERITIES.includes(textAt(properties["severity"]).toLowerCase())) throw invalid("The severity is none of those that there are.");
  if (!/^[a-z]{3}$/i.test(textAt(objectAt(properties["contactDetails"])["country"])))
    throw invalid("The country must be an ISO 3166-1 alpha-3 code.");
  const service = serviceNamed(textAt(properties["serviceId"]).split("/").at(-1) ?? "");
  if (!service) throw invalid("The service id is invalid.");
  const classification = textAt(properties["problemClassificationId"]).toLowerCase();
  const known = renderClassifications(call.world, service).map(({ id }) => textAt(id).toLowerCase());
  if (!known.includes(classification)) throw invalid("The problem classification id is invalid.");
  return properties;
}

/** "Professional Direct, Premier, or Unified" (Microsoft Learn, "Azure Support REST API", prerequisites). */
const TAKES_TICKETS = ["ProDirect", "Premier", "Unified"];

/** Text: reported in many public places, e.g. Azure/azure-sdk-for-net issue 24662; the request itself was answered 202. */
export function planFault(world: World): { code: string; message: string } | undefined {
  const plan = switchOf(world, "supportPlan");
  if (TAKES_TICKETS.includes(plan)) return undefined;
  const message = `Your support plan type is ${plan}. To create and update support tickets, and add communication operations, you need access to our high tier-support plans. Learn more at https://aka.ms/supportapi`;
  return { code: "InvalidSupportPlan", message };
}

/** Fifteen digits, the first seven by the day: 120011621000159 of 2020-01-16T02:10:22Z. */
export function newNumber(world: World): string {
  const day = world.clock.iso().replace(/\D/g, "").slice(2, 8);
  return `1${day}${String(world.random.int("support.number", 0, 99_999_999)).padStart(8, "0")}`;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export function renderTicket(world: World, { id, name, number, at, properties }: SupportTicketState): JsonObject {
  const contact = objectAt(properties["contactDetails"]);
  const service = serviceNamed(textAt(properties["serviceId"]).split("/").at(-1) ?? "");
  const classification =
    service && renderClassifications(world, service).find((one) => one["id"] === properties["problemClassificationId"]);
  const plan = switchOf(world, "supportPlan");
  return {
    id,
    name,
    type: TICKET,
    properties: {
      ...properties,
      problemClassificationDisplayName: objectAt(classification?.["properties"])["displayName"],
      severity: capital(textAt(properties["severity"])),
      contactDetails: { ...contact, preferredContactMethod: capital(textAt(contact["preferredContactMethod"])) },
      supportEngineer: {},
      supportPlanType: plan,
      supportTicketId: number,
      serviceDisplayName: service?.displayName,
      status: "Open",
      createdDate: at,
      modifiedDate: at,
    },
  };
}
