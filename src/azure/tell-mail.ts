/**
 * Tells people by e-mail through Azure Communication Services. Permission: Microsoft.Communication/CommunicationServices/write and read, on
 * the resource (Microsoft Learn, "Send an email using Azure Communication Services": with Microsoft Entra ID).
 * REST: Azure/azure-rest-api-specs, communication/data-plane/Email/stable/2023-03-31. Sent by hand: one request, which needs no SDK.
 */
import { createHash } from "node:crypto";
import type { Sent } from "../domain/telling/letters.ts";
import type { News } from "../domain/telling/news.ts";
import type { Post } from "./post.ts";
import type { LinkTo } from "./tell-teams.ts";

export const MAIL_SCOPE = "https://communication.azure.com/.default";

function textOf({ title, text, facts, incidentId, asks }: News, linkTo: LinkTo): string {
  const url = incidentId === null ? undefined : linkTo(incidentId);
  const where = url === undefined ? [] : [`${asks ? "Decide" : "Open"}: ${url}`];
  const id = incidentId === null ? [] : [`Incident: ${incidentId}`];
  return [title, "", text, "", ...facts.map(([name, value]) => `${name}: ${value}`), ...id, ...where].join("\n");
}

/** A subject is one line. */
const subjectOf = (bundle: readonly News[]): string =>
  (bundle.length === 1 ? `Keymend: ${bundle[0]!.title}` : `Keymend: ${bundle.length} things`)
    .replaceAll(/\s+/g, " ")
    .slice(0, 200)
    .toWellFormed();

/** By which the service knows the operation (`Operation-Id`: a UUID of the customer's). The same mail has the same. */
function operationId(bundle: readonly News[]): string {
  const hex = createHash("sha256")
    .update(bundle.map(({ id }) => id).join("\n"), "utf8")
    .digest("hex");
  // RFC 9562, version 8: what is in it is the maker's own.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

type Options = { endpoint: string; from: string; to: readonly string[]; linkTo: LinkTo; post: Post };

export const createTellMail =
  ({ endpoint, from, to, linkTo, post }: Options) =>
  (bundle: readonly News[]): Promise<Sent> =>
    post(
      `${endpoint.replace(/\/+$/, "")}/emails:send?api-version=2023-03-31`,
      { "operation-id": operationId(bundle) },
      {
        senderAddress: from,
        recipients: { to: to.map((address) => ({ address })) },
        content: { subject: subjectOf(bundle), plainText: bundle.map((news) => textOf(news, linkTo)).join("\n\n---\n\n") },
        userEngagementTrackingDisabled: true,
      },
    );
