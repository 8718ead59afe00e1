/** Shapes: Azure/azure-rest-api-specs, support 2024-04-01, and Azure/azure-cli-extensions, recordings of `az support` (2020, 2024). */
import { describe, expect, test } from "vitest";
import { createSupportDesk } from "../../src/azure/support-desk.ts";
import type { Noting } from "../../src/azure/write-requests.ts";
import type { TicketDraft } from "../../src/domain/turn/support.ts";
import { CONTACT, SUBSCRIPTION, SUBSCRIPTION_ID } from "../support/builders.ts";
import { byPath, type FakeAnswer, fakeAzure } from "../support/fake-azure.ts";

const TICKET = `${SUBSCRIPTION}/providers/Microsoft.Support/supportTickets/keymend-i1-account`;
const SERVICES = "/providers/Microsoft.Support/services";
const place = { name: "keymend-i1-account", subscriptionId: SUBSCRIPTION_ID };
const draft: TicketDraft = {
  ...place,
  kind: "account",
  targetIds: ["/db/orders", "/db/history"],
  title: "orders",
  description: "what is so",
  since: "2026-11-02T10:00:00.000Z",
};
const filedUnder = { serviceId: "/s", problemClassificationId: "/s/p" };
const denied: FakeAnswer = { status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } };
const missing: FakeAnswer = { status: 404, body: { error: { code: "ResourceNotFound", message: "no" } } };

/** What was sent for the write, as it is heard beside it. */
const requests = [{ method: "PUT", url: `https://management.azure.com${TICKET}`, status: 202, requestId: "r1", correlationId: "c1" }];
const noting: Noting = async (write) => ({ ...(await write()), requests });

function deskOn(answers: Record<string, FakeAnswer | FakeAnswer[]>) {
  const azure = fakeAzure(byPath(answers));
  return { desk: createSupportDesk(() => azure.clients.arm, noting), sent: azure.sent };
}

const service = (name: string, displayName: string | null, resourceTypes: string[] | null) => ({
  id: `${SERVICES}/${name}`,
  name,
  type: "Microsoft.Support/services",
  properties: { displayName, resourceTypes },
});
const LISTS = {
  [`GET ${SERVICES}`]: {
    body: { value: [service("s0", null, null), service("s1", "Cosmos DB", ["MICROSOFT.DOCUMENTDB/DATABASEACCOUNTS"])] },
  },
  [`GET ${SERVICES}/s1/problemClassifications`]: {
    body: { value: [service("p0", "Performance / Partition keys", null), service("p1", "Security / Managed Keys", null)] },
  },
};

describe("what a ticket is filed under", () => {
  test("is found in the lists that support has now", async () => {
    expect(await deskOn(LISTS).desk.choose("account")).toEqual({
      serviceId: `${SERVICES}/s1`,
      problemClassificationId: `${SERVICES}/p1`,
    });
  });

  test.each<[string, Record<string, FakeAnswer>, string]>([
    ["no service is for that kind", { [`GET ${SERVICES}`]: { body: { value: [] } } }, "NoService"],
    ["no classification fits", { ...LISTS, [`GET ${SERVICES}/s1/problemClassifications`]: { body: { value: [] } } }, "NoClassification"],
    ["the services may not be listed", { [`GET ${SERVICES}`]: denied }, "AuthorizationFailed"],
    ["the classifications may not be listed", { ...LISTS, [`GET ${SERVICES}/s1/problemClassifications`]: denied }, "AuthorizationFailed"],
    ["a list is none that is known", { [`GET ${SERVICES}`]: { body: { value: [{ name: 1 }] } } }, "UnreadableAnswer"],
  ])("is nothing where %s", async (_, answers, code) => {
    expect(await deskOn(answers).desk.choose("account")).toMatchObject({ kind: "refused", code });
  });
});

describe("a ticket", () => {
  test("goes out as it is asked for, and is asked after where Azure works on it", async () => {
    const operation = `https://management.azure.com${SUBSCRIPTION}/providers/Microsoft.Support/operationsStatus/o1?api-version=2024-04-01`;
    const headers = { "azure-asyncoperation": operation, location: "https://management.azure.com/x" };
    const { desk, sent } = deskOn({ [`PUT ${TICKET}`]: { status: 202, body: undefined, headers } });
    expect(await desk.open(draft, filedUnder, CONTACT)).toEqual({ kind: "submitted", poller: operation, requests });
    expect(sent.map(({ method, body }) => [method, body])).toEqual([
      [
        "PUT",
        {
          properties: {
            title: "orders",
            description: "what is so",
            serviceId: "/s",
            problemClassificationId: "/s/p",
            severity: "critical",
            advancedDiagnosticConsent: "No",
            problemStartTime: "2026-11-02T10:00:00.000Z",
            technicalTicketDetails: { resourceId: "/db/orders" },
            contactDetails: {
              firstName: "Ada",
              lastName: "King",
              country: "GBR",
              preferredContactMethod: "email",
              primaryEmailAddress: "a@b",
              preferredTimeZone: "GMT Standard Time",
              preferredSupportLanguage: "en-us",
            },
          },
        },
      ],
    ]);
  });

  test("lets support look into diagnostics only where that was said", async () => {
    const { desk, sent } = deskOn({ [`PUT ${TICKET}`]: { body: { properties: { supportTicketId: "42" } } } });
    expect(await desk.open(draft, filedUnder, { ...CONTACT, diagnostics: true })).toEqual({ kind: "open", number: "42", requests });
    expect(sent[0]!.body).toMatchObject({ properties: { advancedDiagnosticConsent: "Yes" } });
  });

  test.each<[string, FakeAnswer, object]>([
    [
      "by its place alone",
      { status: 202, body: undefined, headers: { location: "https://management.azure.com/x" } },
      { kind: "submitted", poller: "https://management.azure.com/x" },
    ],
    ["without a word where to ask", { status: 202, body: undefined }, { kind: "open", number: null }],
    ["and is refused", denied, { kind: "refused", code: "AuthorizationFailed", detail: "no" }],
  ])("is answered %s", async (_, answer, expected) => {
    expect(await deskOn({ [`PUT ${TICKET}`]: answer }).desk.open(draft, filedUnder, CONTACT)).toEqual({ ...expected, requests });
  });

  test.each<[string, FakeAnswer, object | undefined]>([
    ["is there, with its number", { body: { properties: { supportTicketId: "42" } } }, { kind: "open", number: "42" }],
    ["is there, whatever else", { body: {} }, { kind: "open", number: null }],
    ["is not there", missing, undefined],
    ["may not be seen", denied, { kind: "refused", code: "AuthorizationFailed", detail: "no" }],
  ])("by its name %s", async (_, answer, expected) => {
    expect(await deskOn({ [`GET ${TICKET}`]: answer }).desk.find(place)).toEqual(expected);
  });

  test("says how it went", async () => {
    const path = `${SUBSCRIPTION}/providers/Microsoft.Support/operationsStatus/o1`;
    const error = { code: "InvalidSupportPlan", message: "Your support plan type is Developer." };
    const { desk } = deskOn({ [`GET ${path}`]: [{ body: { status: "InProgress" } }, { body: { status: "Failed", error } }] });
    const poller = `https://management.azure.com${path}?api-version=2024-04-01`;
    expect(await desk.poll(poller)).toEqual({ kind: "running" });
    expect(await desk.poll(poller)).toEqual({ kind: "failed", code: "InvalidSupportPlan", detail: error.message });
  });
});
