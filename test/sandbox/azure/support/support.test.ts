/** As specified (Azure/azure-rest-api-specs, support 2024-04-01) and recorded (Azure/azure-cli-extensions, recordings of `az support`). */
import { describe, expect, test } from "vitest";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { COSMOS_DB } from "../../../../sandbox/azure/support/catalogue.ts";
import { supportRoutes } from "../../../../sandbox/azure/support/routes.ts";
import type { JsonObject } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, SUBSCRIPTION } from "../pipeline.ts";
import { pass, throughArm } from "../through-arm.ts";

const SUPPORT = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Support`;
const TICKET = `${SUPPORT}/supportTickets/t1`;
const SERVICES = "/providers/Microsoft.Support/services";
const KEYS = `${SERVICES}/${COSMOS_DB}/problemClassifications/5a1e0c0d-0000-4000-8000-000000000003`;

const PROPERTIES = {
  title: "orders",
  description: "what is so",
  severity: "critical",
  advancedDiagnosticConsent: "No",
  serviceId: `${SERVICES}/${COSMOS_DB}`,
  problemClassificationId: KEYS,
  contactDetails: {
    firstName: "Ada",
    lastName: "Lovelace",
    preferredContactMethod: "email",
    primaryEmailAddress: "ada@contoso.example",
    preferredTimeZone: "GMT Standard Time",
    country: "GBR",
    preferredSupportLanguage: "en-us",
  },
};

function setting(switches: Record<string, string | boolean> = {}) {
  const world = aWorld(switches);
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const reader = aPerson(world, "reader", { role: ROLE.reader });
  const arm = throughArm(world, supportRoutes, "2024-04-01");
  const open = (over: JsonObject = {}, name = TICKET) => arm(owner, "PUT", name, { properties: { ...PROPERTIES, ...over } });
  const follow = ({ headers }: { headers: Record<string, string> }, header = "azure-asyncoperation") => {
    const { pathname, search } = new URL(headers[header]!);
    return arm(owner, "GET", `${pathname}${search}`);
  };
  return { world, owner, reader, arm, open, follow, settle: () => pass(world, 30_000) };
}

describe("what can be asked", () => {
  test("is listed: services with the types of resources that they are for, and their classifications", async () => {
    const { arm, reader } = setting();
    const { body } = await arm(reader, "GET", SERVICES);
    expect((body["value"] as JsonObject[]).find(({ name }) => name === COSMOS_DB)).toEqual({
      id: `${SERVICES}/${COSMOS_DB}`,
      name: COSMOS_DB,
      type: "Microsoft.Support/services",
      properties: { displayName: "Cosmos DB", resourceTypes: ["MICROSOFT.DOCUMENTDB/DATABASEACCOUNTS"] },
    });
    const { body: topics } = await arm(reader, "GET", `${SERVICES}/${COSMOS_DB}/problemClassifications`);
    expect((topics["value"] as JsonObject[]).map(({ properties }) => (properties as JsonObject)["displayName"])).toContain(
      "Security / Managed Keys",
    );
    expect((await arm(reader, "GET", `${SERVICES}/${COSMOS_DB}`)).status).toBe(200);
    expect((await arm(reader, "GET", KEYS)).body).toMatchObject({ id: KEYS, type: "Microsoft.Support/problemClassifications" });
  });

  test.each([`${SERVICES}/none`, `${SERVICES}/none/problemClassifications`, `${SERVICES}/${COSMOS_DB}/problemClassifications/none`])(
    "%s is not there",
    async (path) => {
      const { arm, owner } = setting();
      expect((await arm(owner, "GET", path)).status).toBe(404);
    },
  );

  test("may have no topic of keys, and may ask for a right at the tenant", async () => {
    const { arm, owner } = setting({ supportKeyTopic: "" });
    expect((await arm(owner, "GET", KEYS)).status).toBe(404);
    const asking = setting({ supportListsAskForRead: true });
    expect((await asking.arm(asking.owner, "GET", SERVICES)).status).toBe(403);
  });
});

describe("a ticket", () => {
  test("is taken with 202, is there some seconds later, and shows its number", async () => {
    const { arm, reader, world, open, follow, settle } = setting();
    const taken = await open();
    expect([taken.status, taken.body]).toEqual([202, {}]);
    expect((await follow(taken)).body).toMatchObject({ status: "InProgress" });
    expect((await follow(taken, "location")).status).toBe(202);
    expect((await arm(reader, "GET", TICKET)).status).toBe(404);
    await settle();
    expect((await follow(taken)).body).toEqual({
      id: expect.stringMatching(/^\/subscriptions\/.+\/providers\/Microsoft.Support\/operationsStatus\//) as string,
      status: "Succeeded",
    });
    expect((await follow(taken, "location")).status).toBe(200);
    const { body } = await arm(reader, "GET", TICKET);
    expect(body).toMatchObject({
      id: TICKET,
      name: "t1",
      type: "Microsoft.Support/supportTickets",
      properties: {
        title: "orders",
        severity: "Critical",
        status: "Open",
        supportTicketId: expect.stringMatching(/^1261102\d{8}$/) as string,
        serviceDisplayName: "Cosmos DB",
        problemClassificationDisplayName: "Security / Managed Keys",
        contactDetails: { preferredContactMethod: "Email", country: "GBR" },
      },
    });
    expect((await arm(reader, "GET", `${SUPPORT}/supportTickets`)).body["value"]).toEqual([body]);
    expect(world.supportTickets.size).toBe(1);
  });

  test("is not there where the plan has none: the request is taken all the same, and fails", async () => {
    const { arm, owner, world, open, follow, settle } = setting({ supportPlan: "Developer" });
    const taken = await open();
    await settle();
    expect([taken.status, world.supportTickets.size, (await arm(owner, "GET", TICKET)).status]).toEqual([202, 0, 404]);
    expect((await follow(taken)).body).toMatchObject({
      status: "Failed",
      error: { code: "InvalidSupportPlan", message: expect.stringContaining("Your support plan type is Developer.") as string },
    });
  });

  test.each<[string, JsonObject, RegExp]>([
    ["without a title", { title: "" }, /lacks title/],
    ["without anybody to answer", { contactDetails: null }, /lacks contactDetails/],
    ["for somebody without a name", { contactDetails: { ...PROPERTIES.contactDetails, lastName: "" } }, /lacks lastName/],
    ["from nowhere", { contactDetails: { ...PROPERTIES.contactDetails, country: "UK" } }, /alpha-3/],
    ["of a severity that is none", { severity: "A" }, /severity/],
    ["of a service that is none", { serviceId: `${SERVICES}/none` }, /service id/],
    ["filed under nothing", { problemClassificationId: `${KEYS}9` }, /classification/],
  ])("%s is refused", async (_, over, words) => {
    const { open, world, settle } = setting();
    const { status, body } = await open(over);
    await settle();
    expect([status, world.supportTickets.size]).toEqual([400, 0]);
    expect(body).toEqual({
      Error: { Code: "InvalidData", Message: expect.stringMatching(words) as string, Target: null, InnerError: null, Details: [] },
    });
  });

  test("has a name of its own, which may be asked for before", async () => {
    const { arm, owner, open, settle } = setting();
    const isFree = async (name: string) => (await arm(owner, "POST", `${SUPPORT}/checkNameAvailability`, { name })).body["nameAvailable"];
    expect([await isFree("t1"), await isFree("12345"), await isFree("tmp-1")]).toEqual([true, false, false]);
    await open();
    await settle();
    expect(await isFree("t1")).toBe(false);
    expect((await open()).status).toBe(409);
    expect((await open({}, `${SUPPORT}/supportTickets/12345`)).status).toBe(400);
  });

  test("takes the right to write it; who reads the subscription sees it", async () => {
    const { arm, reader } = setting();
    expect((await arm(reader, "PUT", TICKET, { properties: PROPERTIES })).status).toBe(403);
    expect((await arm(reader, "GET", `${SUPPORT}/operationsStatus/none`)).status).toBe(404);
  });
});
