/**
 * Opens tickets at Microsoft support, and finds them by their names. Azure/azure-rest-api-specs, support 2024-04-01: service and classification
 * are looked up each time ("Always use the service and its corresponding problem classification(s) obtained programmatically").
 */
import * as v from "valibot";
import type { TicketPlace } from "../domain/incident.ts";
import type { SupportContact } from "../domain/settings.ts";
import { actions } from "../domain/steps/spec.ts";
import { classificationOf, type FiledUnder, type Listed, serviceOf, type TicketDraft } from "../domain/turn/support.ts";
import type { TicketAnswer } from "../domain/turn/tickets.ts";
import { type Arm, armUrl } from "./arm.ts";
import { callAzure } from "./call-azure.ts";
import type { Failure } from "./classify-error.ts";
import type { Noting } from "./write-requests.ts";
import { type PollResult, pollOperation } from "./write-step.ts";

/** Permission, at the subscription. The lists lie with none, and for them Learn names no prerequisite ("Azure Support REST API"). */
export const OPEN_TICKETS = actions(
  "Microsoft.Support/supportTickets/read",
  "Microsoft.Support/supportTickets/write",
  "Microsoft.Support/operationsStatus/read",
);

const VERSION = "api-version=2024-04-01";
const SERVICES = "/providers/Microsoft.Support/services";

type Refusal = Extract<TicketAnswer, { kind: "refused" }>;

const urlOf = ({ subscriptionId, name }: TicketPlace): string =>
  armUrl(`/subscriptions/${subscriptionId}/providers/Microsoft.Support/supportTickets/${name}`, VERSION);

const listed = v.array(
  v.object({
    id: v.string(),
    name: v.string(),
    properties: v.object({ displayName: v.nullish(v.string()), resourceTypes: v.nullish(v.array(v.string())) }),
  }),
);

const ticket = v.object({ properties: v.object({ supportTicketId: v.nullish(v.string()) }) });
const numberIn = (body: unknown): string | null => {
  const parsed = v.safeParse(ticket, body);
  return parsed.success ? (parsed.output.properties.supportTicketId ?? null) : null;
};

/** What is asked, as Azure takes it. `critical` is the severity for a database that is out of reach; who has no such plan is told. */
function bodyOf({ title, description, since, targetIds }: TicketDraft, filedUnder: FiledUnder, contact: SupportContact): object {
  const { firstName, lastName, email, country, timeZone, diagnostics } = contact;
  return {
    properties: {
      title,
      description,
      ...filedUnder,
      severity: "critical",
      advancedDiagnosticConsent: diagnostics ? "Yes" : "No",
      problemStartTime: since,
      technicalTicketDetails: { resourceId: targetIds[0]! },
      contactDetails: {
        firstName,
        lastName,
        country,
        preferredContactMethod: "email",
        primaryEmailAddress: email,
        preferredTimeZone: timeZone,
        preferredSupportLanguage: "en-us",
      },
    },
  };
}

const refused = (code: string, detail: string): Refusal => ({ kind: "refused", code, detail });
const refusalOf = ({ code, message }: Failure): Refusal => refused(code, message);

/** armOf: as the identity that may ask, made when it is first needed. noting: what is sent for a write. */
export function createSupportDesk(armOf: () => Arm, noting: Noting) {
  async function list(url: string): Promise<Listed[] | Refusal> {
    const answer = await callAzure("list what support can be asked", url, () => armOf().list(`${url}?${VERSION}`));
    if (!answer.ok) return refusalOf(answer.failure);
    const parsed = v.safeParse(listed, answer.value);
    if (!parsed.success) return refused("UnreadableAnswer", v.summarize(parsed.issues));
    return parsed.output.map(({ id, name, properties: { displayName, resourceTypes } }) => ({
      id,
      name,
      displayName: displayName ?? "",
      resourceTypes: resourceTypes ?? [],
    }));
  }

  return {
    /** Undefined: there is none of that name. */
    find: async (place: TicketPlace): Promise<TicketAnswer | undefined> => {
      const answer = await callAzure("look for a ticket", place.name, () => armOf().send("GET", urlOf(place)));
      if (answer.ok) return { kind: "open", number: numberIn(answer.value.body) };
      return answer.failure.kind === "notFound" ? undefined : refusalOf(answer.failure);
    },

    /** Of the lists that support has, what the ticket is filed under. */
    choose: async (kind: TicketDraft["kind"]): Promise<FiledUnder | Refusal> => {
      const services = await list(SERVICES);
      if ("kind" in services) return services;
      const service = serviceOf(kind, services);
      if (!service) return refused("NoService", `support lists no service for a ${kind}`);
      const classifications = await list(`${SERVICES}/${service.name}/problemClassifications`);
      if ("kind" in classifications) return classifications;
      const classification = classificationOf(classifications);
      if (!classification)
        return refused("NoClassification", `${service.displayName} has no problem classification about keys or encryption`);
      return { serviceId: service.id, problemClassificationId: classification.id };
    },

    /** The one write. */
    open: (draft: TicketDraft, filedUnder: FiledUnder, contact: SupportContact) =>
      noting(async (): Promise<TicketAnswer> => {
        const body = bodyOf(draft, filedUnder, contact);
        const answer = await callAzure("open a ticket", draft.name, () => armOf().send("PUT", urlOf(draft), body));
        if (!answer.ok) return refusalOf(answer.failure);
        const poller = answer.value.header("azure-asyncoperation") ?? answer.value.header("location");
        if (answer.value.status === 202 && poller !== undefined) return { kind: "submitted", poller };
        return { kind: "open", number: numberIn(answer.value.body) };
      }),

    poll: (poller: string): Promise<PollResult> => pollOperation(armOf(), poller),
  };
}
