/**
 * Microsoft.Support: what can be asked, and tickets of a subscription. Operations and actions: Azure/azure-rest-api-specs, support 2024-04-01, and
 * Microsoft Learn, "Azure permissions for General" (Microsoft.Support).
 */
import { type Call, isHere, type Reply, type Route, same, subscriptionOf } from "../routes.ts";
import { objectAt, textAt } from "../json.ts";
import { switchOf } from "../switches.ts";
import type { World } from "../world.ts";
import { allServices, renderClassifications, renderService, serviceNamed, SERVICES } from "./catalogue.ts";
import { faultOfName, invalid, newNumber, planFault, refusal, renderTicket, requireWhole, TICKET, ticketId } from "./tickets.ts";

const OF_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.Support";

const ofService = (call: Call) => {
  const service = serviceNamed(call.params["service"] ?? "");
  if (!service) throw refusal(404, "ResourceNotFound", `The service '${call.params["service"]}' was not found.`);
  return service;
};

function classificationOf(call: Call): Reply {
  const found = renderClassifications(call.world, ofService(call)).find(({ name }) =>
    same(textAt(name), call.params["classification"] ?? ""),
  );
  if (!found) throw refusal(404, "ResourceNotFound", `The problem classification '${call.params["classification"]}' was not found.`);
  return { status: 200, body: found };
}

/** They lie with no subscription. Whether a right is asked for is open: Learn names none among the prerequisites. */
const list = (pattern: string, action: string, handle: Route["handle"]): Route => ({
  method: "GET",
  pattern,
  action,
  isAsked: (world) => switchOf(world, "supportListsAskForRead"),
  scopeOf: () => "/",
  handle,
});

/** A ticket in the making. */
type SupportOperation = {
  name: string;
  subscriptionId: string;
  state: "running" | "succeeded" | "failed";
  error?: { code: string; message: string };
};

const operationsOf = new WeakMap<World, Map<string, SupportOperation>>();

function operationsIn(world: World): Map<string, SupportOperation> {
  const operations = operationsOf.get(world) ?? new Map<string, SupportOperation>();
  operationsOf.set(world, operations);
  return operations;
}

/** What becomes of it some seconds later. */
function begin(call: Call): SupportOperation {
  const { world } = call;
  const properties = requireWhole(call);
  const id = ticketId(call);
  const operation: SupportOperation = {
    name: world.random.guid("support.operation"),
    subscriptionId: subscriptionOf(call),
    state: "running",
  };
  operationsIn(world).set(operation.name, operation);
  world.clock.in(world.random.int("support.duration", 5, 25) * 1000, `support takes ${call.params["name"]}`, () => {
    const error = planFault(world);
    operation.state = error ? "failed" : "succeeded";
    if (error) operation.error = error;
    else
      world.supportTickets.set(id.toLowerCase(), {
        id,
        name: call.params["name"] ?? "",
        number: newNumber(world),
        at: world.clock.iso(),
        properties,
      });
  });
  return operation;
}

function addresses(call: Call, { name }: SupportOperation): Record<string, string> {
  const at = (kind: string): string =>
    `https://management.azure.com/subscriptions/${subscriptionOf(call)}/providers/Microsoft.Support/${kind}/${name}?api-version=${call.apiVersion}`;
  return { "azure-asyncoperation": at("operationsStatus"), location: at("operationResults") };
}

/** What comes of a name that is taken is documented nowhere: `checkNameAvailability` is there to ask before. */
function create(call: Call): Reply {
  const fault = faultOfName(call.params["name"] ?? "");
  if (fault !== undefined) throw invalid(fault);
  if (call.world.supportTickets.has(ticketId(call).toLowerCase()))
    throw refusal(409, "ResourceAlreadyExists", `A support ticket '${call.params["name"]}' exists already.`);
  return { status: 202, headers: addresses(call, begin(call)) };
}

function read(call: Call): Reply {
  const ticket = call.world.supportTickets.get(ticketId(call).toLowerCase());
  if (!ticket) throw refusal(404, "ResourceNotFound", `The support ticket '${call.params["name"]}' was not found.`);
  return { status: 200, body: renderTicket(call.world, ticket) };
}

const listAll = (call: Call): Reply => ({
  status: 200,
  body: {
    value: [...call.world.supportTickets.values()].filter(({ id }) => isHere(call, id)).map((ticket) => renderTicket(call.world, ticket)),
  },
});

function operationOf({ world, params }: Call): SupportOperation {
  const operation = operationsIn(world).get(params["operation"] ?? "");
  if (!operation) throw refusal(404, "ResourceNotFound", `The operation '${params["operation"]}' was not found.`);
  return operation;
}

const WORDS: Record<SupportOperation["state"], string> = { running: "InProgress", succeeded: "Succeeded", failed: "Failed" };

function status(call: Call): Reply {
  const { name, subscriptionId, state, error } = operationOf(call);
  const id = `/subscriptions/${subscriptionId}/providers/Microsoft.Support/operationsStatus/${name}`;
  return { status: 200, body: { id, status: WORDS[state], ...(error && { error }) } };
}

function result(call: Call): Reply {
  const operation = operationOf(call);
  return operation.state === "running" ? { status: 202, headers: addresses(call, operation) } : status(call);
}

function isAvailable(world: World, call: Call): Reply {
  const name = textAt(objectAt(call.body)["name"]);
  const message = faultOfName(name);
  if (message !== undefined) return { status: 200, body: { message, nameAvailable: false, reason: "Invalid" } };
  const isTaken = world.supportTickets.has(`/subscriptions/${subscriptionOf(call)}/providers/${TICKET}/${name}`.toLowerCase());
  return { status: 200, body: isTaken ? { nameAvailable: false, reason: "AlreadyExists" } : { nameAvailable: true } };
}

export const supportRoutes: Route[] = [
  list(SERVICES, "Microsoft.Support/services/read", () => ({ status: 200, body: { value: allServices() } })),
  list(`${SERVICES}/{service}`, "Microsoft.Support/services/read", (call) => ({ status: 200, body: renderService(ofService(call)) })),
  list(`${SERVICES}/{service}/problemClassifications`, "Microsoft.Support/services/problemClassifications/read", (call) => ({
    status: 200,
    body: { value: renderClassifications(call.world, ofService(call)) },
  })),
  list(
    `${SERVICES}/{service}/problemClassifications/{classification}`,
    "Microsoft.Support/services/problemClassifications/read",
    classificationOf,
  ),
  {
    method: "POST",
    pattern: `${OF_SUBSCRIPTION}/checkNameAvailability`,
    action: "Microsoft.Support/checkNameAvailability/action",
    handle: (call) => isAvailable(call.world, call),
  },
  { method: "GET", pattern: `${OF_SUBSCRIPTION}/supportTickets`, action: `${TICKET}/read`, handle: listAll },
  { method: "GET", pattern: `${OF_SUBSCRIPTION}/supportTickets/{name}`, action: `${TICKET}/read`, handle: read },
  {
    method: "PUT",
    pattern: `${OF_SUBSCRIPTION}/supportTickets/{name}`,
    action: `${TICKET}/write`,
    event: `${TICKET}/write`,
    handle: create,
  },
  {
    method: "GET",
    pattern: `${OF_SUBSCRIPTION}/operationsStatus/{operation}`,
    action: "Microsoft.Support/operationsStatus/read",
    handle: status,
  },
  {
    method: "GET",
    pattern: `${OF_SUBSCRIPTION}/operationResults/{operation}`,
    action: "Microsoft.Support/operationResults/read",
    handle: result,
  },
];
