import { describe, expect, test } from "vitest";
import { createLimits } from "../../../../sandbox/azure/arm/arm-headers.ts";
import { addCustomRole, addDenyAssignment, addLock, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { aPerson, aWorld, anArm, GROUP, SUBSCRIPTION, TENANT, WIDGETS } from "../pipeline.ts";

const codeOf = (body: unknown): unknown => (body as { error?: { code?: unknown } } | null)?.error?.code;
const messageOf = (body: unknown): string => (body as { error: { message: string } }).error.message;

/** Moves time on to the next thing that is due, once. */
async function step(world: ReturnType<typeof aWorld>): Promise<void> {
  world.clock.set(world.clock.nextDue() ?? world.clock.now());
  await world.clock.runDue();
}

describe("who calls (Azure Resource Manager, authenticate requests)", () => {
  test("refuses a request without a token and names the tenant's authority", async () => {
    const reply = await anArm().raw("GET", `${WIDGETS}/w1?api-version=1`, {});

    expect(reply).toMatchObject({ status: 401, body: { error: { code: "AuthenticationFailed" } } });
    expect(reply).toMatchObject({
      headers: { "www-authenticate": expect.stringContaining(`authorization_uri="https://login.windows.net/${TENANT}"`) },
    });
  });

  test("refuses what is not a token of the tenant", async () => {
    const reply = await anArm().raw("GET", `${WIDGETS}/w1?api-version=1`, { authorization: "Bearer not.a.token" });

    expect(reply).toMatchObject({ status: 401, body: { error: { code: "InvalidAuthenticationToken" } } });
  });

  test("refuses a token for another service and names it", async () => {
    const { raw, tokens, owner } = anArm();
    const token = await tokens.issue(owner, "https://vault.azure.net");

    const reply = await raw("GET", `${WIDGETS}/w1?api-version=1`, { authorization: `Bearer ${token}` });

    expect(reply).toMatchObject({ status: 401, body: { error: { code: "InvalidAuthenticationTokenAudience" } } });
  });

  test.each(["https://management.azure.com", "https://management.azure.com/", "https://management.core.windows.net/"])(
    "accepts a token for %s",
    async (audience) => {
      const { raw, tokens, owner } = anArm();
      const token = await tokens.issue(owner, audience);

      await expect(raw("GET", `${WIDGETS}/w1?api-version=1`, { authorization: `Bearer ${token}` })).resolves.toMatchObject({ status: 200 });
    },
  );

  test("refuses a managed identity's token a day later", async () => {
    const { world, raw, tokens } = anArm();
    const token = await tokens.issue(aPerson(world, "id1", { keymend: true }), "https://management.azure.com");
    world.clock.set(world.clock.now() + 25 * 3_600_000);

    const reply = await raw("GET", `${WIDGETS}/w1?api-version=1`, { authorization: `Bearer ${token}` });

    const message = "The access token expiry UTC time '11/3/2026 8:00:00 AM' is earlier than current UTC time '11/3/2026 9:00:00 AM'.";
    expect(reply).toMatchObject({ status: 401, body: { error: { code: "ExpiredAuthenticationToken", message } } });
  });

  test("lets a client outside live by the machine's clock, however fast the virtual one runs", async () => {
    const { world, raw, tokens, owner } = anArm();
    const token = await tokens.issue(owner, "https://management.azure.com");
    world.clock.set(world.clock.now() + 25 * 3_600_000);

    await expect(raw("GET", `${WIDGETS}/w1?api-version=1`, { authorization: `Bearer ${token}` })).resolves.toMatchObject({ status: 200 });
  });
});

describe("what is asked", () => {
  test("needs an api-version and takes any", async () => {
    const { raw, tokens, owner } = anArm();
    const authorization = `Bearer ${await tokens.issue(owner, "https://management.azure.com")}`;

    await expect(raw("GET", `${WIDGETS}/w1`, { authorization })).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "MissingApiVersionParameter" } },
    });
    await expect(raw("GET", `${WIDGETS}/w1?api-version=2022-08-15-preview`, { authorization })).resolves.toMatchObject({ status: 200 });
  });

  test("finds a resource by any casing of its id, with a doubled slash and with percent-encoding", async () => {
    const { as, owner } = anArm();
    const path = `/subscriptions/${SUBSCRIPTION}/resourcegroups/RG1/providers/microsoft.widgets/WIDGETS/My%20Widget`;

    await expect(as(owner, "GET", `/${path}`)).resolves.toMatchObject({ status: 200, body: { name: "My Widget" } });
  });

  test.each([
    ["a group", GROUP],
    ["a resource", `${WIDGETS}/w1`],
    ["the subscription", `/subscriptions/${SUBSCRIPTION}`],
    ["the root", ""],
  ])("finds an extension resource on %s", async (_, scope) => {
    const { as, world } = anArm();
    const root = aPerson(world, "root", { role: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", scope: "/" });

    const reply = await as(root, "GET", `${scope}/providers/Microsoft.Notes/notes/n1`);

    expect(reply).toMatchObject({ status: 200, body: { scope, name: "n1" } });
  });

  test("refuses a body that is no JSON: InvalidRequestContent", async () => {
    const { raw, tokens, owner } = anArm();
    const authorization = `Bearer ${await tokens.issue(owner, "https://management.azure.com")}`;

    const reply = await raw("PUT", `${WIDGETS}/w1?api-version=1`, { authorization }, '{"tags":');

    expect(reply).toMatchObject({ status: 400, body: { error: { code: "InvalidRequestContent" } } });
  });

  test.each([
    ["SubscriptionNotFound", "/subscriptions/00000000-0000-4000-8000-00000000dead/providers/Microsoft.Widgets/widgets"],
    ["ResourceGroupNotFound", `/subscriptions/${SUBSCRIPTION}/resourceGroups/nope/providers/Microsoft.Widgets/widgets/w1`],
    ["InvalidResourceNamespace", `${GROUP}/providers/Microsoft.Nothing/things/t1`],
    ["InvalidResourceType", `${GROUP}/providers/Microsoft.Widgets/gadgets/g1`],
    ["MissingSubscription", "/nowhere"],
  ])("answers 404 %s as ARM's front end does", async (code, path) => {
    const { as, owner } = anArm();

    const reply = await as(owner, "GET", path);

    expect(reply).toMatchObject({ status: 404, headers: { "x-ms-failure-cause": "gateway" }, body: { error: { code } } });
  });

  test("tells a missing group also to the DELETE of a child (recorded: ASO RoleAssignment_OnStorageAccount_CRUD)", async () => {
    const { as, owner } = anArm();

    const reply = await as(owner, "DELETE", `/subscriptions/${SUBSCRIPTION}/resourceGroups/nope/providers/Microsoft.Widgets/widgets/w1`);

    expect(messageOf(reply.body)).toBe("Resource group 'nope' could not be found.");
  });

  test("refuses a method that the type does not have", async () => {
    const { as, owner } = anArm();

    await expect(as(owner, "PATCH", `${WIDGETS}/w1`, {})).resolves.toMatchObject({ status: 405 });
  });
});

describe("may they (Azure RBAC, troubleshooting)", () => {
  test("names caller, action and scope of a refusal", async () => {
    const { as, reader } = anArm();

    const reply = await as(reader, "PUT", `${WIDGETS}/w1`, {});

    expect(reply.status).toBe(403);
    expect(codeOf(reply.body)).toBe("AuthorizationFailed");
    expect(messageOf(reply.body)).toBe(
      `The client '${reader.appid}' with object id '${reader.oid}' does not have authorization to perform action ` +
        `'Microsoft.Widgets/widgets/write' over scope '${WIDGETS}/w1' or the scope is invalid. ` +
        "If access was recently granted, please refresh your credentials.",
    );
  });

  test("asks for a list at the provider, for an action at its resource", async () => {
    const { as, world, reader } = anArm();
    const nobody = aPerson(world, "nobody");

    const list = await as(nobody, "GET", WIDGETS);
    const action = await as(reader, "POST", `${WIDGETS}/w1/turn`);

    expect(messageOf(list.body)).toContain(`over scope '${GROUP}/providers/Microsoft.Widgets' or`);
    expect(messageOf(action.body)).toContain(`action 'Microsoft.Widgets/widgets/turn/action' over scope '${WIDGETS}/w1' or`);
  });

  test("says so when a condition is not met", async () => {
    const { as, world } = anArm();
    const delegate = aPerson(world, "delegate");
    const role = addCustomRole(world, { roleName: "Turner", actions: ["Microsoft.Widgets/widgets/write"] });
    const condition = "(!(ActionMatches{'Microsoft.Widgets/widgets/write'}))";
    assignRole(world, { principalId: delegate.oid, role: role.name, scope: GROUP, condition });

    const reply = await as(delegate, "PUT", `${WIDGETS}/w1`, {});

    expect(reply.status).toBe(403);
    expect(messageOf(reply.body)).toMatch(/ABAC condition/i);
  });

  test("lets a deny assignment win", async () => {
    const { as, world, owner } = anArm();
    addDenyAssignment(world, {
      scope: GROUP,
      principals: [{ id: owner.oid, type: "ServicePrincipal" }],
      permissions: [{ actions: ["*/write"], notActions: [], dataActions: [], notDataActions: [] }],
    });

    const reply = await as(owner, "PUT", `${WIDGETS}/w1`, {});

    expect(messageOf(reply.body)).toMatch(/deny assignment/);
  });
});

describe("locks (Azure Resource Manager, lock resources)", () => {
  test.each([
    ["CanNotDelete", "DELETE", 409],
    ["CanNotDelete", "PUT", 201],
    ["ReadOnly", "PUT", 409],
    ["ReadOnly", "GET", 200],
  ] as const)("%s on the group and %s: %i", async (level, method, status) => {
    const { as, world, owner } = anArm();
    addLock(world, { scope: GROUP, name: "keep", level });

    const reply = await as(owner, method, `${WIDGETS}/w1`, method === "PUT" ? {} : undefined);

    expect(reply.status).toBe(status);
  });

  test("names the locked scope and the operation", async () => {
    const { as, world, owner } = anArm();
    addLock(world, { scope: GROUP, name: "keep", level: "CanNotDelete" });

    const reply = await as(owner, "DELETE", `${WIDGETS}/w1`);

    expect(reply.body).toEqual({
      error: {
        code: "ScopeLocked",
        message:
          `The scope '${WIDGETS}/w1' cannot perform delete operation because following scope(s) are locked: '${GROUP}'. ` +
          "Please remove the lock and try again.",
      },
    });
  });

  test("refuses an action under ReadOnly, but not a POST that only reads", async () => {
    const { as, world, owner } = anArm();
    addLock(world, { scope: GROUP, name: "keep", level: "ReadOnly" });

    await expect(as(owner, "POST", `${WIDGETS}/w1/turn`)).resolves.toMatchObject({ status: 409 });
    await expect(as(owner, "POST", `${WIDGETS}/w1/count`)).resolves.toMatchObject({ status: 200 });
  });
});

describe("answers", () => {
  test("carry ARM's headers, the same GUID as request and correlation id, and virtual time", async () => {
    const { as, owner } = anArm();

    const { headers } = await as(owner, "GET", `${WIDGETS}/w1`);

    expect(headers["x-ms-request-id"]).toBe(headers["x-ms-correlation-request-id"]);
    expect(headers).toMatchObject({
      "x-ms-routing-request-id": `WESTUS2:20261102T080000Z:${headers["x-ms-request-id"]}`,
      "x-ms-ratelimit-remaining-subscription-reads": "249",
      "x-ms-ratelimit-remaining-subscription-global-reads": "3749",
      "content-type": "application/json; charset=utf-8",
      date: "Mon, 02 Nov 2026 08:00:00 GMT",
    });
  });

  test("leave an error unwrapped where the provider does (recorded: Cosmos DB's 412 and 400)", async () => {
    const { as, owner } = anArm();

    const reply = await as(owner, "PUT", `${WIDGETS}/bad`, {});

    expect(reply).toMatchObject({ status: 400, body: { code: "BadWidget", message: "No such widget can be made." } });
  });

  test("only count where the switch is off", async () => {
    const { as, owner } = anArm(aWorld({ "arm.throttles": false }));
    for (let i = 0; i < 250; i++) await as(owner, "GET", `${WIDGETS}/w1`);

    await expect(as(owner, "GET", `${WIDGETS}/w1`)).resolves.toMatchObject({ status: 200 });
  });

  test("are refused 429 with Retry-After once the bucket is empty", async () => {
    const { as, owner, world } = anArm();
    for (let i = 0; i < 250; i++) await as(owner, "GET", `${WIDGETS}/w1`);

    await expect(as(owner, "GET", `${WIDGETS}/w1`)).resolves.toMatchObject({ status: 429, headers: { "retry-after": "1" } });
    world.clock.set(world.clock.now() + 1000);
    await expect(as(owner, "GET", `${WIDGETS}/w1`)).resolves.toMatchObject({ status: 200 });
  });
});

describe("a caller's buckets (Understand how Azure Resource Manager throttles requests: per subscription, principal and kind of operation)", () => {
  test("are of one subscription each, and one of what names none; other callers and kinds have their own", () => {
    const limits = createLimits(aWorld());
    const ask = (oid: string, method: string, path: string) =>
      limits.take(oid, { method, url: new URL(`https://management.azure.com${path}`), headers: {}, body: "" });
    for (let i = 0; i < 251; i++) ask("a", "GET", WIDGETS);

    expect(ask("a", "GET", WIDGETS.toUpperCase())).toMatchObject({
      retryAfter: 1,
      headers: { "x-ms-ratelimit-remaining-subscription-reads": "0" },
    });
    expect(ask("a", "GET", "/subscriptions/another/resourceGroups").headers["x-ms-ratelimit-remaining-subscription-reads"]).toBe("249");
    expect(ask("a", "GET", "/subscriptions").headers).toEqual({ "x-ms-ratelimit-remaining-tenant-reads": "249" });
    expect(ask("b", "GET", WIDGETS).retryAfter).toBeUndefined();
    expect(ask("a", "PUT", WIDGETS).headers["x-ms-ratelimit-remaining-subscription-writes"]).toBe("199");
    expect(ask("a", "DELETE", WIDGETS).headers["x-ms-ratelimit-remaining-subscription-deletes"]).toBe("199");
  });
});

describe("the record of writes", () => {
  test("holds what was written and what was refused, not what was read", async () => {
    const { as, world, owner, reader } = anArm();
    await as(owner, "PUT", `${WIDGETS}/w1`, { color: "red" });
    await as(reader, "PUT", `${WIDGETS}/w1`, { color: "blue" });
    await as(owner, "GET", `${WIDGETS}/w1`);
    await as(owner, "POST", `${WIDGETS}/w1/count`);

    expect(world.writes).toMatchObject([
      { caller: "owner", keymend: false, method: "PUT", action: "Microsoft.Widgets/widgets/write", status: 201, body: { color: "red" } },
      { caller: "reader", method: "PUT", status: 403, body: { color: "blue" } },
    ]);
  });
});

describe("events (Event Grid, event schema of subscriptions)", () => {
  test("tell of a write with who did it and by which right, without the body", async () => {
    const { as, world, events, owner } = anArm();

    const { headers } = await as(owner, "PUT", `${WIDGETS}/w1`, { color: "red" });

    const [assignment] = [...world.roleAssignments.values()];
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      source: `/subscriptions/${SUBSCRIPTION}`,
      subject: `${WIDGETS}/w1`,
      eventType: "Microsoft.Resources.ResourceWriteSuccess",
      dataVersion: "2",
      data: {
        operationName: "Microsoft.Widgets/widgets/write",
        resourceUri: `${WIDGETS}/w1`,
        resourceProvider: "Microsoft.Widgets",
        status: "Succeeded",
        correlationId: headers["x-ms-correlation-request-id"],
        claims: { appid: owner.appid, "http://schemas.microsoft.com/identity/claims/objectidentifier": owner.oid },
        authorization: {
          action: "Microsoft.Widgets/widgets/write",
          scope: `${WIDGETS}/w1`,
          evidence: { role: "Owner", roleAssignmentId: assignment?.name.replaceAll("-", ""), principalType: "ServicePrincipal" },
        },
        httpRequest: { method: "PUT" },
      },
    });
    expect(JSON.stringify(events)).not.toContain("red");
  });

  test("tell deletes and actions apart, and failures from successes", async () => {
    const { as, events, owner, reader } = anArm();
    await as(owner, "DELETE", `${WIDGETS}/w1`);
    await as(owner, "POST", `${WIDGETS}/w1/turn`);
    await as(reader, "PUT", `${WIDGETS}/w1`, {});

    expect(events.map(({ eventType, subject }) => [eventType, subject])).toEqual([
      ["Microsoft.Resources.ResourceDeleteSuccess", `${WIDGETS}/w1`],
      ["Microsoft.Resources.ResourceActionSuccess", `${WIDGETS}/w1`],
      ["Microsoft.Resources.ResourceWriteFailure", `${WIDGETS}/w1`],
    ]);
  });

  test("do not come for reads", async () => {
    const { as, events, owner } = anArm();
    await as(owner, "GET", `${WIDGETS}/w1`);
    await as(owner, "POST", `${WIDGETS}/w1/count`);

    expect(events).toEqual([]);
  });

  test.each([
    ["Succeeded", "Microsoft.Resources.ResourceWriteSuccess"],
    ["Failed", "Microsoft.Resources.ResourceWriteFailure"],
  ])("wait for a long-running operation to end: %s", async (status, eventType) => {
    const { as, world, events, owner, slow } = anArm();
    await as(owner, "PUT", `${WIDGETS}/slow`, {});
    await step(world);
    expect(events).toEqual([]);

    slow.status = status;
    await step(world);

    expect(events).toMatchObject([{ eventType, subject: `${WIDGETS}/slow` }]);
    expect(world.clock.nextDue()).toBeUndefined();
  });
});

test("counts what each caller reads, refused or not, and no writes", async () => {
  const { world, as, owner, reader } = anArm();
  for (let i = 0; i < 2; i++) await as(reader, "GET", `${WIDGETS}/one`);
  await as(owner, "PUT", `${WIDGETS}/one`, {});
  await as(owner, "POST", `${WIDGETS}/one/count`);

  expect([...world.reads.values()].map(({ caller, route, count }) => [caller, route.split(" ")[0], count])).toEqual([
    ["reader", "GET", 2],
    ["owner", "POST", 1],
  ]);
});
