/** A small tenant for the tests of what all providers share: two people, one group, one made-up resource type. */
import { addPrincipal, assignRole } from "../../../sandbox/azure/authorization/build.ts";
import { loadBuiltInRoles, ROLE } from "../../../sandbox/azure/authorization/builtin-roles.ts";
import { createArm } from "../../../sandbox/azure/arm/arm.ts";
import { createFaults } from "../../../sandbox/azure/faults.ts";
import { AzureError, type Route } from "../../../sandbox/azure/routes.ts";
import { createTokens } from "../../../sandbox/azure/entra/tokens.ts";
import { createWorld, type Json, type Principal, type SourceEvent, type World } from "../../../sandbox/azure/world.ts";
import { Clock } from "../../../sandbox/time/clock.ts";
import { createRandom } from "../../../sandbox/time/random.ts";

export const TENANT = "11111111-1111-4111-8111-111111111111";
export const SUBSCRIPTION = "22222222-2222-4222-8222-222222222222";
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg1`;
export const START = Date.parse("2026-11-02T08:00:00Z");

/** Nothing in it. */
export function aBareWorld(switches: World["switches"] = {}): World {
  return createWorld({ clock: new Clock(START), random: createRandom(1), tenantId: TENANT, subscriptionId: SUBSCRIPTION, switches });
}

export function aWorld(switches: World["switches"] = {}): World {
  const world = aBareWorld(switches);
  loadBuiltInRoles(world);
  world.resourceGroups.set(GROUP.toLowerCase(), { id: GROUP, name: "rg1", location: "westus2", tags: {} });
  return world;
}

/** With a secret unless it is one of Keymend's own identities. */
export function aPerson(world: World, name: string, options: { role?: string; scope?: string; keymend?: boolean } = {}): Principal {
  const keymend = options.keymend ?? false;
  const person = addPrincipal(world, { name, keymend, ...(keymend ? {} : { secret: `secret-of-${name}` }) });
  const scope = options.scope ?? `/subscriptions/${SUBSCRIPTION}`;
  if (options.role !== undefined) assignRole(world, { principalId: person.oid, role: options.role, scope });
  return person;
}

const WIDGET = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Widgets/widgets/{name}";
const OPERATION = "/subscriptions/{subscriptionId}/providers/Microsoft.Widgets/locations/westus2/operations/{id}";

function startSlowly(id: string): Record<string, string> {
  return {
    "azure-asyncoperation": `https://management.azure.com${OPERATION.replace("{subscriptionId}", SUBSCRIPTION).replace("{id}", id)}?api-version=1`,
  };
}

/** A provider with one of everything. `slow` ends when the test says so. */
export function widgets(): { routes: Route[]; slow: { status: string } } {
  const slow = { status: "InProgress" };
  const read = "Microsoft.Widgets/widgets/read";
  const write = "Microsoft.Widgets/widgets/write";
  const routes: Route[] = [
    { method: "GET", pattern: WIDGET, action: read, handle: ({ params }) => ({ status: 200, body: { name: params["name"] ?? null } }) },
    { method: "GET", pattern: WIDGET.replace("/{name}", ""), action: read, handle: () => ({ status: 200, body: { value: [] } }) },
    {
      method: "PUT",
      pattern: WIDGET,
      action: write,
      event: write,
      handle: ({ params, body }) => {
        if (params["name"] === "bad") throw new AzureError(400, "BadWidget", "No such widget can be made.", { unwrapped: true });
        return { status: 201, body: body ?? null, headers: params["name"] === "slow" ? startSlowly("op1") : {} };
      },
    },
    {
      method: "DELETE",
      pattern: WIDGET,
      action: "Microsoft.Widgets/widgets/delete",
      event: "Microsoft.Widgets/widgets/delete",
      handle: () => ({ status: 200 }),
    },
    {
      method: "POST",
      pattern: `${WIDGET}/turn`,
      action: "Microsoft.Widgets/widgets/turn/action",
      event: "Microsoft.Widgets/widgets/turn/action",
      handle: () => ({ status: 200, body: {} }),
    },
    { method: "POST", pattern: `${WIDGET}/count`, action: read, handle: () => ({ status: 200, body: { count: 1 } }) },
    { method: "GET", pattern: OPERATION, action: null, handle: () => ({ status: 200, body: { status: slow.status } }) },
    {
      method: "GET",
      pattern: "{scope}/providers/Microsoft.Notes/notes/{name}",
      action: "Microsoft.Notes/notes/read",
      handle: ({ params }) => ({ status: 200, body: { scope: params["scope"] ?? null, name: params["name"] ?? null } }),
    },
  ];
  return { routes, slow };
}

export type Answered = { status: number; headers: Record<string, string>; body: Json };

export function anArm(world = aWorld()) {
  const tokens = createTokens(world);
  const faults = createFaults();
  const { routes, slow } = widgets();
  const arm = createArm({ world, tokens, faults, routes });
  const events: SourceEvent[] = [];
  world.publish = (event) => events.push(event);
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const reader = aPerson(world, "reader", { role: ROLE.reader });

  const raw = async (method: string, path: string, headers: Record<string, string>, body = ""): Promise<Answered | { fault: string }> => {
    const reply = await arm.handle({ method, url: new URL(`https://management.azure.com${path}`), headers, body });
    if ("fault" in reply) return reply;
    return { ...reply, body: reply.body === "" ? null : (JSON.parse(reply.body) as Json) };
  };
  const as = async (who: Principal, method: string, path: string, body?: Json): Promise<Answered> => {
    const authorization = `Bearer ${await tokens.issue(who, "https://management.azure.com")}`;
    const reply = await raw(method, `${path}?api-version=2024-01-01`, { authorization }, body === undefined ? "" : JSON.stringify(body));
    if ("fault" in reply) throw new Error(`no answer: ${reply.fault}`);
    return reply;
  };
  return { world, tokens, faults, events, owner, reader, slow, raw, as };
}

export const WIDGETS = `${GROUP}/providers/Microsoft.Widgets/widgets`;
